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
_NEAR = 62  # days ahead, two months, at which a day without a year is still likelier to come than ten months past
_JUST = 14  # days past at which it is still likelier this year's than next year's, even where the tense is future


class ImpossibleDateError(ValueError):
    """It has the form of a date, and there is no such day."""


def parts(text: str | None) -> Partial:
    """The parts of an EDTF date; nothing is known of None."""
    return UNKNOWN if text is None else edtf.parse(text)


def to_edtf(when: Partial) -> str | None:
    """The EDTF date, or None where too little is known for one.

    Raises:
        ImpossibleDateError: its year is not of four digits.
    """
    year, month, day = when
    if year is not None:
        _year(year)
    return None if year is None and month is None else edtf.make(year, month, day)


def checked(year: int | None, month: int, day: int | None = None) -> Partial:
    """These parts, if there is such a day.

    Raises:
        ImpossibleDateError: there is none.
    """
    if year is not None:
        _year(year)
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= days_in(year, month)):
        raise ImpossibleDateError(f"no day {day} in month {month} of year {year}")
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


def in_year(month: int, day: int | None, anchor: Partial, direction: Direction | None) -> Partial:
    """A month, or a day of it, in the year that puts it on the side of the anchor that ``direction`` names.

    The anchor's own month, or day, is on both sides. The day after it counts as past, for publication dates are
    often of another time zone than the event; the fortnight before it counts as future ("it would close on 1 October",
    written on the 5th). Without a direction it is past, unless it comes within two months: nobody speaks of a day
    ten months ago without its year. Where the anchor's year or month is unknown, so is the year.

    Raises:
        ImpossibleDateError: no year has such a day.
    """
    checked(None, month, day)
    year, anchor_month, anchor_day = anchor
    if year is None or anchor_month is None:
        return None, month, day
    exact = day is not None and anchor_day is not None
    origin = date(year, anchor_month, anchor_day or 1) if exact else date(year, anchor_month, 1)

    def place(candidate: int) -> date:
        return date(candidate, month, (day or 1) if exact else 1)

    candidates = [
        y for y in range(max(1, year - 8), min(9999, year + 8) + 1) if day is None or day <= days_in(y, month)
    ]
    past = max((y for y in candidates if place(y) <= origin + timedelta(days=1 if exact else 0)), default=None)
    future = min((y for y in candidates if place(y) >= origin - timedelta(days=_JUST if exact else 0)), default=None)
    if direction == "past" or future is None:
        chosen = past
    elif direction == "future" or past is None:
        chosen = future
    else:
        chosen = future if (place(future) - origin).days <= _NEAR else past
    return chosen, month, day


def weekday(number: int, anchor: Partial, direction: Direction | None, *, strictly: bool = False) -> Partial:
    """The nearest such weekday (0 is Monday) from the anchor on; the anchor's own day counts unless ``strictly``."""
    today = day_of(anchor)
    if today is None:
        return UNKNOWN
    away = (number - today.weekday()) % 7 if direction == "future" else (today.weekday() - number) % 7
    if strictly and away == 0:
        away = 7
    return of_day(today + timedelta(days=away if direction == "future" else -away))


def weekday_of_week(number: int, weeks: int, anchor: Partial) -> Partial:
    """A weekday of the calendar week, from Monday, so many weeks from the anchor's."""
    today = day_of(anchor)
    return UNKNOWN if today is None else of_day(today + timedelta(days=number - today.weekday() + 7 * weeks))


def weekday_of_month(number: int, day: int, anchor: Partial, direction: Direction | None) -> Partial:
    """Friday the 13th: the nearest month, the anchor's own first, in which that day is that weekday."""
    today = day_of(anchor)
    if today is None or not 1 <= day <= 31:
        return UNKNOWN
    sides = (1,) if direction == "future" else (-1,) if direction == "past" else (-1, 1)
    for distance in range(28 * 12):  # the calendar repeats
        for side in sides:
            year, month, _ = shift((today.year, today.month, None), distance * side, "month")
            if year is None or month is None or day > days_in(year, month):
                continue
            there = date(year, month, day)
            if there.weekday() == number and (direction is None or (there - today).days * side >= 0):
                return of_day(there)
    return UNKNOWN


def week_of(anchor: Partial, weeks: int) -> Partial:
    """The month that holds most of the week so many weeks from the anchor's."""
    year, month, _ = weekday_of_week(3, weeks, anchor)
    if year is None:
        return (anchor[0] if weeks == 0 else None), None, None
    return year, month, None


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
    there = of_day(date(year, month, day) + timedelta(days)) if year else _shift_yearless(month, day, days)
    return (there[0], there[1], None) if unit == "week" and abs(count) > 1 else there


def _shift_yearless(month: int, day: int, days: int) -> Partial:
    """The same in a leap year and in a common one, or unknown."""
    if day > days_in(_COMMON, month) or abs(days) > 365:
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
    orders = {None: [(first, second), (second, first)], False: [(first, second)], True: [(second, first)]}[day_first]
    found: list[Partial] = []
    for month, day in orders:
        try:
            meaning = checked(year, month, day)
        except ImpossibleDateError:
            continue
        if meaning not in found:
            found.append(meaning)
    return tuple(found)


def choose(meanings: tuple[Partial, ...], anchor: Partial, direction: Direction | None) -> Partial:
    """The one meaning of a date in figures, or of two the one on the right side of the anchor, or the year alone.

    Raises:
        ImpossibleDateError: there is no meaning.
    """
    if not meanings:
        raise ImpossibleDateError("no such day in either order")
    if len(meanings) == 1:
        return meanings[0]
    today = day_of(anchor)
    if today is not None:
        tomorrow = today + timedelta(days=1)
        days = [(day_of(meaning), meaning) for meaning in meanings]
        fits = [
            meaning for day, meaning in days if day and (day >= today if direction == "future" else day <= tomorrow)
        ]
        if len(fits) == 1:
            return fits[0]
    return meanings[0][0], None, None
