"""The live table: rows, one pair of subject and country, and its history."""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline.judging.view import WINDOWS
from pipeline.records import Activity, Fact, StatusRow
from pipeline.serving import cursors, formats, problems
from pipeline.serving.formats import Table
from pipeline.serving.freshness import require_ready
from pipeline.serving.moments import rfc3339
from pipeline.serving.parameters import (
    DEFAULT_LIMIT,
    AsOf,
    CountryPath,
    CountryQuery,
    Cursor,
    DimensionQuery,
    Format,
    KnownAt,
    Limit,
    SubjectPath,
    SubjectQuery,
    ValueQuery,
    no_others,
)
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import With
from pipeline.serving.shapes import Listed, One, Page, StatusOfPair, TracedFact
from pipeline.serving.view import FactHistory, StatusQuery

router = APIRouter(prefix="/v1/status", tags=["status"], dependencies=[Depends(no_others), Depends(require_ready)])
_COLUMNS = [name for name in StatusRow.model_fields if name != "activity"]
_ACTIVITY = tuple(Activity.model_fields)
_ACTIVITY_COLUMNS = [f"{name}_{window}" for window in WINDOWS for name in _ACTIVITY]
_FACT_COLUMNS = [name for name in Fact.model_fields if name not in ("dates", "support")]

Recognition = Annotated[
    str | None, Query(description="short for dimension=recognition&value=...", max_length=64, examples=["recognized"])
]


@router.get(
    "",
    summary="The live table",
    response_model=Page[StatusRow],
    responses=documented.data(examples.STATUS, csv=examples.STATUS_CSV, paged=True, more=[problems.FOLDING]),
)
def status(
    *,
    request: Request,
    services: With,
    subject: SubjectQuery = None,
    country: CountryQuery = None,
    dimension: DimensionQuery = None,
    value: ValueQuery = None,
    recognition: Recognition = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    format: Format = None,  # noqa: A002
) -> Response:
    """The live table, ordered by subject, country and dimension: now, or as it was true or known at another time."""
    checks = services.checks()
    dimension, value = checks.value(dimension, value, recognition)
    query = StatusQuery(
        subject=checks.subject(subject),
        country=checks.country(country),
        dimension=dimension,
        value=value,
        as_of=checks.as_of(as_of),
        known_at=checks.known_at(known_at),
    )
    after = checks.cursor("cursor", cursor, cursors.status_key)
    checks.done()
    rows = services.known(query.known_at, lambda: services.view.status_fields(query, after=after, limit=limit + 1))
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        following = cursors.of_status((rows[-1]["subject"], rows[-1]["country"], rows[-1]["dimension"]))
    return formats.page(request, lambda: orjson.dumps(rows), lambda: _table("status", rows), following, "cursor")


@router.get(
    "/{subject}/{country}",
    summary="One country and one subject",
    response_model=One[StatusOfPair],
    responses=documented.data(examples.PAIR, csv=examples.STATUS_CSV, more=[problems.FOLDING, problems.NOTHING_KNOWN]),
)
def status_of_pair(
    *,
    request: Request,
    services: With,
    subject: SubjectPath,
    country: CountryPath,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """The stance of one country towards one subject: its row of each dimension."""
    checks = services.checks()
    checks.subject(subject)
    checks.country(country)
    when, known = checks.as_of(as_of), checks.known_at(known_at)
    checks.done()
    found = services.known(known, lambda: services.view.status_of(subject, country, as_of=when, known_at=known))
    if found is None:
        name = services.vocabulary.countries[country]
        then = f"at {known_at} nothing was known" if known_at else "nothing is known"
        raise problems.ProblemError(problems.NOTHING_KNOWN, f"{then} of {name} ({country}) towards {subject}")
    whole, rows = found[0], [row.model_dump(mode="json") for row in found[1]]
    data = {"subject": subject, "country": country, "revision": whole.revision, "rows": rows}
    return formats.one(request, lambda: orjson.dumps(data), lambda: _table(f"{subject}-{country}", rows))


@router.get(
    "/{subject}/{country}/history",
    summary="Every Fact on one country and one subject",
    response_model=Listed[TracedFact],
    responses=documented.data(examples.HISTORY, csv=examples.HISTORY_CSV, more=[problems.FOLDING]),
)
def history(
    *,
    request: Request,
    services: With,
    subject: SubjectPath,
    country: CountryPath,
    dimension: DimensionQuery = None,
    known_at: KnownAt = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Every Fact on the two, by dimension and in order of time, with the articles behind it and who copied whom.

    An empty list where nothing is known.
    """
    checks = services.checks()
    checks.subject(subject)
    checks.country(country)
    known = checks.known_at(known_at)
    checks.done()
    told = services.known(known, lambda: services.view.history(subject, country, known_at=known))
    found = [one for one in told if dimension in (None, one.fact.dimension)]
    return formats.one(
        request,
        lambda: orjson.dumps([_traced(one) for one in found]),
        lambda: _fact_table(f"{subject}-{country}-history", [one.fact for one in found]),
    )


def _traced(history: FactHistory) -> dict[str, Any]:
    """A Fact with the origin of each of its articles."""
    fact = history.fact.model_dump(mode="json")
    for support, origin in zip(fact["support"], history.origins, strict=True):
        support["origin"] = origin.claim_id
        support["learned"] = None if origin.learned_ms is None else rfc3339(origin.learned_ms)
    return fact


def _table(name: str, rows: Sequence[dict[str, Any]]) -> Table:
    return Table(name, (*_COLUMNS, *_ACTIVITY_COLUMNS), map(_cells, rows))


def _cells(row: dict[str, Any]) -> list[object]:
    spoken = [row["activity"][window] for window in WINDOWS]
    return [row[name] for name in _COLUMNS] + [one[name] for one in spoken for name in _ACTIVITY]


def _fact_table(name: str, facts: Sequence[Fact]) -> Table:
    return Table(name, _FACT_COLUMNS, ([getattr(fact, column) for column in _FACT_COLUMNS] for fact in facts))
