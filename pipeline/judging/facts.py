"""From the Strands of one dimension to its Facts: a pure function of the set.

1. Events with a date: the finest dates first, each a Fact; what lies within ``TOLERANCE_DAYS`` of one joins it.
   Reports of one diplomatic act date it by the act, its announcement or its printing, across time zones: within a
   week. Without a contrary event in between, a country cannot do the same thing twice in a week.
2. Events with a day and no year join the Fact of their value whose date they come closest to, and take its year.
3. Events that are dated only by their article join the Fact of their value that is the nearest before it. Alone,
   one keeps the article's date where the reader took it (basis published: told as happening just then); where the
   reader did not, it has no date, but its place in time is at or before its article.
4. States join an event of their value that came before them, otherwise they make one Fact per value between
   two contrary events.
5. The latest event leads, or where there is none the latest state. Values of one ladder (presence) do not
   exclude each other: the highest leads. Of several Facts of the leading value the best supported does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from pipeline import edtf, ontology
from pipeline.judging.independence import clusters, independent, outlets
from pipeline.judging.ledger import OUTLETS, instant
from pipeline.ontology import Meaning
from pipeline.records import (
    Aspect,
    Confidence,
    DatedSupport,
    Dimension,
    Fact,
    Role,
    Strand,
    Support,
    Timestamp,
    Witness,
)

TOLERANCE_DAYS = 7
UNDATED_DAYS = 30
"""An event without a date may be old news in its article: it ranks as if it were this much older, so that
an article on restored ties that mentions their severing in passing does not sever them."""

_FINENESS = {"day": 0, "month": 1, "year": 2, "none": 3}
Span = tuple[date, date]


@dataclass(eq=False)
class Draft:
    """A Fact in the making: its Strands, each with the date that it gives."""

    meaning: Meaning
    aspect: Aspect
    parts: list[tuple[Strand, str | None]]
    cluster: Mapping[str, str]
    marks: list[Span] = field(default_factory=list)
    """For a state, from when to when each Strand attests it."""

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
        """Every date that is given, by how many independent sources."""
        given: dict[str, set[str]] = {}
        for strand, when in self.parts:
            if when is not None:
                given.setdefault(when, set()).update(strand.witnesses)
        return {when: independent(keys, self.cluster) for when, keys in given.items()}

    @cached_property
    def since(self) -> str | None:
        """The leading date.

        A date that a finer one agrees with only supports that one; of those left the best supported leads, then
        the finest, then the earliest.
        """
        if self.aspect == "state":
            return min((when for when in self.dates), key=lambda when: (_first(when), when), default=None)
        leading = [when for when in self.dates if not any(_finer(other, when) for other in self.dates)]
        return min(
            leading,
            key=lambda when: (
                -sum(count for other, count in self.dates.items() if edtf.agree(other, when)),
                _FINENESS[edtf.precision(when)],
                -self.dates[when],
                when,
            ),
            default=None,
        )

    @cached_property
    def place(self) -> tuple[date, date] | None:
        """Where an event stands in time: its latest and its earliest possible day, None when no year is known.

        An article that tells it bounds a vague date: what was reported in February had happened by then.
        """
        if self.since is None:
            anchors = [strand.first for strand, _ in self.parts if edtf.has_year(strand.first)]
            spans = [edtf.span(anchor) for anchor in anchors if anchor]
            return min((last, first) for first, last in spans) if spans else None
        if not edtf.has_year(self.since):
            return None
        first, last = edtf.span(self.since)
        told = [
            edtf.span(strand.first)[1]
            for strand, _ in self.parts
            if strand.first and strand.anchored == "published" and edtf.has_year(strand.first)
        ]
        return min([last, *(day for day in told if day >= first)]), first

    @property
    def turn(self) -> date:
        """The day by which an event takes its turn among contrary ones; those that have no place come first."""
        if self.place is None:
            return date.min
        return self.place[0] if self.since else self.place[0] - timedelta(days=UNDATED_DAYS)

    def attested(self, cutoff: date | None) -> date | None:
        """The last day, up to the cutoff, on which a state is attested; None when no day is."""
        days = [day for mark in self.marks for day in mark if cutoff is None or day <= cutoff]
        return max(days, default=None)


def draft(strands: Sequence[Strand], witnesses: Mapping[str, Witness], dimension: Dimension) -> list[Draft]:
    """Join the Strands of one dimension into Facts: the events, then the states."""
    cluster = clusters({key: witnesses[key].sketch for strand in strands for key in strand.witnesses})
    known = ontology.load()
    events = _Events(cluster)
    for value in known.values(dimension):
        mine = [strand for strand in strands if strand.aspect == "event" and strand.value == value]
        contrary = [
            edtf.span(strand.date)
            for strand in strands
            if strand.aspect == "event"
            and strand.value in known.of(dimension, value).opposes
            and edtf.has_year(strand.date)
            and strand.date is not None
        ]
        events.join(known.of(dimension, value), mine, contrary)
    states = _states([strand for strand in strands if strand.aspect == "state"], events.drafts, cluster, dimension)
    return events.drafts + states


class _Events:
    """Joins event Strands, value by value."""

    def __init__(self, cluster: Mapping[str, str]) -> None:
        self.cluster = cluster
        self.drafts: list[Draft] = []

    def join(self, meaning: Meaning, strands: Sequence[Strand], contrary: Sequence[Span]) -> None:
        weight = {id(strand): independent(strand.witnesses, self.cluster) for strand in strands}
        dated = [(strand, strand.date) for strand in strands if strand.basis == "stated" and strand.date]
        dated.sort(key=lambda part: (_FINENESS[edtf.precision(part[1])], -weight[id(part[0])], part[1]))
        mine: list[Draft] = []

        def join(strand: Strand, when: str | None, to: Draft | None) -> None:
            if to is None:
                to = Draft(meaning, "event", [], self.cluster)
                mine.append(to)
            to.parts.append((strand, when))

        for strand, when in dated:
            if edtf.has_year(when):
                near = [one for one in mine if _near(_leader(one), when) and not _between(contrary, _leader(one), when)]
                join(strand, when, min(near, key=lambda one: _distance(_leader(one), when), default=None))
        for strand, when in dated:
            if not edtf.has_year(when):
                to, completed = _year_for(when, mine, strand.last)
                join(strand, completed, to)
        for strand in sorted((one for one in strands if one.basis != "stated"), key=_undated_order):
            to = _told_of(strand, mine, contrary)
            if to is None:
                join(strand, strand.date, None)
            else:
                if strand.first and strand.anchored == "published" and edtf.has_year(strand.first):
                    _take_year(to, strand.first)
                join(strand, None, to)
        self.drafts += mine


def _states(
    strands: Sequence[Strand], events: Sequence[Draft], cluster: Mapping[str, str], dimension: Dimension
) -> list[Draft]:
    known = ontology.load()
    ordered = sorted(events, key=_order)
    found: dict[tuple[str, int], Draft] = {}
    for strand in sorted(strands, key=lambda one: (_attested(one) is None, _attested(one), repr(one))):
        meaning = known.of(dimension, strand.value)
        mark = _attested(strand)
        before = [one for one in ordered if mark is None or _by(one, mark[1])]
        opposing = [one for one in before if one.meaning.value in meaning.opposes]
        like = [
            one
            for one in ordered
            if one.meaning.value == strand.value
            and (mark is None or one.place is None or one.place[1] <= mark[1] + timedelta(days=TOLERANCE_DAYS))
        ]
        if like and not (opposing and ordered.index(opposing[-1]) > ordered.index(like[-1])):
            like[-1].parts.append((strand, None))
            _forget(like[-1])
            continue
        gap = len(opposing)
        if mark is None:
            gap = max((at for value, at in found if value == strand.value), default=gap)
        one = found.setdefault((strand.value, gap), Draft(meaning, "state", [], cluster))
        one.parts.append((strand, _state_since(strand)))
        if mark:
            one.marks.append(mark)
    return list(found.values())


def lead(drafts: Sequence[Draft], as_of: str | None = None) -> tuple[Draft | None, list[Draft]]:
    """The Fact that gives the dimension its value (by the end of ``as_of``), and those that contradict it."""
    cutoff = edtf.span(as_of)[1] if as_of else None
    events = [one for one in drafts if one.aspect == "event" and (cutoff is None or _by(one, cutoff))]
    states = [one for one in drafts if one.aspect == "state" and (cutoff is None or one.attested(cutoff))]
    ordered = sorted(events, key=_order) if events else sorted(states, key=lambda one: _state_order(one, cutoff))
    if not ordered:
        return None, []
    last = ordered[-1]
    run: list[Draft] = []
    for one in reversed(ordered):
        if _exclude(one.meaning, last.meaning):
            break
        run.append(one)
    if events and last.meaning.rank:
        closed = [one.turn for one in ordered[: len(ordered) - len(run)]]
        run += [
            one
            for one in states
            if one.meaning.rank
            and not _exclude(one.meaning, last.meaning)
            and (not closed or (one.attested(cutoff) or date.min) > closed[-1])
        ]
    current = min(run, key=lambda one: (-(one.meaning.rank or 0), -one.weight, _when(one), one.since or ""))
    dissent = [one for one in [*events, *states] if _contradicts(one, current, cutoff)]
    return current, dissent


def tell(
    subject: str, country: str, dimension: Dimension, drafts: Sequence[Draft], *, as_of: str | None = None
) -> list[Fact]:
    """The Facts in order of time, those without a place in time first; each with its role."""
    current, dissent = lead(drafts, as_of)
    facts = []
    for one in sorted(drafts, key=lambda one: (_when(one), one.meaning.value, one.aspect, one.since or "")):
        role: Role = "current" if one is current else "dissent" if one in dissent else "history"
        confidence: Confidence = "corroborated" if one.weight > 1 else "reported"
        if one is current:
            against = frozenset().union(*(other.witnesses for other in dissent)) - one.witnesses
            if against and independent(against, one.cluster) >= one.weight:
                confidence = "disputed"
        facts.append(
            Fact(
                subject=subject,
                country=country,
                dimension=dimension,
                value=one.meaning.value,
                aspect=one.aspect,
                role=role,
                since=one.since,
                dates=_dates(one),
                confidence=confidence,
                sources=outlets((strand.witnesses for strand, _ in one.parts), OUTLETS),
                independent=one.weight,
                first_ever=any(strand.first_ever for strand, _ in one.parts),
                support=_support(one.parts, one.since),
            )
        )
    return facts


def updated(one: Draft) -> Timestamp | None:
    """The latest publication date among the articles behind a Fact."""
    return max((strand.updated for strand, _ in one.parts), key=instant)


def _dates(one: Draft) -> tuple[DatedSupport, ...]:
    shown = sorted(one.dates, key=lambda when: (when != one.since, -one.dates[when], when))
    return tuple(DatedSupport(date=when, independent=one.dates[when]) for when in shown)


def _support(parts: Iterable[tuple[Strand, str | None]], since: str | None) -> tuple[Support, ...]:
    found = {
        support.claim_id: (when != since, when is None, -support.confidence, support.claim_id, support)
        for strand, when in parts
        for support in strand.support
    }
    return tuple(entry[-1] for entry in sorted(found.values(), key=lambda entry: entry[:-1]))


def _leader(one: Draft) -> str:
    """The date that formed the Fact."""
    return one.parts[0][1] or ""


def _near(one: str, other: str) -> bool:
    apart = edtf.days_between(one, other) if one else None
    return apart is not None and abs(apart) <= TOLERANCE_DAYS


def _distance(one: str, other: str) -> tuple[int, str]:
    return abs(edtf.days_between(one, other) or 0), one


def _between(contrary: Iterable[Span], one: str, other: str) -> bool:
    """Whether a contrary event lies for certain between two dates."""
    earlier, later = sorted((edtf.span(one), edtf.span(other)))
    return any(earlier[1] < first and last < later[0] for first, last in contrary)


def _finer(one: str, other: str) -> bool:
    return _FINENESS[edtf.precision(one)] < _FINENESS[edtf.precision(other)] and edtf.agree(one, other)


def _first(when: str) -> date:
    return edtf.span(when)[0] if edtf.has_year(when) else date.min


def _completed(when: str, near: str) -> tuple[int, str] | None:
    """A year-less date with the year that brings it closest to a date, and how many days lie between."""
    _, month, day = edtf.parse(when)
    found = []
    for year in range(max(1, edtf.span(near)[0].year - 1), min(9999, edtf.span(near)[1].year + 1) + 1):
        try:
            whole = edtf.make(year, month, day)
        except ValueError:  # 29 February
            continue
        found.append((abs(edtf.days_between(near, whole) or 0), whole))
    return min(found, default=None)


def _year_for(when: str, drafts: Sequence[Draft], anchor: str | None) -> tuple[Draft | None, str]:
    """The Fact that a year-less date belongs to, and the date with that Fact's year."""
    found = []
    for one in drafts:
        leader = _leader(one)
        if edtf.has_year(leader):
            completed = _completed(when, leader)
            if completed and completed[0] <= TOLERANCE_DAYS:
                apart, whole = completed
                away = abs(edtf.days_between(whole, anchor) or 0) if anchor and edtf.has_year(anchor) else 0
                if away > 366:  # a report that leaves out the year means the last such day, or the next
                    continue
                vague = edtf.precision(leader) == "year"
                found.append((vague, away, apart, -one.weight, whole, one))
        elif _near(leader, when):
            found.append((True, 10**9, _distance(leader, when)[0], -one.weight, when, one))
    for one in drafts:
        _forget(one)
    if not found:
        return None, when
    best = min(found, key=lambda entry: entry[:-1])
    return best[-1], best[-2]


