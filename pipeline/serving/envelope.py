"""What goes around every reply, whatever makes it: freshness, security headers, HEAD, and no word of our faults."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.serving import freshness, problems

_LOG = logging.getLogger("recognition.serve")

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Envelope:
    """The outermost layer of the application.

    Freshness is taken when the request comes in: the rows are read after it, so a reply holds at least what it tells.
    HEAD is a GET whose body is kept back. An exception that nobody expected is logged, and answered with a problem.
    What is refused before there is a request (``connection``) has the security headers alone.
    """

    def __init__(self, app: ASGIApp, follower: freshness.Follows) -> None:
        self._app = app
        self._follower = follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fresh = self._follower.freshness
        scope.setdefault("state", {})["freshness"] = fresh
        told = SECURITY_HEADERS | freshness.headers(fresh)
        started = head_sent = False
        head = scope["method"] == "HEAD"

        async def wrapped(message: Message) -> None:
            nonlocal started, head_sent
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in told.items():
                    headers[name] = value
            elif head:
                if head_sent:
                    return
                head_sent = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        async def heard() -> Message:
            # A stream has no end: once its head is out, whoever asked for the head alone is gone.
            return {"type": "http.disconnect"} if head_sent else await receive()

        try:
            await self._app({**scope, "method": "GET"} if head else scope, heard if head else receive, wrapped)
        except ClientDisconnect:
            return  # there is nobody left to answer
        except Exception:
            if started:
                raise
            _LOG.exception("%s %r failed", scope["method"], scope["path"])
            await problems.internal(scope["path"])(scope, receive, wrapped)
