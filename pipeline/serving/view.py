"""The read side of the view: what the API, the event stream and the dashboard ask.

Thread-safe: every question has a read-only connection for itself, and is answered from one state of the file. No clock, no Kafka.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.records import Alert, Dimension, Fact, Status, StatusRow

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
class Origin:
    """Where the text of a supporting article was first printed."""

    claim_id: str
    """The claim of the first article of its cluster of similar texts: its own when it copies nobody."""
    learned_ms: int | None
    """When the supporting claim itself was learned; None while it has not arrived here."""


@dataclass(frozen=True)
class FactHistory:
    """A Fact, and for each of its ``support``, in the same order, its origin."""

    fact: Fact
    origins: tuple[Origin, ...]


class View:
    """What the file at ``path`` tells. The file is opened when the first question is asked."""

    def __init__(self, path: Path, *, freshness_days: int = 30) -> None: ...

    def close(self) -> None:
        """Close the connections; questions that are being answered are answered."""

    def subjects(self) -> dict[str, SubjectCounts]:
        """Every subject that something is known of."""
        raise NotImplementedError

    def status(self, query: StatusQuery, *, after: StatusKey | None, limit: int) -> list[StatusRow]:
        """Rows by subject, country and name of the dimension, from the one after ``after`` on."""
        raise NotImplementedError

    def status_of(
        self, subject: str, country: str, *, as_of: str | None = None, known_at: int | None = None
    ) -> tuple[Status, list[StatusRow]] | None:
        """One Status and its rows; None when nothing is known."""
        raise NotImplementedError

    def history(self, subject: str, country: str, *, known_at: int | None = None) -> list[FactHistory]:
        """Every Fact, by dimension, in order of time."""
        raise NotImplementedError

    def claims(self, query: ClaimQuery, *, before: int | None, limit: int) -> list[StoredClaim]:
        """The newest claims first, by position; those before the position ``before``."""
        raise NotImplementedError

    def alerts(self, query: AlertQuery, *, after: Offsets, limit: int) -> tuple[list[StoredAlert], Offsets]:
        """Alerts from the offsets ``after`` on, in the order of this replica, and the offsets to go on from."""
        raise NotImplementedError

    def last_alerts(self, query: AlertQuery, count: int) -> tuple[list[StoredAlert], Offsets]:
        """The newest alerts, in order, and the offsets of the end."""
        raise NotImplementedError

    def offsets(self) -> Mapping[str, Offsets]:
        """How far the topics are in the file: by "status", "claims", "alerts"."""
        raise NotImplementedError
