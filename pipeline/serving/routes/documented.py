"""What every endpoint's part of the OpenAPI document says alike: headers, problems, CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from pipeline.serving import freshness, problems
from pipeline.serving.problems import Kind

Responses = dict[int | str, dict[str, Any]]

PROBLEM_SCHEMA = "#/components/schemas/ProblemDetails"


def example(value: Any) -> dict[str, str]:
    """The example of a JSON content: as text, because FastAPI drops every null from what it is given."""
    return {"example": orjson.dumps(value).decode()}


def with_examples(document: dict[str, Any]) -> None:
    """Put examples in the place of their text, all through a finished document."""
    for media, content in _contents(document):
        if media in ("application/json", problems.MEDIA_TYPE) and isinstance(content.get("example"), str):
            content["example"] = orjson.loads(content["example"])


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield from part.get("content", {}).items()


def _header(about: str, example: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}, "example": example}


FRESHNESS_HEADERS: dict[str, Any] = {
    freshness.OFFSETS_HEADER: _header(
        "by topic, the next offset of each partition, joined with dots; left out with more than 64 partitions",
        'status="2.0.1.0", claims="9.0.4.0"',
    ),
    freshness.LAG_HEADER: _header("records that are not in yet", "0"),
    freshness.STALE_HEADER: _header("whether the tables are behind for more than 10 seconds", "false"),
}
_TAG_HEADERS: dict[str, Any] = {
    "ETag": _header("changes with the data, not with the freshness", 'W/"5d41402abc4b2a76b9719d911017c592"'),
}
_LINK_HEADER: dict[str, Any] = {"Link": _header("the next page", '</v1/status?cursor=WyJzIl0>; rel="next"')}
_RETRY_HEADER: dict[str, Any] = {"Retry-After": _header("seconds", "1")}


def data(shown: Any, *, csv: str | None = None, paged: bool = False, more: Sequence[Kind] = ()) -> Responses:
    """The replies of an endpoint that reads the tables: 200 in JSON (and CSV), 304, and the problems it may meet."""
    content: dict[str, Any] = {"application/json": example(shown)}
    if csv is not None:
        content["text/csv"] = {"schema": {"type": "string"}, "example": csv}
    headers = FRESHNESS_HEADERS | _TAG_HEADERS | (_LINK_HEADER if paged else {})
    return {
        200: {"description": "What is asked for", "headers": headers, "content": content},
        304: {
            "description": "Nothing has changed since the reply with the ETag of If-None-Match",
            "headers": FRESHNESS_HEADERS | _TAG_HEADERS,
        },
        **of(problems.INVALID_REQUEST, problems.CATCHING_UP, *more),
    }


def of(*kinds: Kind) -> Responses:
    """The replies that are problems of these kinds, and the one of any endpoint."""
    replies: Responses = {}
    for kind in (*kinds, problems.INTERNAL):
        if kind.status in replies:
            replies[kind.status]["description"] += f"; or: {kind.title}"
            continue
        headers = FRESHNESS_HEADERS | (_RETRY_HEADER if kind.status == 503 else {})
        shown = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": kind.about}
        replies[kind.status] = {
            "description": kind.title,
            "headers": headers,
            "content": {
                problems.MEDIA_TYPE: {
                    "schema": {"$ref": PROBLEM_SCHEMA},
                    **example(shown | {"instance": "/v1/status"}),
                }
            },
        }
    return replies
