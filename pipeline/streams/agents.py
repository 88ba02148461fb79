"""The worker: one Faust app with the agents `read` and `judge`, and their tables `seen` and `status`.

At least once over idempotent steps, because Faust's own exactly_once cannot work across a change of key. The order is
always the same: write the row, send what follows from it, wait until Kafka has acknowledged all of it, the row's
changelog record included, and only then let Faust acknowledge the input. So after a crash anywhere the input comes
again, and both steps know it: `seen` by its offset (streams/seen.py), `fold` by the claim's id; what was sent is sent
again, the same byte for byte.

What Faust 0.15.3 asks for, beyond the settings in `make_app`:

- One instance of each agent: with more it commits past messages that are still in flight.
- Nothing may be raised out of a loop body, because that acknowledges the event. What is wrong with the event makes it
  a dead letter; what is wrong with Kafka or a table ends the process, and the supervisor starts it anew.
- Two of its faults are repaired in streams/faust_repairs.py.
- Rows are written again even where they are unchanged: after a crash the local table can hold a row whose changelog
  record was never sent, and the next owner of the partition knows only the changelog.
- It reads `documents` without regard to transactions. A Document of an aborted one comes again, committed, at a later
  offset, and is then dropped as another print of the same text by the same source: nothing is lost, nothing twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faust

from pipeline.errors import UnreadableInputError, in_a_line
from pipeline.judging.fold import fold
from pipeline.reading.reader import Reader
from pipeline.records import Claim, Document, Status
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.correlation import correlated, log_fields
from pipeline.streams.dead_letters import Origin, headers_of
from pipeline.streams.faust_repairs import Table, TableManager, Transport
from pipeline.streams.giving_up import give_up
from pipeline.streams.logs import COUNTERS_EVERY_SECONDS, Counters
from pipeline.streams.outputs import Output, check_sizes
from pipeline.streams.seen import Seen, take
from pipeline.topology import Stage, Topic, Topology

SESSION_TIMEOUT_SECONDS = 10.0
_SEND_SECONDS = 60.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class _Result:
    """What an event leads to: one row of the stage's table, and messages."""

    outputs: list[Output]
    row: tuple[bytes, bytes] | None = None


_Work = Callable[[Any], Awaitable[_Result]]


