"""The roles as the processes that an operator runs, and what tests ask of the line as a whole."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from pipeline.judging.view import rows
from pipeline.records import Alert, Status, StatusRow
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.lag import behind
from pipeline.streams.snapshot import latest
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.topology import Topic

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


class Roles:
    """`recognition gate|worker|publish` as processes; stopped at the end, and their logs shown when a test fails."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._environment = os.environ | {
            "RECOGNITION_BOOTSTRAP": settings.bootstrap,
            "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
            "RECOGNITION_DATA_DIR": str(settings.data_dir),
            "RECOGNITION_PARTITIONS": str(settings.partitions),
        }
        self._log: IO[bytes] = log.open("ab")
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *names: str) -> subprocess.Popen[bytes]:
        """Start roles; gives the process of the last."""
        for name in names:
            command = [sys.executable, "-m", "pipeline", name]
            self._processes.append(subprocess.Popen(command, env=self._environment, stderr=self._log))
        return self._processes[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._log.close()


@contextmanager
def roles(settings: Settings, tmp_path: Path, *names: str) -> Iterator[Roles]:
    log = tmp_path / "roles.log"
    try:
        with Roles(settings, log) as running:
            running.start(*names)
            yield running
    finally:
        print(log.read_text(errors="replace"))


async def produce(settings: Settings, topic: Topic, values: Iterable[bytes], *, linger_ms: int = 5) -> None:
    async with clients.producer(settings, linger_ms=linger_ms) as producer:
        sent = [await producer.send(topic.name, value, key=str(number).encode()) for number, value in enumerate(values)]
        await asyncio.gather(*sent)


async def drained(settings: Settings, *stages: str, seconds: float) -> None:
    """Wait until these stages (all where none is named) have processed all that there will be; else fail."""
    deadline = time.monotonic() + seconds
    for step in clients.topology_of(settings).line:
        mine = not stages or step.stage in stages
        while mine and await behind(settings, step.group, partitions_of(step.topic)):
            assert time.monotonic() < deadline, f"{step.stage} did not come to the end within {seconds} s"
            await asyncio.sleep(0.3)


async def values_on(settings: Settings, topic: Topic) -> list[bytes]:
    return [record.value async for record in read_to_end(settings, partitions_of(topic))]


async def alerts_of(settings: Settings) -> list[Alert]:
    return [Alert.from_json(value) for value in await values_on(settings, clients.topology_of(settings).alerts)]


async def table_of(settings: Settings) -> list[StatusRow]:
    statuses = await latest(settings, clients.topology_of(settings).status)
    return [row for key in sorted(statuses) for row in rows(Status.from_json(statuses[key]))]
