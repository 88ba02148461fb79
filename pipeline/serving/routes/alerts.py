"""Alerts as they were published, the oldest first: to be asked for again from where one was."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline.records import Alert, Kind
from pipeline.serving import cursors, formats, problems
from pipeline.serving.cursors import CursorError
from pipeline.serving.formats import Table
from pipeline.serving.freshness import require_ready
from pipeline.serving.parameters import (
    DEFAULT_LIMIT,
    MOST,
    CountryQuery,
    DimensionQuery,
    Format,
    Limit,
    SubjectQuery,
    no_others,
)
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import Services, With
from pipeline.serving.shapes import Page
from pipeline.serving.view import AlertQuery, Offsets, StoredAlert

router = APIRouter(prefix="/v1", tags=["alerts"], dependencies=[Depends(no_others), Depends(require_ready)])
_COLUMNS = (
    "kind subject country dimension value previous since precision revision confidence sources independent first_ever"
).split()
_EVIDENCE_COLUMNS = "source published url title article_id sentence".split()

KindQuery = Annotated[Kind | None, Query(description="one kind", examples=["new"])]
After = Annotated[
    str | None,
    Query(
        description="`next` of the page before, or an id of /v1/alerts/stream; without it, from the beginning",
        json_schema_extra={"pattern": r"^\d+(\.\d+)*$"},
        examples=["12.5.0.9"],
    ),
]
SETTLE_SECONDS = 5
"""How long a cursor may be ahead of this replica before it is held to come from elsewhere: replicas are not in step."""
Last = Annotated[int | None, Query(description="only so many, the newest ones", ge=1, le=MOST)]


async def refuse_ahead(services: Services, after: Offsets) -> None:
    """Raise ProblemError (409) when a cursor is not of this deployment; not while serve is catching up itself."""
    if not services.caught_up or await services.feed.reaches(after, seconds=SETTLE_SECONDS) or services.feed.closed:
        return
    if services.caught_up:  # still
        raise problems.ProblemError(
            problems.UNKNOWN_ID, f"the id {cursors.of_alerts(after)} is ahead of every alert of this deployment"
        )


async def _of_this_deployment(services: With, after: After = None) -> None:
    with suppress(CursorError):  # which the endpoint tells, with all else that is wrong
        if after is not None:
            await refuse_ahead(services, cursors.alert_offsets(after, services.settings.partitions))


@router.get(
    "/alerts",
    dependencies=[Depends(_of_this_deployment)],
    summary="Alerts, to be asked for again and again",
    response_model=Page[Alert],
    responses=documented.data(examples.ALERTS, csv=examples.ALERTS_CSV, paged=True, more=(problems.UNKNOWN_ID,)),
)
def alerts(
    *,
    request: Request,
    services: With,
    kind: KindQuery = None,
    subject: SubjectQuery = None,
    country: CountryQuery = None,
    dimension: DimensionQuery = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
    last: Last = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Alerts, CloudEvents 1.0, in the order of their publication.

    `next` is never null: it goes on from here, also when there is nothing yet, and is what the event stream takes as
    `after` and as `Last-Event-ID`.
    """
    checks = services.checks()
    partitions = services.settings.partitions
    for other in ("after", "limit"):
        checks.together("last", other, given=last is not None and other in request.query_params)
    query = AlertQuery(kind=kind, subject=checks.subject(subject), country=checks.country(country), dimension=dimension)
    start = checks.cursor("after", after, lambda cursor: cursors.alert_offsets(cursor, partitions))
    checks.done()
    if last is not None:
        found, offsets = services.view.last_alerts(query, last)
    else:
        found, offsets = services.view.alerts(query, after=start or (0,) * partitions, limit=limit)
    return formats.page(
        request,
        lambda: formats.joined(alert.json for alert in found),
        lambda: _table(found),
        cursors.of_alerts(offsets),
        "after",
    )


def _table(found: Sequence[StoredAlert]) -> Table:
    def rows() -> Iterator[list[object]]:
        for stored in found:
            event = orjson.loads(stored.json)
            data = event["data"]
            evidence = data["evidence"][0] if data["evidence"] else {}
            yield [
                event["id"],
                event.get("time"),
                *(data.get(name) for name in _COLUMNS),
                *(evidence.get(name) for name in _EVIDENCE_COLUMNS),
            ]

    return Table("alerts", ["id", "time", *_COLUMNS, *_EVIDENCE_COLUMNS], rows())
