"""Errors as RFC 9457 problems: each kind with its status, and what the caller can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

MEDIA_TYPE = "application/problem+json"
_SHOWN = 60


class ErrorItem(BaseModel):
    """One thing that is wrong with a request, and how to put it right."""

    detail: Annotated[str, Field(description="what is wrong, and what to give instead")]
    parameter: Annotated[str | None, Field(description="the query or path parameter")] = None
    index: Annotated[int | None, Field(description="the place of the article in the body, from 0")] = None
    pointer: Annotated[str | None, Field(description="JSON Pointer (RFC 6901) into the body")] = None


class ProblemDetails(BaseModel):
    """What went wrong, as RFC 9457 lays it out."""

    type: Annotated[str, Field(description="the kind of problem; a GET of it explains it")]
    title: Annotated[str, Field(description="the kind in words, always the same for one type")]
    status: Annotated[int, Field(description="the HTTP status", ge=400, le=599)]
    detail: Annotated[str, Field(description="what happened this time, and the remedy")]
    instance: Annotated[str, Field(description="the path of the request")]
    errors: Annotated[list[ErrorItem] | None, Field(description="every single thing that is wrong")] = None


@dataclass(frozen=True)
class Kind:
    """A kind of problem: the last part of its type, its status and title, and what to do about it."""

    name: str
    status: int
    title: str
    about: str

    @property
    def type(self) -> str:
        """The URI reference that names the kind."""
        return f"/problems/{self.name}"


INVALID_REQUEST = Kind(
    "invalid-request",
    422,
    "The request is not valid",
    "A parameter or the body is not what the endpoint takes. `errors` names each of them with the remedy.",
)
NOT_HTTP = Kind("not-http", 400, "The request is not HTTP", "It cannot be parsed.")
HEAD_TOO_LARGE = Kind(
    "head-too-large",
    431,
    "The head of the request is too large",
    "Its first line and its headers have more than 65,536 bytes together. Send fewer headers, or a shorter URL.",
)
TOO_SLOW = Kind(
    "too-slow",
    408,
    "The request was not there in time",
    "The first line and the headers have 10 seconds to arrive, the articles a minute. Send fewer articles at once.",
)
MISDIRECTED = Kind(
    "misdirected",
    421,
    "This server has another name",
    "The header Host is to name this server, lest a stranger's page reads it under its own name. Ask for localhost or "
    "for an address of the server, or have its operator set RECOGNITION_API_NAMES.",
)
NOT_FOUND = Kind("not-found", 404, "There is no such page", "The path is none of this API; see /v1/openapi.json.")
NOTHING_KNOWN = Kind(
    "nothing-known",
    404,
    "Nothing is known",
    "Subject and country exist, but no article so far says anything of the two.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "The method does not go with this path", "The header Allow names those that do."
)
UNAUTHORIZED = Kind(
    "unauthorized", 401, "The token is missing or wrong", "Send `Authorization: Bearer TOKEN` with the token of serve."
)
NO_TOKEN_SET = Kind(
    "no-token-set",
    403,
    "No articles are taken here",
    "serve was started without a token, so it takes articles from nobody. Set RECOGNITION_API_TOKEN and restart it.",
)
TOO_LARGE = Kind(
    "too-large",
    413,
    "The body is too large",
    "Send fewer articles at once; RECOGNITION_MAX_REQUEST_BYTES is the limit.",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "The body is of a type that is not read here",
    "Send application/json or application/x-ndjson in UTF-8, not compressed.",
)
CATCHING_UP = Kind(
    "catching-up",
    503,
    "The tables are being read",
    "serve has just been started and has not come to the end of the topics. Ask again after Retry-After seconds; "
    "/readyz tells when it is done.",
)
FOLDING = Kind(
    "folding",
    503,
    "The claims are being folded again",
    "What was known at an earlier time is told by folding the claims again, and there are many. Ask again after "
    "Retry-After seconds: it goes on from where it is.",
)
UNKNOWN_ID = Kind(
    "unknown-id",
    409,
    "The id is of another deployment",
    "The id is ahead of all that is on the topic: it was given out by another deployment, or before the topic was made "
    "anew. Start without it, or with `next` of /v1/alerts.",
)
NOT_PUBLISHED = Kind(
    "not-published",
    503,
    "Kafka does not take the articles",
    "Some articles of the request may have been taken. Send the whole request again after Retry-After seconds: "
    "a text that was taken from the same source before is dropped.",
)
INTERNAL = Kind("internal-error", 500, "Something went wrong in here", "The log of serve has the reason.")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        INVALID_REQUEST,
        NOT_HTTP,
        HEAD_TOO_LARGE,
        TOO_SLOW,
        MISDIRECTED,
        NOT_FOUND,
        NOTHING_KNOWN,
        METHOD_NOT_ALLOWED,
        UNAUTHORIZED,
        NO_TOKEN_SET,
        TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        CATCHING_UP,
        FOLDING,
        UNKNOWN_ID,
        NOT_PUBLISHED,
        INTERNAL,
    )
}
_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}


@dataclass
class ProblemError(Exception):
    """Ends a request with a problem. ``more`` are further members of its body."""

    kind: Kind
    detail: str
    errors: Sequence[ErrorItem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def invalid(*errors: ErrorItem) -> ProblemError:
    """The problem of a request with these errors."""
    return ProblemError(INVALID_REQUEST, "; ".join(error.detail for error in errors[:3]), errors)


def retry_after(kind: Kind, detail: str, *, seconds: int, more: Mapping[str, Any] | None = None) -> ProblemError:
    """A problem that goes away by itself."""
    return ProblemError(kind, detail, headers={"Retry-After": str(seconds)}, more=more or {})


def did_you_mean(word: str, words: Sequence[str]) -> str:
    """`did you mean A or B?` for the words that are most like this one; else nothing."""
    near = get_close_matches(word, words, n=3, cutoff=0.7)
    return f"did you mean {' or '.join(near)}?" if near else ""


def shown(text: str) -> str:
    """What was given, as an error shows it: quoted, and not longer than helps."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def response(problem: ProblemError, path: str) -> Response:
    """The reply that tells of a problem."""
    body = {
        "type": problem.kind.type,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "instance": path,
        **problem.more,
    }
    if problem.errors:
        body["errors"] = [error.model_dump(exclude_none=True) for error in problem.errors]
    return _reply(problem.kind.status, body, problem.headers)


