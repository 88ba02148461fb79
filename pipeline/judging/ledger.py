"""What a Status keeps of its claims: bounded, and the same whatever the order of arrival.

The bounds below hold a row of which 10,000 claims tell one event to about 75 kB, and one that was flooded with claims
of all kinds, dates and greatest lengths to 1.5 MB of ASCII (`python -m benchmarks.judging`); its topic takes 2 MB.

Every bound but one keeps the best of all claims ever seen by an order that lies in the claims themselves, so that
what is kept depends on the set of claims alone. The exception are the numbers of Strands: beyond ``EVENT_STRANDS``
ways of dating the events of a dimension (``STATE_STRANDS`` for states) the one with the fewest outlets loses its
date, so that a well supported one is never lost to many odd ones; what had arrived by then decides.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import groupby, islice
from typing import NamedTuple

from pipeline import edtf
from pipeline.judging.independence import sketch, source_of, witness_key
from pipeline.ontology import Meaning
from pipeline.records import Claim, DateBasis, DayCount, Evidence, Ledger, Strand, Support

EVENT_STRANDS = 16
STATE_STRANDS = 8
OUTLETS = 24
"""Outlets kept per Strand; from there on their number is estimated."""
DAY_OUTLETS = 12
"""The same for one day of publication."""
TEXTS = 2
"""Texts kept of each of these outlets: so a copy of a second one is told from a source of its own."""
SUPPORT = 4
DAYS = 30
"""Days of publication kept for the rolling activity, counted back from the latest."""

SENTENCE = 500
URL = 500
NAME = 120
TITLE = 200
"""Longest sentence, address, name (outlet, article, speaker) and title that a Status keeps, in characters."""


class Dating(NamedTuple):
    """How a claim is dated: its own date with its basis (stated, published or none), and its article's date."""

    date: str | None
    basis: DateBasis
    anchor: str | None
    anchored: DateBasis


def dating(claim: Claim) -> Dating:
    """Read a claim's dates. A date taken from an article's text says when that was written, not when this happened."""
    anchor = claim.dated
    anchored: DateBasis = claim.dated_basis if anchor else "none"
    if claim.date is None or claim.date_basis in ("text", "none"):
        return Dating(None, "none", anchor, anchored)
    if claim.date_basis == "published":
        told_then = anchor is not None and edtf.agree(anchor, claim.date)
        return Dating(claim.date, "published", anchor if told_then else claim.date, "published")
    if anchored != "published" or not edtf.has_year(anchor):
        return Dating(claim.date, "stated", None, "none")
    return Dating(claim.date, "stated", anchor, anchored)


def instant(published: str | None) -> tuple[datetime, str]:
    """Order of publication: a date counts from its midnight UTC, a time without zone as UTC, none comes first."""
    if published is None:
        return datetime.min.replace(tzinfo=UTC), ""
    moment = datetime.fromisoformat(published)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), published
    try:
        return moment.astimezone(UTC), published
    except OverflowError:  # hours before the first day there is, or after the last
        return moment.replace(tzinfo=UTC), published


def publication_day(claim: Claim) -> str | None:
    """The day (UTC) that the claim's article was published, None when it is not known to the day."""
    if claim.published is not None:
        return instant(claim.published)[0].date().isoformat()
    if claim.dated_basis == "published" and edtf.has_year(claim.dated) and edtf.precision(claim.dated) == "day":
        return claim.dated
    return None


def enter(ledger: Ledger, claim: Claim, meaning: Meaning) -> Ledger:
    """Add a claim to the ledger of its dimension. Adding it again changes only the day's number of claims.

    ``strands`` stays the same object where the claim adds nothing to it: the Facts are the same then.
    """
    key = witness_key(claim.source, claim.digest)
    strand = _strand(claim, meaning, key)
    name = identity(strand)
    same = next((other for other in ledger.strands if identity(other) == name), None)
    merged = _merge(same, strand) if same else strand
    strands = ledger.strands
    if merged != same:
        strands = _bounded([other for other in strands if other is not same] + [merged])
    return Ledger.model_construct(strands=strands, days=_counted(ledger.days, publication_day(claim), key))


def witnessed(witnesses: Mapping[str, str], claim: Claim) -> dict[str, str]:
    """Add the claim's document to the witnesses."""
    return {**witnesses, witness_key(claim.source, claim.digest): sketch(claim.signature)}


def _strand(claim: Claim, meaning: Meaning, key: str) -> Strand:
    when = dating(claim)
    return Strand(
        value=meaning.value,
        aspect="state" if meaning.aspect == "state" else claim.aspect,
        date=when.date,
        basis=when.basis,
        anchored=when.anchored,
        first=when.anchor,
        last=when.anchor,
        first_ever=claim.first_ever,
        updated=claim.published,
        witnesses=(key,),
        support=(_support(claim),),
    )


