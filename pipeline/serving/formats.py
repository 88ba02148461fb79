"""Replies: JSON or CSV, with an entity tag over the data, so that what has not changed is not sent again."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response
from starlette.datastructures import Headers

from pipeline.serving import freshness

JSON_TYPE = "application/json"
CSV_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Table:
    """Rows for a CSV reply, and the name of the file that a browser makes of it."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def one(request: Request, data: Callable[[], bytes], table: Callable[[], Table] | None = None) -> Response:
    """A reply without pages: ``{"data": ..., "freshness": ...}``, or the table as CSV where that is asked for.

    ``data`` gives the JSON of the member; it is called unless the table is.
    """
    return _reply(request, data, table, {})


def page(
    request: Request,
    data: Callable[[], bytes],
    table: Callable[[], Table] | None,
    following: str | None,
    parameter: str,
) -> Response:
    """A page of a list: ``{"data": [...], "next": ..., "freshness": ...}``, or the table as CSV.

    ``following`` is the cursor of what comes after; it goes into the query parameter ``parameter``. The header Link has
    the address of the next page, since CSV has no place for it.
    """
    return _reply(request, data, table, {"next": following}, _link(request, following, parameter))


def accepts_gzip(headers: Headers) -> bool:
    """Whether a body may come compressed: gzip stands in Accept-Encoding, and weighs more than nothing."""
    return dict(_weighed(headers.get("accept-encoding", ""))).get("gzip", 0) > 0


def joined(items: Iterable[bytes]) -> bytes:
    """A JSON array of items that are JSON already."""
    return b"[" + b",".join(items) + b"]"


def wants_csv(request: Request) -> bool:
    """Whether CSV is asked for: by ``format``, else by Accept when it prefers text/csv to JSON."""
    if chosen := request.query_params.get("format"):
        return chosen == "csv"
    weights = {JSON_TYPE: 0.0, CSV_TYPE: 0.0}
    best = {JSON_TYPE: -1, CSV_TYPE: -1}
    for media, weight in _weighed(request.headers.get("accept", "")):
        for name in weights:
            exact = 2 if media == name else 1 if media == name.split("/")[0] + "/*" else 0 if media == "*/*" else -1
            if exact > best[name]:
                best[name], weights[name] = exact, weight
    return weights[CSV_TYPE] > weights[JSON_TYPE]


def to_csv(table: Table) -> bytes:
    """RFC 4180 in UTF-8 with a header row.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it: sentences and names in here are
    written by strangers. JSON has them as they are.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _weighed(header: str) -> Iterator[tuple[str, float]]:
    """What a header accepts, in lower case, each with its weight."""
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        yield name.strip().lower(), _weight(parameters)


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _link(request: Request, following: str | None, parameter: str) -> dict[str, str]:
    if following is None:
        return {}
    asked = [(key, value) for key, value in request.query_params.multi_items() if key not in (parameter, "last")]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, (parameter, following)])}>; rel="next"'}


def _reply(
    request: Request,
    data: Callable[[], bytes],
    table: Callable[[], Table] | None,
    more: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Response:
    made = table() if table is not None and wants_csv(request) else None
    content = data() if made is None else to_csv(made)
    told = freshness.body(freshness.of(request))
    digest = blake2b(content + orjson.dumps([CSV_TYPE if made else JSON_TYPE, more]), digest_size=16).hexdigest()
    tag = f'W/"{digest}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if table is not None:
        headers["Vary"] = "Accept"
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    if made is not None:
        headers["Content-Disposition"] = f'attachment; filename="{made.name}.csv"'
        return Response(content, 200, headers, f"{CSV_TYPE}; charset=utf-8; header=present")
    body = {"data": orjson.Fragment(content), **more, "freshness": told}
    return Response(orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE), 200, headers, JSON_TYPE)


def _matches(asked: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag, or any. The comparison is the weak one (RFC 9110, section 13.1.2)."""
    if asked is None:
        return False
    return asked.strip() == "*" or tag.removeprefix("W/") in {
        one.strip().removeprefix("W/") for one in asked.split(",")
    }