def _take_year(one: Draft, anchor: str) -> None:
    """Date a year-less Fact by an article that tells it within days."""
    leader = _leader(one)
    completed = _completed(leader, anchor) if leader and not edtf.has_year(leader) else None
    if completed and completed[0] <= TOLERANCE_DAYS:
        whole = completed[1]
        one.parts = [
            (strand, (_completed(when, whole) or (0, when))[1] if when and not edtf.has_year(when) else when)
            for strand, when in one.parts
        ]


def _undated_order(strand: Strand) -> tuple[bool, bool, bool, str, str]:
    """Those with the best dates first: what they make can take up the others."""
    return (
        strand.basis != "published",
        strand.anchored != "published",
        not edtf.has_year(strand.first),
        strand.first or "",
        repr(strand),
    )


def _told_of(strand: Strand, drafts: Sequence[Draft], contrary: Sequence[Span]) -> Draft | None:
    """The Fact that undated claims speak of: the nearest one before their article.

    An article dated by its text may be later than that, so for it the nearest in either direction counts;
    without any date, the latest. A reader that took the article's own date says that it happened just then:
    a contrary event since the last time makes it another one.
    """
    anchor = strand.first
    placed = [one for one in drafts if edtf.has_year(_leader(one))]
    if not placed:
        return max(drafts, key=lambda one: (len(one.parts), _leader(one)), default=None)
    if anchor is None or not edtf.has_year(anchor):
        return max(placed, key=lambda one: (edtf.span(_leader(one))[1], _leader(one)))
    if strand.anchored == "text":
        return min(placed, key=lambda one: _distance(_leader(one), anchor))
    horizon = edtf.span(anchor)[1] + timedelta(days=TOLERANCE_DAYS)
    before = [one for one in placed if edtf.span(_leader(one))[0] <= horizon]
    if strand.basis == "published":
        before = [one for one in before if not _between(contrary, _leader(one), anchor)]
    return max(before, key=lambda one: (edtf.span(_leader(one))[0], _leader(one)), default=None)


