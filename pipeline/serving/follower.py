"""The write side of the view: follows the topics status, claims and alerts into the file, inside `serve`.

Every replica reads all partitions for itself, what is committed only. A batch of records and the offsets after it are
one transaction, so that a process that was killed goes on exactly where its file is. Where the file is not of these
topics (any more), it is emptied and filled from their beginning. SQLite is written in one thread of its own.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from pipeline.errors import RecognitionError
from pipeline.serving.materialise import Applied, Received, apply
from pipeline.serving.store import SOURCES, Identity, Place, Source, Store, identity_of, offsets_of, places
from pipeline.serving.view import Offsets, StoredAlert
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics
from pipeline.streams.correlation import received_ms
from pipeline.streams.logs import Counters
from pipeline.streams.tail import partitions_of
from pipeline.topology import Topic

STALE_SECONDS = 10.0

BATCH_RECORDS = 2_000
"""Records in one transaction, at most."""

FETCHED_BYTES = 32 * 1024 * 1024
"""What is fetched ahead over all partitions, and so the most that one transaction takes; a record is taken whole."""

_LEAST_FETCH_BYTES = 16 * 1024
_POLL_MS = 200
_ENDS_EVERY_SECONDS = 1.0
_BACK_OFF_SECONDS = (0.2, 5.0)

T = TypeVar("T")


@dataclass(frozen=True)
class Freshness:
    """How fresh the view is."""

    as_of_offset: dict[str, Offsets]
    """By "status", "claims", "alerts": the next offset of each partition. What is before is in the file."""
    lag: int
    """Offsets up to the committed end of the three topics that are not applied yet, as of the last second."""
    stale: bool
    """Behind, or the broker silent, for more than ``STALE_SECONDS``; or not ready."""
    ready: bool
    """Whether it has caught up once since the start, or since the file was last made anew."""


class Follower:
    """Applies what is committed on the topics to the file at ``path``.

    Args:
        settings: which cluster, which topics.
        path: the file; it and what SQLite puts beside it are this process's alone to write.
        on_alerts: called on the event loop with alerts that have just been committed to the file, in their order.
        on_latency: called with the seconds from when Kafka got an article to its alert; not while the file is made
            anew, when what is read is history.
    """

    def __init__(
        self,
        settings: Settings,
        path: Path,
        *,
        on_alerts: Callable[[Sequence[StoredAlert]], None] | None = None,
        on_latency: Callable[[float], None] | None = None,
    ) -> None:
        topology = clients.topology_of(settings)
        self._settings = settings
        self._path = path
        self._on_alerts = on_alerts
        self._on_latency = on_latency
        self._topics: dict[Source, Topic] = {
            "status": topology.status,
            "claims": topology.claims,
            "alerts": topology.alerts,
        }
        self._sources: dict[str, Source] = {topic.name: source for source, topic in self._topics.items()}
        self._partitions = [partition for topic in self._topics.values() for partition in partitions_of(topic)]
        self._log = logging.getLogger("recognition.serve")
        self._counters = Counters(self._log)
        self._writer = ThreadPoolExecutor(1, "view-writer")
        self._store: Store | None = None
        self._offsets: dict[str, Offsets] = dict.fromkeys(SOURCES, (0,) * settings.partitions)
        self._progress = _Progress()
        self._failure: str | None = None

    @property
    def freshness(self) -> Freshness:
        """How far it has come."""
        progress = self._progress
        return Freshness(self._offsets, progress.lag, progress.stale(time.monotonic()), progress.ready)

    @property
    def failure(self) -> str | None:
        """What keeps it from the topics now, for people; None when nothing does."""
        return self._failure

    def open(self) -> None:
        """Lock the file and bring it to this schema. ``run`` does it where it was not done.

        Raises RecognitionError when another process writes it, when it is no view, or when it cannot be written.
        """
        if self._store is None:
            self._store = Store(self._path)
            self._offsets |= {source: at for source, at in offsets_of(self._store.connection).items() if at}

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topics until ``stop``; while no broker answers, try again and again.

        Raises RecognitionError as ``open``.
        """
        wait, longest = _BACK_OFF_SECONDS
        try:
            await self._write(self.open)
            while not stop.is_set():
                began = time.monotonic()
                try:
                    await self._follow(stop)
                    continue
                except OffsetOutOfRangeError:
                    await self._empty(None, "the topics no longer hold what comes next")
                except (RecognitionError, KafkaError, OSError, sqlite3.OperationalError) as error:
                    self._fail(error)
                except sqlite3.DatabaseError as error:
                    if type(error) is not sqlite3.DatabaseError:  # a fault of ours
                        raise
                    raise self._opened.unusable(error) from error
                if time.monotonic() - began > STALE_SECONDS:
                    wait, _ = _BACK_OFF_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)
                wait = min(2 * wait, longest)
        finally:
            await self._write(self._close)
            self._writer.shutdown()
            self._counters.log()

    async def _follow(self, stop: asyncio.Event) -> None:
        """Follow until ``stop``, or until something is wrong with the broker or the file."""
        async with asyncio.timeout(STALE_SECONDS):
            await require_topics(self._settings, *self._topics.values())
        await self._check_identity()
        fetched = max(FETCHED_BYTES // len(self._partitions), _LEAST_FETCH_BYTES)
        async with clients.consumer(
            self._settings,
            auto_offset_reset="none",  # what is not there any more is found out, not passed over
            max_partition_fetch_bytes=fetched,
            fetch_max_bytes=FETCHED_BYTES,
        ) as consumer:
            await self._take_up(consumer)
            asked = float("-inf")
            while not stop.is_set():
                if time.monotonic() - asked >= _ENDS_EVERY_SECONDS:
                    asked = time.monotonic()
                    async with asyncio.timeout(STALE_SECONDS):
                        ends = await consumer.end_offsets(self._partitions)
                    if self._progress.is_beyond(ends):
                        return  # these are other topics by now: look again
                    self._progress.see_end(asked, ends)
                    self._recover()  # before this the lag was of the time before it failed
                found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH_RECORDS)
                if found:
                    await self._take(found)
                # Past the last record there can be markers of transactions, which nobody gets to see.
                self._progress.reach({one: await consumer.position(one) for one in self._partitions})
                self._counters.log(now=False)

    async def _check_identity(self) -> None:
        """Empty the file unless it is made from these topics of this cluster."""
        async with clients.admin(self._settings) as admin:
            cluster_id = (await admin.describe_cluster())["cluster_id"]
        identity = Identity(cluster_id or "", self._settings.topic_prefix, self._settings.partitions)
        has = await self._write(lambda: identity_of(self._opened.connection))
        if has != identity:
            await self._empty(identity, None if has is None else f"it was made from {has}")

    async def _take_up(self, consumer: AIOKafkaConsumer) -> None:
        """Have the consumer go on where the file is; from the beginning where the topics do not go on from there."""
        at = await self._write(lambda: places(self._opened.connection))
        known = {
            TopicPartition(self._topics[source].name, number): place
            for (name, number), place in at.items()
            for source in SOURCES
            if source == name
        }
        beginnings = await consumer.beginning_offsets(self._partitions)
        if reason := await self._departed(consumer, known, beginnings):
            identity = await self._write(lambda: identity_of(self._opened.connection))
            await self._empty(identity, reason)
            known = {}
        consumer.assign(self._partitions)
        for partition in self._partitions:
            consumer.seek(partition, known[partition].next_offset if partition in known else beginnings[partition])

    async def _departed(
        self,
        consumer: AIOKafkaConsumer,
        known: Mapping[TopicPartition, Place],
        beginnings: Mapping[TopicPartition, int],
    ) -> str | None:
        """Why the topics are not those that the file was made from; None when they are."""
        ends = await consumer.end_offsets(self._partitions)
        for partition, place in known.items():
            if not beginnings[partition] <= place.next_offset <= ends[partition]:
                return (
                    f"{partition.topic}/{partition.partition} has offsets {beginnings[partition]} to "
                    f"{ends[partition]}, and {place.next_offset} comes next"
                )
        last = {one: place.next_offset - 1 for one, place in known.items() if place.next_offset > beginnings[one]}
        for partition, record in (await _records_at(consumer, last, ends)).items():
            compacted = self._sources[partition.topic] == "status"
            if record is None or record.offset != last[partition]:
                if not compacted:
                    return f"{partition.topic}/{partition.partition} has nothing at {last[partition]}"
            elif self._received(record).digest() != known[partition].last_digest:
                return f"{partition.topic}/{partition.partition} has another record at {last[partition]}"
        return None

    async def _take(self, found: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Apply records to the file, and tell of it."""
        batch = [self._received(record) for records in found.values() for record in records]
        applied, self._offsets = await self._write(partial(self._apply, batch))
        for name, number in applied.counts.items():
            self._counters.add(name, number)
        if applied.alerts and self._on_alerts:
            self._on_alerts(applied.alerts)
        if self._on_latency and (self._progress.ready or not self._progress.anew):
            for seconds in applied.latencies:
                self._on_latency(seconds)

    def _apply(self, batch: Sequence[Received]) -> tuple[Applied, dict[str, Offsets]]:
        with self._opened.transaction() as connection:
            return apply(connection, batch), offsets_of(connection)

    def _received(self, record: ConsumerRecord) -> Received:
        source = self._sources[record.topic]
        received = received_ms(record.headers, record.timestamp) if source == "alerts" else None
        return Received(source, record.partition, record.offset, record.timestamp, record.key, record.value, received)

    async def _empty(self, identity: Identity | None, reason: str | None) -> None:
        if reason is not None:
            self._log.warning("%s is made anew from the topics: %s", self._path, reason)
        self._progress = _Progress(anew=True)
        await self._write(partial(self._opened.empty, identity))
        self._offsets = dict.fromkeys(SOURCES, (0,) * self._settings.partitions)

    @property
    def _opened(self) -> Store:
        if self._store is None:
            raise RuntimeError("the file is not open")
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    async def _write(self, work: Callable[[], T]) -> T:
        """Do something with the file in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _fail(self, error: Exception) -> None:
        silent = f"the broker at {self._settings.bootstrap} has not answered for {STALE_SECONDS:.0f} s"
        failure = silent if isinstance(error, TimeoutError) else str(error) or repr(error)
        if failure != self._failure:
            self._log.warning("the view waits: %s", failure)
        self._failure = failure

    def _recover(self) -> None:
        if self._failure:
            self._log.warning("the view goes on")
        self._failure = None


class _Progress:
    """How far the topics are applied, held against where they ended."""

    def __init__(self, *, anew: bool = False) -> None:
        self.anew = anew
        """Whether the file was empty, and is filled from the beginning of the topics."""
        self.ready = False
        self._at: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._aim: tuple[float, dict[TopicPartition, int]] | None = None
        self._current_at = float("-inf")

    @property
    def lag(self) -> int:
        """Offsets to go."""
        return sum(max(0, end - self._at.get(partition, 0)) for partition, end in self._ends.items())

    def stale(self, now: float) -> bool:
        """Whether the last moment as of which all was applied is too long ago."""
        return not self.ready or now - self._current_at > STALE_SECONDS

    def is_beyond(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether more is applied than there is."""
        return any(self._at.get(partition, 0) > end for partition, end in ends.items())

    def see_end(self, now: float, ends: Mapping[TopicPartition, int]) -> None:
        """The topics ended there at some time after ``now``."""
        self._ends = dict(ends)
        # Under a steady flow the end is never reached: so one end is held on to until it is.
        self._aim = self._aim or (now, self._ends)
        self._compare()

    def reach(self, at: Mapping[TopicPartition, int]) -> None:
        """What is before these offsets is applied."""
        self._at = dict(at)
        self._compare()

    def _compare(self) -> None:
        if self._aim and all(self._at.get(partition, -1) >= end for partition, end in self._aim[1].items()):
            self._current_at, self._aim = self._aim[0], None
            self.ready = True


async def _records_at(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> dict[TopicPartition, ConsumerRecord | None]:
    """The first committed record from each offset on; None where there is none."""
    found: dict[TopicPartition, ConsumerRecord | None] = dict.fromkeys(offsets)
    left = set(offsets)
    if left:  # aiokafka's fetcher does not survive an assignment to nothing
        consumer.assign(list(left))
    for partition in left:
        consumer.seek(partition, offsets[partition])
    while left:
        fetched = await consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=len(left))
        found |= {partition: records[0] for partition, records in fetched.items() if records}
        done = [one for one in left if found[one] is not None or await consumer.position(one) >= ends[one]]
        for partition in done:
            left.remove(partition)
            consumer.pause(partition)
    return found
