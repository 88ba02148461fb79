"""Fold a Claim into the Status of its (subject, country): the one step of the judge.

What is kept of the claims (``ledgers``, ``witnesses``) is a set, bounded; the Facts are a pure function of it. So the
end state does not depend on the order of arrival or on repetition. The Changes do: they say what was known when.
"""

from hashlib import blake2b

from pipeline import edtf, ontology
from pipeline.judging import facts, ledger
from pipeline.judging.draft import TOLERANCE_DAYS
from pipeline.judging.freshness import kind_of
from pipeline.ontology import Meaning
from pipeline.records import Announcement, Change, Claim, Dimension, Fact, Kind, Ledger, Log, Status

RECENT = 256
"""Ids of the latest claims: what is delivered again later than that is known by its witness, and
only the number of claims of its day would grow."""

CHANGES = 16
"""Latest Changes kept whole, to be emitted again in the same words when their claim is delivered again."""

ANNOUNCED = 8
CHANGE_SUPPORT = 5
"""Articles that a Change names as evidence, the one that caused it first."""

_INTENT = ("asserted", "planned", "conditional", "possible")


def fold(status: Status | None, claim: Claim, *, freshness_days: int = 30) -> tuple[Status, tuple[Change, ...]]:
    """Add a claim to the Status of its key, and tell what that changed.

    At most one Change comes of a claim:

    * ``new`` or ``background`` (freshness.py) when the value of the dimension is another one than before;
    * ``new`` also when the value stays, but was known from old news or as a state only, and this claim is the first to
      report its event fresh: so every Fact that is news is told as new once, and once only, in whatever order it comes;
    * ``confirmed`` when the Fact behind an unchanged value has just become corroborated, once per Fact.

    An old fact that does not become the current value changes the history and tells nobody; nor does a better date
    or another source. A claim folded again changes nothing, and gives the Change that it gave the first time.

    Args:
        status: what was known before; None for a key that is new.
        claim: of the same subject and country.
        freshness_days: an event this old against its article is still ``new``.

    Raises:
        ValueError: the claim is of another key than the Status.
    """
    if status is None:
        status = Status(subject=claim.subject, country=claim.country)
    if status.key != claim.key:
        raise ValueError(f"a claim on {claim.key} cannot be folded into the status of {status.key}")
    if claim.id in status.log.recent:
        return status, tuple(change for change in status.log.changes if change.claim_id == claim.id)
    if not _asserts(claim):
        return status, ()

    meaning = ontology.load().predicates[claim.predicate]
    dimension = meaning.dimension
    ledgers = status.ledgers | {dimension: ledger.enter(status.ledgers.get(dimension, Ledger()), claim, meaning)}
    witnesses = _referenced(ledgers, ledger.witnessed(status.witnesses, claim))
    told = facts.tell(
        status.subject,
        status.country,
        dimension,
        facts.draft(ledgers[dimension].strands, witnesses, dimension),
    )
    log, change = _log(status, claim, _current(told), meaning, freshness_days)
    kept = [fact for fact in status.facts if fact.dimension != dimension]
    kept += [fact.model_copy(update={"support": ()}) for fact in told]
    return (
        status.model_copy(
            update={
                "revision": change.revision if change else status.revision,
                "facts": tuple(sorted(kept, key=lambda fact: fact.dimension)),  # stable: order of time stays
                "ledgers": dict(sorted(ledgers.items())),
                "witnesses": witnesses,
                "log": log,
            }
        ),
        (change,) if change else (),
    )


def _asserts(claim: Claim) -> bool:
    """Whether the claim says that something is so. A denial of recognition is itself an assertion."""
    if claim.predicate == "considering":
        return claim.polarity == "affirmed" and claim.modality in _INTENT
    return claim.modality == "asserted" and (claim.polarity == "affirmed" or claim.predicate == "not_recognized")


def _current(told: list[Fact]) -> Fact:
    return next(fact for fact in told if fact.role == "current")


def _referenced(ledgers: dict[Dimension, Ledger], witnesses: dict[str, str]) -> dict[str, str]:
    keys = {key for one in ledgers.values() for strand in one.strands for key in strand.witnesses}
    keys |= {key for one in ledgers.values() for day in one.days for key in day.witnesses}
    return {key: witnesses[key] for key in sorted(keys)}


def _log(status: Status, claim: Claim, after: Fact, meaning: Meaning, freshness_days: int) -> tuple[Log, Change | None]:
    """Decide what to tell of the dimension's leading Fact, and remember it."""
    told = status.log.announced.get(after.dimension, ())
    last = told[-1] if told else None
    fresh = meaning.value == after.value and kind_of(after, claim, freshness_days=freshness_days) == "new"
    kind: Kind | None = None
    if last is None or last.value != after.value:
        earlier = next((one for one in reversed(told) if _same(one, after, told)), None)
        new = fresh and not (earlier and earlier.new)
        kind = "new" if new else "background"
        last = Announcement(
            value=after.value,
            previous=last.value if last else None,
            aspect=after.aspect,
            since=after.since,
            revision=status.revision + 1,
            claim_id=claim.id,
            new=new or bool(earlier and earlier.new),
            confirmed=bool(earlier and earlier.confirmed),
        )
        told = (*told, last)
    elif fresh and after.since and not last.new:
        kind = "new"
    elif after.confidence == "corroborated" and not last.confirmed:
        kind = "confirmed"

    change = _change(status, claim, after, kind, last) if kind else None
    last = last.model_copy(
        update={
            "aspect": after.aspect,
            "since": after.since,
            "revision": change.revision if change else last.revision,
            "new": last.new or kind == "new",
            "confirmed": last.confirmed or (kind is not None and after.confidence == "corroborated"),
        }
    )
    log = Log(
        announced=status.log.announced | {after.dimension: (*told[:-1], last)[-ANNOUNCED:]},
        changes=(*status.log.changes, *([change] if change else []))[-CHANGES:],
        recent=(*status.log.recent, claim.id)[-RECENT:],
    )
    return log, change


def _same(told: Announcement, fact: Fact, announced: tuple[Announcement, ...]) -> bool:
    """Whether an earlier announcement spoke of this very Fact."""
    if told.value != fact.value or told.aspect != fact.aspect:
        return False
    if fact.aspect == "state":
        events = [one.revision for one in announced if one.aspect == "event"]
        return not events or told.revision > max(events)
    if any(support.claim_id == told.claim_id for support in fact.support):
        return True
    if told.since is None or fact.since is None:
        return told.since == fact.since
    apart = edtf.days_between(told.since, fact.since)
    return apart is not None and abs(apart) <= TOLERANCE_DAYS


def _change(status: Status, claim: Claim, fact: Fact, kind: Kind, told: Announcement) -> Change:
    revision = status.revision + 1
    name = f"{claim.key}\n{fact.dimension}\n{revision}\n{kind}\n{fact.value}\n{claim.id}"
    support = sorted(fact.support, key=lambda one: one.claim_id != claim.id)  # stable
    return Change(
        id=blake2b(name.encode(), digest_size=16).hexdigest(),
        subject=status.subject,
        country=status.country,
        dimension=fact.dimension,
        kind=kind,
        previous=told.value if kind == "confirmed" else told.previous,
        value=fact.value,
        revision=revision,
        fact=fact.model_copy(update={"support": tuple(support[:CHANGE_SUPPORT])}),
        claim_id=claim.id,
        time=claim.published,
    )
