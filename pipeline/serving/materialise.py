"""From records of the topics to rows of the file: what one transaction of the follower does.

Each record is applied once: what lies before the stored offset of its partition is passed over. The tables depend on
the records alone, not on how they are cut into batches (only ``alerts.seq`` follows the order of arrival).

A record of which no rows can be made, whatever the reason, is left out: no record stops the follower. What the file
refuses is another matter, and ends the transaction: so rows are made first, and written when all of them are there.
"""

import logging
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import merge
from itertools import chain

from pipeline import edtf, ontology
from pipeline.judging.view import WINDOWS, dimensions
from pipeline.records import Alert, Claim, Evidence, Fact, Status, StatusRow
from pipeline.serving.moments import rfc3339
from pipeline.serving.positions import learned_ms, position_after
from pipeline.serving.store import SOURCES, Place, Source, places
from pipeline.serving.view import StoredAlert

_LARGEST = 2**63 - 1
_logger = logging.getLogger("recognition.serve")


@dataclass(frozen=True)
class Received:
    """One record of a followed topic."""

    source: Source
    partition: int
    offset: int
    timestamp_ms: int
    """Kafka's, in milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    received_ms: int | None = None
    """When Kafka got the article that it comes of; None where the record does not say."""

    def digest(self) -> bytes:
        """What tells it from another record at the same offset of another topic of the same name."""
        told = blake2b(self.timestamp_ms.to_bytes(8, "big", signed=True), digest_size=16)
        for part in (self.key, self.value):
            told.update(b"-" if part is None else b"+%d:" % len(part) + part)
        return told.digest()


@dataclass
class Applied:
    """What a batch led to."""

    alerts: list[StoredAlert] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    """Seconds from when Kafka got an article to its alert, one for each alert that tells."""
    counts: Counter[str] = field(default_factory=Counter)


def apply(connection: sqlite3.Connection, batch: Iterable[Received]) -> Applied:
    """Apply a batch, in order within each partition, inside the transaction that the caller has open.

    A record of which no rows can be made is logged, counted and left out.
    """
    known = places(connection)
    fresh: dict[Source, dict[int, list[Received]]] = {source: defaultdict(list) for source in SOURCES}
    for record in batch:
        at = known.get((record.source, record.partition))
        if at is None or record.offset >= at.next_offset:
            fresh[record.source][record.partition].append(record)
    applied = Applied()
    positions = _claims(connection, fresh["claims"], known, applied)
    _statuses(connection, fresh["status"], applied)
    _alerts(connection, fresh["alerts"], applied)
    connection.executemany(
        "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?, ?)",
        [
            (source, partition, records[-1].offset + 1, records[-1].digest(), positions.get((source, partition)))
            for source, parts in fresh.items()
            for partition, records in parts.items()
        ],
    )
    return applied


# --- claims ---

_CLAIM = """
INSERT INTO claims (
    position, id, learned, subject, country, predicate, dimension, value, aspect, date, date_basis, polarity, modality,
    attribution, first_ever, sentence, sentence_start, sentence_end, trigger_start, trigger_end, confidence, article_id,
    source, url, title, published, dated, dated_basis, reader, digest, signature, kafka_partition, kafka_offset
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING
"""


def _claims(
    connection: sqlite3.Connection,
    parts: Mapping[int, Sequence[Received]],
    known: Mapping[tuple[str, int], Place],
    applied: Applied,
) -> dict[tuple[str, int], int | None]:
    """Store the claims; the position of the last one on each partition."""
    last: dict[tuple[str, int], int | None] = {}
    entered = []
    for partition, records in parts.items():
        place = known.get(("claims", partition))
        position = place.last_position if place else None
        for record in records:
            at = position_after(position, record.timestamp_ms, partition, record.offset)
            try:
                raw = (record.value or b"").decode()
                claim = Claim.from_json(raw)
                row = _stored(_claim_row(claim, at, record))
            except Exception as error:  # noqa: BLE001
                _leave_out(record, error, applied)
                continue
            position = at
            if connection.execute(_CLAIM, row).rowcount:
                entered.append(position)
                applied.counts["claims"] += 1
            else:
                connection.execute(
                    "INSERT INTO claim_repeats VALUES (?, ?, ?, ?)",
                    (position, claim.subject, claim.country, raw),
                )
                applied.counts["claims again"] += 1
        last["claims", partition] = position
    # In order: what goes back makes FTS5 write out what it has gathered so far.
    connection.executemany(
        "INSERT INTO evidence_search (rowid, sentence, filters) "
        "SELECT position, sentence, filters FROM evidence WHERE position = ?",
        [(position,) for position in sorted(entered)],
    )
    return last


def _claim_row(claim: Claim, position: int, record: Received) -> tuple[object, ...]:
    meaning = ontology.load().predicates[claim.predicate]
    return (
        position,
        claim.id,
        rfc3339(learned_ms(position)),
        claim.subject,
        claim.country,
        claim.predicate,
        meaning.dimension,
        meaning.value,
        claim.aspect,
        claim.date,
        claim.date_basis,
        claim.polarity,
        claim.modality,
        claim.attribution,
        claim.first_ever,
        *_evidence(claim.evidence),
        claim.confidence,
        claim.article_id,
        claim.source,
        claim.url,
        claim.title,
        claim.published,
        claim.dated,
        claim.dated_basis,
        claim.reader,
        claim.digest,
        claim.signature,
        record.partition,
        record.offset,
    )


def _evidence(evidence: Evidence) -> tuple[object, ...]:
    return (evidence.sentence, evidence.start, evidence.end, *(evidence.trigger or (None, None)))


# --- status ---


def _statuses(connection: sqlite3.Connection, parts: Mapping[int, Sequence[Received]], applied: Applied) -> None:
    """Of each key the last record that is sound: those before it would be written over."""
    for records in parts.values():
        done: set[bytes | None] = set()
        for record in reversed(records):
            if record.key in done:
                applied.counts["statuses passed over"] += 1
                continue
            try:
                key = _status_key(record)
                rows = None if record.value is None else _status_rows(key, record.value.decode())
                for row in chain.from_iterable((rows or {}).values()):
                    _stored(row)
            except Exception as error:  # noqa: BLE001
                _leave_out(record, error, applied)
                continue
            _write_status(connection, key, rows)
            applied.counts["statuses" if rows else "statuses deleted"] += 1
            done.add(record.key)


def _status_key(record: Received) -> tuple[str, str]:
    subject, _, country = (record.key or b"").decode().partition("|")
    return subject, country


def _status_rows(key: tuple[str, str], raw: str) -> dict[str, list[tuple[object, ...]]]:
    """The rows of a Status by table, parents first."""
    status = Status.from_json(raw)
    if (status.subject, status.country) != key:
        raise ValueError(f"the status of {status.key} under the key {'|'.join(key)!r}")
    told = dimensions(status)
    facts = [(number, fact) for one in told for number, fact in enumerate(one.facts(), 1)]
    return {
        "statuses": [(*key, status.revision, raw)],
        "status": [_status_row(row) for one in told if (row := one.row())],
        "status_as_of": [
            (*key, one.dimension, period.first.isoformat(), period.until and period.until.isoformat(), *what)
            for one in told
            for period in one.periods()
            for what in [_what(period.row)[3:]]
        ],
        "facts": [_fact_row(number, fact) for number, fact in facts],
        "fact_support": [row for number, fact in facts for row in _support_rows(number, fact)],
    }


def _write_status(
    connection: sqlite3.Connection, key: tuple[str, str], rows: Mapping[str, Sequence[tuple[object, ...]]] | None
) -> None:
    """Put these rows in the place of those that were there."""
    connection.execute("DELETE FROM statuses WHERE subject = ? AND country = ?", key)  # and all that was told of it
    for table, found in (rows or {}).items():
        if found:
            places = ", ".join("?" * len(found[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", found)  # noqa: S608 - constants


def _what(row: StatusRow) -> tuple[object, ...]:
    return (
        row.subject,
        row.country,
        row.dimension,
        row.value,
        row.since,
        row.precision,
        row.confidence,
        row.sources,
        row.independent,
        row.first_ever,
        row.revision,
        row.updated,
    )


def _status_row(row: StatusRow) -> tuple[object, ...]:
    spoken = (row.activity[window] for window in WINDOWS)
    return (*_what(row), *(number for one in spoken for number in (one.claims, one.sources, one.independent)))


def _fact_row(number: int, fact: Fact) -> tuple[object, ...]:
    first, last = edtf.span(fact.since) if fact.since and edtf.has_year(fact.since) else (None, None)
    return (
        fact.subject,
        fact.country,
        fact.dimension,
        number,
        fact.value,
        fact.aspect,
        fact.role,
        fact.since,
        first and first.isoformat(),
        last and last.isoformat(),
        fact.precision,
        fact.confidence,
        fact.sources,
        fact.independent,
        fact.first_ever,
    )


def _support_rows(fact_number: int, fact: Fact) -> Iterator[tuple[object, ...]]:
    for number, support in enumerate(fact.support, 1):
        yield (
            fact.subject,
            fact.country,
            fact.dimension,
            fact_number,
            number,
            support.claim_id,
            support.source,
            support.article_id,
            support.url,
            support.title,
            support.published,
            support.date,
            support.attribution,
            support.confidence,
            *_evidence(support.evidence),
        )


# --- alerts ---

_ALERT = """
INSERT INTO alerts (
    id, learned, kind, subject, country, dimension, value, previous, since, precision, revision, confidence, sources,
    independent, first_ever, time, kafka_partition, kafka_offset, kafka_timestamp, record
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING
"""


def _alerts(connection: sqlite3.Connection, parts: Mapping[int, Sequence[Received]], applied: Applied) -> None:
    # By time, but never against the order of a partition.
    for record in merge(*parts.values(), key=lambda record: (record.timestamp_ms, record.partition)):
        try:
            raw = (record.value or b"").decode()
            row = _stored(_alert_row(Alert.from_json(raw), raw, record))
        except Exception as error:  # noqa: BLE001
            _leave_out(record, error, applied)
            continue
        done = connection.execute(_ALERT, row)
        if not done.rowcount:
            applied.counts["alerts again"] += 1
            continue
        applied.counts["alerts"] += 1
        applied.alerts.append(
            StoredAlert(done.lastrowid or 0, record.partition, record.offset, record.timestamp_ms, raw.encode())
        )
        if record.received_ms is not None:
            applied.latencies.append(max(0, record.timestamp_ms - record.received_ms) / 1_000)


def _alert_row(alert: Alert, raw: str, record: Received) -> tuple[object, ...]:
    data = alert.data
    return (
        alert.id,
        rfc3339(record.timestamp_ms),
        data.kind,
        data.subject,
        data.country,
        data.dimension,
        data.value,
        data.previous,
        data.since,
        data.precision,
        data.revision,
        data.confidence,
        data.sources,
        data.independent,
        data.first_ever,
        alert.time,
        record.partition,
        record.offset,
        record.timestamp_ms,
        raw,
    )


# --- all ---


def _stored(row: tuple[object, ...]) -> tuple[object, ...]:
    """The row, if SQLite can hold its numbers. Raises ValueError."""
    if large := [one for one in row if isinstance(one, int) and abs(one) > _LARGEST]:
        raise ValueError(f"{str(large[0])[:40]} is too large a number")
    return row


def _leave_out(record: Received, error: Exception, applied: Applied) -> None:
    applied.counts["unreadable"] += 1
    why = f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
    _logger.warning("left out: %s %d/%d: %s", record.source, record.partition, record.offset, why)
