"""For those who run it: is it there, is it ready, what has it counted."""

from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, Response

from pipeline.serving import freshness, problems
from pipeline.serving.routes import documented, examples
from pipeline.serving.shapes import Health, One

router = APIRouter(tags=["operations"])


def _answers(status: str) -> documented.Responses:
    content = {"application/json": documented.example(examples.health(status))}
    return {200: {"headers": documented.FRESHNESS_HEADERS, "content": content}}


@router.get(
    "/healthz",
    summary="Is it there",
    response_model=One[Health],
    responses=_answers("ok"),
)
async def healthz(request: Request) -> Response:
    """That the process answers, whatever the broker does."""
    return _health(request, "ok")


@router.get(
    "/readyz",
    summary="Is it ready",
    response_model=One[Health],
    responses=_answers("ready") | documented.of(problems.CATCHING_UP),
)
async def readyz(request: Request) -> Response:
    """Whether the tables have been read to the end once, so that questions are answered."""
    await freshness.require_ready(request)
    return _health(request, "ready")


@router.get(
    "/metrics",
    summary="What is counted",
    response_class=Response,
    responses={
        200: {
            "description": "Counters, gauges and histograms of all roles that share a directory with this one",
            "headers": documented.FRESHNESS_HEADERS,
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
async def metrics() -> Response:
    """What is counted and measured, in the text format of Prometheus."""
    from pipeline.metrics import exposition  # late: prometheus_client looks at its environment when it is imported

    content, media_type = await to_thread.run_sync(exposition)
    return Response(content, 200, {"Cache-Control": "no-store"}, media_type)


def _health(request: Request, status: str) -> Response:
    body: dict[str, Any] = {"data": {"status": status}, "freshness": freshness.body(freshness.of(request))}
    content = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
    return Response(content, 200, {"Cache-Control": "no-store"}, "application/json")
