"""One connection of a client: uvicorn's HTTP, with a bound on what a peer may send and on how long it is waited for.

uvicorn has no setting for either: its limit of a head is that of another parser than ours, its time without a word
ends with the first byte. It lets whoever sends wait until the socket takes more, and at the end until it has taken all.
"""

import asyncio
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.serving import problems
from pipeline.serving.envelope import SECURITY_HEADERS
from pipeline.serving.problems import ProblemError


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP, without waiting for ever for a peer, and without keeping all that it sends."""

    head_bytes: ClassVar[int] = 65_536
    """Of a request's first line and headers; also of all that comes after them and is no body."""
    head_seconds: ClassVar[float] = 10
    """From the first byte, or from the start of the connection, to the end of the headers."""
    stuck_seconds: ClassVar[float] = 20
    ending_seconds: ClassVar[float] = 1
    _left = head_bytes
    _in_head = False
    _ended = False
    _late: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A peer is there: wait for its first request, not for ever."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Bytes have come: the parser gets no more at once than a head may still have."""
        while data and not self._ended and not self.transport.is_closing():
            part, data = data[: self._left], data[self._left :]
            self._left -= len(part)
            super().data_received(part)  # what it finds sets `_left` anew
            if self._left <= 0:
                self._end(
                    ProblemError(
                        problems.HEAD_TOO_LARGE,
                        f"the first line and the headers have more than {self.head_bytes:,} bytes; send fewer",
                    )
                )
        if self._late is None and self._idle():
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there. Those after the body are dropped: nobody reads them."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: how long the request takes from here on is its endpoint's matter."""
        self._left = self.head_bytes
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body is there; how much of it is taken is its endpoint's matter."""
        self._left = self.head_bytes
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there, to its end."""
        self._left = self.head_bytes
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Tell that what came is no HTTP."""
        self._end(ProblemError(problems.NOT_HTTP, msg))

    def pause_writing(self) -> None:
        """Too much is waiting for the socket: give it a time to take it."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.stuck_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The socket has taken nearly all."""
        super().resume_writing()
        self._forget_stuck()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._stop_waiting()
        self._forget_stuck()

    def shutdown(self) -> None:
        """The server stops: what is still waiting for the socket by the end is given up."""
        super().shutdown()
        self.loop.call_later(self.ending_seconds, self._give_up)

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._end(
            ProblemError(
                problems.TOO_SLOW, f"the first line and the headers were not there within {self.head_seconds:g} seconds"
            )
        )

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_waited_for(self) -> bool:
        """Whether the peer waits for a reply of which nothing was sent."""
        if self._idle():
            return self._in_head
        return not self.pipeline and not self.cycle.response_started

    def _end(self, problem: ProblemError) -> None:
        """Tell a problem where no request can be routed, and let go of the connection."""
        self._ended = True
        self._stop_waiting()
        self.loop.call_later(self.ending_seconds, self.transport.abort)
        if not self._is_waited_for():
            self.transport.close()
            return
        if self.cycle is not None:  # whoever is still reading the body has nothing to answer any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        told = problems.response(problem, "")
        told.headers.update({"Connection": "close", **SECURITY_HEADERS})
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in told.raw_headers)
        status = HTTPStatus(told.status_code)
        self.transport.write(f"HTTP/1.1 {status:d} {status.phrase}\r\n".encode() + lines + b"\r\n" + bytes(told.body))
        # To close while bytes are unread would reset the connection, and the reply might be lost with it.
        self.transport.write_eof()

    def _forget_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _give_up(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
