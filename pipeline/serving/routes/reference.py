"""What the other endpoints' parameters may name: subjects, countries, dimensions and their values."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import orjson
import yaml
from fastapi import APIRouter, Depends, Query, Request, Response

from pipeline import ontology
from pipeline.records import DIMENSIONS
from pipeline.serving import formats
from pipeline.serving.formats import Table
from pipeline.serving.freshness import require_ready
from pipeline.serving.parameters import Format, no_others
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import With
from pipeline.serving.shapes import CountryItem, DimensionItem, Page, SubjectItem

router = APIRouter(prefix="/v1", tags=["reference"], dependencies=[Depends(no_others)])
_SUBJECT_COLUMNS = ("id", "name", "kind", "countries", "rows", "updated", "earliest")

Watched = Annotated[
    Literal["listed", "all"],
    Query(
        description="all: also the states that are watched under their own names only, and of which nothing is known"
    ),
]


@router.get(
    "/subjects",
    summary="Whose standing is watched",
    response_model=Page[SubjectItem],
    responses=documented.data(examples.SUBJECTS, csv=examples.SUBJECTS_CSV),
    dependencies=[Depends(require_ready)],
)
def subjects(request: Request, services: With, watched: Watched = "listed", format: Format = None) -> Response:  # noqa: A002
    """Whose standing is watched, in the order of the watchlist, and how much is known of each.

    Listed are the subjects of the watchlist, and every other one of which something is known.
    """
    counts = services.view.subjects()
    known = services.vocabulary.subjects
    rows: list[dict[str, Any]] = []
    for name in [*known, *sorted(counts.keys() - known.keys())]:
        subject, count = known.get(name), counts.get(name)
        if count is None and watched == "listed" and not (subject and subject.listed):
            continue
        rows.append(
            {
                "id": name,
                "name": subject.name if subject else name,
                "kind": subject.kind if subject else "state",
                "aliases": subject.aliases if subject else (),
                "countries": count.countries if count else 0,
                "rows": count.rows if count else 0,
                "updated": count.updated if count else None,
                "earliest": count.earliest if count else None,
            }
        )
    table = Table("subjects", _SUBJECT_COLUMNS, ([row[name] for name in _SUBJECT_COLUMNS] for row in rows))
    return formats.page(request, lambda: orjson.dumps(rows), lambda: table, None, "cursor")


@router.get(
    "/countries",
    summary="Who can take a stance",
    response_model=Page[CountryItem],
    responses=documented.data(examples.COUNTRIES, csv=examples.COUNTRIES_CSV),
)
def countries(request: Request, services: With, format: Format = None) -> Response:  # noqa: A002
    """Who can take a stance: every country of ISO 3166-1, Kosovo (XK), and the European Union (EU) as one actor."""
    named = sorted(services.vocabulary.countries.items())
    rows = [{"code": code, "name": name} for code, name in named]
    return formats.page(
        request, lambda: orjson.dumps(rows), lambda: Table("countries", ("code", "name"), named), None, "cursor"
    )


@router.get(
    "/ontology",
    summary="Dimensions and their values",
    response_model=Page[DimensionItem],
    responses=documented.data(examples.ONTOLOGY),
)
def ontology_(request: Request) -> Response:
    """Every dimension with the values that it can take, and the predicate of the claims that give each."""
    return formats.page(request, lambda: orjson.dumps(_dimensions()), None, None, "cursor")


@cache
def _dimensions() -> list[dict[str, Any]]:
    about = yaml.safe_load(files("pipeline.serving").joinpath("dimensions.yaml").read_text("utf-8"))
    return [
        {
            "dimension": dimension,
            "label": dimension.replace("_", " ").capitalize(),
            "about": about[dimension],
            "values": [
                {
                    "value": meaning.value,
                    "label": meaning.value.replace("_", " "),
                    "predicate": predicate,
                    **meaning.model_dump(include={"aspect", "cameo", "plover", "mode"}),
                }
                for predicate, meaning in ontology.load().predicates.items()
                if meaning.dimension == dimension
            ],
        }
        for dimension in DIMENSIONS
    ]