def _attested(strand: Strand) -> Span | None:
    """From when to when a state is attested: as dated by its claims, but no later than their first article."""
    if strand.basis == "stated" and strand.date is not None and edtf.has_year(strand.date):
        first, last = edtf.span(strand.date)
        if strand.first and edtf.has_year(strand.first):
            told = edtf.span(strand.first)[1]
            first, last = min(first, told), min(last, told)
        return first, last
    if strand.first and strand.last and edtf.has_year(strand.first):
        return edtf.span(strand.first)[0], edtf.span(strand.last)[1]
    return None


def _state_since(strand: Strand) -> str | None:
    """The date of a state; its article's where the one given lies ahead (a plan holds from when it is told)."""
    if strand.date and strand.first and strand.anchored == "published":
        apart = edtf.days_between(strand.first, strand.date)
        return strand.first if apart is not None and apart > 0 else strand.date
    return strand.date


def _by(one: Draft, day: date) -> bool:
    """Whether an event had happened by a day, for certain."""
    return one.place is not None and one.place[0] <= day


def _order(one: Draft) -> tuple[date, date, int, int, str]:
    """Order of events. One without a place in time comes before all others: it cannot displace what is dated."""
    first = one.place[1] if one.place else date.min
    return one.turn, first, len(one.meaning.undoes), one.weight, one.meaning.value


