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
from pipeline.streams.lag import behind
from pipeline.streams.logs import Counters
from pipeline.streams.outputs import Output
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.streams.transactional import SESSION_TIMEOUT_MS, Edge, run_edge
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


async def until(settings: Settings, topic: Topic, number: int) -> None:
    """Wait until so many values are on a topic."""
    deadline = time.monotonic() + 60
    while len(await values_on(settings, topic)) < number:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def drained(settings: Settings, seconds: float) -> None:
    topology = clients.topology_of(settings)
    deadline = time.monotonic() + seconds
    while await behind(settings, topology.publish_group, partitions_of(topology.changes)):
        assert time.monotonic() < deadline, f"not drained within {seconds} s"
        await asyncio.sleep(0.3)


async def test_killed_with_a_transaction_open(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    values = [str(number) for number in range(3_000)]
    await produce(settings, topology.changes, values)
    with processes() as start:
        for die_at_send in (1, 700):
            process = start(settings, str(die_at_send))
            assert process.wait(30) == -signal.SIGKILL
        last = start(settings)
        await drained(settings, 40)
        last.terminate()
        assert last.wait(20) == 0
    assert sorted(await values_on(settings, topology.alerts), key=int) == values


async def test_two_processes_killed_and_frozen_with_repeated_input(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    chance = random.Random(20250703)
    values = [str(number) for number in range(12_000)]
    repeated = [value for value in values for _ in range(1 + (chance.random() < 1 / 7))]
    with processes() as start:
        first, second = start(settings), start(settings)
        await produce(settings, topology.changes, repeated)
        await until(settings, topology.alerts, 1_000)
        first.send_signal(signal.SIGSTOP)  # for longer than its session, its transactions open
        await asyncio.sleep(SESSION_TIMEOUT_MS / 1_000 + 2)
        first.send_signal(signal.SIGCONT)
        await until(settings, topology.alerts, 5_000)
        second.kill()
        third = start(settings)
        await drained(settings, 60)
        assert (first.poll(), third.poll()) == (None, None)  # the frozen one has found its way back
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
    await drained(settings, 20)
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
