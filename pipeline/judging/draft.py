"""A Fact in the making: Strands that tell of one thing, and what follows from them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pipeline import edtf
from pipeline.judging.independence import independent
from pipeline.ontology import Meaning
from pipeline.records import Aspect, Strand

TOLERANCE_DAYS = 7
"""Dates this close tell of one act. Reports date a diplomatic act by the act itself, its announcement or its printing,
across time zones and weekly issues; and no country does the same thing twice in a week unless it undid it in between,
which a contrary event would tell."""

PASSING_DAYS = 30
"""An event that its article dates vaguely or not at all may be mentioned there in passing: it takes its turn as if it
were this much older, so that an article on restored ties that also tells of their severing does not sever them."""

FINENESS = {"day": 0, "month": 1, "year": 2, "none": 3}
Span = tuple[date, date]


@dataclass(eq=False)
class Draft:
    """A Fact in the making. ``parts`` are its Strands, each with the date that it gives; what is computed from them
    is computed once, so they are complete before anything else is asked (``forget`` after a later addition).
    """

    meaning: Meaning
    aspect: Aspect
    cluster: Mapping[str, str]
    parts: list[tuple[Strand, str | None]] = field(default_factory=list)
    marks: list[Span] = field(default_factory=list)
    """For a state: from when to when each of its Strands attests it."""
    outdone: date | None = None
    """For an event: when the contrary one happened of which all its articles tell too, and tell the date."""

    @property
    def leader(self) -> str | None:
        """The date that formed it, to which others were compared."""
        return self.parts[0][1]

    @cached_property
    def witnesses(self) -> frozenset[str]:
        """Who speaks for it."""
        return frozenset(key for strand, _ in self.parts for key in strand.witnesses)

    @cached_property
    def weight(self) -> int:
        """How many independent sources stand behind it."""
        return independent(self.witnesses, self.cluster)

    @cached_property
    def dates(self) -> dict[str, int]:
        """Every date that is given, with the number of independent sources that give it."""
        given: dict[str, set[str]] = {}
        for strand, when in self.parts:
            if when is not None:
                given.setdefault(when, set()).update(strand.witnesses)
        return {when: independent(keys, self.cluster) for when, keys in given.items()}

    @cached_property
    def since(self) -> str | None:
        """The leading date. For a state the earliest one.

        For an event the best supported one, where a vague date supports those finer ones that agree with it instead
        of standing for itself; then the finest, then the earliest.
        """
        if self.aspect == "state":
            return min(self.dates, key=lambda when: (earliest(when), when), default=None)
        leading = [when for when in self.dates if not any(_refines(other, when) for other in self.dates)]
        return min(
            leading,
            key=lambda when: (
                -sum(count for other, count in self.dates.items() if edtf.agree(other, when)),
                FINENESS[edtf.precision(when)],
                -self.dates[when],
                when,
            ),
            default=None,
        )

    @cached_property
    def place(self) -> Span | None:
        """An event's earliest and latest possible day; None where nothing tells a year.

        An article that tells of it bounds a vague date: what was reported in February had happened by then.
        """
        anchors = [
            edtf.span(strand.first)[1] for strand, _ in self.parts if strand.first and edtf.has_year(strand.first)
        ]
        if self.since is None or not edtf.has_year(self.since):
            return (min(anchors), min(anchors)) if anchors else None
        first, last = edtf.span(self.since)
        return first, min([last, *(day for day in anchors if day >= first)])

    @property
    def turn(self) -> date:
        """The day by which an event takes its turn among contrary ones. One that has no place in time comes before
        all others: it cannot displace what is dated.
        """
        if self.place is None:
            return date.min
        if self.sharp:
            return self.place[1]
        passing = edtf.shifted(self.place[1], -PASSING_DAYS)
        return passing if self.outdone is None else min(passing, edtf.shifted(self.outdone, -1))

    @cached_property
    def sharp(self) -> bool:
        """Whether any of its Strands is told sharply."""
        return any(told_sharply(strand) for strand, _ in self.parts)

    @property
    def order(self) -> tuple[date, date, int, int, str]:
        """Order of events in time. Of contrary ones on one day the better supported is taken for the later one, then
        the one that presupposes the other.
        """
        first = self.place[0] if self.place else date.min
        return self.turn, first, self.weight, len(self.meaning.undoes), self.meaning.value

    @property
    def begins(self) -> date:
        """The first day on which it can have been so; the smallest date where that is not known."""
        if self.aspect == "event":
            return self.place[0] if self.place else date.min
        return min((first for first, _ in self.marks), default=date.min)

    def happened_by(self, day: date) -> bool:
        """Whether an event had happened by that day, for certain."""
        return self.place is not None and self.place[1] <= day

    def attested_after(self, day: date, cutoff: date | None) -> bool:
        """Whether a state is attested after a day (and up to the cutoff): by a Strand that begins after it."""
        return any(day < first and (cutoff is None or first <= cutoff) for first, _ in self.marks)

    def attested(self, cutoff: date | None = None) -> date | None:
        """The last day, up to the cutoff, on which a state is attested; None when no such day is known."""
        days = [day for mark in self.marks for day in mark if cutoff is None or day <= cutoff]
        return max(days, default=None)

    def forget(self) -> None:
        """Drop what was computed, because a Strand was added."""
        for name in ("witnesses", "weight", "dates", "since", "place", "sharp"):
            self.__dict__.pop(name, None)


def told_sharply(strand: Strand) -> bool:
    """Whether an event's date is stated, or the reader took the very day of the article: that is, told as just done."""
    return strand.basis == "stated" or (strand.basis == "published" and edtf.precision(strand.date) == "day")


def earliest(when: str) -> date:
    """The first day that a date can mean; the smallest date where its year is unknown."""
    return edtf.span(when)[0] if edtf.has_year(when) else date.min


def _refines(one: str, other: str) -> bool:
    return FINENESS[edtf.precision(one)] < FINENESS[edtf.precision(other)] and edtf.agree(one, other)
