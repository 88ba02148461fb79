"""Notify: the alerts topic, brought to every endpoint, at least once and each partition in order.

Every endpoint is a consumer group of its own, so that none waits for another. An offset is committed when its alert
was delivered, is not wanted, or lies with the dead letters.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from pipeline.errors import RecognitionError, UnreadableInputError
from pipeline.records import Alert
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics
from pipeline.streams.correlation import log_fields
from pipeline.streams.dead_letters import ENDPOINT, HTTP_STATUS, TRIES, Origin, headers_of
from pipeline.streams.logs import Counters
from pipeline.streams.stopping import pause
from pipeline.webhooks.connecting import allowed_addresses, new_pool
from pipeline.webhooks.courier import Courier, Patience
from pipeline.webhooks.delivery import Delivery, Message, Outcome
from pipeline.webhooks.destinations import RefusedDestinationError
from pipeline.webhooks.endpoints import Endpoint
from pipeline.webhooks.membership import Membership, Terms, within
from pipeline.webhooks.signing import MESSAGE_ID

_STOP_SECONDS = 4.5
_FLUSH_SECONDS = 1.0
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
    ``max_poll_interval_ms`` is how long a loop may stand still before its group takes it for dead.

    Raises RecognitionError when no broker answers, or a topic is missing.
    """
    topology = clients.topology_of(settings)
    await require_topics(settings, topology.alerts, topology.dead_letters["notify"])
    counters = Counters(_log)
    context = ssl_context or ssl.create_default_context()
    subscribers = []
    pools = []
    for endpoint in endpoints:
        if endpoint.enabled:
            group = f"{topology.notify_group}.{endpoint.id}"
            terms = Terms(endpoint.id, group, topology.alerts.name, endpoint.start, max_poll_interval_ms)
            pool = new_pool(allow_private=settings.webhook_allow_private, ssl_context=context)
            pools.append(pool)
            delivery = Delivery(endpoint, pool, settings.webhook_timeout_seconds)
            courier = Courier(endpoint.id, delivery.attempt, patience or Patience(settings.webhook_attempts), counters)
            subscribers.append(_Subscriber(endpoint, terms, courier, settings, counters=counters))
        else:
            _log.info("%s is not enabled: it gets nothing", endpoint.id, extra={"endpoint": endpoint.id})
    if not subscribers:
        _log.warning("no endpoint is enabled: nothing to do")
    async with AsyncExitStack() as closing, asyncio.TaskGroup() as tasks:
        for pool in pools:
            closing.push_async_callback(within, _FLUSH_SECONDS, pool.aclose)
        running = [tasks.create_task(subscriber.run(stop)) for subscriber in subscribers]
        tasks.create_task(_end(running, stop))
        tasks.create_task(_count(counters, stop))
    counters.log()


async def _end(running: "list[asyncio.Task[None]]", stop: asyncio.Event) -> None:
    """See to it that the role ends soon after ``stop``, whatever a broker that does not answer may hold up."""
    await stop.wait()
    if running:
        _, late = await asyncio.wait(running, timeout=_STOP_SECONDS)
        for task in late:
            task.cancel()


async def _count(counters: Counters, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await pause(stop, 1.0)
        counters.log(now=False)


class _Subscriber:
    """One endpoint's life: joins its group, starts afresh when Kafka fails it, ends with ``stop`` or when gone."""

    def __init__(
        self, endpoint: Endpoint, terms: Terms, courier: Courier, settings: Settings, *, counters: Counters
    ) -> None:
        self._endpoint = endpoint
        self._terms = terms
        self._courier = courier
        self._settings = settings
        self._counters = counters
        self._dead_letters = clients.topology_of(settings).dead_letters["notify"]
        self._about = {"endpoint": endpoint.id}
        self._producer: AIOKafkaProducer

    async def run(self, stop: asyncio.Event) -> None:
        warning = asyncio.create_task(self._warn_of_refusal())
        failures = 0
        while not stop.is_set():
            membership = Membership(self._terms, self._handle, self._courier.wake)
            try:
                await self._live(membership, stop)
            except _GoneError:
                _log.error(
                    "%s answers 410 Gone, it wants no more alerts: disabled until notify is started again. "
                    "Take it out of the file, or mend it",
                    self._endpoint.id,
                    extra=self._about,
                )
                break
            except Exception as error:  # noqa: BLE001 - whatever it is, the other endpoints go on
                failures = 1 if membership.progressed else failures + 1
                seconds = min(2.0 ** min(failures - 1, 10), _LONGEST_RESTART_SECONDS)
                _log.warning(
                    "%s: starting afresh from the committed offsets in %.0f s: %r",
                    *(self._endpoint.id, seconds, error),
                    exc_info=None if isinstance(error, (KafkaError, RecognitionError)) else error,
                    extra=self._about,
                )
                await pause(stop, seconds)
        warning.cancel()

    async def _live(self, membership: Membership, stop: asyncio.Event) -> None:
        async with AsyncExitStack() as closing:
            self._producer = await clients.connect(clients.new_producer(self._settings), self._settings)
            closing.push_async_callback(within, _FLUSH_SECONDS, self._producer.stop)
            async with membership.joined(self._settings):
                await membership.until(stop)

    async def _warn_of_refusal(self) -> None:
        """Say at the start what every alert would be refused for."""
        where = self._endpoint.destination
        try:
            await allowed_addresses(where.host, where.port, allow_private=self._settings.webhook_allow_private)
        except RefusedDestinationError as error:
            _log.error("%s: its alerts will be dead letters: %s", self._endpoint.id, error, extra=self._about)
        except OSError as error:
            _log.warning("%s: its host cannot be resolved now: %s", self._endpoint.id, error, extra=self._about)

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
            await self._lay_down(record, origin, _reason(self._endpoint.id, outcome, tries), outcome, tries=tries)
        return True

    async def _lay_down(
        self,
        record: ConsumerRecord,
        origin: Origin,
        error: Exception,
        outcome: Outcome | None = None,
        *,
        tries: int = 0,
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
            extra={**self._about, "attempt": tries, **log_fields(origin)},
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
