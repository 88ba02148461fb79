"""From what is kept of the claims on one dimension to its Facts: a pure function of the set.

Events lead: the latest one. Where there is none, the states that follow from an act ("maintains sanctions"), then mere
stances ("has not recognised", "is considering"): again the latest. So a stance never undoes an act, and an intent
never replaces what it intends. Values of one ladder (presence) do not exclude each other: the highest that is
asserted since the last contrary value leads. Of several Facts of the leading value the best supported one does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pipeline import edtf, ontology
from pipeline.judging.draft import Draft
from pipeline.judging.events import join_events
from pipeline.judging.independence import clusters, independent, outlets
from pipeline.judging.ledger import OUTLETS, instant
from pipeline.judging.states import join_states
from pipeline.ontology import Meaning
from pipeline.records import Confidence, DatedSupport, Dimension, Fact, Role, Strand, Support, Timestamp


def draft(strands: Sequence[Strand], witnesses: Mapping[str, str], dimension: Dimension) -> list[Draft]:
    """Join the Strands of one dimension into Facts."""
    known = ontology.load()
    cluster = clusters({key: witnesses[key] for strand in strands for key in strand.witnesses})
    happened = [strand for strand in strands if strand.aspect == "event"]
    events = []
    for value in known.values(dimension):
        meaning = known.of(dimension, value)
        mine = [strand for strand in happened if strand.value == value]
        contrary = [strand for strand in happened if strand.value in meaning.opposes]
        events += join_events(meaning, mine, contrary, cluster)
    for one in events:
        one.outdone = _outdone(one, events)
    states = [strand for strand in strands if strand.aspect == "state"]
    return events + join_states(lambda value: known.of(dimension, value), states, events, cluster)


def lead(drafts: Sequence[Draft], as_of: str | None = None) -> tuple[Draft | None, list[Draft]]:
    """The Fact that gives the dimension its value, and those that contradict it.

    With ``as_of`` the one that did so by the end of that date, as far as Facts have a place in time.
    """
    cutoff = edtf.span(as_of)[1] if as_of else None
    events = [one for one in drafts if one.aspect == "event" and (cutoff is None or one.happened_by(cutoff))]
    states = [one for one in drafts if one.aspect == "state" and (cutoff is None or one.attested(cutoff))]
    acts = [one for one in states if one.meaning.aspect == "event"]
    if events:
        ordered = sorted(events, key=lambda one: one.order)
        turns = [one.turn for one in ordered]
    elif states:
        ordered = sorted(acts or states, key=lambda one: _state_order(one, cutoff))
        turns = [one.attested(cutoff) or date.min for one in ordered]
    else:
        return None, []
    last = ordered[-1].meaning
    start = next((at for at in reversed(range(len(ordered))) if _exclude(ordered[at].meaning, last)), -1) + 1
    run = ordered[start:]
    if last.rank:
        run += [
            one
            for one in states
            if one not in run
            and not _exclude(one.meaning, last)
            and (start == 0 or (one.attested(cutoff) or date.min) > turns[start - 1])
        ]
    current = min(run, key=lambda one: (-(one.meaning.rank or 0), -one.weight, one.begins, one.since or ""))
    return current, [one for one in (*events, *states) if _contradicts(one, current, cutoff)]


def tell(subject: str, country: str, drafts: Sequence[Draft], *, as_of: str | None = None) -> list[Fact]:
    """The Facts in order of time, those without a place in time first; each with its role."""
    current, dissent = lead(drafts, as_of)
    facts = []
    for one in in_order(drafts):
        role: Role = "current" if one is current else "dissent" if one in dissent else "history"
        facts.append(fact(subject, country, one, role=role, dissent=dissent))
    return facts


def in_order(drafts: Iterable[Draft]) -> list[Draft]:
    """By time, those without a place in it first."""
    return sorted(drafts, key=lambda one: (one.begins, one.meaning.value, one.aspect, one.since or ""))


def fact(subject: str, country: str, one: Draft, *, role: Role, dissent: Sequence[Draft]) -> Fact:
    """A Draft told as a Fact; ``dissent`` is what contradicts the one that leads."""
    return Fact(
        subject=subject,
        country=country,
        dimension=one.meaning.dimension,
        value=one.meaning.value,
        aspect=one.aspect,
        role=role,
        since=one.since,
        dates=_dates(one),
        confidence=_confidence(one, dissent if role == "current" else []),
        sources=outlets((strand.witnesses for strand, _ in one.parts), OUTLETS),
        independent=one.weight,
        first_ever=any(strand.first_ever for strand, _ in one.parts),
        support=_support(one.parts, one.since),
    )


def turns(drafts: Sequence[Draft]) -> list[date]:
    """The days from which on ``lead`` as of a day may tell something else than as of the day before."""
    days = {one.place[1] for one in drafts if one.aspect == "event" and one.place}
    return sorted(days | {day for one in drafts for mark in one.marks for day in mark})


def updated(one: Draft) -> Timestamp | None:
    """The latest publication date among the articles behind a Fact."""
    return max((strand.updated for strand, _ in one.parts), key=instant)


def _outdone(one: Draft, events: Sequence[Draft]) -> date | None:
    """When the latest contrary event happened that all articles which mention this one vaguely date: that is their
    news, and this is older. None where no such event has a place in time.
    """
    if one.sharp:
        return None
    placed = [other for other in events if other.sharp and other.place is not None]
    contrary = [other for other in placed if other.meaning.value in one.meaning.opposes]
    return max((other.turn for other in contrary if one.witnesses <= other.witnesses), default=None)


def _state_order(one: Draft, cutoff: date | None) -> tuple[date, int, bool, int, int, tuple[int, ...]]:
    """Order of states in time. Of different ones last attested on one day an intent is taken for the later one, then
    the better supported; at last the name decides, the alphabet's first leading.
    """
    return (
        one.attested(cutoff) or date.min,
        one.meaning.rank or 0,
        one.meaning.news,
        one.weight,
        len(one.meaning.undoes),
        tuple(-ord(letter) for letter in one.meaning.value),
    )


def _exclude(one: Meaning, other: Meaning) -> bool:
    """Whether two values cannot be one stretch of the dimension's history."""
    ladder = one.rank is not None and other.rank is not None
    return one.value != other.value and (not ladder or other.value in one.opposes)


