"""What was read before: the row of table `seen`, and what it means for the next copy of the same text. Pure.

A text is known by its content digest, its copies by who printed them. Table rows are written before anything is sent,
and a Document is acknowledged only after both have reached Kafka; so after a crash a Document can come again whose row
is there already, and whose claims may not have been sent. The row therefore remembers at which offset of `documents`
each source first brought the text. A Document at that offset is that same message, delivered again: its claims are
sent again, and folding them again changes nothing. A Document at a later offset is another print of what this source
has printed: dropped. (All copies of a text lie in one partition, so their offsets compare.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from pipeline.records import Claim, Document, Versioned, claim_id

_DAY_MS = 86_400_000
MAX_SOURCES = 1_000
"""Sources remembered per text. One that was forgotten and prints it again sends its claims again: no harm."""
MAX_ROW_BYTES = 1_500_000
"""A row whose claims make it larger keeps none of them: another source's copy of that text is read again."""

Outcome = Literal["read", "carried over", "sent again", "dropped"]


class Seen(Versioned):
    """A text that was read."""

    claims: tuple[Claim, ...] | None = Field(description="as read in the first copy; None where they are too many")
    printed: dict[str, int] = Field(description="offset in `documents` at which each source first brought it")
    last: int = Field(description="when it was last brought: time of the message, milliseconds since 1970")


@dataclass(frozen=True)
class Step:
    """What a Document leads to: the claims to send, and the row to write first (None: it stays as it is)."""

    outcome: Outcome
    claims: tuple[Claim, ...] = ()
    row: Seen | None = None


def take(
    row: Seen | None,
    document: Document,
    *,
    offset: int,
    time_ms: int,
    seen_days: int,
    read: Callable[[Document], tuple[Claim, ...]],
) -> Step:
    """What to do with a Document, given what is remembered of its text."""
    if row is not None and time_ms - row.last > seen_days * _DAY_MS:
        row = None  # forgotten, though not yet swept
    first = row.printed.get(document.source) if row else None
    if row and first is not None and offset > first:
        renewed = row.model_copy(update={"last": time_ms}) if time_ms - row.last > _DAY_MS else None
        return Step("dropped", row=renewed)
    if row and row.claims is not None:
        claims = tuple(carry_over(claim, document) for claim in row.claims)
        outcome: Outcome = "carried over" if first is None else "sent again"
    else:
        claims = read(document)
        outcome = "read"
    kept = row.claims if row else claims
    printed = (row.printed if row else {}) | {document.source: offset}
    last = max(time_ms, row.last) if row else time_ms
    return Step(outcome, claims, _bounded(Seen(claims=kept, printed=_latest(printed), last=last)))


def carry_over(claim: Claim, document: Document) -> Claim:
    """The claim that a copy of the text makes: said by another source, dated by another article.

    A date that stands in the text stays as it was read first ("on Thursday" means the first article's Thursday).
    """
    by_article = claim.date_basis in ("published", "text")
    return claim.model_copy(
        update={
            "id": claim_id(
                digest=document.digest,
                source=document.source,
                sentence=claim.evidence.sentence,
                subject=claim.subject,
                country=claim.country,
                predicate=claim.predicate,
            ),
            "date": document.dated if by_article else claim.date,
            "date_basis": document.dated_basis if by_article else claim.date_basis,
            "article_id": document.article_id,
            "source": document.source,
            "url": document.url,
            "title": document.title,
            "published": document.published,
            "dated": document.dated,
            "dated_basis": document.dated_basis,
        }
    )


def _latest(printed: dict[str, int]) -> dict[str, int]:
    if len(printed) <= MAX_SOURCES:
        return printed
    return dict(sorted(printed.items(), key=lambda entry: entry[1])[-MAX_SOURCES:])


def _bounded(row: Seen) -> Seen:
    if row.claims and len(row.to_json()) > MAX_ROW_BYTES:
        return row.model_copy(update={"claims": None})
    return row
