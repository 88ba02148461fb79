"""A transactional role as a process of its own, to be killed: copies changes to alerts, each value once.

    edge_process.py SETTINGS_JSON [DIE_AT_SEND]

With DIE_AT_SEND it kills itself with SIGKILL in the middle of a transaction, after that many sends. It takes a
millisecond for each record, so that there is something to interrupt.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, ConsumerRecord

from pipeline.settings import Settings
from pipeline.streams import logs, transactional
from pipeline.streams.clients import topology_of
from pipeline.streams.outputs import Output
from pipeline.streams.transactional import Edge, Memory, run_edge


def edge(settings: Settings) -> Edge:
    topology = topology_of(settings)

    def open_partition(known: set[bytes]) -> transactional.Transform:
        def transform(record: ConsumerRecord) -> Iterable[Output]:
            time.sleep(0.001)
            if record.value in known:
                return
            known.add(record.value)
            yield Output(topology.alerts, record.key, record.value, record.partition)

        return transform

    return Edge(
        stage="publish",
        group=topology.publish_group,
        source=topology.changes,
        dead_letters=topology.dead_letters["publish"],
        open=open_partition,
        counters=logs.Counters(logging.getLogger("recognition.publish")),
        memory=Memory(topology.alerts, identity=bytes),
    )


def die_at(sends: int) -> None:
    original = transactional._Loop._send
    sent = 0

    async def send(producer: AIOKafkaProducer, output: Output) -> "asyncio.Future[object]":
        nonlocal sent
        future = await original(producer, output)
        sent += 1
        if sent == sends:
            await producer.flush()  # so that the transaction holds something
            os.kill(os.getpid(), signal.SIGKILL)
        return future

    transactional._Loop._send = staticmethod(send)  # type: ignore[method-assign]


async def main() -> None:
    settings = Settings.model_validate_json(sys.argv[1])
    if len(sys.argv) > 2:
        die_at(int(sys.argv[2]))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_edge(edge(settings), settings, stop)


if __name__ == "__main__":
    logs.configure(roles=True)
    asyncio.run(main())
