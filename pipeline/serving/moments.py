"""Moments as the view and the API tell them, and as the API is asked for them."""

import re
from datetime import UTC, date, datetime, time, timedelta

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(_DAY.pattern + r"[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])")
_EPOCH = datetime.fromtimestamp(0, UTC)


def rfc3339(ms: int) -> str:
    """A moment, given in milliseconds since 1970, as RFC 3339 in UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_ms(text: str) -> int:
    """A date-time of RFC 3339, or a date, which means its end in UTC: in whole milliseconds since 1970, never before.

    Raises ValueError for all else: Python's own reading takes far more of ISO 8601.
    """
    if _DAY.fullmatch(text):
        moment = datetime.combine(date.fromisoformat(text), time.max, UTC)
    elif _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text.upper())
    else:
        raise ValueError("neither a date nor a date-time")
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
