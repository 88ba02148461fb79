"""Alerts as they were published, the oldest first: to be asked for again from where one was."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline.records import Alert, Kind
from pipeline.serving import cursors, formats
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
from pipeline.serving.services import With
from pipeline.serving.shapes import Page
from pipeline.serving.view import AlertQuery, StoredAlert

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
Last = Annotated[int | None, Query(description="only so many, the newest ones", ge=1, le=MOST)]


@router.get(
    "/alerts",
    summary="Alerts, to be asked for again and again",
    response_model=Page[Alert],
    responses=documented.data(examples.ALERTS, csv=examples.ALERTS_CSV, paged=True),
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
