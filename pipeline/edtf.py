"""Dates as far as they are known: the EDTF subset that the records use, and how such dates compare.

EDTF is ISO 8601-2 (Extended Date/Time Format). The subset is ``2025-07-03``, ``2025-07``,
``2025`` and their year-less forms ``XXXX-07-03`` and ``XXXX-07``. What is not known stays unknown:
nothing here asks the machine's clock.
"""

import calendar
import re
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

Precision = Literal["day", "month", "year", "none"]

PATTERN = r"^(?:\d{4}|XXXX-\d{2}|\d{4}-\d{2}|(?:\d{4}|XXXX)-\d{2}-\d{2})$"
_FORM = re.compile(PATTERN, re.ASCII)
_LEAP_YEAR = 2000  # XXXX-02-29 is a possible date


def parse(text: str) -> tuple[int | None, int | None, int | None]:
    """Year, month and day of an EDTF date, None where unknown.

    Raises:
        ValueError: it is not of the subset, or no such day exists.
    """
    if not _FORM.fullmatch(text):
        raise ValueError(f"not an EDTF date of the form 2025-07-03, 2025-07, 2025 or XXXX-07-03: {text!r}")
    parts = text.split("-")
    year = None if parts[0] == "XXXX" else int(parts[0])
    month = int(parts[1]) if len(parts) > 1 else None
    day = int(parts[2]) if len(parts) > 2 else None
    if month is not None:
        try:
            date(_LEAP_YEAR if year is None else year, month, 1 if day is None else day)
        except ValueError as error:
            raise ValueError(f"no such date: {text!r} ({error})") from None
    elif year == 0:
        raise ValueError(f"no such year: {text!r}")
    return year, month, day


def _checked(text: str) -> str:
    parse(text)
    return text


Edtf = Annotated[str, AfterValidator(_checked), Field(pattern=PATTERN, examples=["2025-07-03", "2025-04", "2003"])]


def make(year: int | None, month: int | None = None, day: int | None = None) -> str:
    """The EDTF date of these parts. Raises ValueError when there is no such date."""
    text = "XXXX" if year is None else f"{year:04d}"
    if month is not None:
        text += f"-{month:02d}"
        if day is not None:
            text += f"-{day:02d}"
    return _checked(text)


def precision(text: str | None) -> Precision:
    """The finest part that is known: day, month, year; none for no date."""
    if text is None:
        return "none"
    _, month, day = parse(text)
    return "year" if month is None else "month" if day is None else "day"


def has_year(text: str | None) -> bool:
    """Whether the year is known."""
    return text is not None and not text.startswith("XXXX")


def agree(one: str, other: str) -> bool:
    """Whether two dates can be the same day: every part that both know is equal."""
    return all(a is None or b is None or a == b for a, b in zip(parse(one), parse(other), strict=True))


def merge(one: str, other: str) -> str:
    """The date that two agreeing dates make together: XXXX-07-03 and 2025 make 2025-07-03.

    Raises:
        ValueError: they do not agree, or there is no such day.
    """
    if not agree(one, other):
        raise ValueError(f"{one} and {other} cannot be one date")
    first, second = parse(one), parse(other)
    year, month, day = (a if a is not None else b for a, b in zip(first, second, strict=True))
    return make(year, month, day)


def span(text: str) -> tuple[date, date]:
    """First and last day that a date with a known year can mean.

    Raises:
        ValueError: the year is unknown.
    """
    year, month, day = parse(text)
    if year is None:
        raise ValueError(f"{text} has no year, so it has no place in time")
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def shifted(day: date, days: int) -> date:
    """The day so many days later, or earlier; the last or first day there is where that is beyond it."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def days_between(one: str, other: str) -> int | None:
    """Least number of days from ``one`` to ``other``: 0 when they agree, negative when other is earlier.

    Two year-less dates are taken within one year; None when only one of them has a year and they disagree.
    """
    if agree(one, other):
        return 0
    if has_year(one) != has_year(other):
        return None
    if not has_year(one):
        one, other = one.replace("XXXX", str(_LEAP_YEAR)), other.replace("XXXX", str(_LEAP_YEAR))
    (first, last), (start, end) = span(one), span(other)
    if start > last:
        return (start - last) // timedelta(days=1)
    return -((first - end) // timedelta(days=1))
