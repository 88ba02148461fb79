"""What articles assert, the newest first."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline.records import Predicate
from pipeline.serving import cursors, formats, search
from pipeline.serving.formats import Table
from pipeline.serving.freshness import require_ready
from pipeline.serving.moments import rfc3339
from pipeline.serving.parameters import (
    DEFAULT_LIMIT,
    CountryQuery,
    Cursor,
    Format,
    Limit,
    SubjectQuery,
    no_others,
)
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import With
from pipeline.serving.shapes import LearnedClaim, Page
from pipeline.serving.view import ClaimQuery, StoredClaim

router = APIRouter(prefix="/v1", tags=["claims"], dependencies=[Depends(no_others), Depends(require_ready)])
_COLUMNS = (
    "learned subject country predicate aspect date date_basis polarity modality attribution first_ever confidence "
    "source published url title article_id id digest reader"
).split()

_WORDS = f"""\
Words that the evidence sentence has, all of them, at most {search.WORDS}. "Several words" in quotation marks stand
together in this order. `recogni*` is any word that begins so, with {search.PREFIX} letters or more before the asterisk,
and not within quotation marks. Case and accents do not matter, and whatever else is neither letter nor digit parts
words: `al-Qaida` is these two words together."""

PredicateQuery = Annotated[
    Predicate | None, Query(description="one predicate of /v1/ontology", examples=["recognized"])
]
Source = Annotated[str | None, Query(description="the outlet, spelt as in its articles", max_length=256)]
Words = Annotated[
    str | None,
    Query(
        description=_WORDS,
        max_length=512,
        examples=["credentials ambassador"],
    ),
]


@router.get(
    "/claims",
    summary="What articles assert",
    response_model=Page[LearnedClaim],
    responses=documented.data(examples.CLAIMS, csv=examples.CLAIMS_CSV, paged=True),
)
def claims(
    *,
    request: Request,
    services: With,
    subject: SubjectQuery = None,
    country: CountryQuery = None,
    predicate: PredicateQuery = None,
    source: Source = None,
    q: Words = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    format: Format = None,  # noqa: A002
) -> Response:
    """What articles assert, the latest learned first: pages go back in time, and what is new comes before them."""
    checks = services.checks()
    query = ClaimQuery(
        subject=checks.subject(subject), country=checks.country(country), predicate=predicate, source=source, q=q
    )
    before = checks.cursor("cursor", cursor, cursors.claim_position)
    if q is not None and (detail := search.wrong(q)):
        checks.wrong("q", detail)
    checks.done()
    found = services.view.claims(query, before=before, limit=limit + 1)
    following = cursors.of_claim(found[limit - 1].position) if len(found) > limit else None
    found = found[:limit]
    return formats.page(
        request, lambda: formats.joined(map(_learned, found)), lambda: _table(found), following, "cursor"
    )


def _learned(claim: StoredClaim) -> bytes:
    """The claim's JSON with one member more."""
    return claim.json[:-1] + b',"learned":"' + rfc3339(claim.learned_ms).encode() + b'"}'


def _table(found: Sequence[StoredClaim]) -> Table:
    def rows() -> Iterator[list[object]]:
        for stored in found:
            claim = orjson.loads(_learned(stored))
            yield [*(claim[name] for name in _COLUMNS), claim["evidence"]["sentence"]]

    return Table("claims", [*_COLUMNS, "sentence"], rows())
