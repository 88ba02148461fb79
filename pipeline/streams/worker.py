"""Running the Faust app: its life from start to stop, and the data directory that is its own."""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from aiokafka import TopicPartition
from faust.exceptions import ConsumerNotStarted

from pipeline.errors import RecognitionError
from pipeline.reading.load import load_reader
from pipeline.settings import Settings
from pipeline.streams import clients, watchdog
from pipeline.streams.admin import require_topics
from pipeline.streams.agents import SESSION_TIMEOUT_SECONDS, make_app
from pipeline.streams.faust_repairs import TableManager
from pipeline.streams.giving_up import give_up

_STOP_SECONDS = 20.0
_BEAT_SECONDS = 0.5
_STOOD_STILL_SECONDS = SESSION_TIMEOUT_SECONDS - 2.0
"""Less than the session lasts, counted from the last heartbeat."""


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Run read and judge until ``stop`` is set.

    Raises RecognitionError when a topic is missing, the reader cannot be loaded, or Faust fails.
    """
    log = logging.getLogger("recognition.worker")
    topology = clients.topology_of(settings)
    await require_topics(settings)
    async with clients.admin(settings) as admin:
        cluster_id = (await admin.describe_cluster())["cluster_id"]
    reader = load_reader(settings)
    # Tables are worth nothing to another cluster, even at the same address, nor to another deployment on it.
    with own_directory(settings.data_dir / "tables" / cluster_id / topology.worker_app) as directory:
        app = make_app(settings, reader, directory)
        sources = {topology.documents.name, topology.claims.name}

        def assigned() -> list[TopicPartition]:
            with suppress(ConsumerNotStarted):
                return [TopicPartition(*tp) for tp in app.consumer.assignment() if tp.topic in sources]
            return []

        recovery = cast("TableManager", app.tables).recovery
        watchdog.watch(settings, topology.worker_app, assigned, headway=recovery.active_remaining_total)
        start = asyncio.ensure_future(app.start())
        pulse = asyncio.ensure_future(_pulse())
        try:
            await _until(lambda: start.done() or stop.is_set() or app.crashed)
            if start.done():
                start.result()
                log.info("ready: %s", directory)
            await _until(lambda: stop.is_set() or app.crashed)
            if app.crashed:
                raise RecognitionError(f"the worker failed: {app.crash_reason!r}") from app.crash_reason
        finally:
            pulse.cancel()
            start.cancel()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await app.stop()
            except TimeoutError:
                give_up(f"the worker did not stop within {_STOP_SECONDS:.0f} s")


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - that Faust failed is told by a property alone
        await asyncio.sleep(0.1)


async def _pulse() -> None:
    """End a process that stood still (was stopped, or its machine was) for longer than its session lasts.

    By then its partitions have another owner. Faust has no fencing: what this process wrote now would overwrite the
    other's rows in the changelogs. A process that was busy all the time has sent its heartbeats, from their thread.
    """
    wall, busy = time.monotonic(), time.process_time()
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        stood = (time.monotonic() - wall) - (time.process_time() - busy)
        if stood > _STOOD_STILL_SECONDS:
            give_up(f"this process stood still for {stood:.0f} s; its partitions may have another owner by now")
        wall, busy = time.monotonic(), time.process_time()


@contextmanager
def own_directory(parent: Path) -> Iterator[Path]:
    """The first of the directories 0, 1, 2 ... that no other worker uses; ours while we run.

    A worker that is started again finds the tables of its predecessor there, and need not read all of the changelogs.
    """
    number = 0
    while True:
        directory = parent / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        os.close(lock)
        number += 1
    try:
        yield directory
    finally:
        os.close(lock)
