"""Which article a message comes of: two headers on every message that follows from it, dead letters included.

The correlation id is the place of the article's message, ``TOPIC/PARTITION/OFFSET``: it is unique, it leads back to the
bytes, and redelivery gives the same one again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.streams.dead_letters import Headers, Origin
from pipeline.streams.outputs import Output

CORRELATION = "recognition.correlation"
RECEIVED = "recognition.received"
"""When Kafka got the article: its message's timestamp, in milliseconds since 1970."""


def headers_for(origin: Origin) -> list[tuple[str, bytes]]:
    """What follows from a message carries these headers: its own, or where it has none, its place and time."""
    had = dict(origin.headers)
    place = f"{origin.topic}/{origin.partition}/{origin.offset}".encode()
    found = [(CORRELATION, had.get(CORRELATION, place))]
    received = had.get(RECEIVED) or (str(origin.timestamp).encode() if origin.timestamp is not None else None)
    return found + ([(RECEIVED, received)] if received else [])


def correlated(outputs: Iterable[Output], origin: Origin) -> list[Output]:
    """The outputs, each with the correlation headers of the message that they follow from."""
    headers = headers_for(origin)
    names = {name for name, _ in headers}
    return [
        replace(output, headers=[*(one for one in output.headers if one[0] not in names), *headers])
        for output in outputs
    ]


def correlation(headers: Sequence[tuple[str, bytes]] | None) -> str | None:
    """The correlation id that a message carries; None for one that a role of an earlier version, or no role, wrote."""
    value = dict(headers or ()).get(CORRELATION)
    return value.decode("utf-8", "replace") if value else None


def received_ms(headers: Headers | None) -> int | None:
    """When Kafka got the article that a message comes of, in milliseconds since 1970; None where it does not say."""
    value = dict(headers or ()).get(RECEIVED, b"")
    return int(value) if value.isdigit() else None


def log_fields(origin: Origin) -> dict[str, object]:
    """What a log record about a message says beside its text."""
    return {
        "correlation": dict(headers_for(origin))[CORRELATION].decode("utf-8", "replace"),
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
    }
