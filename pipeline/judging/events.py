"""Joining the event Strands of one value into Facts.

1. Stated dates, the finest first and of those the best supported: each joins the Fact within ``TOLERANCE_DAYS`` that is
   nearest, unless a contrary event lies between; otherwise it makes one.
2. Stated days without a year join the Fact whose date they come closest to, and take its year.
3. What is dated only by its article joins the Fact that is the nearest before it (`_Joiner.told_of`). Alone, it keeps
   the article's date where the reader took it (basis published: told as happening just then); where the reader did
   not, it stays undated, at a place in time that its article bounds.
"""

from collections.abc import Mapping, Sequence

from pipeline import edtf
from pipeline.judging.draft import FINENESS, PASSING_DAYS, TOLERANCE_DAYS, Draft, told_sharply
from pipeline.judging.independence import independent
from pipeline.judging.ledger import identity
from pipeline.ontology import Meaning
from pipeline.records import Strand

_LONGEST_AGO = 366
"""A report that leaves out the year means the last such day, or the next: days."""


def join_events(
    meaning: Meaning, strands: Sequence[Strand], contrary: Sequence[Strand], cluster: Mapping[str, str]
) -> list[Draft]:
    """The Facts that the Strands of one value make; ``contrary`` are events of opposite values."""
    return _Joiner(meaning, strands, contrary, cluster).drafts


class _Joiner:
    def __init__(
        self, meaning: Meaning, strands: Sequence[Strand], contrary: Sequence[Strand], cluster: Mapping[str, str]
    ) -> None:
        self.drafts: list[Draft] = []
        self._meaning = meaning
        self._cluster = cluster
        self._contrary = [edtf.span(one.date) for one in contrary if one.date and edtf.has_year(one.date)]
        stated = sorted(
            ((strand, strand.date) for strand in strands if strand.basis == "stated" and strand.date),
            key=lambda one: (
                FINENESS[edtf.precision(one[1])],
                -independent(one[0].witnesses, cluster),
                one[1],
            ),
        )
        for strand, when in stated:
            if edtf.has_year(when):
                self._join(strand, when, self._near(when))
        for strand, when in stated:
            if not edtf.has_year(when):
                self._join_yearless(strand, when)
        for strand in sorted((one for one in strands if one.basis != "stated"), key=_undated_order):
            self._join_undated(strand)

    def _join(self, strand: Strand, when: str | None, to: Draft | None) -> None:
        if to is None:
            to = Draft(self._meaning, "event", self._cluster)
            self.drafts.append(to)
        to.parts.append((strand, when))
        to.forget()

    def _near(self, when: str) -> Draft | None:
        near = []
        for one in self.drafts:
            apart = _apart(one.leader, when)
            if one.leader and apart is not None and apart <= TOLERANCE_DAYS and not self._parted(one.leader, when):
                near.append((apart, one.leader, one))
        return min(near, key=lambda entry: entry[:2])[-1] if near else None

    def _join_yearless(self, strand: Strand, when: str) -> None:
        """Prefer a Fact with a month to one with a year alone, then nearness to the article, then to the Fact."""
        found: list[tuple[bool, int, int, int, str, Draft]] = []
        for one in self.drafts:
            if one.leader is None:
                continue
            whole = _completed(when, one.leader) if edtf.has_year(one.leader) else when
            apart = _apart(one.leader, whole)
            ago = _apart(strand.last, whole) or 0
            if apart is not None and apart <= TOLERANCE_DAYS and ago <= _LONGEST_AGO:
                vague = edtf.precision(one.leader) == "year"
                found.append((vague, ago, apart, -one.weight, whole, one))
        if found:
            *_, whole, to = min(found, key=lambda entry: entry[:-1])
            self._join(strand, whole, to)
        else:
            self._join(strand, when, None)

    def _join_undated(self, strand: Strand) -> None:
        to = self.told_of(strand)
        if to is None:
            self._join(strand, strand.date, None)
            return
        if strand.first and edtf.has_year(strand.first) and strand.anchored == "published":
            self._give_year(to, strand.first)
        self._join(strand, None, to)

    def told_of(self, strand: Strand) -> Draft | None:
        """The Fact that a Strand without a stated date speaks of.

        The nearest before its article, or days after it; in either direction for an article dated by its text, which
        may be later than that; the latest where no article has a year. But where the reader took the article's own
        date it says that this happened just then: a contrary event since the last time makes it another one (some
        time ago, where the reader took only the month: the article may be on that contrary event).
        """
        dated = [(one.leader, one) for one in self.drafts if one.leader and edtf.has_year(one.leader)]
        if not dated:
            return max(self.drafts, key=lambda one: (one.leader or "", one.weight), default=None)
        anchor = strand.first
        if anchor is None or not edtf.has_year(anchor):
            return max(dated, key=lambda entry: (edtf.span(entry[0])[1], entry[0]))[1]
        if strand.anchored == "text":
            return min(dated, key=lambda entry: (_apart(entry[0], anchor) or 0, entry[0]))[1]
        horizon = edtf.shifted(edtf.span(anchor)[1], TOLERANCE_DAYS)
        until = edtf.shifted(edtf.span(anchor)[0], 0 if told_sharply(strand) else -PASSING_DAYS)
        before = [
            (edtf.span(leader)[0], leader, one)
            for leader, one in dated
            if edtf.span(leader)[0] <= horizon
            and not (strand.basis == "published" and self._parted(leader, until.isoformat()))
        ]
        return max(before, key=lambda entry: entry[:2])[-1] if before else None

    def _give_year(self, to: Draft, anchor: str) -> None:
        """Date a year-less Fact by an article that tells it within days."""
        if to.leader is None or edtf.has_year(to.leader):
            return
        whole = _completed(to.leader, anchor)
        apart = _apart(whole, anchor)
        if apart is not None and apart <= TOLERANCE_DAYS:
            to.parts = [
                (strand, _completed(when, whole) if when and not edtf.has_year(when) else when)
                for strand, when in to.parts
            ]

    def _parted(self, one: str, other: str) -> bool:
        """Whether a contrary event lies for certain between two dates."""
        earlier, later = sorted((edtf.span(one), edtf.span(other)))
        return any(earlier[1] < first and last < later[0] for first, last in self._contrary)


def _undated_order(strand: Strand) -> tuple[bool, bool, bool, str, str]:
    """Those with the best dates first: what they make can take up the others."""
    return (
        strand.basis != "published",
        strand.anchored != "published",
        strand.first is None or not edtf.has_year(strand.first),
        strand.first or "",
        repr(identity(strand)),
    )


def _apart(one: str | None, other: str | None) -> int | None:
    """Days between two dates, whichever is the earlier; None where that cannot be told."""
    days = edtf.days_between(one, other) if one and other else None
    return None if days is None else abs(days)


def _completed(when: str, near: str) -> str:
    """A year-less date with the year that brings it closest to a date; as it is where no year will do."""
    _, month, day = edtf.parse(when)
    first, last = edtf.span(near)
    found = []
    for year in range(max(1, first.year - 1), min(9999, last.year + 1) + 1):
        try:
            whole = edtf.make(year, month, day)
        except ValueError:  # 29 February
            continue
        found.append((_apart(near, whole) or 0, whole))
    return min(found, default=(0, when))[1]
