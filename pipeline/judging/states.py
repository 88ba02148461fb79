"""Joining the state Strands of one dimension, given its events.

A state supports an event of its value that came before it, unless a contrary event came in between. Otherwise the
states of one value make one Fact for each stretch between two contrary events. What articles of one month say of a
state counts as said when the first of them said it: those that print stale words in the month of an event are no
dissent where others said the same before it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from pipeline import edtf
from pipeline.judging.draft import TOLERANCE_DAYS, Draft, Span
from pipeline.judging.ledger import identity
from pipeline.ontology import Meaning
from pipeline.records import Strand


def join_states(
    meaning_of: Callable[[str], Meaning], strands: Sequence[Strand], events: Sequence[Draft], cluster: Mapping[str, str]
) -> list[Draft]:
    """The Facts that the states make; what supports an event is added to that event's Draft."""
    ordered = sorted(events, key=lambda one: one.order)
    found: dict[tuple[str, int], Draft] = {}
    for strand in sorted(strands, key=lambda one: (attested(one) is None, attested(one) or (), repr(identity(one)))):
        mark = attested(strand)
        meaning = meaning_of(strand.value)
        opposing = [
            at
            for at, one in enumerate(ordered)
            if one.meaning.value in meaning.opposes and (mark is None or one.happened_by(mark[0]))
        ]
        like = [
            at
            for at, one in enumerate(ordered)
            if one.meaning.value == strand.value and (mark is None or _begun(one, mark[1]))
        ]
        if like and not (opposing and opposing[-1] > like[-1]):
            supported = ordered[like[-1]]
            supported.parts.append((strand, None))
            supported.forget()
            continue
        stretch = len(opposing)
        if mark is None:  # after all others: it joins the last of its value
            stretch = max((at for value, at in found if value == strand.value), default=stretch)
        one = found.setdefault((strand.value, stretch), Draft(meaning, "state", cluster))
        one.parts.append((strand, _since(strand)))
        one.marks += [mark] if mark else []
    return list(found.values())


def attested(strand: Strand) -> Span | None:
    """From when to when a state is attested: as stated, but no later than its article; else by its articles."""
    told = edtf.span(strand.first) if strand.first and edtf.has_year(strand.first) else None
    if strand.basis == "stated" and strand.date and edtf.has_year(strand.date):
        first, last = edtf.span(strand.date)
        return (min(first, told[1]), min(last, told[1])) if told else (first, last)
    return (told[0], edtf.span(strand.last or strand.first or "")[1]) if told else None


def _begun(event: Draft, day: date) -> bool:
    return event.place is None or event.place[0] <= edtf.shifted(day, TOLERANCE_DAYS)


def _since(strand: Strand) -> str | None:
    """The date given; the article's where that lies ahead of it: a plan holds from when it is told."""
    if strand.date and strand.first and strand.anchored == "published":
        apart = edtf.days_between(strand.first, strand.date)
        return strand.first if apart is not None and apart > 0 else strand.date
    return strand.date
