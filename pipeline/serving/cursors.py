"""Cursors: where a page ended, in a form that goes into a URL and stays true while rows arrive.

A cursor of the status is the key of the last row seen, one of the claims the position of the last claim seen; both are
opaque. One of the alerts is the next offset of each partition, joined with dots: it means the same set of alerts on
every replica, and is what ``Last-Event-ID`` of the stream takes.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson

from pipeline.serving.problems import shown
from pipeline.serving.view import Offsets, StatusKey

_LARGEST = 2**63 - 1


class CursorError(ValueError):
    """Not a cursor of this list."""


def of_status(key: StatusKey) -> str:
    """The cursor that goes on after the row of this subject, country and dimension."""
    return _encode(["s", *key])


def status_key(cursor: str) -> StatusKey:
    """The key of the last row seen. Raises CursorError."""
    match _decode(cursor):
        case ["s", str(subject), str(country), str(dimension)]:
            return subject, country, dimension
    raise CursorError(f"{shown(cursor)} is no cursor of the status; take `next` of the page before")


def of_claim(position: int) -> str:
    """The cursor that goes on before the claim at this position."""
    return _encode(["c", position])


def claim_position(cursor: str) -> int:
    """The position of the last claim seen. Raises CursorError."""
    match _decode(cursor):
        case ["c", int(position)] if not isinstance(position, bool) and 0 <= position <= _LARGEST:
            return position
    raise CursorError(f"{shown(cursor)} is no cursor of the claims; take `next` of the page before")


def of_alerts(offsets: Offsets) -> str:
    """The cursor that goes on at these offsets."""
    return ".".join(map(str, offsets))


def alert_offsets(cursor: str, partitions: int) -> Offsets:
    """The next offset of each partition of the alerts. Raises CursorError."""
    parts = cursor.split(".")
    if all(part.isascii() and part.isdigit() and len(part) <= len(str(_LARGEST)) for part in parts):
        offsets = tuple(map(int, parts))
        if len(offsets) == partitions and max(offsets) <= _LARGEST:
            return offsets
    form = ".".join(["0"] * min(partitions, 8)) + ("..." if partitions > 8 else "")
    raise CursorError(
        f"{shown(cursor)} is no cursor of the alerts, which is the next offset of each of {partitions} partitions; "
        f"take `next` of the page before, or the id of an event, or {form} for the beginning"
    )


def _encode(parts: list[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def _decode(cursor: str) -> Any:
    """What an opaque cursor holds; None when it holds nothing, or is not the one form in which it is given out."""
    try:
        raw = cursor.encode("ascii")
        parts = orjson.loads(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
    except (ValueError, binascii.Error):
        return None
    return parts if isinstance(parts, list) and _encode(parts) == cursor else None
