"""The transactional edge under kill -9: none lost, none twice."""

import asyncio
import logging
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from pipeline.settings import Settings
from pipeline.streams import admin, clients
from pipeline.streams.dead_letters import dead_letter
from pipeline.streams.logs import Counters
from pipeline.streams.outputs import Output
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.streams.transactional import Edge, run_edge
from pipeline.topology import Topic

PROCESS = Path(__file__).with_name("edge_process.py")


@contextmanager
def processes() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, str(PROCESS), settings.model_dump_json(), *arguments])
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()


async def produce(settings: Settings, topic: Topic, values: list[str]) -> None:
    async with clients.producer(settings, linger_ms=5) as producer:
        sent = [await producer.send(topic.name, value.encode(), key=value.encode()) for value in values]
        await asyncio.gather(*sent)


async def values_on(settings: Settings, topic: Topic) -> list[str]:
    return [record.value.decode() async for record in read_to_end(settings, partitions_of(topic))]


async def drained(settings: Settings, topic: Topic, group: str) -> bool:
    async with clients.consumer(settings) as consumer:
        ends = await consumer.end_offsets(partitions_of(topic))
    async with clients.admin(settings) as client:
        committed = await client.list_consumer_group_offsets(group)
    return all(end == 0 or (tp in committed and committed[tp].offset >= end) for tp, end in ends.items())


async def wait_until_drained(settings: Settings, topic: Topic, group: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not await drained(settings, topic, group):
        assert time.monotonic() < deadline, f"{group} did not drain {topic.name} within {seconds} s"
        await asyncio.sleep(0.3)


async def test_killed_with_a_transaction_open(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    values = [str(number) for number in range(3_000)]
    await produce(settings, topology.changes, values)
    with processes() as start:
        for die_at_send in (1, 200, 700):
            process = start(settings, str(die_at_send))
            assert process.wait(30) == -signal.SIGKILL
        last = start(settings)
        await wait_until_drained(settings, topology.changes, topology.publish_group, 40)
        last.terminate()
        assert last.wait(20) == 0
    assert sorted(await values_on(settings, topology.alerts), key=int) == values


async def test_two_processes_killed_at_random_with_repeated_input(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    chance = random.Random(20250703)
    values = [str(number) for number in range(8_000)]
    with processes() as start:
        running = [start(settings), start(settings)]
        for number in range(0, len(values), 1_000):
            part = values[number : number + 1_000]
            await produce(settings, topology.changes, part + [value for value in part if chance.random() < 1 / 7])
            await asyncio.sleep(chance.uniform(0.3, 1.0))
            victim = chance.randrange(2)
            running[victim].kill()
            running[victim].wait()
            running[victim] = start(settings)
        await wait_until_drained(settings, topology.changes, topology.publish_group, 60)
    found = Counter(await values_on(settings, topology.alerts))
    assert sorted(found, key=int) == values
    assert [value for value, times in found.items() if times > 1] == []


async def test_a_record_that_the_transform_cannot_take_is_a_dead_letter(
    make_settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    await produce(settings, topology.changes, ["1", "two", "3"])

    def transform(record: ConsumerRecord) -> list[Output]:
        return [Output(topology.alerts, record.key, str(int(record.value)).encode())]

    edge = Edge(
        "publish",
        topology.publish_group,
        topology.changes,
        topology.dead_letters["publish"],
        lambda _: transform,
        Counters(logging.getLogger("recognition.publish")),
    )
    stop = asyncio.Event()
    role = asyncio.create_task(run_edge(edge, settings, stop))
    await wait_until_drained(settings, topology.changes, topology.publish_group, 20)
    stop.set()
    await role
    assert sorted(await values_on(settings, topology.alerts)) == ["1", "3"]
    letters = [
        dead_letter("publish", record.key, record.value, record.headers)
        async for record in read_to_end(settings, partitions_of(topology.dead_letters["publish"]))
    ]
    assert [(letter.value, letter.error, letter.topic, letter.attempts) for letter in letters] == [
        (b"two", "ValueError", topology.changes.name, 1)
    ]
    assert "dead letter" in caplog.text
