"""Articles from outside, for those who cannot speak Kafka."""

import hmac
from email.message import Message
from typing import Annotated

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pipeline.serving import articles, freshness, problems
from pipeline.serving.parameters import no_others
from pipeline.serving.problems import ProblemError
from pipeline.serving.routes import documented, examples
from pipeline.serving.services import With
from pipeline.serving.shapes import Accepted, One

router = APIRouter(prefix="/v1", tags=["articles"])
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
_DOCUMENT = "application/json"
RETRY_SECONDS = 5
_LAST = {"Connection": "close"}  # the rest of the body is not read, so that the connection cannot go on

_bearer = HTTPBearer(auto_error=False, description="RECOGNITION_API_TOKEN of serve")


async def _authorized(
    request: Request, services: With, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> None:
    token = services.settings.api_token
    if token is None or not token.get_secret_value():
        raise ProblemError(problems.NO_TOKEN_SET, problems.NO_TOKEN_SET.about)
    # As bytes, and as they came: a header is decoded as Latin-1, and what FastAPI strips is a part of some letters.
    given = request.headers["authorization"].partition(" ")[2].encode("latin-1").strip() if credentials else b""
    if not hmac.compare_digest(given, token.get_secret_value().encode()):
        detail = "the token is not the right one" if given else problems.UNAUTHORIZED.about
        error = ' error="invalid_token"' if given else ""
        raise ProblemError(problems.UNAUTHORIZED, detail, headers={"WWW-Authenticate": f"Bearer{error}"})


@router.post(
    "/articles",
    summary="Publish articles",
    status_code=202,
    response_model=One[Accepted],
    dependencies=[Depends(_authorized), Depends(no_others)],
    responses={
        202: {
            "description": "All articles are in Kafka, acknowledged by every replica",
            "headers": documented.FRESHNESS_HEADERS,
            "content": {"application/json": documented.example(examples.ACCEPTED)},
        },
        **documented.of(
            problems.UNAUTHORIZED,
            problems.NO_TOKEN_SET,
            problems.TOO_SLOW,
            problems.TOO_LARGE,
            problems.UNSUPPORTED_MEDIA_TYPE,
            problems.INVALID_REQUEST,
            problems.NOT_PUBLISHED,
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _DOCUMENT: {
                    "schema": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/Article"},
                            {"type": "array", "items": {"$ref": "#/components/schemas/Article"}, "minItems": 1},
                        ]
                    },
                    "example": examples.ARTICLE,
                },
                "application/x-ndjson": {
                    "schema": {"type": "string", "description": "one Article a line"},
                    "example": orjson.dumps(examples.ARTICLE).decode() + "\n",
                },
            },
        }
    },
)
async def post_articles(request: Request, services: With) -> Response:
    """Publish one article or many: all of them, or none when one is not valid.

    The reply comes when Kafka has acknowledged them; what they say shows in the tables a little later. `correlation`
    follows an article through all topics: `recognition explain` tells its way.
    """
    settings = services.settings
    lines = _media_type(request)
    most = settings.max_request_bytes
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    try:
        body = await articles.read_body(request.stream(), most)
    except articles.TooLargeError:
        raise _too_large(most) from None
    except TimeoutError:
        raise ProblemError(
            problems.TOO_SLOW,
            f"the body was not there within {articles.BODY_SECONDS:g} seconds; send fewer articles at once",
            headers=_LAST,
        ) from None
    try:
        found = await to_thread.run_sync(
            lambda: articles.parse(body, lines=lines, most_bytes=settings.max_article_bytes)
        )
    except articles.InvalidArticlesError as error:
        raise ProblemError(problems.INVALID_REQUEST, f"no article was taken: {_first(error)}", error.errors) from None
    try:
        places = await services.publisher.publish(found)
    except articles.NotPublishedError:
        raise problems.retry_after(
            problems.NOT_PUBLISHED, problems.NOT_PUBLISHED.about, seconds=RETRY_SECONDS
        ) from None
    taken = [{"id": article.id, "correlation": place} for article, place in zip(found, places, strict=True)]
    reply = {
        "data": {"accepted": len(found), "articles": taken},
        "freshness": freshness.body(freshness.of(request)),
    }
    return Response(
        orjson.dumps(reply, option=orjson.OPT_APPEND_NEWLINE), 202, {"Cache-Control": "no-store"}, _DOCUMENT
    )


def _media_type(request: Request) -> bool:
    """Whether the body is lines of JSON. Raises ProblemError (415) for what is not read here."""
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    media, charset = header["Content-Type"].partition(";")[0].strip().lower(), header.get_content_charset("")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if media not in _LINES and media != _DOCUMENT:
        given = f"{media!r} is not read here" if media else "the header Content-Type is missing"
        detail = f"{given}; send {_DOCUMENT}, or application/x-ndjson for one article a line"
    elif charset not in ("", "utf-8", "utf8"):
        detail = f"charset {charset!r} is not read here; send UTF-8"
    elif encoding != "identity":
        detail = f"Content-Encoding {encoding!r} is not read here; send the body uncompressed"
    else:
        return media in _LINES
    raise ProblemError(
        problems.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Post": f"{_DOCUMENT}, application/x-ndjson"}
    )


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        problems.TOO_LARGE,
        f"the body has more than {most:,} bytes (RECOGNITION_MAX_REQUEST_BYTES); send fewer articles at once",
        headers=_LAST,
    )


def _first(error: articles.InvalidArticlesError) -> str:
    first = error.errors[0]
    more = len(error.errors) - 1
    at = f"article {first.index}: " if first.index is not None else ""
    return f"{at}{first.detail}" + (f" ({more} more in errors)" if more else "")
