"""Reading a Status: its rows now, at an earlier time or at all times, its history, its activity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import zip_longest

from pipeline import edtf
from pipeline.judging import facts
from pipeline.judging.draft import Draft
from pipeline.judging.independence import clusters, independent, outlets
from pipeline.judging.ledger import DAY_OUTLETS
from pipeline.records import DIMENSIONS, Activity, Dimension, Fact, Ledger, Status, StatusRow

WINDOWS = {"1d": 1, "7d": 7, "30d": 30}
"""The rolling windows, in days of publication time."""


def rows(status: Status, *, as_of: str | None = None) -> list[StatusRow]:
    """The current value of each dimension, one row each, by dimension.

    Args:
        status: of one (subject, country).
        as_of: an EDTF date with a year; then the values that held by its end, by the dates of the events and with all
            that is known by now. What cannot be placed in time, or only later, is left out.

    Raises:
        ValueError: ``as_of`` is no date, or has no year.
    """
    return [row for one in dimensions(status) if (row := one.row(as_of)) is not None]


def history(status: Status, dimension: Dimension | None = None) -> list[Fact]:
    """Every Fact with its evidence: by dimension, and in order of time in each; ``role`` tells what leads."""
    return [fact for one in dimensions(status) if dimension in (None, one.dimension) for fact in one.facts()]


def dimensions(status: Status) -> list["Told"]:
    """What a Status tells, dimension by dimension."""
    return [Told(status, dimension) for dimension in DIMENSIONS if dimension in status.ledgers]


@dataclass(frozen=True)
class Period:
    """A stretch of days on which a dimension had one row, as ``rows`` with ``as_of`` tells it."""

    first: date
    until: date | None
    """The day after the last; None where it lasts."""
    row: StatusRow


class Told:
    """What a Status tells of one dimension; its Facts are joined once, whatever is asked."""

    def __init__(self, status: Status, dimension: Dimension) -> None:
        self.dimension = dimension
        self._status = status
        self._drafts = facts.draft(status.ledgers[dimension].strands, status.witnesses, dimension)
        self._rows: dict[tuple[int, ...], StatusRow] = {}

    def facts(self) -> list[Fact]:
        """In order of time, with their evidence."""
        return facts.tell(self._status.subject, self._status.country, self._drafts)

    def witnesses(self) -> list[frozenset[str]]:
        """Who speaks for each of ``facts``, in the same order: keys of Status.witnesses."""
        return [one.witnesses for one in facts.in_order(self._drafts)]

    def row(self, as_of: str | None = None) -> StatusRow | None:
        """See ``rows``; None where no value is known, or none was then."""
        leading, dissent = facts.lead(self._drafts, as_of)
        if leading is None:
            return None
        name = (id(leading), *map(id, dissent))
        if name not in self._rows:
            self._rows[name] = self._row(leading, dissent)
        return self._rows[name]

    def periods(self) -> list[Period]:
        """What ``row`` tells of every day, in order of time; days on which nothing held are in none."""
        changed: list[tuple[date, StatusRow | None]] = []
        for day in facts.turns(self._drafts):
            row = self.row(day.isoformat())
            if not changed or changed[-1][1] != row:
                changed.append((day, row))
        ends = [day for day, _ in changed[1:]]
        return [Period(day, until, row) for (day, row), until in zip_longest(changed, ends) if row is not None]

    @cached_property
    def _activity(self) -> dict[str, Activity]:
        return activity(self._status, self.dimension)

    def _row(self, leading: Draft, dissent: Sequence[Draft]) -> StatusRow:
        status = self._status
        current = facts.fact(status.subject, status.country, leading, role="current", dissent=dissent)
        announced = status.log.announced.get(self.dimension, ())
        return StatusRow(
            subject=status.subject,
            country=status.country,
            dimension=self.dimension,
            value=current.value,
            since=current.since,
            precision=current.precision,
            confidence=current.confidence,
            sources=current.sources,
            independent=current.independent,
            first_ever=current.first_ever,
            revision=announced[-1].revision if announced else status.revision,
            updated=facts.updated(leading),
            activity=self._activity,
        )


def activity(status: Status, dimension: Dimension) -> dict[str, Activity]:
    """How often a dimension was spoken of in the last 1, 7 and 30 days.

    The days are those of publication (UTC), and the last one is the latest on which anything was
    published on this (subject, country). Outlets beyond ``DAY_OUTLETS`` a day are estimated; independent
    ones are counted among those that are kept.
    """
    ledger = status.ledgers.get(dimension, Ledger())
    latest = max((count.day for one in status.ledgers.values() for count in one.days), default=None)
    if latest is None:
        return {name: Activity() for name in WINDOWS}
    keys = {key for count in ledger.days for key in count.witnesses}
    cluster = clusters({key: status.witnesses[key] for key in sorted(keys)})
    return {name: _window(ledger, date.fromisoformat(latest), days, cluster) for name, days in WINDOWS.items()}


def _window(ledger: Ledger, latest: date, days: int, cluster: Mapping[str, str]) -> Activity:
    after = edtf.shifted(latest, -days)
    counts = [count for count in ledger.days if date.fromisoformat(count.day) > after]
    return Activity(
        claims=sum(count.claims for count in counts),
        sources=outlets([count.witnesses for count in counts], DAY_OUTLETS),
        independent=independent({key for count in counts for key in count.witnesses}, cluster),
    )
