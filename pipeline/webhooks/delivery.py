"""One try to deliver: a signed POST, and what came of it."""

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal

import httpcore
import orjson

from pipeline import __version__
from pipeline.webhooks.backoff import retry_after
from pipeline.webhooks.destinations import RefusedDestinationError
from pipeline.webhooks.endpoints import Endpoint
from pipeline.webhooks.signing import signed_headers

CONTENT_TYPE = "application/cloudevents+json"
TEST_TYPE = "recognition.test"
MAX_ANSWER_BYTES = 65_536
"""More of an answer is not read."""
LONGEST_RETRY_AFTER_SECONDS = 3_600.0
_SHOWN_CHARACTERS = 200

Verdict = Literal["delivered", "failed", "refused", "gone"]


@dataclass(frozen=True)
class Message:
    """What is delivered: an alert as it stands on its topic, byte for byte."""

    id: str
    body: bytes
    about: Mapping[str, object] = field(default_factory=dict)
    """What a log record of it says besides: where it stood on its topic, and the article that it comes of."""


@dataclass(frozen=True)
class Outcome:
    """What came of one try.

    ``failed`` may be tried again, ``refused`` is never sent at all, ``gone`` wants no more alerts. ``error`` is the
    class of an exception; ``retry_after`` is in seconds; ``answer`` is the beginning of what the receiver said.
    """

    verdict: Verdict
    reason: str
    error: str | None = None
    status: int | None = None
    retry_after: float = 0.0
    seconds: float = 0.0
    answer: bytes = b""

    @property
    def milliseconds(self) -> int:
        """How long the try took."""
        return round(self.seconds * 1_000)


class Delivery:
    """Tries to deliver to one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        pool: httpcore.AsyncConnectionPool,
        timeout_seconds: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        where = endpoint.destination
        # httpcore would take a URL apart by itself, and lose some of it.
        self._url = httpcore.URL(
            scheme="https" if where.secure else "http", host=where.host, port=where.port, target=where.target
        )
        self._pool = pool
        self._timeout_seconds = timeout_seconds
        self._clock = clock

    async def attempt(self, message: Message) -> Outcome:
        """Send it once, within the time that one try may take. Once there is a status, that decides."""
        started = time.monotonic()
        try:
            outcome = await self._post(message)
        except RefusedDestinationError as error:
            outcome = Outcome("refused", str(error), type(error).__name__)
        except (TimeoutError, httpcore.TimeoutException) as error:
            reason = f"no answer within {self._timeout_seconds:g} s"
            outcome = Outcome("failed", reason, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this try's
            outcome = Outcome("failed", _why(error), type(error).__name__)
        return replace(outcome, seconds=time.monotonic() - started)

    async def _post(self, message: Message) -> Outcome:
        now = self._clock()
        headers = {
            "host": self._endpoint.destination.authority,
            "content-type": CONTENT_TYPE,
            "user-agent": f"recognition-watch/{__version__}",
            **signed_headers(self._endpoint.secrets, message.id, int(now), message.body),
        }
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_seconds)
        head: httpcore.Response | None = None
        answer = b""
        try:
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._pool.stream(
                    "POST",
                    self._url,
                    headers=list(headers.items()),
                    content=message.body,
                    extensions={"timeout": timeouts},
                ) as head,
            ):
                async for chunk in head.aiter_stream():
                    answer += chunk
                    if len(answer) >= MAX_ANSWER_BYTES:
                        break
        except Exception:
            if head is None:
                raise
            # The status has told what became of the alert; the rest of an answer is for people.
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        return _judged(head.status, found, answer[:MAX_ANSWER_BYTES], now)


def _judged(status: int, headers: dict[str, str], answer: bytes, now: float) -> Outcome:
    """What an answer means by Standard Webhooks: 2xx took it, 410 wants no more, all else failed."""
    reason = _status_line(status)
    if 200 <= status < 300:
        return Outcome("delivered", reason, status=status, answer=answer)
    if status == HTTPStatus.GONE:
        return Outcome("gone", reason, status=status, answer=answer)
    if 300 <= status < 400:
        target = _printable(headers.get("location", "elsewhere"))
        reason += f": redirects are not followed; it points to {target}"
    elif said := _printable(answer.decode("utf-8", "replace")):
        reason += f": {said}"
    pause = retry_after(headers.get("retry-after"), now, LONGEST_RETRY_AFTER_SECONDS)
    return Outcome("failed", reason, status=status, retry_after=pause, answer=answer)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _why(error: BaseException) -> str:
    """What a failure of the network comes down to: httpcore's own words hide it."""
    while (deeper := error.__cause__ or error.__context__) is not None:  # it also suppresses its contexts
        error = deeper
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"the certificate is not trusted: {error.verify_message}"
    elif isinstance(error, ConnectionError) and error.errno:
        said = os.strerror(error.errno)
    else:
        said = str(error)
    return _printable(said) or f"the connection failed ({type(error).__name__})"


def _printable(text: str) -> str:
    """Foreign text in a line, without control characters, and not too long."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 4 * _SHOWN_CHARACTERS])
    shown = " ".join(shown.split())
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "…"


def trial(endpoint: Endpoint, message_id: str, moment: str) -> Message:
    """An event that says nothing but that a sender and a receiver understand each other."""
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": "/recognition-watch",
        "type": TEST_TYPE,
        "subject": endpoint.id,
        "time": moment,
        "datacontenttype": "application/json",
        "data": {"endpoint": endpoint.id, "message": "A test of this webhook. No status has changed."},
    }
    return Message(message_id, orjson.dumps(event, option=orjson.OPT_SORT_KEYS))