def make_app(settings: Settings, reader: Reader, data_dir: Path) -> faust.App:
    """The Faust app of one worker. ``data_dir`` is this worker's own, for its local copies of the tables."""
    topology = clients.topology_of(settings)
    app = faust.App(
        topology.worker_app,
        **clients.faust_options(settings),
        datadir=data_dir,
        store="rocksdb://",
        Table=Table,
        TableManager=TableManager,
        autodiscover=False,
        web_enabled=False,
        # Topics are made by `recognition topics`, all with the same number of partitions.
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=topology.partitions,
        topic_replication_factor=settings.replication_factor,
        table_standby_replicas=0,
        # Recovery after a crash in seconds, not in a minute.
        broker_session_timeout=SESSION_TIMEOUT_SECONDS,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=0.5,
        broker_commit_every=1_000,
        consumer_auto_offset_reset="earliest",
        # In-flight events are finished before a partition is handed over.
        stream_wait_empty=True,
        stream_buffer_maxsize=256,
        producer_acks=-1,
        producer_max_request_size=clients.MAX_REQUEST_BYTES,
        worker_redirect_stdouts=False,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    stages = [_add_read(app, topology, settings, reader), _add_judge(app, topology, settings)]

    @app.timer(COUNTERS_EVERY_SECONDS)  # type: ignore[untyped-decorator]
    async def log_counters() -> None:
        for stage in stages:
            stage.counters.log()

    return app


def _add_read(app: faust.App, topology: Topology, settings: Settings, reader: Reader) -> "_Stage":
    # The local copy forgets on its own; the changelog by its retention.
    seen = _table(app, "seen", topology, ttl=(settings.seen_days + 1) * _DAY_SECONDS)
    stage = _Stage(app, "read", seen, topology)

    async def read(event: Any) -> _Result:
        document = Document.from_json(_value(event))
        key = document.digest.encode()
        remembered = seen.get(key)
        step = await asyncio.get_running_loop().run_in_executor(  # a long text must not hold up the loop
            None,
            lambda: take(
                Seen.from_json(remembered) if remembered else None,
                document,
                offset=event.message.offset,
                time_ms=int(event.message.timestamp * 1_000),
                seen_days=settings.seen_days,
                read=lambda unread: reader(unread).claims,
            ),
        )
        stage.counters.add(f"documents {step.outcome}")
        stage.counters.add("claims", len(step.claims))
        return _Result(
            [Output(topology.claims, claim.key.encode(), claim.to_json()) for claim in step.claims],
            (key, step.row.to_json()) if step.row else None,
        )

    @app.agent(_source(app, topology.documents), name="read", concurrency=1)
    async def read_agent(stream: AsyncIterable[Any]) -> None:
        async for event in stream.events():  # type: ignore[attr-defined]
            await stage.handle(event, read)

    return stage


def _add_judge(app: faust.App, topology: Topology, settings: Settings) -> "_Stage":
    table = _table(app, "status", topology)
    stage = _Stage(app, "judge", table, topology)

    async def judge(event: Any) -> _Result:
        claim = Claim.from_json(_value(event))
        key = claim.key.encode()
        row = table.get(key)
        status, changes = fold(Status.from_json(row) if row else None, claim, freshness_days=settings.freshness_days)
        stage.counters.add("claims")
        stage.counters.add("changes", len(changes))
        value = status.to_json()
        outputs = [Output(topology.changes, key, change.to_json()) for change in changes]
        return _Result([*outputs, Output(topology.status, key, value)], (key, value))

    @app.agent(_source(app, topology.claims), name="judge", concurrency=1)
    async def judge_agent(stream: AsyncIterable[Any]) -> None:
        async for event in stream.events():  # type: ignore[attr-defined]
            await stage.handle(event, judge)

    return stage


class _Stage:
    """One agent's way from an event to its acknowledgement."""

    def __init__(self, app: faust.App, name: Stage, table: Table, topology: Topology) -> None:
        self.counters = Counters(logging.getLogger(f"recognition.{name}"))
        self._app = app
        self._name = name
        self._table = table
        self._dead_letters = topology.dead_letters[name]
        self._log = logging.getLogger(f"recognition.{name}")

    async def handle(self, event: Any, work: _Work) -> None:
        """Do the work on an event, and return when all that comes of it is safe in Kafka."""
        origin = _origin(event.message)
        try:
            result = await work(event)
            check_sizes(result.outputs)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this event's
            result = _Result([self._dead_letter(event.message, origin, error)])
        result.outputs[:] = correlated(result.outputs, origin)
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._settle(result)
        except Exception as error:  # noqa: BLE001 - raised further it would acknowledge the event
            give_up(f"{self._name}: what came of an event could not be written: {error!r}")

    async def _settle(self, result: _Result) -> None:
        if result.row:
            key, value = result.row
            self._table[key] = value
        sends = [
            self._app.producer.send_and_wait(
                output.topic.name, output.key, output.value, output.partition, None, list[Any](output.headers)
            )
            for output in result.outputs
        ]
        await asyncio.gather(*self._table.unacknowledged(), *sends)

    def _dead_letter(self, message: Any, origin: Origin, error: Exception) -> Output:
        headers = headers_of(self._name, origin, error)
        self._log.warning(
            "dead letter: %s %d/%d: %s",
            *(message.topic, message.partition, message.offset),
            in_a_line(error),
            extra=log_fields(origin),
        )
        self.counters.add("dead letters")
        return Output(self._dead_letters, message.key, message.value, message.partition, headers)


def _origin(message: Any) -> Origin:
    timestamp = round(message.timestamp * 1_000) if message.timestamp else None
    return Origin(message.topic, message.partition, message.offset, timestamp, message.headers or ())


def _table(app: faust.App, name: str, topology: Topology, **options: Any) -> Table:
    table = app.Table(name, key_type=bytes, value_type=bytes, partitions=topology.partitions, options=options or None)
    return cast("Table", table)


def _source(app: faust.App, topic: Topic) -> Any:
    return app.topic(topic.name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


def _value(event: Any) -> bytes:
    value = event.message.value
    if not value:
        raise UnreadableInputError("empty message")
    return bytes(value)
