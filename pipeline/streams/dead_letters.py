"""A message that a stage refuses: its bytes and headers untouched, what went wrong in headers beside them.

The names of the headers are those of Kafka Streams (KIP-1034), and our own where it has none. All values are UTF-8.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pipeline import __version__
from pipeline.records import DeadLetter
from pipeline.topology import Stage

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
TOPIC = "__streams.errors.topic"
PARTITION = "__streams.errors.partition"
OFFSET = "__streams.errors.offset"
TIMESTAMP = "recognition.timestamp"
STAGE = "recognition.stage"
ATTEMPTS = "recognition.attempts"
VERSION = "recognition.version"
ENDPOINT = "recognition.endpoint"
"""Of an alert: the endpoint that did not get it."""
HTTP_STATUS = "recognition.http_status"
"""What that endpoint answered last; empty when no answer came."""
TRIES = "recognition.tries"
"""How often it was sent there; 0 when the destination is refused."""
_OURS = (EXCEPTION, MESSAGE, TOPIC, PARTITION, OFFSET, TIMESTAMP, STAGE, ATTEMPTS, VERSION)

MAX_MESSAGE_CHARACTERS = 2_000
"""A validation error can quote its input at length; what is longer is cut."""

_NUMBER = re.compile(rb"[0-9]{1,19}")
"""As long as the largest that Kafka knows."""

Headers = Sequence[tuple[str, bytes | None]]
"""Whoever writes to a topic writes its headers too: any bytes, none at all, and one name several times."""


@dataclass(frozen=True)
class Origin:
    """Where a refused message stood. ``timestamp`` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    headers: Headers = ()

    @classmethod
    def of(cls, record: "ConsumerRecord") -> Self:
        """The origin of what follows from a record."""
        return cls(record.topic, record.partition, record.offset, record.timestamp, record.headers)


def number(value: bytes | None) -> int | None:
    """What a header says, where that is a number of no more than 19 digits."""
    return int(value) if value and _NUMBER.fullmatch(value) else None


def headers_of(stage: Stage, origin: Origin, error: Exception) -> list[tuple[str, bytes | None]]:
    """The headers of a dead letter: those that the message had, then why, where and by whom it was refused.

    A message that was refused before, and sent in again from its dead letter, counts one attempt more.
    """
    attempts = 1 + (number(dict(origin.headers).get(ATTEMPTS)) or 0)
    values = {
        EXCEPTION: type(error).__name__,
        MESSAGE: str(error)[:MAX_MESSAGE_CHARACTERS],
        TOPIC: origin.topic,
        PARTITION: str(origin.partition),
        OFFSET: str(origin.offset),
        TIMESTAMP: "" if origin.timestamp is None else str(origin.timestamp),
        STAGE: stage,
        ATTEMPTS: str(attempts),
        VERSION: __version__,
    }
    kept = [(name, value) for name, value in origin.headers if name not in _OURS]
    return [*kept, *((name, value.encode("utf-8", "replace")) for name, value in values.items())]


def dead_letter(stage: Stage, key: bytes | None, value: bytes | None, headers: Headers) -> DeadLetter:
    """Read a dead letter back. ``stage`` is the one whose topic it lies on; a foreign message has empty fields."""
    said = dict(headers)
    found = {name: (content or b"").decode("utf-8", "replace") for name, content in said.items()}
    return DeadLetter(
        stage=found.get(STAGE, stage),
        topic=found.get(TOPIC, ""),
        partition=number(said.get(PARTITION)) or 0,
        offset=number(said.get(OFFSET)) or 0,
        timestamp=number(said.get(TIMESTAMP)),
        error=found.get(EXCEPTION, ""),
        message=found.get(MESSAGE, ""),
        version=found.get(VERSION, ""),
        attempts=number(said.get(ATTEMPTS)) or 1,
        headers={name: text for name, text in found.items() if name not in _OURS},
        key=key,
        value=value,
    )
