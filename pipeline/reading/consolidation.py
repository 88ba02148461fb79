"""What one text says twice, once: one claim of each kind, with the best date that the text gives it."""

from pipeline import edtf
from pipeline.records import Claim

_DONE = frozenset({"recognized", "established_relations"})
_CONTRARY = {
    ("sanctions_lifted", "sanctions_imposed"), ("recognized", "not_recognized"), ("withdrew_recognition", "recognized"),
    ("embassy_closed", "mission_maintained"),
}  # fmt: skip


def consolidated(claims: list[tuple[Claim, str]]) -> list[Claim]:
    """Each claim once; what has a date of its own lends it to what the same text says without one."""
    kept: dict[str, Claim] = {}
    families = {claim.id: family for claim, family in claims}
    for claim, _ in claims:
        old = kept.get(claim.id)
        if old is None or (old.date is None and claim.date is not None):
            kept[claim.id] = claim
    done = {(claim.subject, claim.country, families[claim.id]) for claim in kept.values() if claim.predicate in _DONE}
    result = []
    for each in kept.values():
        claim = each
        if claim.predicate == "considering" and (claim.subject, claim.country, families[claim.id]) in done:
            continue  # the same text tells that it was done
        if claim.aspect == "state" and any(_overtakes(event, claim) for event in kept.values()):
            continue
        if claim.date_basis in {"published", "none"}:
            better = [
                other
                for other in kept.values()
                if (other.subject, other.country, other.predicate) == (claim.subject, claim.country, claim.predicate)
                and other.date is not None
                and other.date_basis in {"stated", "relative"}
                and (claim.date is None or _close(other.date, claim.date))
            ]
            if better:
                best = max(better, key=lambda other: len(other.date or ""))
                claim = claim.model_copy(update={"date": best.date, "date_basis": best.date_basis})
        result.append(claim)
    return result


def _overtakes(event: Claim, state: Claim) -> bool:
    """Whether an event told as news makes a state that the same text tells a thing of the past, or of a part."""
    same = (event.subject, event.country) == (state.subject, state.country) and event.aspect == "event"
    if not same or (event.predicate, state.predicate) not in _CONTRARY:
        return False
    return event.date is None or event.dated is None or _close(event.date, event.dated)


def _close(one: str, other: str) -> bool:
    if not edtf.has_year(one) or not edtf.has_year(other):
        return False
    gap = edtf.days_between(one, other)
    return gap is not None and abs(gap) <= 31
