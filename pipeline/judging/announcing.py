"""What to tell of a leading Fact: the only part of judging that goes by the order of arrival."""

from hashlib import blake2b

from pipeline import edtf
from pipeline.judging.draft import TOLERANCE_DAYS
from pipeline.judging.freshness import kind_of
from pipeline.records import Announcement, Change, Claim, Fact, Kind, Log, Status

CHANGES = 16
"""Latest Changes kept whole, to be emitted again in the same words when their claim is delivered again."""

ANNOUNCED = 8
"""Announcements remembered per dimension."""

EVIDENCE = 5
"""Articles that a Change names, the one that caused it first."""


def announce(status: Status, claim: Claim, fact: Fact, *, says: str, freshness_days: int) -> tuple[Log, Change | None]:
    """Decide whether the claim, after which ``fact`` leads, is to be told, and remember what was.

    Args:
        status: before the claim.
        claim: the one that was added.
        fact: what leads its dimension now.
        says: the value that the claim itself gives: only a claim for the leading value can make it fresh news.
        freshness_days: see ``fold``.
    """
    log = status.log
    told = log.announced.get(fact.dimension, ())
    last = told[-1] if told else None
    fresh = says == fact.value and kind_of(fact, claim, freshness_days=freshness_days) == "new"
    kind: Kind | None = None
    if last is None or last.value != fact.value:
        earlier = next((one for one in reversed(told) if _same(one, fact, told)), None)
        kind = "new" if fresh and not (earlier and earlier.new) else "background"
        last = Announcement(
            value=fact.value,
            previous=last.value if last else None,
            aspect=fact.aspect,
            since=fact.since,
            revision=status.revision + 1,
            claim_id=claim.id,
            new=bool(earlier and earlier.new),
            confirmed=bool(earlier and earlier.confirmed),
        )
        told = (*told, last)
    elif fresh and fact.since and not last.new:
        kind = "new"
    elif fact.confidence == "corroborated" and not last.confirmed:
        kind = "confirmed"

    change = _change(status, claim, fact, kind, last) if kind else None
    last = last.model_copy(
        update={
            "aspect": fact.aspect,
            "since": fact.since,
            "revision": change.revision if change else last.revision,
            "new": last.new or kind == "new",
            "confirmed": last.confirmed or (kind is not None and fact.confidence == "corroborated"),
        }
    )
    return (
        log.model_copy(
            update={
                "announced": log.announced | {fact.dimension: (*told[:-1], last)[-ANNOUNCED:]},
                "changes": (*log.changes, *([change] if change else []))[-CHANGES:],
            }
        ),
        change,
    )


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
        fact=fact.model_copy(update={"support": tuple(support[:EVIDENCE])}),
        claim_id=claim.id,
        time=claim.published,
    )
