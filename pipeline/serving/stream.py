"""`GET /v1/alerts/stream`: the alerts as server-sent events, over uvicorn.

A plain streaming response of the feed's text. FastAPI's own event streams encode each event for each subscriber and
pass it through queues of tasks: 130 microseconds of CPU, against 6 here, for each of 50,000 deliveries a second.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Header
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pipeline import metrics
from pipeline.serving import problems
from pipeline.serving.cursors import alert_offsets
from pipeline.serving.parameters import CountryQuery, DimensionQuery, SubjectQuery, no_others
from pipeline.serving.routes import documented
from pipeline.serving.routes.alerts import SETTLE_SECONDS, After, KindQuery, refuse_ahead
from pipeline.serving.services import Services, With
from pipeline.serving.view import AlertQuery, Offsets

HOLD_SECONDS = 1
"""How often a stream that is held says so."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_EXAMPLE = """\
retry: 2000
event: place
data: {}
id: 3.0.1.0

event: alert
data: {"specversion":"1.0","id":"...","type":"recognition.status.new","subject":"taliban/RU","data":{}}
id: 3.0.2.0

"""
_ABOUT = """\
Server-sent events (HTML standard, section 9.2). `event: alert` carries a CloudEvent as `data`, and as `id` the cursor
after it. `event: place` tells an id alone: at the start, and now and then while the filter lets nothing through.
`event: resume` is the last of a stream that the server ends: it is shutting down, or the client was too slow. Connect
again after `retry` with the last id, as browsers do by themselves: every matching alert comes once, from any replica.

Without an id the stream starts with the next alert after the first `place`. That waits, with comments, while serve is
catching up.
"""


def _asked(
    services: With,
    *,
    kind: KindQuery = None,
    subject: SubjectQuery = None,
    country: CountryQuery = None,
    dimension: DimensionQuery = None,
    after: After = None,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="as `after`, and goes before it: browsers send it")
    ] = None,
) -> tuple[AlertQuery, Offsets | None]:
    """What is asked for. Raises ProblemError (422)."""
    checks = services.checks()
    query = AlertQuery(kind, checks.subject(subject), checks.country(country), dimension)
    name, given = ("Last-Event-ID", last_event_id) if last_event_id else ("after", after)
    offsets = checks.cursor(name, given or None, lambda cursor: alert_offsets(cursor, services.settings.partitions))
    checks.done()
    return query, offsets


Asked = Annotated[tuple[AlertQuery, Offsets | None], Depends(_asked)]


class _Stream(StreamingResponse):
    """A streaming response that is counted while it lasts."""

    media_type = "text/event-stream"
    open: ClassVar[int] = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until either side ends it."""
        self._count(1)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        _Stream.open += more
        metrics.set_subscribers(_Stream.open)


router = APIRouter(prefix="/v1", tags=["alerts"], dependencies=[Depends(no_others)])


@router.get(
    "/alerts/stream",
    response_class=_Stream,
    responses={
        200: {
            "description": "Events, without end",
            "headers": documented.FRESHNESS_HEADERS,
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        **documented.of(problems.INVALID_REQUEST, problems.UNKNOWN_ID),
    },
    description=_ABOUT,
)
async def alerts_stream(services: With, asked: Asked) -> _Stream:
    """Alerts as they are published."""
    query, after = asked
    if after is not None:
        await refuse_ahead(services, after)
    return _Stream(_text(services, query, after), headers=HEADERS)


async def _text(services: Services, query: AlertQuery, after: Offsets | None) -> AsyncIterator[bytes]:
    """The whole stream. While serve catches up, comments keep it open: a 503 would make a browser give up for good."""
    feed = services.feed
    yield b": Recognition Watch\n"
    while not (services.follower.freshness.ready or (after is not None and await feed.reaches(after)) or feed.closed):
        yield b": catching up\n"
        await asyncio.sleep(HOLD_SECONDS)
    if after is not None:
        await feed.reaches(after, seconds=SETTLE_SECONDS)
    async for text in feed.subscribe(query, after):
        yield text
