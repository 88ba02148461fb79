"""The transactional edge: consume, transform, produce and commit in one Kafka transaction. Gate and publish are two.

What makes it exactly once, for whoever reads with `read_committed`:

- One producer for each input partition. Its transactional id names group, topic and partition, so that whoever is
  handed the partition fences whoever had it. (aiokafka sends no group generation with the offsets, so one producer
  for the whole consumer would not be fenced.)
- A partition is opened before its first batch: its producer is started, which ends what a predecessor left open; only
  then is the committed offset asked for, and the consumer put there. What aiokafka fetched before that may be older
  than the predecessor's last commit, and is fetched anew.
- What the transform must remember is read back from the output partition at the same moment, and forgotten with the
  partition. Output that is to be found again has the partition number of its input.
- Hand-over and batch exclude each other by a lock, so that no batch runs across a rebalance.
- Any failure of a transaction ends all that is in memory: the loop starts afresh from the committed offsets.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from pipeline.errors import RecognitionError, SetAside, in_a_line
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.correlation import correlated, log_fields
from pipeline.streams.dead_letters import Origin, headers_of
from pipeline.streams.logs import Counters
from pipeline.streams.outputs import Output, check_sizes
from pipeline.streams.stopping import pause
from pipeline.streams.tail import read_to_end
from pipeline.topology import Stage, Topic

SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 1_000
TRANSACTION_TIMEOUT_MS = 10_000
"""How long the open transaction of a dead process can hold back readers when nobody takes its partition over."""

_POLL_MS = 500
_MAX_RECORDS = 500
_ATTEMPTS = 5  # starts afresh without a batch in between
_BACKOFF_SECONDS = 1.0


Transform = Callable[[ConsumerRecord], Iterable[Output]]
"""What one input record becomes. An exception makes it a dead letter. Called in order, within one partition."""


@dataclass(frozen=True)
class Memory:
    """What a transform must know of what it has put out before: the identity of every message on that topic."""

    topic: Topic
    identity: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Edge:
    """What tells one transactional role from another."""

    stage: Stage
    group: str
    source: Topic
    dead_letters: Topic
    open: Callable[[set[bytes]], Transform]
    """Makes the transform of one partition; it is given, to keep, what ``memory`` finds in the output partition."""
    counters: Counters
    memory: Memory | None = None


@dataclass
class _Lane:
    """One input partition in our hands."""

    producer: AIOKafkaProducer
    transform: Transform


class _TransactionFailedError(Exception):
    """A transaction failed: nothing in memory can be trusted."""


async def run_edge(
    edge: Edge, settings: Settings, stop: asyncio.Event, assigned: set[TopicPartition] | None = None
) -> None:
    """Run the role until ``stop`` is set. ``assigned`` is kept to the partitions that it has at the moment.

    Raises RecognitionError when transactions fail again and again without one batch getting through.
    """
    log = logging.getLogger(f"recognition.{edge.stage}")
    failures = 0
    while not stop.is_set():
        loop = _Loop(edge, settings, log, set() if assigned is None else assigned)
        try:
            async with loop.running():
                await loop.until(stop)
        except (KafkaError, _TransactionFailedError, RecognitionError) as error:
            if isinstance(error, RecognitionError) and not failures:  # nobody answers, from the start
                raise
            failures = 1 if loop.batches else failures + 1
            if failures == _ATTEMPTS:
                raise RecognitionError(
                    f"{edge.stage} gives up: {failures} times in a row it could not complete a transaction on "
                    f"{edge.source.name} ({error!r})"
                ) from error
            log.warning("starting afresh from the committed offsets: %r", error.__cause__ or error)
            await pause(stop, _BACKOFF_SECONDS * failures)
    edge.counters.log()


class _Loop(ConsumerRebalanceListener):  # type: ignore[misc]
    """One life of the role: from joining the group to leaving it."""

    def __init__(self, edge: Edge, settings: Settings, log: logging.Logger, assigned: set[TopicPartition]) -> None:
        self.batches = 0
        self._assigned = assigned
        self._edge = edge
        self._settings = settings
        self._log = log
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._lock = asyncio.Lock()
        self._consumer: AIOKafkaConsumer
        self._thread: Executor

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Join the group, and leave it in order."""
        self._consumer = await clients.connect(
            clients.new_consumer(
                self._settings,
                group_id=self._edge.group,
                session_timeout_ms=SESSION_TIMEOUT_MS,
                heartbeat_interval_ms=HEARTBEAT_MS,
                max_poll_interval_ms=300_000,
                fetch_max_wait_ms=_POLL_MS,
            ),
            self._settings,
        )
        # The transforms run in one thread of their own, so that a long text does not hold up the heartbeats.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self._edge.stage)
        try:
            self._consumer.subscribe([self._edge.source.name], listener=self)
            yield
        finally:
            await self._close_lanes()
            await self._consumer.stop()
            self._thread.shutdown(wait=False)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Give up what we hold, after the batch that is under way."""
        async with self._lock:
            await self._close_lanes()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Tell what we have. The partitions are opened by the loop: no heartbeat is sent in here."""
        async with self._lock:
            await self._close_lanes()  # one that was opened while the group was settling
        self._assigned.clear()
        self._assigned.update(assigned)
        numbers = sorted(partition.partition for partition in self._assigned)
        self._log.info("%s: partitions %s", self._edge.source.name, ", ".join(map(str, numbers)) or "none")

    async def until(self, stop: asyncio.Event) -> None:
        """Take batches until ``stop`` is set."""
        while not stop.is_set():
            unopened = next((one for one in sorted(self._consumer.assignment()) if one not in self._lanes), None)
            timeout_ms = 0 if unopened else _POLL_MS
            fetch = asyncio.ensure_future(self._consumer.getmany(timeout_ms=timeout_ms, max_records=_MAX_RECORDS))
            # getmany waits without limit for a rebalance to end: it must neither hold the lock nor hold up the stop.
            await _race(stop, fetch)
            if stop.is_set():
                break
            fetched = fetch.result()
            async with self._lock:
                work = [self._batch(partition, records) for partition, records in fetched.items()]
                failed = [error for error in await asyncio.gather(*work, return_exceptions=True) if error]
                # Ahead of its first records, one at a time, so that nothing waits for it and no hand-over for all.
                if unopened in self._consumer.assignment() and unopened not in self._lanes and not failed:
                    await self._open(unopened)
            if failed:
                raise failed[0]
            self._edge.counters.log(now=False)

    async def _batch(self, partition: TopicPartition, records: list[ConsumerRecord]) -> None:
        if partition not in self._consumer.assignment():
            return
        lane = self._lanes.get(partition)
        if lane is None:
            # These records are fetched anew, from the offset that is committed now that nobody else can commit.
            await self._open(partition)
            return
        outputs = await asyncio.get_running_loop().run_in_executor(self._thread, self._transform, lane, records)
        try:
            async with lane.producer.transaction():
                sent = [await self._send(lane.producer, output) for output in outputs]
                await asyncio.gather(*sent)
                await lane.producer.send_offsets_to_transaction({partition: records[-1].offset + 1}, self._edge.group)
        except KafkaError as error:
            raise _TransactionFailedError from error
        self.batches += 1

    def _transform(self, lane: _Lane, records: list[ConsumerRecord]) -> list[Output]:
        outputs: list[Output] = []
        for record in records:
            try:
                made = list(lane.transform(record))
                check_sizes(made)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this record's
                origin = Origin.of(record)
                made = [self._dead_letter(record, origin, error)]
                self._log.warning(
                    "dead letter: %s %d/%d: %s",
                    *(record.topic, record.partition, record.offset),
                    in_a_line(error),
                    extra=log_fields(origin),
                )
                self._edge.counters.add("set aside" if isinstance(error, SetAside) else "dead letters")
            if made:  # nearly every article leads to nothing
                outputs += correlated(made, Origin.of(record))
        return outputs

    def _dead_letter(self, record: ConsumerRecord, origin: Origin, error: Exception) -> Output:
        headers = headers_of(self._edge.stage, origin, error)
        return Output(self._edge.dead_letters, record.key, record.value, record.partition, headers)

    @staticmethod
    async def _send(producer: AIOKafkaProducer, output: Output) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = await producer.send(
            output.topic.name,
            key=output.key,
            value=output.value,
            partition=output.partition,
            headers=list(output.headers),
        )
        return future

    async def _open(self, partition: TopicPartition) -> None:
        started = time.monotonic()
        edge = self._edge
        producer = clients.new_producer(
            self._settings,
            transactional_id=f"{edge.group}-{partition.topic}-{partition.partition}",
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        )
        await clients.connect(producer, self._settings)  # ends what a predecessor left open
        try:
            remembered = await self._read_back(partition.partition)
            committed = await self._consumer.committed(partition)
            if committed is None:
                await self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, committed)
        except IllegalStateError:  # taken from us in the meantime
            await producer.stop()
            return
        except BaseException:
            await producer.stop()
            raise
        self._lanes[partition] = _Lane(producer, edge.open(remembered))
        self._log.debug("opened %s in %.2f s", partition, time.monotonic() - started)

    async def _read_back(self, number: int) -> set[bytes]:
        memory = self._edge.memory
        if memory is None:
            return set()
        output = read_to_end(self._settings, [TopicPartition(memory.topic.name, number)])
        return {memory.identity(record.value) async for record in output if record.value is not None}

    async def _close_lanes(self) -> None:
        lanes, self._lanes = self._lanes, {}
        await asyncio.gather(*(lane.producer.stop() for lane in lanes.values()), return_exceptions=True)


async def _race(stop: asyncio.Event, future: "asyncio.Future[Any]") -> None:
    """Wait for the first of the two; a future that did not come to its end is cancelled."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([stopped, future], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not future.done():
            future.cancel()
            await asyncio.wait([future])
