"""Which article a message comes of: two headers on every message that follows from it, dead letters included.

The correlation id is the place of the article's message, ``TOPIC/PARTITION/OFFSET``: it is unique, it leads back to the
bytes, and redelivery gives the same one again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.streams.dead_letters import Headers, Origin, number
from pipeline.streams.outputs import Output

CORRELATION = "recognition.correlation"
RECEIVED = "recognition.received"
"""When Kafka got the article: its message's timestamp, in milliseconds since 1970."""
_PLACE = re.compile(r"([A-Za-z0-9._-]{1,249})/([0-9]{1,10})/([0-9]{1,18})")
_LONGEST_WAY_MS = 30 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Place:
    """Where an article's message stands. As text, ``TOPIC/PARTITION/OFFSET``, it is the correlation id."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read a correlation id; None for what is none."""
        found = _PLACE.fullmatch(text)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


def headers_for(origin: Origin) -> list[tuple[str, bytes]]:
    """What follows from a message carries these headers: its own, or where it has none that can be, its place and time.

    Anybody may have written the message, and with any headers.
    """
    place = correlation(origin.headers) or str(Place(origin.topic, origin.partition, origin.offset))
    found = [(CORRELATION, place.encode())]
    if origin.timestamp is not None:
        said = received_ms(origin.headers, origin.timestamp)
        found.append((RECEIVED, str(origin.timestamp if said is None else said).encode()))
    return found


def correlated(outputs: Iterable[Output], origin: Origin) -> list[Output]:
    """The outputs, each with the correlation headers of the message that they follow from."""
    headers = headers_for(origin)
    names = (CORRELATION, RECEIVED)
    return [
        replace(output, headers=[*(one for one in output.headers if one[0] not in names), *headers])
        for output in outputs
    ]


def correlation(headers: Headers | None) -> str | None:
    """The correlation id that a message carries; None for one that a role of an earlier version, or no role, wrote."""
    value = (dict(headers or ()).get(CORRELATION) or b"").decode("utf-8", "replace")
    return value if Place.parse(value) else None


def received_ms(headers: Headers | None, at_ms: int) -> int | None:
    """When Kafka got the article that a message of ``at_ms`` comes of, in milliseconds since 1970.

    None where the message does not say, or says what is more than 30 days from its own time.
    """
    said = number(dict(headers or ()).get(RECEIVED))
    return said if said is not None and abs(at_ms - said) <= _LONGEST_WAY_MS else None


def log_fields(origin: Origin) -> dict[str, object]:
    """What a log record about a message says beside its text."""
    return {
        "correlation": dict(headers_for(origin))[CORRELATION].decode(),
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
    }
