"""The read side of the view: what the API, the event stream and the dashboard ask.

Thread-safe: every question has a read-only connection for itself, and is answered from one state of the file. No clock,
no Kafka.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline import edtf
from pipeline.judging.view import dimensions, rows
from pipeline.records import Alert, Dimension, Fact, Status, StatusRow, Support
from pipeline.serving import search
from pipeline.serving.knowledge import Allowance, Knowledge
from pipeline.serving.origins import Origin, Origins
from pipeline.serving.positions import learned_ms
from pipeline.serving.readers import Readers
from pipeline.serving.store import offsets_of
from pipeline.serving.stored import CLAIM, SPOKEN, WHAT, claim_fields, status_fields

Offsets = tuple[int, ...]
"""The next offset of each partition of a topic, by partition number."""

StatusKey = tuple[str, str, str]
"""Subject, country and dimension of a row."""


@dataclass(frozen=True)
class SubjectCounts:
    """How much is known of a subject."""

    countries: int
    rows: int
    updated: str | None
    """Latest publication date among the articles behind the rows, as published."""
    earliest: str | None = None
    """The first day on which something is known to have held (ISO 8601): where ``as_of`` begins to tell."""


@dataclass(frozen=True)
class StatusQuery:
    """Which rows of the live table. None is: whichever."""

    subject: str | None = None
    country: str | None = None
    dimension: Dimension | None = None
    value: str | None = None
    as_of: str | None = None
    """An EDTF date with a year: what held by its end."""
    known_at: int | None = None
    """Milliseconds since 1970: what was known then."""


@dataclass(frozen=True)
class ClaimQuery:
    """Which claims. None is: whichever."""

    subject: str | None = None
    country: str | None = None
    predicate: str | None = None
    source: str | None = None
    q: str | None = None
    """Words that the evidence has; see ``search.match``. Every text is legal."""


@dataclass(frozen=True)
class AlertQuery:
    """Which alerts. None is: whichever."""

    kind: str | None = None
    subject: str | None = None
    country: str | None = None
    dimension: str | None = None


@dataclass(frozen=True)
class StoredClaim:
    """A claim as an interface shows it."""

    position: int
    learned_ms: int
    """When it was learned, in milliseconds since 1970: the time of its message."""
    json: bytes
    """The Claim without ``signature``, keys sorted."""


@dataclass(frozen=True)
class StoredAlert:
    """An alert with its place: on its topic, and in the order of this replica (``seq``), which no other one shares."""

    seq: int
    partition: int
    offset: int
    published_ms: int
    """The time of its message, in milliseconds since 1970."""
    json: bytes
    """The CloudEvents envelope as on the topic."""

    @cached_property
    def alert(self) -> Alert:
        """The same, read."""
        return Alert.from_json(self.json)


@dataclass(frozen=True)
class FactHistory:
    """A Fact with all the support that has arrived here, and for each of it, in the same order, its origin."""

    fact: Fact
    origins: tuple[Origin, ...]


class View:
    """What the file at ``path`` tells. It is opened when the first question is asked.

    While there is no file, or none of this schema, every question raises readers.UnavailableError.

    Args:
        path: the file that a follower keeps.
        freshness_days: as the judge has it, for what was known at an earlier time.
    """

    def __init__(self, path: Path, *, freshness_days: int = 30) -> None:
        self._readers = Readers(path)
        self._knowledge = Knowledge(freshness_days)

    def close(self) -> None:
        """Close the file; questions that are being answered are answered."""
        self._readers.close()

    def subjects(self) -> dict[str, SubjectCounts]:
        """Every subject that something is known of."""
        with self._readers.reading() as connection:
            # Of the columns that are not grouped by, SQLite gives those of the row with the maximum.
            found = connection.execute(
                "SELECT subject, count(DISTINCT country), count(*), updated, max(julianday(updated)) FROM status "
                "GROUP BY subject ORDER BY subject"
            )
            earliest = dict(
                connection.execute("SELECT subject, min(from_date) FROM status_as_of GROUP BY subject").fetchall()
            )
            return {
                subject: SubjectCounts(countries, rows, updated, earliest.get(subject))
                for subject, countries, rows, updated, _ in found
            }

    def status(self, query: StatusQuery, *, after: StatusKey | None, limit: int) -> list[StatusRow]:
        """Rows by subject, country and name of the dimension, from the one after ``after`` on.

        Raises as ``status_fields``.
        """
        return [StatusRow.model_validate(fields) for fields in self.status_fields(query, after=after, limit=limit)]

    def status_fields(self, query: StatusQuery, *, after: StatusKey | None, limit: int) -> list[dict[str, Any]]:
        """The same rows as in JSON, at a tenth of the cost: a thousand records take longer to make than to find.

        Raises:
            ValueError: ``as_of`` is no date with a year.
            knowledge.TooWideError: ``known_at`` would have too many claims folded again.
            knowledge.NotYetFoldedError: ``known_at`` has many claims folded again, and goes on when asked again.
        """
        cutoff = _last_day(query.as_of)
        where = _equal(query, "subject", "country", "dimension", "value")
        if after is not None:
            where.append(_Condition(f"({_KEY}) > (?, ?, ?)", after))
        with self._readers.reading() as connection:
            if query.known_at is not None:
                known = self._known_rows(connection, query, query.known_at, after, limit)
                return [row.model_dump(mode="json") for row in known]
            table = "status"
            if cutoff is not None:
                table = f"status_as_of JOIN (SELECT {_KEY}, {SPOKEN} FROM status) USING ({_KEY})"  # noqa: S608
                where.append(_Condition("from_date <= ? AND (to_date IS NULL OR to_date > ?)", (cutoff, cutoff)))
            found = _select(connection, f"{WHAT}, {SPOKEN}", table, where, order=_KEY, limit=limit)
            return [status_fields(row) for row in found]

    def status_of(
        self, subject: str, country: str, *, as_of: str | None = None, known_at: int | None = None
    ) -> tuple[Status, list[StatusRow]] | None:
        """One Status and its rows; None when nothing is known, by now or then.

        Raises:
            ValueError: ``as_of`` is no date with a year.
            knowledge.NotYetFoldedError: as in ``status``.
        """
        _last_day(as_of)
        with self._readers.reading() as connection:
            status = self._status(connection, subject, country, known_at)
        return None if status is None else (status, rows(status, as_of=as_of))

    def days(self, subject: str, dimension: Dimension | None = None) -> list[dict[str, Any]]:
        """By dimension the days (``date``) on which rows of a subject begin, change or end, and how many (``rows``)."""
        with self._readers.reading() as connection:
            found = connection.execute(
                "SELECT dimension, date, count(DISTINCT country) FROM ("
                "SELECT dimension, country, from_date AS date FROM status_as_of WHERE subject = :subject "
                "UNION ALL SELECT dimension, country, to_date FROM status_as_of WHERE subject = :subject"
                ") WHERE date IS NOT NULL AND (:dimension IS NULL OR dimension = :dimension) "
                "GROUP BY dimension, date ORDER BY dimension, date",
                {"subject": subject, "dimension": dimension},
            )
            return [{"dimension": name, "date": day, "rows": count} for name, day, count in found]

    def history(self, subject: str, country: str, *, known_at: int | None = None) -> list[FactHistory]:
        """Every Fact, by dimension, in order of time. Raises knowledge.NotYetFoldedError as ``status``.

        Behind what a Status keeps as ``support`` stand the claims of all others that it counts, as far as they have
        arrived here: of a Fact with very many sources that is a sample of them.
        """
        with self._readers.reading() as connection:
            status = self._status(connection, subject, country, known_at)
            if status is None:
                return []
            origins = Origins(connection, subject, country, known_at)
            found = []
            for told in dimensions(status):
                for fact, witnesses in zip(told.facts(), told.witnesses(), strict=True):
                    more = _support(connection, origins.others(fact, witnesses))
                    whole = fact.model_copy(update={"support": (*fact.support, *more)})
                    found.append(FactHistory(whole, origins.of(whole)))
            return found

    def claims(self, query: ClaimQuery, *, before: int | None, limit: int) -> list[StoredClaim]:
        """The newest claims first, by position; those before the position ``before``."""
        if search.says_nothing(query.q):
            return []
        filters = (("s", query.subject), ("c", query.country), ("p", query.predicate), ("o", query.source))
        match = search.match(query.q, [(letter, value) for letter, value in filters if value is not None])
        table, position, where = "claims", "position", []
        if match is not None:  # CROSS JOIN: the search leads, newest first, and stops when the page is full
            table = "evidence_search CROSS JOIN claims ON position = evidence_search.rowid"
            position = "evidence_search.rowid"
            where.append(_Condition("evidence_search MATCH ?", (match,)))
        if before is not None:
            where.append(_Condition(f"{position} < ?", (before,)))
        with self._readers.reading() as connection:
            found = _select(connection, CLAIM, table, where, order=f"{position} DESC", limit=limit)
            return [_stored_claim(row) for row in found]

    def alerts(self, query: AlertQuery, *, after: Offsets, limit: int) -> tuple[list[StoredAlert], Offsets]:
        """Alerts from the offsets ``after`` on, in the order of this replica, and the offsets to go on from.

        What the query leaves out counts as seen. A partition that ``after`` does not name is read from its beginning;
        ``limit`` is at least 1.
        """
        with self._readers.reading() as connection:
            ends = offsets_of(connection)["alerts"]
            start = (*after, *[0] * (len(ends) - len(after)))[: len(ends)]
            firsts = (_seq_from(connection, *place) for place in enumerate(start))
            first = min((seq for seq in firsts if seq is not None), default=None)
            if first is None:
                return [], tuple(map(max, start, ends))
            where = [_Condition("seq >= ?", (first,)), *_equal(query, *_ALERT_FILTERS)]
            found = _places(connection, where, order="seq")
            unseen = (seq for seq, number, offset in found if offset >= start[number])
            wanted = list(islice(unseen, limit))
            if len(wanted) < limit:
                return _alerts(connection, wanted), tuple(map(max, start, ends))
            seen = dict(
                connection.execute(
                    "SELECT kafka_partition, max(kafka_offset) + 1 FROM alerts INDEXED BY alerts_in_order "
                    "WHERE seq BETWEEN ? AND ? GROUP BY kafka_partition",
                    (first, wanted[-1]),
                )
            )
            return _alerts(connection, wanted), tuple(max(at, seen.get(number, 0)) for number, at in enumerate(start))

    def last_alerts(self, query: AlertQuery, count: int) -> tuple[list[StoredAlert], Offsets]:
        """The newest alerts, in order, and the offsets of the end."""
        with self._readers.reading() as connection:
            found = _places(connection, _equal(query, *_ALERT_FILTERS), order="seq DESC", limit=count)
            return _alerts(connection, [seq for seq, _, _ in found][::-1]), offsets_of(connection)["alerts"]

    def offsets(self) -> dict[str, Offsets]:
        """How far the topics are in the file: by "status", "claims", "alerts"."""
        with self._readers.reading() as connection:
            return offsets_of(connection)

    def _status(
        self, connection: sqlite3.Connection, subject: str, country: str, known_at: int | None
    ) -> Status | None:
        if known_at is not None:
            status = self._knowledge.status(connection, subject, country, known_at, allowance=Allowance())
        else:
            found = connection.execute(
                "SELECT record FROM statuses WHERE subject = ? AND country = ?", (subject, country)
            ).fetchone()
            status = Status.from_json(found[0]) if found else None
        return status if status and status.ledgers else None  # nothing but what was not asserted

    def _known_rows(
        self,
        connection: sqlite3.Connection,
        query: StatusQuery,
        known_at: int,
        after: StatusKey | None,
        limit: int,
    ) -> list[StatusRow]:
        allowance = Allowance()
        found: list[StatusRow] = []
        for subject, country in self._knowledge.keys(connection, known_at, query.subject, query.country, after):
            status = self._knowledge.status(connection, subject, country, known_at, allowance=allowance)
            told = rows(status, as_of=query.as_of) if status else []
            found += [
                row
                for row in sorted(told, key=lambda row: row.dimension)
                if query.dimension in (None, row.dimension)
                and query.value in (None, row.value)
                and (after is None or (row.subject, row.country, row.dimension) > after)
            ]
            if len(found) >= limit:
                break
        return found[:limit]


# --- asking ---

_KEY = "subject, country, dimension"
_ALERT_FILTERS = ("kind", "subject", "country", "dimension")


class _Condition(NamedTuple):
    """A part of a WHERE clause, with what stands for its question marks."""

    text: str
    values: tuple[Any, ...]


def _equal(query: object, *columns: str) -> list[_Condition]:
    """What a query asks of these columns."""
    asked = ((column, getattr(query, column)) for column in columns)
    return [_Condition(f"{column} = ?", (value,)) for column, value in asked if value is not None]


def _select(
    connection: sqlite3.Connection,
    columns: str,
    table: str,
    where: Sequence[_Condition],
    *,
    order: str,
    limit: int = -1,
) -> Iterator[tuple[Any, ...]]:
    """Rows. Whatever a user gave is in the values of the conditions; the rest is written in this module."""
    conditions = " AND ".join(one.text for one in where) or "TRUE"
    values = [value for one in where for value in one.values]
    statement = f"SELECT {columns} FROM {table} WHERE {conditions} ORDER BY {order} LIMIT ?"  # noqa: S608
    yield from connection.execute(statement, (*values, limit))


def _last_day(as_of: str | None) -> str | None:
    """The day by whose end it is to have held. Raises ValueError when it is no date with a year."""
    return None if as_of is None else edtf.span(as_of)[1].isoformat()


def _support(connection: sqlite3.Connection, claim_ids: Sequence[str]) -> Iterator[Support]:
    """Claims, as an interface shows them behind a Fact."""
    for claim_id in claim_ids:
        fields = claim_fields(connection.execute(f"SELECT {CLAIM} FROM claims WHERE id = ?", (claim_id,)).fetchone())  # noqa: S608
        shown = {name: fields[name] for name in Support.model_fields if name in fields}
        yield Support.model_validate({"claim_id": claim_id, **shown})


def _stored_claim(row: Sequence[Any]) -> StoredClaim:
    fields = claim_fields(row)
    position = fields.pop("position")
    return StoredClaim(position, learned_ms(position), orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))


def _seq_from(connection: sqlite3.Connection, partition: int, offset: int) -> int | None:
    """The place of the first alert of a partition from an offset on."""
    found = connection.execute(
        "SELECT seq FROM alerts WHERE kafka_partition = ? AND kafka_offset >= ? ORDER BY kafka_offset LIMIT 1",
        (partition, offset),
    ).fetchone()
    return int(found[0]) if found else None


def _places(
    connection: sqlite3.Connection, where: Sequence[_Condition], *, order: str, limit: int = -1
) -> Iterator[tuple[Any, ...]]:
    """Of the alerts that match: seq, partition and offset, without reading their envelopes."""
    columns, table = "seq, kafka_partition, kafka_offset", "alerts INDEXED BY alerts_in_order"
    return _select(connection, columns, table, where, order=order, limit=limit)


def _alerts(connection: sqlite3.Connection, wanted: Iterable[int]) -> list[StoredAlert]:
    found = []
    for seq in wanted:
        partition, offset, timestamp_ms, record = connection.execute(
            "SELECT kafka_partition, kafka_offset, kafka_timestamp, record FROM alerts WHERE seq = ?", (seq,)
        ).fetchone()
        found.append(StoredAlert(seq, partition, offset, timestamp_ms, record.encode()))
    return found