def _contradicts(one: Draft, current: Draft, cutoff: date | None) -> bool:
    """Whether a Fact speaks against the leading one: not earlier than it, and not only by the same articles."""
    if one.meaning.value not in current.meaning.opposes or one.witnesses <= current.witnesses:
        return False
    if current.aspect == "state":
        mine, leading = one.attested(cutoff), current.attested(cutoff)
        return mine is None or leading is None or mine >= leading
    if one.aspect == "event":
        return one.meaning.value not in current.meaning.undoes and (one.place is None or one.turn >= current.turn)
    return one.attested_after(current.place[1] if current.place else date.min, cutoff)


def _confidence(one: Draft, dissent: Iterable[Draft]) -> Confidence:
    """Disputed when as many independent sources contradict as support, not counting those that say both."""
    against = {key for other in dissent for key in other.witnesses} - one.witnesses
    if against and independent(against, one.cluster) >= one.weight:
        return "disputed"
    return "corroborated" if one.weight > 1 else "reported"


def _dates(one: Draft) -> tuple[DatedSupport, ...]:
    ordered = sorted(one.dates, key=lambda when: (when != one.since, -one.dates[when], when))
    return tuple(DatedSupport(date=when, independent=one.dates[when]) for when in ordered)


def _support(parts: Iterable[tuple[Strand, str | None]], since: str | None) -> tuple[Support, ...]:
    """Those that give the leading date first, then those with another, then the undated; the most certain first."""
    ranked = [
        (when is None, when != since, -support.confidence, support.claim_id, support)
        for strand, when in parts
        for support in strand.support
    ]
    return tuple(entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1]))
