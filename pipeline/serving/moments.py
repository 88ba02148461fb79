"""Moments as the view and the API tell them."""

from datetime import UTC, datetime


def rfc3339(ms: int) -> str:
    """A moment, given in milliseconds since 1970, as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