def _support(claim: Claim) -> Support:
    return Support(
        claim_id=claim.id,
        article_id=_clip(claim.article_id, NAME * 4),
        source=_clip(claim.source, NAME),
        url=claim.url if claim.url and len(claim.url) <= URL else None,
        title=_clip(claim.title, TITLE) if claim.title else None,
        published=claim.published,
        date=claim.date,
        attribution=_clip(claim.attribution, NAME) if claim.attribution else None,
        confidence=claim.confidence,
        evidence=_clipped(claim.evidence),
    )


def _clipped(evidence: Evidence) -> Evidence:
    sentence = _clip(evidence.sentence, SENTENCE)
    whole = evidence.trigger is not None and (sentence == evidence.sentence or evidence.trigger[1] < SENTENCE)
    return evidence.model_copy(update={"sentence": sentence, "trigger": evidence.trigger if whole else None})


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def identity(strand: Strand) -> tuple[str | None, ...]:
    """Claims with equal identities share a Strand."""
    if strand.basis == "stated":
        return strand.value, strand.aspect, strand.basis, strand.date
    month = strand.first[:7] if strand.first else None
    return strand.value, strand.aspect, strand.basis, month, strand.anchored, edtf.precision(strand.date)


def _merge(one: Strand, other: Strand) -> Strand:
    firsts = [anchor for anchor in (one.first, other.first) if anchor]
    lasts = [anchor for anchor in (one.last, other.last) if anchor]
    return one.model_copy(
        update={
            "date": min(filter(None, (one.date, other.date)), default=None),  # of one precision
            "anchored": one.anchored if one.first else other.anchored,
            "first": min(firsts, key=_early, default=None),
            "last": max(lasts, key=_late, default=None),
            "first_ever": one.first_ever or other.first_ever,
            "updated": max(one.updated, other.updated, key=instant),
            "witnesses": _smallest({*one.witnesses, *other.witnesses}, OUTLETS),
            "support": _most_certain((*one.support, *other.support)),
        }
    )


def _early(anchor: str) -> tuple[date, str]:
    return edtf.span(anchor)[0] if edtf.has_year(anchor) else date.min, anchor


def _late(anchor: str) -> tuple[date, str]:
    return edtf.span(anchor)[1] if edtf.has_year(anchor) else date.min, anchor


def _smallest(keys: set[str], outlets: int) -> tuple[str, ...]:
    """The smallest keys: so many outlets, and of each so many texts."""
    by_outlet = groupby(sorted(keys), key=source_of)
    return tuple(key for _, mine in islice(by_outlet, outlets) for key in islice(mine, TEXTS))


def _certainty(support: Support) -> tuple[float, bool, tuple[datetime, str], str]:
    return -support.confidence, support.published is None, instant(support.published), support.claim_id


def _most_certain(support: tuple[Support, ...]) -> tuple[Support, ...]:
    """The most certain reading of each outlet, the earlier article first where they are equal."""
    chosen: dict[str, Support] = {}
    for one in sorted(support, key=_certainty):
        chosen.setdefault(one.source.casefold(), one)
    return tuple(chosen.values())[:SUPPORT]


def _bounded(strands: list[Strand]) -> tuple[Strand, ...]:
    kept: list[Strand] = []
    for aspect, limit in (("event", EVENT_STRANDS), ("state", STATE_STRANDS)):
        mine = [strand for strand in strands if strand.aspect == aspect]
        dateless = {strand.value: strand for strand in mine if not _dated(strand)}
        dated = sorted(filter(_dated, mine), key=_importance)
        for strand in dated[limit:]:
            without = strand.model_copy(
                update={"date": None, "basis": "none", "anchored": "none", "first": None, "last": None}
            )
            dateless[strand.value] = _merge(dateless[strand.value], without) if strand.value in dateless else without
        kept += [*dated[:limit], *dateless.values()]
    return tuple(sorted(kept, key=lambda strand: [part or "" for part in identity(strand)]))


def _dated(strand: Strand) -> bool:
    return strand.basis != "none" or strand.first is not None


def _importance(strand: Strand) -> tuple[int, bool, int, str]:
    """Many outlets before few, a stated date before an article's, a late one before an early one."""
    when = strand.date or strand.last
    late = edtf.span(when)[1].toordinal() if when and edtf.has_year(when) else 0
    return -len(strand.witnesses), strand.basis != "stated", -late, repr(identity(strand))


def _counted(days: tuple[DayCount, ...], day: str | None, key: str) -> tuple[DayCount, ...]:
    if day is None:
        return days
    by_day = {count.day: count for count in days}
    mine = by_day.get(day)
    by_day[day] = DayCount(
        day=day,
        claims=1 + (mine.claims if mine else 0),
        witnesses=_smallest({key, *(mine.witnesses if mine else ())}, DAY_OUTLETS),
    )
    latest = date.fromisoformat(max(by_day)).toordinal()
    return tuple(by_day[name] for name in sorted(by_day) if latest - date.fromisoformat(name).toordinal() < DAYS)
