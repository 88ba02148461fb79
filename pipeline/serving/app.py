"""The HTTP API: its parts put together, and its OpenAPI document."""

from collections.abc import Callable, Set
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Message, Receive, Scope, Send

from pipeline import __version__
from pipeline.records import Article
from pipeline.serving import formats, freshness, problems, stream
from pipeline.serving.articles import Publisher
from pipeline.serving.envelope import Envelope
from pipeline.serving.feed import Feed
from pipeline.serving.freshness import Follows
from pipeline.serving.knowledge import NotYetFoldedError, TooWideError
from pipeline.serving.names import KnownNames
from pipeline.serving.parameters import Vocabulary
from pipeline.serving.readers import UnavailableError
from pipeline.serving.routes import (
    alerts,
    articles,
    claims,
    dashboard,
    days,
    documented,
    operations,
    reference,
    status,
)
from pipeline.serving.services import Services
from pipeline.serving.view import View
from pipeline.settings import Settings

_TITLE = "Recognition Watch"
_ABOUT = """\
Which country recognises which government or state, read from the news as a stream.

- Every reply says how fresh it is, in `freshness` and in headers: it holds at least what came before `as_of_offset`.
- `as_of` asks what was true then, `known_at` what was known here then.
- Lists come in pages: `next` goes into `cursor` (of the alerts: into `after`), and stays valid while rows arrive.
  The header `Link` has the address of the next page.
- CSV comes for `Accept: text/csv` or `format=csv`. A cell that a spreadsheet would take for a formula has an apostrophe
  before it.
- A reply with an `ETag` is not sent again to who asks with `If-None-Match` and has it already.
- Errors are problems (RFC 9457); a GET of their `type` explains them. Parameters that do not exist are errors.
"""
_COMPRESS = 4
"""Level of gzip: half the time of 9 for a few per cent more bytes."""
_ENCODING = "Accept-Encoding"


class _Compressed(GZipMiddleware):
    """Compresses for who takes it, and says in every reply that it depends on that.

    Starlette compresses wherever the word stands, in ``gzip;q=0`` too, and leaves a 304 without what its 200 says.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if _ENCODING not in headers.get("Vary", ""):
                    headers.add_vary_header(_ENCODING)
            await send(message)

        headers = MutableHeaders(raw=list(scope["headers"]))
        headers[_ENCODING] = "gzip" if formats.accepts_gzip(headers) else "identity"
        await super().__call__({**scope, "headers": headers.raw}, receive, told)


def create_app(
    settings: Settings,
    view: View,
    follower: Follows,
    feed: Feed,
    publisher: Publisher,
    *,
    names: Set[str] | None = None,
) -> FastAPI:
    """The application, which answers to these names (None: to any). It starts and stops nothing of what it is given.

    Raises RecognitionError when the watchlist cannot be used.
    """
    app = _routes()
    app.state.services = Services(settings, view, follower, feed, publisher, Vocabulary(settings))
    app.add_middleware(_Compressed, minimum_size=1000, compresslevel=_COMPRESS)
    if names is not None:
        app.add_middleware(KnownNames, names=names)
    app.add_middleware(Envelope, follower=follower)  # added last, so it is the outermost
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document, without a server to serve it."""
    return _routes().openapi()


def _routes() -> FastAPI:
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        description=_ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # what FastAPI offers needs scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    for part in (status, days, claims, alerts, articles, reference, operations):
        app.include_router(part.router)
    app.include_router(stream.router)
    _explain_view(app)
    dashboard.mount(app)
    plain = app.openapi
    app.openapi = lambda: _completed(plain)  # type: ignore[method-assign]
    return app


def _explain_view(app: FastAPI) -> None:
    """What the view cannot answer, as problems."""

    @app.exception_handler(TooWideError)
    async def _too_wide(request: Request, error: TooWideError) -> Response:
        item = problems.ErrorItem(parameter="known_at", detail=f"known_at: {error}")
        return problems.response(problems.invalid(item), request.url.path)

    @app.exception_handler(NotYetFoldedError)
    async def _not_yet_folded(request: Request, _: NotYetFoldedError) -> Response:
        problem = problems.retry_after(problems.FOLDING, problems.FOLDING.about, seconds=freshness.RETRY_SECONDS)
        return problems.response(problem, request.url.path)

    @app.exception_handler(UnavailableError)
    async def _unavailable(request: Request, _: UnavailableError) -> Response:
        return problems.response(freshness.catching_up(request), request.url.path)


def _operation_id(route: APIRoute) -> str:
    return route.name.strip("_")


def _completed(plain: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The framework's document, with what it cannot know; kept, so completing it once more changes nothing."""
    found = plain()
    found["servers"] = [{"url": "/"}]
    schemas = found["components"]["schemas"]
    schemas["Article"] = Article.model_json_schema(mode="validation")
    schemas["ProblemDetails"] = problems.ProblemDetails.model_json_schema(
        mode="validation", ref_template="#/components/schemas/{model}"
    )
    schemas["ErrorItem"] = schemas["ProblemDetails"].pop("$defs", {}).get("ErrorItem", schemas.get("ErrorItem"))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    documented.with_examples(found)
    for path in found["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _given(parameter["schema"])
    return found


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that is given: one that is not given is left out, and never null."""
    choices = schema.get("anyOf", [])
    if {"type": "null"} not in choices:
        return schema
    rest = [choice for choice in choices if choice != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return others | (rest[0] if len(rest) == 1 else {"anyOf": rest})
