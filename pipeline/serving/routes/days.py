"""The days on which the live table of a subject changes: what `as_of` is worth asking for."""

import orjson
from fastapi import APIRouter, Depends, Request, Response

from pipeline.serving import formats
from pipeline.serving.formats import Table
from pipeline.serving.freshness import require_ready
from pipeline.serving.parameters import DimensionQuery, Format, OneSubjectQuery, no_others
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import With
from pipeline.serving.shapes import ChangeDay, Listed

router = APIRouter(prefix="/v1", tags=["status"], dependencies=[Depends(no_others), Depends(require_ready)])
_COLUMNS = tuple(ChangeDay.model_fields)


@router.get(
    "/days",
    summary="When the live table changed",
    response_model=Listed[ChangeDay],
    responses=documented.data(examples.DAYS, csv=examples.DAYS_CSV),
)
def days(
    *,
    request: Request,
    services: With,
    subject: OneSubjectQuery,
    dimension: DimensionQuery = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Every day on which a row of the subject begins, changes or ends, by dimension and in order of time.

    What `as_of` tells of such a day differs from what it tells of the day before; between two of them nothing changes.
    """
    checks = services.checks()
    checks.subject(subject)
    checks.done()
    rows = services.view.days(subject, dimension)
    return formats.one(
        request,
        lambda: orjson.dumps(rows),
        lambda: Table(f"{subject}-days", _COLUMNS, ([row[name] for name in _COLUMNS] for row in rows)),
    )
