"""Membership in a consumer group that takes its time: each partition in order, all at once, none held up by another.

Every partition is a lane: one record after another, and the offset committed after each. No record begins before that
commit got through; so a process that was thought dead, and wakes up, does no more than repeat one record.

The loop never waits for a lane. A partition whose lane is busy is paused, and the consumer polled on: a record may
take longer than the group would be patient with.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from pipeline.settings import Settings
from pipeline.streams import clients

SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 1_000
_POLL_MS = 500
_FETCH_WAIT_MS = 100
"""How long the broker may hold a request back for want of records: so long a partition waits that is resumed."""
_GRACE_SECONDS = 2.0
"""How long a record under way may take when the partition is handed over."""
_LEAVE_SECONDS = 1.0

Handle = Callable[[ConsumerRecord, asyncio.Event], Awaitable[bool]]
"""Deals with a record, and tells whether that is to be committed at once. It ends soon after the event is set."""


class StoppedError(Exception):
    """A record was put down again, because its partition is handed over; whoever has it next begins it anew."""


@dataclass(frozen=True)
class Terms:
    """How a group is joined. ``start`` is where a group that is new begins: now, or at the beginning of the topic."""

    name: str
    group: str
    topic: str
    start: Literal["now", "beginning"]
    max_poll_interval_ms: int = 300_000


@dataclass
class _Lane:
    """One partition in our hands."""

    batches: asyncio.Queue[list[ConsumerRecord]] = field(default_factory=asyncio.Queue)
    next: int | None = None
    """The first offset that it was not given yet; None before it is open."""
    task: "asyncio.Task[None] | None" = None


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """From joining the group to leaving it. ``hurry`` is called when records under way must come to an end."""

    def __init__(self, terms: Terms, handle: Handle, hurry: Callable[[], None]) -> None:
        self.progressed = False
        self._terms = terms
        self._handle = handle
        self._hurry = hurry
        self._about = {"endpoint": terms.name}
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._lanes_stop = asyncio.Event()
        self._closed = False
        self._ended = asyncio.Event()
        self._failure: BaseException | None = None
        self._log = logging.getLogger("recognition.notify")
        self._consumer: AIOKafkaConsumer

    @asynccontextmanager
    async def joined(self, settings: Settings) -> AsyncIterator[None]:
        """Join the group, and leave it in order: within seconds, also when the broker does not answer."""
        self._consumer = await clients.connect(
            clients.new_consumer(
                settings,
                group_id=self._terms.group,
                session_timeout_ms=SESSION_TIMEOUT_MS,
                heartbeat_interval_ms=HEARTBEAT_MS,
                max_poll_interval_ms=self._terms.max_poll_interval_ms,
                fetch_max_wait_ms=_FETCH_WAIT_MS,
            ),
            settings,
        )
        async with AsyncExitStack() as leaving:
            leaving.push_async_callback(within, _LEAVE_SECONDS, self._consumer.stop)
            self._consumer.subscribe([self._terms.topic], listener=self)
            try:
                yield
            finally:
                self._closed = True
                await self._close_lanes()

    async def until(self, stop: asyncio.Event) -> None:
        """Hand records to the lanes until ``stop`` is set. Raises what ends a lane."""
        ends = [asyncio.create_task(event.wait()) for event in (stop, self._ended)]
        fetch: asyncio.Task[dict[TopicPartition, list[ConsumerRecord]]] | None = None
        try:
            while True:
                fetch = asyncio.create_task(self._consumer.getmany(timeout_ms=_POLL_MS))
                # getmany waits without limit for a rebalance to end.
                await asyncio.wait([*ends, fetch], return_when=asyncio.FIRST_COMPLETED)
                if self._failure is not None:
                    raise self._failure
                if stop.is_set():
                    return
                self._hand_over(fetch.result())
        finally:
            tasks = [*ends, fetch] if fetch else ends
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hand_over(self, fetched: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        for partition, records in fetched.items():
            lane = self._lanes.get(partition)
            if lane is None or lane.next is None:
                continue  # fetched anew from where the lane opens
            expected = [record for record in records if record.offset >= lane.next]
            if expected:
                lane.next = expected[-1].offset + 1
                self._consumer.pause(partition)
                lane.batches.put_nowait(expected)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Give up what we hold; what is under way may come to its end."""
        await self._close_lanes()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start a lane for each partition."""
        await self._close_lanes()
        if self._closed:
            return
        self._lanes_stop = asyncio.Event()  # lanes of an earlier assignment hold theirs, which stays set
        for partition in assigned:
            lane = self._lanes[partition] = _Lane()
            lane.task = asyncio.create_task(self._run(partition, lane, self._lanes_stop))
            lane.task.add_done_callback(self._lane_ended)
        numbers = ", ".join(str(partition.partition) for partition in sorted(self._lanes)) or "none"
        self._log.info("%s: partitions %s", self._terms.name, numbers, extra=self._about)

    def _lane_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or error
            self._ended.set()

    async def _close_lanes(self) -> None:
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        self._lanes = {}
        self._lanes_stop.set()
        self._hurry()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, partition: TopicPartition, lane: _Lane, stop: asyncio.Event) -> None:
        """The lane of one partition. It ends by itself when the partition is taken from us."""
        try:
            lane.next = await self._open(partition)
            while not stop.is_set():
                self._consumer.resume(partition)
                records = await _unless(stop, lane.batches)
                if records:
                    await self._batch(partition, records, stop)
        except (CommitFailedError, IllegalStateError, StoppedError):
            return  # whoever has the partition next goes on from the committed offset

    async def _open(self, partition: TopicPartition) -> int:
        """Go to the committed offset. A group without one is new: where it begins is committed before anything else."""
        self._consumer.pause(partition)
        offset = await self._consumer.committed(partition)
        if offset is None:
            now = self._terms.start == "now"
            ends = self._consumer.end_offsets if now else self._consumer.beginning_offsets
            offset = (await ends([partition]))[partition]
            await self._consumer.commit({partition: offset})
            self._log.info(
                "%s is new on partition %d: starts with %s",
                *(self._terms.name, partition.partition, "the next alert" if now else "the first alert there is"),
                extra={**self._about, "partition": partition.partition, "offset": offset},
            )
        self._consumer.seek(partition, offset)
        self.progressed = True
        return int(offset)

    async def _batch(self, partition: TopicPartition, records: list[ConsumerRecord], stop: asyncio.Event) -> None:
        passed: int | None = None
        for record in records:
            if stop.is_set():
                return
            passed = record.offset + 1
            if await self._handle(record, stop):
                await self._consumer.commit({partition: passed})
                passed = None
        if passed is not None:
            await self._consumer.commit({partition: passed})


async def within(seconds: float, close: Callable[[], Awaitable[None]]) -> None:
    """Close something, unless that takes longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await close()


async def _unless(stop: asyncio.Event, batches: asyncio.Queue[list[ConsumerRecord]]) -> list[ConsumerRecord]:
    """The next batch, or nothing when ``stop`` is set before it comes."""
    stopped, batch = asyncio.create_task(stop.wait()), asyncio.create_task(batches.get())
    try:
        await asyncio.wait([stopped, batch], return_when=asyncio.FIRST_COMPLETED)
        return batch.result() if batch.done() else []
    finally:
        stopped.cancel()
        batch.cancel()
