"""Reading a Status: its rows now, at an earlier time or at all times, its history, its activity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

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
    found = []
    for dimension, drafts in _drafts(status).items():
        leading, dissent = facts.lead(drafts, as_of)
        if leading is not None:
            found.append(_row(status, leading, dissent, activity(status, dimension)))
    return found


@dataclass(frozen=True)
class Period:
    """A stretch of days on which one dimension had one row, as ``rows`` with ``as_of`` tells it."""

    first: date
    until: date | None
    """The day after the last; None where it lasts."""
    row: StatusRow


def periods(status: Status) -> list[Period]:
    """What ``rows`` tells of every day: by dimension, in order of time; days on which nothing held are in none."""
    found: list[Period] = []
    for dimension, drafts in _drafts(status).items():
        spoken = activity(status, dimension)
        told: dict[tuple[int, ...], StatusRow] = {}
        changed: list[tuple[date, StatusRow | None]] = []
        for day in facts.turns(drafts):
            leading, dissent = facts.lead(drafts, day.isoformat())
            row = None
            if leading is not None:
                name = (id(leading), *map(id, dissent))
                row = told[name] = told.get(name) or _row(status, leading, dissent, spoken)
            if not changed or changed[-1][1] != row:
                changed.append((day, row))
        ends = [day for day, _ in changed[1:]]
        found += [Period(day, until, row) for (day, row), until in zip_longest(changed, ends) if row is not None]
    return found


def _row(status: Status, leading: Draft, dissent: Sequence[Draft], spoken: dict[str, Activity]) -> StatusRow:
    dimension = leading.meaning.dimension
    current = facts.fact(status.subject, status.country, leading, role="current", dissent=dissent)
    announced = status.log.announced.get(dimension, ())
    return StatusRow(
        subject=status.subject,
        country=status.country,
        dimension=dimension,
        value=current.value,
        since=current.since,
        precision=current.precision,
        confidence=current.confidence,
        sources=current.sources,
        independent=current.independent,
        first_ever=current.first_ever,
        revision=announced[-1].revision if announced else status.revision,
        updated=facts.updated(leading),
        activity=spoken,
    )


def history(status: Status, dimension: Dimension | None = None) -> list[Fact]:
    """Every Fact with its evidence: by dimension, and in order of time in each; ``role`` tells what leads."""
    return [
        fact
        for name, drafts in _drafts(status).items()
        if dimension in (None, name)
        for fact in facts.tell(status.subject, status.country, drafts)
    ]


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
    after = latest - timedelta(days=days)
    counts = [count for count in ledger.days if date.fromisoformat(count.day) > after]
    return Activity(
        claims=sum(count.claims for count in counts),
        sources=outlets([count.witnesses for count in counts], DAY_OUTLETS),
        independent=independent({key for count in counts for key in count.witnesses}, cluster),
    )


def _drafts(status: Status) -> dict[Dimension, list[Draft]]:
    return {
        dimension: facts.draft(status.ledgers[dimension].strands, status.witnesses, dimension)
        for dimension in DIMENSIONS
        if dimension in status.ledgers
    }