def _state_order(one: Draft, cutoff: date | None) -> tuple[date, int, bool, int, str]:
    return (
        one.attested(cutoff) or date.min,
        one.meaning.rank or 0,
        one.meaning.news,
        one.weight,
        one.meaning.value,
    )


def _when(one: Draft) -> date:
    if one.aspect == "event":
        return one.place[1] if one.place else date.min
    return min((mark[0] for mark in one.marks), default=date.min)


def _exclude(one: Meaning, other: Meaning) -> bool:
    ladder = one.rank is not None and other.rank is not None
    return one.value != other.value and not (ladder and other.value not in one.opposes)


def _contradicts(one: Draft, current: Draft, cutoff: date | None) -> bool:
    """Whether a Fact speaks against the leading one: not earlier than it, and not only in the same articles."""
    if one.meaning.value not in current.meaning.opposes or one.witnesses <= current.witnesses:
        return False
    if current.aspect == "state":
        mine, leading = one.attested(cutoff), current.attested(cutoff)
        return mine is None or leading is None or mine >= leading
    if one.aspect == "event":
        return one.meaning.value not in current.meaning.undoes and (one.place is None or one.turn >= current.turn)
    mine = one.attested(cutoff)
    return mine is not None and (current.place is None or mine > current.place[0])


def _forget(one: Draft) -> None:
    """Drop what was computed before a Strand was added."""
    for name in ("witnesses", "weight", "dates", "since", "place"):
        one.__dict__.pop(name, None)
