"""Notify: the alerts topic, brought to every endpoint, at least once and each partition in order.

Every endpoint is a consumer group of its own, so that none waits for another. Within an endpoint every partition is a
lane: one alert after another, and the offset committed after each, when it was delivered or lies with the dead letters.
No alert begins before that commit got through; so a process that was thought dead, and wakes up, does no more than
repeat one alert.

The loop never waits for a lane. A partition whose lane is busy is paused, and the consumer polled on: waits between
tries may be longer than the group would be patient with.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from pydantic import ValidationError

from pipeline.errors import RecognitionError, UnreadableInputError
from pipeline.records import Alert
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics
from pipeline.streams.correlation import log_fields
from pipeline.streams.dead_letters import ENDPOINT, HTTP_STATUS, TRIES, Origin, headers_of
from pipeline.streams.logs import Counters
from pipeline.webhooks.connecting import allowed_addresses, new_pool
from pipeline.webhooks.courier import Courier, Patience, StoppedError
from pipeline.webhooks.delivery import Delivery, Message, Outcome
from pipeline.webhooks.destinations import RefusedDestinationError
from pipeline.webhooks.endpoints import Endpoint
from pipeline.webhooks.signing import MESSAGE_ID

SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 1_000
_POLL_MS = 500
_GRACE_SECONDS = 2.0
"""How long a try under way may go on when the role stops or hands its partition over."""
_LEAVE_SECONDS = 1.5
_STOP_SECONDS = 4.5
_LONGEST_RESTART_SECONDS = 30.0

_log = logging.getLogger("recognition.notify")


class UndeliveredError(Exception):
    """An alert that its endpoint did not take; the message tells the endpoint and the last try."""


class _GoneError(Exception):
    """The endpoint wants no more alerts."""


async def run_notify(
    settings: Settings,
    endpoints: Sequence[Endpoint],
    stop: asyncio.Event,
    *,
    patience: Patience | None = None,
    ssl_context: ssl.SSLContext | None = None,
    max_poll_interval_ms: int = 300_000,
) -> None:
    """Bring alerts to the endpoints that are enabled, until ``stop`` is set.

    ``patience`` and ``ssl_context`` take the place of webhook_attempts and of the system's authorities.
    ``max_poll_interval_ms`` is how long the loop may stand still before the group takes it for dead.

    Raises RecognitionError when no broker answers, or a topic is missing.
    """
    topology = clients.topology_of(settings)
    await require_topics(settings, topology.alerts, topology.dead_letters["notify"])
    counters = Counters(_log)
    patience = patience or Patience(settings.webhook_attempts)
    enabled = [endpoint for endpoint in endpoints if endpoint.enabled]
    for endpoint in endpoints:
        if not endpoint.enabled:
            _log.info("%s is not enabled: it gets nothing", endpoint.id, extra={"endpoint": endpoint.id})
    if not enabled:
        _log.warning("no endpoint is enabled: nothing to do")
    async with asyncio.TaskGroup() as group:
        subscribers = [
            _Subscriber(endpoint, settings, patience, counters, ssl_context, max_poll_interval_ms)
            for endpoint in enabled
        ]
        tasks = [group.create_task(subscriber.run(stop)) for subscriber in subscribers]
        group.create_task(_end(tasks, stop))
        group.create_task(_count(counters, stop))
    counters.log()


async def _end(tasks: "list[asyncio.Task[None]]", stop: asyncio.Event) -> None:
    """See to it that the role ends soon after ``stop``, whatever a broker that does not answer may hold up."""
    await stop.wait()
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        for task in late:
            task.cancel()


async def _count(counters: Counters, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await _pause(stop, 1.0)
        counters.log(now=False)


class _Subscriber:
    """One endpoint's life: joins its group, starts afresh when Kafka fails it, ends with ``stop`` or when gone."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        patience: Patience,
        counters: Counters,
        ssl_context: ssl.SSLContext | None,
        max_poll_interval_ms: int,
    ) -> None:
        self._max_poll_interval_ms = max_poll_interval_ms
        self._endpoint = endpoint
        self._settings = settings
        self._counters = counters
        self._pool = new_pool(allow_private=settings.webhook_allow_private, ssl_context=ssl_context)
        delivery = Delivery(endpoint, self._pool, settings.webhook_timeout_seconds)
        self._courier = Courier(endpoint.id, delivery.attempt, patience, counters)

    async def run(self, stop: asyncio.Event) -> None:
        about = {"endpoint": self._endpoint.id}
        failures = 0
        async with self._pool:
            warning = asyncio.create_task(self._warn_of_refusal())
            while not stop.is_set():
                membership = _Membership(
                    self._endpoint, self._settings, self._courier, self._counters, self._max_poll_interval_ms
                )
                try:
                    async with membership.joined():
                        await membership.until(stop)
                except _GoneError:
                    _log.error(
                        "%s answers 410 Gone, it wants no more alerts: disabled until notify is started again. "
                        "Take it out of the file, or mend it",
                        self._endpoint.id,
                        extra=about,
                    )
                    break
                except Exception as error:  # noqa: BLE001 - whatever it is, the other endpoints go on
                    failures = 1 if membership.progressed else failures + 1
                    seconds = min(2.0 ** min(failures - 1, 10), _LONGEST_RESTART_SECONDS)
                    _log.warning(
                        "%s: starting afresh from the committed offsets in %.0f s: %r",
                        *(self._endpoint.id, seconds, error),
                        exc_info=None if isinstance(error, (KafkaError, RecognitionError)) else error,
                        extra=about,
                    )
                    await _pause(stop, seconds)
            warning.cancel()

    async def _warn_of_refusal(self) -> None:
        """Say at the start what every alert would be refused for."""
        where = self._endpoint.destination
        about = {"endpoint": self._endpoint.id}
        try:
            await allowed_addresses(where.host, where.port, allow_private=self._settings.webhook_allow_private)
        except RefusedDestinationError as error:
            _log.error("%s: its alerts will be dead letters: %s", self._endpoint.id, error, extra=about)
        except OSError as error:
            _log.warning("%s: its host cannot be resolved now: %s", self._endpoint.id, error, extra=about)


