"""Reckoning with dates of which only parts are known: (year, month, day), None where unknown."""

import calendar
from datetime import date, timedelta
from typing import Literal

from pipeline import edtf

Partial = tuple[int | None, int | None, int | None]
Direction = Literal["past", "future"]
Unit = Literal["day", "week", "month", "year", "decade"]

UNKNOWN: Partial = (None, None, None)
_LEAP, _COMMON = 2000, 2001


class ImpossibleDateError(ValueError):
    """It has the form of a date, and there is no such day."""


def parts(text: str | None) -> Partial:
    """The parts of an EDTF date; nothing is known of None."""
    return UNKNOWN if text is None else edtf.parse(text)


def to_edtf(when: Partial) -> str | None:
    """The EDTF date, or None where too little is known for one."""
    year, month, day = when
    if year is None and month is None:
        return None
    try:
        return edtf.make(year, month, day)
    except ValueError as error:
        raise ImpossibleDateError(str(error)) from None


def checked(year: int | None, month: int | None, day: int | None = None) -> Partial:
    """These parts, if there is such a day.

    Raises:
        ImpossibleDateError: there is none.
    """
    if month is not None and not 1 <= month <= 12:
        raise ImpossibleDateError(f"no month {month}")
    if month is not None and day is not None and not 1 <= day <= days_in(year, month):
        raise ImpossibleDateError(f"no day {day} in month {month} of {year}")
    return year, month, day


def days_in(year: int | None, month: int) -> int:
    """How many days a month has; of an unknown year, how many it can have."""
    return calendar.monthrange(_LEAP if year is None else year, month)[1]


def day_of(when: Partial) -> date | None:
    """The day, where all of it is known."""
    year, month, day = when
    return date(year, month, day) if year is not None and month is not None and day is not None else None


def of_day(day: date) -> Partial:
    """The parts of a day."""
    return day.year, day.month, day.day


def in_year(month: int, day: int | None, anchor: Partial, direction: Direction) -> Partial:
    """A month, or a day of it, in the year nearest to the anchor on the side that ``direction`` names.

    The anchor's own month, or day, counts as past and as future. A day after the anchor still counts as
    past: publication dates are often in another time zone than the event. Where the anchor's year or month
    is unknown, so is the year.
    """
    checked(None, month, day)
    year, anchor_month, anchor_day = anchor
    if year is None or anchor_month is None:
        return None, month, day
    here = (anchor_month, anchor_day or 0) if day is not None and anchor_day is not None else (anchor_month, 0)
    there = (month, day or 0) if here[1] else (month, 0)
    step = -1 if direction == "past" else 1
    if (there > here and direction == "past" and not _next_day(anchor, month, day)) or (
        there < here and direction == "future"
    ):
        year += step
    while day is not None and day > days_in(year, month):  # 29 February
        year += step
    return year, month, day


def _next_day(anchor: Partial, month: int, day: int | None) -> bool:
    today = day_of(anchor)
    if today is None or day is None:
        return False
    tomorrow = today + timedelta(days=1)
    return (tomorrow.year, tomorrow.month, tomorrow.day) == (today.year, month, day)


def weekday(number: int, anchor: Partial, direction: Direction, *, strictly: bool = False) -> Partial:
    """The nearest such weekday (0 is Monday) from the anchor on; the anchor's own day counts unless ``strictly``."""
    today = day_of(anchor)
    if today is None:
        return UNKNOWN
    away = (today.weekday() - number) % 7 if direction == "past" else (number - today.weekday()) % 7
    if strictly and away == 0:
        away = 7
    return of_day(today + timedelta(days=-away if direction == "past" else away))


def week_of(anchor: Partial, weeks: int) -> Partial:
    """The month that holds most of the week so many weeks from the anchor's."""
    today = day_of(anchor)
    if today is None:
        return anchor[0] if weeks == 0 else None, None, None
    thursday = today + timedelta(days=3 - today.weekday() + 7 * weeks)
    return thursday.year, thursday.month, None


def shift(when: Partial, count: int, unit: Unit) -> Partial:
    """A date so many units later (earlier, where negative), as precise as the unit lets it be.

    One week is to the day; several are spoken of loosely, and are known to the month.
    """
    year, month, day = when
    if unit == "decade":
        count, unit = count * 10, "year"
    if unit == "year":
        return (None if year is None else _year(year + count)), None, None
    if unit == "month":
        if month is None:
            return UNKNOWN
        months = month - 1 + count
        return (None if year is None else _year(year + months // 12)), months % 12 + 1, None
    if month is None or day is None:
        return UNKNOWN
    days = count * 7 if unit == "week" else count
    if year is not None:
        there = of_day(date(year, month, day) + timedelta(days=days))
    else:
        there = _shift_yearless(month, day, days)
    return (*there[:2], None) if unit == "week" and abs(count) > 1 else there


def _shift_yearless(month: int, day: int, days: int) -> Partial:
    if day > days_in(_COMMON, month):
        return UNKNOWN
    leap = date(_LEAP, month, day) + timedelta(days=days)
    common = date(_COMMON, month, day) + timedelta(days=days)
    same = (leap.month, leap.day) == (common.month, common.day)
    return (None, common.month, common.day) if same else UNKNOWN


def _year(year: int) -> int:
    if not 1 <= year <= 9999:
        raise ImpossibleDateError(f"no year {year}")
    return year


def numeric(first: int, second: int, year: int | None, *, day_first: bool | None = None) -> tuple[Partial, ...]:
    """What 07/08/2025 can mean: month first and day first, those that exist; one where ``day_first`` says which."""
    orders = []
    if day_first is not True:
        orders.append((first, second))
    if day_first is not False:
        orders.append((second, first))
    found: list[Partial] = []
    for month, day in orders:
        try:
            meaning = checked(year, month, day)
        except ImpossibleDateError:
            continue
        if meaning not in found:
            found.append(meaning)
    return tuple(found)


def choose(meanings: tuple[Partial, ...], anchor: Partial, direction: Direction) -> Partial:
    """The one meaning of a numeric date, or what its meanings have in common.

    Of two, the one that lies on the right side of the anchor; of two that do, neither is known.

    Raises:
        ImpossibleDateError: there is no meaning.
    """
    if not meanings:
        raise ImpossibleDateError("no such day in either order")
    if len(meanings) == 1:
        return meanings[0]
    today = day_of(anchor)
    days = [day_of(meaning) for meaning in meanings]
    if today is not None:
        slack = timedelta(days=1)
        fits = [
            meaning
            for meaning, day in zip(meanings, days, strict=True)
            if day is not None and (day <= today + slack if direction == "past" else day >= today)
        ]
        if len(fits) == 1:
            return fits[0]
    return meanings[0][0], None, None
