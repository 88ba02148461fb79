"""Fold a Claim into the Status of its (subject, country): the one step of the judge.

What is kept of the claims (``ledgers``, ``witnesses``) is a set, bounded; the Facts are a pure function of it. So the
end state does not depend on the order of arrival or on repetition. The Changes do: they say what was known when.
"""

from pipeline import edtf, ontology
from pipeline.judging import facts, ledger
from pipeline.judging.announcing import EVIDENCE, announce
from pipeline.judging.draft import TOLERANCE_DAYS
from pipeline.records import DIMENSIONS, Change, Claim, Dimension, Fact, Ledger, Status

RECENT = 256
"""Ids of the latest claims, which are what a crash delivers again. What comes again later is known by its witness: then
only the number of claims of its day grows."""

_INTENT = ("asserted", "planned", "conditional", "possible")


def fold(status: Status | None, claim: Claim, *, freshness_days: int = 30) -> tuple[Status, tuple[Change, ...]]:
    """Add a claim to the Status of its key, and tell what that changed.

    At most one Change comes of a claim:

    * ``new`` or ``background`` (freshness.py) when the value of the dimension is another one than before;
    * ``new`` also when the value stays, but was known from old news or as a state only, and this claim is the first to
      report its event fresh: so a Fact that is news is told as new once, and once only, in whatever order it comes;
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
    before = status.ledgers.get(dimension, Ledger())
    after = ledger.enter(before, claim, meaning)
    ledgers = status.ledgers | {dimension: after}
    witnesses = _referenced(ledgers, ledger.witnessed(status.witnesses, claim))
    told = [fact for fact in status.facts if fact.dimension == dimension]
    if after.strands is not before.strands:
        drafts = facts.draft(after.strands, witnesses, dimension)
        told = facts.tell(status.subject, status.country, drafts)
    leading = next(fact for fact in told if fact.role == "current")
    log, change = announce(status, claim, leading, says=meaning.value, freshness_days=freshness_days)
    known = [fact for fact in status.facts if fact.dimension != dimension] + [_brief(fact) for fact in told]
    folded = status.model_copy(
        update={
            "revision": change.revision if change else status.revision,
            # sorting is stable: the order of time stays
            "facts": tuple(sorted(known, key=lambda fact: DIMENSIONS.index(fact.dimension))),
            "ledgers": ledgers,
            "witnesses": witnesses,
            "log": log.model_copy(update={"recent": (*log.recent, claim.id)[-RECENT:]}),
        }
    )
    return folded, (change,) if change else ()


def _asserts(claim: Claim) -> bool:
    """Whether the claim says that something is so. A denial of recognition is itself an assertion."""
    if claim.predicate == "considering":
        return claim.polarity == "affirmed" and claim.modality in _INTENT
    if claim.modality != "asserted" or (claim.polarity == "negated" and claim.predicate != "not_recognized"):
        return False
    return claim.aspect == "state" or not _ahead(claim)


def _ahead(claim: Claim) -> bool:
    """Whether an event lies ahead of its article's publication, so that it cannot have happened."""
    if claim.date is None or claim.dated is None or claim.dated_basis != "published":
        return False
    days = edtf.days_between(claim.dated, claim.date) if edtf.has_year(claim.date) else None
    return days is not None and days > TOLERANCE_DAYS


def _referenced(ledgers: dict[Dimension, Ledger], witnesses: dict[str, str]) -> dict[str, str]:
    keys = {key for one in ledgers.values() for strand in one.strands for key in strand.witnesses}
    keys |= {key for one in ledgers.values() for day in one.days for key in day.witnesses}
    return {key: witnesses[key] for key in sorted(keys)}


def _brief(fact: Fact) -> Fact:
    """A Fact as a Status lists it: the current ones with their best evidence, the others without."""
    return fact.model_copy(update={"support": fact.support[:EVIDENCE] if fact.role == "current" else ()})