@dataclass
class _Lane:
    """One partition in our hands."""

    batches: asyncio.Queue[list[ConsumerRecord]] = field(default_factory=asyncio.Queue)
    next: int | None = None
    """The first offset that it was not given yet; None before it is open."""
    task: "asyncio.Task[None] | None" = None


class _Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """From joining the endpoint's group to leaving it."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        courier: Courier,
        counters: Counters,
        max_poll_interval_ms: int,
    ) -> None:
        self._max_poll_interval_ms = max_poll_interval_ms
        self.progressed = False
        self._endpoint = endpoint
        self._settings = settings
        self._courier = courier
        self._counters = counters
        topology = clients.topology_of(settings)
        self._group = f"{topology.notify_group}.{endpoint.id}"
        self._source = topology.alerts
        self._dead_letters = topology.dead_letters["notify"]
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._lanes_stop = asyncio.Event()
        self._closed = False
        self._ended = asyncio.Event()
        self._failure: BaseException | None = None
        self._consumer: AIOKafkaConsumer
        self._producer: AIOKafkaProducer

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        """Join the group, and leave it in order: within seconds, also when the broker does not answer."""
        async with AsyncExitStack() as clients_of_ours:
            self._producer = await clients.connect(clients.new_producer(self._settings), self._settings)
            clients_of_ours.push_async_callback(_within_seconds, self._producer.stop)
            self._consumer = await clients.connect(
                clients.new_consumer(
                    self._settings,
                    group_id=self._group,
                    session_timeout_ms=SESSION_TIMEOUT_MS,
                    heartbeat_interval_ms=HEARTBEAT_MS,
                    max_poll_interval_ms=self._max_poll_interval_ms,
                    fetch_max_wait_ms=_POLL_MS,
                ),
                self._settings,
            )
            clients_of_ours.push_async_callback(_within_seconds, self._consumer.stop)
            self._consumer.subscribe([self._source.name], listener=self)
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
        """Give up what we hold; a try under way may come to its end."""
        await self._close_lanes()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start a lane for each partition."""
        await self._close_lanes()
        if self._closed:
            return
        self._lanes_stop = asyncio.Event()
        for partition in assigned:
            lane = self._lanes[partition] = _Lane()
            lane.task = asyncio.create_task(self._run(partition, lane, self._lanes_stop))
            lane.task.add_done_callback(self._lane_ended)
        numbers = ", ".join(str(partition.partition) for partition in sorted(self._lanes)) or "none"
        _log.info("%s: partitions %s", self._endpoint.id, numbers, extra={"endpoint": self._endpoint.id})

    def _lane_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or error
            self._ended.set()

    async def _close_lanes(self) -> None:
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        self._lanes = {}
        self._lanes_stop.set()
        self._courier.wake()
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
            ends = self._consumer.end_offsets if self._endpoint.start == "now" else self._consumer.beginning_offsets
            offset = (await ends([partition]))[partition]
            await self._consumer.commit({partition: offset})
            _log.info(
                "%s is new on partition %d: starts with %s",
                *(self._endpoint.id, partition.partition),
                "the next alert" if self._endpoint.start == "now" else "the first alert there is",
                extra={"endpoint": self._endpoint.id, "partition": partition.partition, "offset": offset},
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
        if passed is not None:  # unwanted ones at the end
            await self._consumer.commit({partition: passed})

    async def _handle(self, record: ConsumerRecord, stop: asyncio.Event) -> bool:
        """Deliver an alert, or lay it with the dead letters. Tells whether the endpoint wanted it at all."""
        origin = Origin(record.topic, record.partition, record.offset, record.timestamp, record.headers)
        try:
            alert = _alert(record.value)
        except UnreadableInputError as error:
            await self._lay_down(record, origin, error)
            return True
        if alert not in self._endpoint.filters:
            self._counters.add("not wanted")
            return False
        outcome, tries = await self._courier.bring(Message(alert.id, record.value, log_fields(origin)), stop)
        if outcome.verdict == "gone":
            raise _GoneError
        if outcome.verdict != "delivered":
            await self._lay_down(record, origin, _reason(self._endpoint.id, outcome, tries), outcome, tries)
        return True

    async def _lay_down(
        self, record: ConsumerRecord, origin: Origin, error: Exception, outcome: Outcome | None = None, tries: int = 0
    ) -> None:
        status = "" if outcome is None or outcome.status is None else str(outcome.status)
        ours = {ENDPOINT: self._endpoint.id, HTTP_STATUS: status, TRIES: str(tries)}
        headers = [(name, value) for name, value in headers_of("notify", origin, error) if name not in ours]
        await self._producer.send_and_wait(
            self._dead_letters.name,
            key=record.key,
            value=record.value,
            partition=record.partition,
            headers=headers + [(name, value.encode()) for name, value in ours.items()],
        )
        self._counters.add("dead letters")
        _log.error(
            "dead letter: %s %d/%d: %s",
            *(record.topic, record.partition, record.offset, error),
            extra={"endpoint": self._endpoint.id, "attempt": tries, **log_fields(origin)},
        )


def _alert(value: bytes | None) -> Alert:
    if not value:
        raise UnreadableInputError("empty message")
    try:
        alert = Alert.from_json(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = [".".join(map(str, first["loc"]))] if first["loc"] else []
        raise UnreadableInputError(": ".join(["not an Alert", *where, first["msg"]])) from None
    if not MESSAGE_ID.fullmatch(alert.id):
        raise UnreadableInputError(f"the id {alert.id[:80]!r} is not made of letters, digits, - and _ alone")
    return alert


def _reason(endpoint_id: str, outcome: Outcome, tries: int) -> Exception:
    if outcome.verdict == "refused":
        return RefusedDestinationError(f"{endpoint_id}: {outcome.reason}")
    last = outcome.reason if outcome.status is not None else f"{outcome.error}: {outcome.reason}"
    return UndeliveredError(f"{endpoint_id}: given up after {tries} {'try' if tries == 1 else 'tries'}: {last}")


async def _unless(stop: asyncio.Event, batches: asyncio.Queue[list[ConsumerRecord]]) -> list[ConsumerRecord]:
    """The next batch, or nothing when ``stop`` is set before it comes."""
    stopped, batch = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(batches.get())
    try:
        await asyncio.wait([stopped, batch], return_when=asyncio.FIRST_COMPLETED)
        return batch.result() if batch.done() else []
    finally:
        stopped.cancel()
        batch.cancel()


async def _within_seconds(close: Callable[[], Awaitable[None]]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_SECONDS / 2):
            await close()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait these seconds, or less when ``stop`` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