def internal(path: str) -> Response:
    """The reply to a request that met a fault of ours: it tells nothing of the fault, which is logged."""
    return response(ProblemError(INTERNAL, INTERNAL.about), path)


def install(app: FastAPI) -> None:
    """Make every error of the application and of the framework a problem, and let each kind explain itself."""

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> Response:
        return response(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        return response(invalid(*(_item(one) for one in error.errors())), request.url.path)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if "GET" in headers.get("Allow", ""):
            headers["Allow"] = ", ".join(sorted({*headers["Allow"].split(", "), "HEAD"}))
        if kind := _BY_STATUS.get(error.status_code):
            detail = _near_path(app, request.url.path) if kind is NOT_FOUND else _methods(request, headers)
            return response(ProblemError(kind, detail, headers=headers), request.url.path)
        status = HTTPStatus(error.status_code)
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": str(error.detail)}
        return _reply(int(status), body | {"instance": request.url.path}, headers)

    @app.get("/problems/{name}", include_in_schema=False)
    async def _explain(name: str) -> Response:
        if (kind := KINDS.get(name)) is None:
            raise ProblemError(NOT_FOUND, f"no problem is called {shown(name)}; there are {', '.join(KINDS)}")
        return PlainTextResponse(f"{kind.title} ({kind.status})\n\n{kind.about}\n")


def _reply(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
    return Response(content, status, {"Cache-Control": "no-store", **headers}, MEDIA_TYPE)


def _item(error: Mapping[str, Any]) -> ErrorItem:
    """One of the framework's complaints in our words."""
    name = str(error["loc"][-1])
    given = error.get("input")
    if error["type"] == "literal_error":
        expected = [word.strip("' ") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        near = did_you_mean(str(given), expected) or f"there are {', '.join(expected)}"
        return ErrorItem(parameter=name, detail=f"{name}: {shown(str(given))} is not one of its values; {near}")
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return ErrorItem(
        parameter=name, detail=f"{name}: {message}" + (f" (it is {shown(str(given))})" if given is not None else "")
    )


def _near_path(app: FastAPI, path: str) -> str:
    paths = sorted(app.openapi()["paths"])
    near = did_you_mean(path, paths)
    return f"there is nothing at {shown(path)}; {near or 'see /v1/openapi.json for what there is'}"


def _methods(request: Request, headers: Mapping[str, str]) -> str:
    others = headers.get("Allow", "").replace(", ", " or ")
    return f"{request.method} does not go with {request.url.path}" + (f"; try {others}" if others else "")
