"""How English dates are put together: each rule is a form and what it means against an anchor.

The words are data (``data/en/dates.yaml``); this module holds their order. A longer form hides the
shorter ones inside it, and a form that is no date after all ("for 20 years", "31 June") hides them too.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

import yaml

from pipeline.reading.date_arithmetic import (
    UNKNOWN,
    Direction,
    Partial,
    Unit,
    checked,
    choose,
    day_of,
    in_year,
    numeric,
    shift,
    week_of,
    weekday,
)

Basis = Literal["stated", "relative"]
Match = re.Match[str]
YEAR = r"(?:1[6-9]\d\d|20\d\d)"


class NoDateError(Exception):
    """A stretch that looks like a date and is none: a duration, a count, a number of something."""


@dataclass(slots=True)
class Frame:
    """What a date is resolved against."""

    anchor: Partial
    context: Partial
    direction: Direction = "past"


@dataclass(frozen=True, slots=True)
class Rule:
    """One form. ``resolve`` raises ImpossibleDateError or NoDateError for what is no date."""

    pattern: re.Pattern[str]
    resolve: Callable[[Match, Frame], Partial]
    basis: Basis


class Words:
    """The words of one language's dates."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.months: dict[str, int] = {word: number for number, forms in data["months"].items() for word in forms}
        self.weekdays: dict[str, int] = {word: number for number, forms in data["weekdays"].items() for word in forms}
        self.numbers: dict[str, int] = data["numbers"]
        self.ordinals: dict[str, int] = data["ordinals"]
        self.holidays: dict[str, tuple[int, int]] = {name: (m, d) for name, (m, d) in data["holidays"].items()}
        self.cues: list[str] = data["cues"]
        self.future: list[str] = data["future"]
        self.reporting: list[str] = data["reporting"]
        self.counted = frozenset(data["counted"])
        self.numbered = frozenset(data["numbered"])
        self.month_leads = frozenset(data["month_leads"])
        self.year_leads = self.month_leads | frozenset(data["year_leads"])

    def number(self, text: str) -> int:
        """A cardinal in figures or words: 2, two, twenty-one."""
        return int(text) if text.isdigit() else sum(self.numbers[word] for word in re.split(r"[\s-]+", text.lower()))

    def day(self, text: str) -> int:
        """A day of a month in figures or as an ordinal: 2, 2nd, second, twenty-second."""
        figures = re.match(r"\d+", text)
        if figures:
            return int(figures[0])
        return sum(self.ordinals.get(word) or self.numbers[word] for word in re.split(r"[\s-]+", text.lower()))

    def month(self, text: str) -> int:
        """A month by name or number."""
        return int(text) if text.isdigit() else self.months[text.lower().rstrip(".")]


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


@lru_cache(maxsize=1)
def english() -> Words:
    """The English words, read once."""
    text = files("pipeline.reading").joinpath("data/en/dates.yaml").read_text(encoding="utf-8")
    return Words(yaml.safe_load(text))


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every form; where two cover the same stretch, the earlier holds."""
    return tuple(_Grammar(english()).rules)


def word_before(text: str, at: int) -> str:
    """The word, or single sign, that ends before this place."""
    found = re.search(r"([^\W_]+(?:['’][^\W_]+)*['’]?\.?|[^\w\s])[\s]*$", text[max(0, at - 40) : at])
    return found[1] if found else ""


def word_after(text: str, at: int) -> str:
    """The word, or single sign, that starts after this place."""
    found = re.match(r"[\s-]*([^\W_]+(?:['’][^\W_]+)*|[^\w\s])", text[at : at + 40])
    return found[1] if found else ""


_AMBIGUOUS_MONTHS = frozenset({"may", "march", "mar"})  # words of their own in lower case


class _Grammar:
    """Builds the rules from the words."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.rules: list[Rule] = []
        self.month = any_of(words.months) + r"(?![a-z])\.?"
        self.weekday = any_of(words.weekdays) + r"(?![a-z])\.?"
        self.full_weekday = any_of(w for w in words.weekdays if w.endswith("day"))
        self.day = (
            rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?![\d%])|(?:(?:twenty|thirty)[\s-])?{any_of(words.ordinals)}(?![a-z]))"
        )
        one = any_of(words.numbers)
        self.count = rf"(?P<n>\d{{1,3}}|{one}(?:[\s-]{one})?)"
        self.unit = r"(?P<unit>day|week|month|year|decade)s?"
        self.part = r"(?:(?:early|late|mid|(?:the\s+)?(?:end|start|beginning|middle)\s+of)(?:\s+|-))?"
        self.season = r"(?:spring|summer|autumn|fall|winter)"
        self._written_out()
        self._months_and_years()
        self._weekdays()
        self._deictic()
        self._counted()

    def _add(self, pattern: str, resolve: Callable[[Match, Frame], Partial], basis: Basis, flags: int = re.I) -> None:
        self.rules.append(Rule(re.compile(pattern, flags), resolve, basis))

    # Written out: a day and a month, with or without a year

    def _written_out(self) -> None:
        month, day = self.month, self.day
        lead = rf"\b(?:{self.weekday},?\s+)?(?:the\s+)?"
        until = r"(?:\s*[-–]\s*(?P<to>\d{1,2})(?!\d))?"
        year = (
            rf"(?:\s*,?\s*(?:(?:of|in)\s+)?(?P<y>{YEAR})(?!,?\d|\s*-?\d)|\s+of\s+(?P<yy>\d\d)\b"
            r"|,?\s+(?:of\s+)?(?P<ry>last|this|next)\s+year)?"
        )
        y, m, d, sep = rf"(?P<y>{YEAR})", rf"(?P<m>{month}|\d{{1,2}})", r"(?P<d>\d{1,2})(?!\d)", r"(?P<s>[-/. ])"
        name = rf"(?P<m>{month})"
        self._add(rf"(?<!\d){y}{sep}{m}(?P=s){d}(?:T[\d:.]+)?", self._day, "stated")
        self._add(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)", self._day, "stated")
        self._add(rf"(?<!\d){y}(?P<s>[-/])(?P<d>\d\d?)(?P=s){name}", self._day, "stated")
        self._add(rf"\b{name}(?P<s>[-/]){y}(?P=s){d}", self._day, "stated")
        self._add(rf"\b{name}(?P<s>[-/]){d}(?:(?P=s){y})?(?!\d)", self._day, "stated")
        self._add(rf"(?<!\d)(?P<d>\d\d?)(?P<s>[-/]){name}(?:(?P=s){y})?(?!\d)", self._day, "stated")
        self._add(rf"(?<!\d)(?P<d>\d\d?)(?P<s>[-/]){y}(?P=s){name}", self._day, "stated")
        self._add(
            rf"(?<![\d/.-])(?P<a>\d\d?)(?P<s>[/.-])(?P<b>\d\d?)(?P=s)(?P<y>{YEAR}|\d\d)(?![\d/]|[.-]\d)",
            self._figures,
            "stated",
        )
        self._add(rf"{lead}(?P<d>{day}){until}(?:\s+day)?\s*(?:of\s+)?{name}{year}", self._day, "stated")
        self._add(rf"{lead}{name},?\s*(?:the\s+)?(?P<d>{day}){until}{year}", self._day, "stated")
        self._add(rf"\b(?P<name>{any_of(self.words.holidays)})\b{year}", self._holiday, "stated")
        self._add(r"\bon\s+the\s+(?P<d>\d{1,2}(?:st|nd|rd|th))(?=\s*(?:$|[.,;:!?)]))", self._day_alone, "relative")

    def _year(self, match: Match, frame: Frame) -> tuple[bool, int | None]:
        """Whether a year is spoken of, and which, where it is known."""
        groups = match.groupdict()
        if groups.get("y") or groups.get("yy"):
            text = groups.get("y") or groups["yy"]
            return True, int(text) if len(text) == 4 else self._century(int(text), frame)
        if groups.get("ry"):
            return True, self._neighbour_year(groups["ry"], frame)
        return False, None

    @staticmethod
    def _century(year: int, frame: Frame) -> int | None:
        """Two figures mean the latest such year that is not well past the anchor."""
        if frame.anchor[0] is None:
            return None
        full = frame.anchor[0] // 100 * 100 + year
        return full if full <= frame.anchor[0] + 10 else full - 100

    @staticmethod
    def _neighbour_year(which: str, frame: Frame) -> int | None:
        steps = {"last": -1, "previous": -1, "past": -1, "this": 0, "next": 1, "following": 1, "coming": 1}
        year = frame.anchor[0]
        return None if year is None else year + steps[which.lower().split()[-1]]

    def _day(self, match: Match, frame: Frame) -> Partial:
        groups = match.groupdict()
        if groups["m"] in _AMBIGUOUS_MONTHS and " " in match[0]:
            raise NoDateError  # "may 20 states join": a verb
        month, day = self.words.month(groups["m"]), self.words.day(groups["d"])
        spoken, year = self._year(match, frame)
        checked(year, month, day)
        if groups.get("to"):  # some day of a range: the month is what is known
            return (year, month, None) if spoken else in_year(month, None, frame.anchor, frame.direction)
        return (year, month, day) if spoken else in_year(month, day, frame.anchor, frame.direction)

    def _figures(self, match: Match, frame: Frame) -> Partial:
        year = int(match["y"]) if len(match["y"]) == 4 else self._century(int(match["y"]), frame)
        if year is None or (len(match["y"]) == 2 and match["s"] != "/"):
            raise NoDateError  # 3.7.25: a version, a score
        meanings = numeric(int(match["a"]), int(match["b"]), year, day_first=True if match["s"] == "." else None)
        return choose(meanings, frame.anchor, frame.direction)

    def _holiday(self, match: Match, frame: Frame) -> Partial:
        month, day = self.words.holidays[match["name"].lower()]
        spoken, year = self._year(match, frame)
        return (year, month, day) if spoken else in_year(month, day, frame.anchor, frame.direction)

    def _day_alone(self, match: Match, frame: Frame) -> Partial:
        day = self.words.day(match["d"])
        if not 1 <= day <= 31:
            raise NoDateError
        today = day_of(frame.anchor)
        if today is None:
            return UNKNOWN
        month: Partial = (today.year, today.month, None)
        if frame.direction == "past" and day > today.day:
            month = shift(month, -1, "month")
        elif frame.direction == "future" and day < today.day:
            month = shift(month, 1, "month")
        return checked(month[0], month[1], day)

    # Months and years

    def _months_and_years(self) -> None:
        part, season = self.part, self.season
        name, year = rf"(?P<m>{self.month})", rf"(?P<y>{YEAR})(?!,?\d|-\d)"
        portion = rf"(?:the\s+)?(?:(?:first|second|third|fourth|last)\s+(?:half|quarter|months?|weeks?|days)|{season})"
        self._add(rf"\b{part}{name},?\s*(?:(?:of|in)\s+)?{year}", self._month_of_year, "stated")
        self._add(rf"\b{part}{name},?\s+(?:of\s+)?(?P<ry>last|this|next)\s+year", self._month_of_year, "relative")
        self._add(rf"\b(?P<y>{YEAR})\s+{name}(?!\s*\d)", self._month_of_year, "stated")
        self._add(rf"\b(?P<ry>last|this|next)\s+year,?\s+in\s+{name}", self._month_of_year, "relative")
        self._add(rf"\b(?P<r>last|this|next|past|previous)\s+{name}(?:,?\s+{year})?", self._month_beside, "relative")
        self._add(rf"\b{part}{name}", self._month_alone, "stated")
        self._add(rf"\b(?P<ry>last|this|next|that)\s+{season}\b", self._season, "relative")
        self._add(
            rf"\b(?:{portion}\s+(?:(?:of|in)\s+)?|{part})(?P<y>{YEAR})(?:\s*[-–]\s*(?P<to>{YEAR}|\d\d)(?!\d))?(?![\d,.]*\d|s\b)",
            self._year_alone,
            "stated",
        )
        self._add(r"\b(?:the\s+)?(?:early\s+|late\s+|mid-?\s*)?(?:1[6-9]|20)?\d0s\b", self._no_day, "stated")

    @staticmethod
    def _no_day(_match: Match, _frame: Frame) -> Partial:
        """A time that a date of ours cannot express."""
        return UNKNOWN

    def _month_of_year(self, match: Match, frame: Frame) -> Partial:
        if match["m"] in _AMBIGUOUS_MONTHS:
            raise NoDateError
        return self._year(match, frame)[1], self.words.month(match["m"]), None

    def _month_beside(self, match: Match, frame: Frame) -> Partial:
        month, which = self.words.month(match["m"]), match["r"].lower()
        if match["m"].islower() and match["m"] in _AMBIGUOUS_MONTHS:
            raise NoDateError
        if match["y"]:
            return int(match["y"]), month, None
        year, anchor_month, _ = frame.anchor
        if year is None or anchor_month is None:
            return None, month, None
        if which == "this":
            return year, month, None
        if which == "next":
            return (year if month > anchor_month else year + 1), month, None
        return (year if month < anchor_month else year - 1), month, None

    def _month_alone(self, match: Match, frame: Frame) -> Partial:
        before, after = word_before(match.string, match.start()), word_after(match.string, match.end())
        name = match["m"]
        if name.endswith(".") and after[:1].isupper():
            after = ""
        led = before.lower() in self.words.month_leads or match.start("m") > match.start()
        owned = before.endswith(("'s", "’s")) and after[:1].islower()
        if not name[0].isupper() or after[:1].isupper() or not (led or owned):
            raise NoDateError  # a verb, or somebody's name
        return in_year(self.words.month(name), None, frame.anchor, frame.direction)

    def _season(self, match: Match, frame: Frame) -> Partial:
        season = match[0].lower().split()[-1]
        year, month, _ = frame.anchor
        if match["ry"].lower() == "that" or year is None or month is None:
            return UNKNOWN
        if match["ry"].lower() == "last" and season != "winter":  # the latest that is over
            over = {"spring": 5, "summer": 8, "autumn": 11, "fall": 11}[season]
            return (year if month > over else year - 1), None, None
        return (year, None, None) if match["ry"].lower() == "this" else UNKNOWN

    def _year_alone(self, match: Match, frame: Frame) -> Partial:
        text = match.string
        before, after = word_before(text, match.start()).lower(), word_after(text, match.end()).lower()
        alone = match.start("y") == match.start()
        counted = after in self.words.counted
        if before.rstrip(".") in self.words.numbered or (counted and alone):
            raise NoDateError
        owned = text[match.end() : match.end() + 2] in {"'s", "’s"} or before.endswith(("'s", "’s"))
        opens = match.start() == 0
        if alone and not (before in self.words.year_leads or owned or opens):
            raise NoDateError
        if match["to"]:
            return UNKNOWN  # a span of years
        return int(match["y"]), None, None

    # Days of the week

    def _weekdays(self) -> None:
        day = rf"(?P<w>{self.full_weekday})\b(?!s\b)"
        self._add(
            rf"\b(?:(?:this\s+)?(?P<r>last|this|next|past|previous|coming|following|upcoming)\s+)?{day}(?:['’]s)?"
            r"(?:\s+(?:morning|afternoon|evening|night))?(?:,?\s+(?:of\s+)?(?P<rw>last|this|next)\s+week)?",
            self._weekday,
            "relative",
        )
        self._add(
            rf"\b(?P<rw>last|this|next|previous|following)\s+week(?:\s+on|\s*-|,)?\s+{day}", self._weekday, "relative"
        )
        self._add(
            rf"\b(?P<w>{self.weekday})\s+(?:the\s+)?(?P<d>\d{{1,2}}(?:st|nd|rd|th))\b",
            self._weekday_of_month,
            "relative",
        )

    def _weekday(self, match: Match, frame: Frame) -> Partial:
        groups = match.groupdict()
        number = self.words.weekdays[groups["w"].lower()]
        which, week = (groups.get("r") or "").lower(), (groups.get("rw") or "").lower()
        today = day_of(frame.anchor)
        if today is None:
            return UNKNOWN
        if week:
            weeks = {"last": -1, "previous": -1, "this": 0, "next": 1, "following": 1}[week]
            monday = shift(frame.anchor, 7 * weeks - today.weekday(), "day")
            return shift(monday, number, "day")
        if which in {"last", "past", "previous"}:
            return weekday(number, frame.anchor, "past", strictly=True)
        if which in {"next", "coming", "following", "upcoming"}:
            return weekday(number, frame.anchor, "future", strictly=True)
        return weekday(number, frame.anchor, frame.direction)

    def _weekday_of_month(self, match: Match, frame: Frame) -> Partial:
        """Monday the 13th: the nearest month in which it was one."""
        number, day = self.words.weekdays[match["w"].lower().rstrip(".")], self.words.day(match["d"])
        month: Partial = (frame.anchor[0], frame.anchor[1], None)
        if day_of(frame.anchor) is None or not 1 <= day <= 31:
            return UNKNOWN
        step = -1 if frame.direction == "past" else 1
        for _ in range(24):
            there = day_of((month[0], month[1], day)) if _exists(month, day) else None
            anchor = day_of(frame.anchor)
            if (
                there is not None
                and anchor is not None
                and there.weekday() == number
                and (anchor - there).days * step <= 0
            ):
                return there.year, there.month, there.day
            month = shift(month, step, "month")
        return UNKNOWN

    # Pointing at the anchor

    def _deictic(self) -> None:
        self._add(r"\b(?:today|tonight|this\s+(?:morning|afternoon|evening))\b", self._today, "relative")
        self._add(r"\byesterday\b", lambda _m, f: shift(f.anchor, -1, "day"), "relative")
        self._add(r"\btomorrow\b", lambda _m, f: shift(f.anchor, 1, "day"), "relative")
        self._add(
            r"\b(?:(?:earlier|later|early|late)\s+|(?:the\s+)?(?:end|start|beginning|middle|first\s+half|second\s+half)\s+of\s+)?"
            r"(?P<r>last|this|next|the\s+coming|the\s+previous|the\s+following)\s+(?P<u>week|weekend|month|year)\b",
            self._period,
            "relative",
        )
        self._add(
            rf"\b(?:over|in|during|for|within|through|throughout)?\s*(?:the\s+|these\s+)?(?:past|last|recent|previous|next|coming)\s+"
            rf"(?:(?:{self.count}|several|few|couple\s+of|many)\s+)?(?:day|week|month|year|decade)s\b",
            self._span,
            "relative",
        )
        self._add(
            r"\b(?:over|in|during|for|within|through|throughout)\s+the\s+(?:past|last)\s+(?:day|week|month|year|decade|century)\b",
            self._span,
            "relative",
        )

    @staticmethod
    def _span(_match: Match, _frame: Frame) -> Partial:
        raise NoDateError

    @staticmethod
    def _today(_match: Match, frame: Frame) -> Partial:
        return frame.anchor

    def _period(self, match: Match, frame: Frame) -> Partial:
        which, unit = match["r"].lower().split()[-1], match["u"].lower()
        if match["r"].lower().startswith("the") and which != "coming":
            origin = frame.context if frame.context != UNKNOWN else frame.anchor
        else:
            origin = frame.anchor
        step = {"last": -1, "previous": -1, "this": 0, "next": 1, "coming": 1, "following": 1}[which]
        if unit.startswith("week"):
            return week_of(origin, step)
        return shift(origin, step, cast("Unit", unit))

    # Counted from the anchor or from the date before

    def _counted(self) -> None:
        count, unit = self.count, self.unit
        several = r"(?:(?:just|only|over|about|nearly|almost|more\s+than)\s+)*"
        self._add(
            rf"\b{several}{count}\s+{unit}(?:\s+and\s+(?P<n2>\d+|[a-z]+)\s+(?P<unit2>day|week|month|year)s?)?\s+ago\b",
            self._ago,
            "relative",
        )
        self._add(
            r"\b(?:(?:a\s+few|several|many|some|a\s+couple\s+of)\s+)?(?:days|weeks|months|years|decades|centuries)\s+ago\b",
            self._no_day,
            "relative",
        )
        self._add(
            rf"\b{count}\s+{unit}\s+(?P<side>later|earlier|afterwards?|before|previously)\b(?!\s+(?:the|a|an|he|she|it|they)\b)",
            self._beside_context,
            "relative",
        )
        self._add(rf"\b{count}\s+{unit}\s+(?P<side>after|before)\s+that\b", self._beside_context, "relative")
        self._add(rf"\b{count}\s+{unit}\s+(?P<side>after|from|before)\s+(?:today|now)\b", self._from_anchor, "relative")
        self._add(r"\b(?:the\s+)?(?P<side>next|following|previous)\s+day\b", self._day_beside, "relative")
        self._add(
            r"\bthe\s+day\s+(?P<side>before|after)\b(?!\s+(?:today|yesterday|tomorrow)?\s*\w)",
            self._day_beside,
            "relative",
        )
        self._add(rf"\b(?:with)?in\s+{count}\s+{unit}(?:['’]s?\s+time)?\b", self._ahead, "relative")
        self._add(
            rf"\b(?:for|over|more\s+than|nearly|almost|about|around|some|at\s+least)\s+(?:the\s+)?(?:more\s+than\s+|over\s+|nearly\s+)?{count}\s+{unit}\b(?!\s+(?:ago|later|earlier))",
            self._span,
            "relative",
        )

    def _steps(self, match: Match) -> tuple[int, Unit]:
        return self.words.number(match["n"]), cast("Unit", match["unit"].lower())

    def _ago(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        if match["n2"]:
            more = match["n2"].lower()
            if not (more.isdigit() or more in self.words.numbers):
                raise NoDateError
            if unit in {"day", "week"} and match["unit2"].lower() in {"day", "week"}:
                days = count * (7 if unit == "week" else 1)
                days += self.words.number(more) * (7 if match["unit2"].lower() == "week" else 1)
                return shift(frame.anchor, -days, "day")
        return shift(frame.anchor, -count, unit)

    def _beside_context(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        back = match["side"].lower() in {"earlier", "before", "previously"}
        return shift(frame.context, -count if back else count, unit)

    def _from_anchor(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        return shift(frame.anchor, -count if match["side"].lower() == "before" else count, unit)

    def _day_beside(self, match: Match, frame: Frame) -> Partial:
        origin = frame.context if frame.context != UNKNOWN else frame.anchor
        return shift(origin, -1 if match["side"].lower() in {"previous", "before"} else 1, "day")

    def _ahead(self, match: Match, frame: Frame) -> Partial:
        """In two weeks: a date where the sentence looks ahead, a duration where it does not."""
        if frame.direction == "past" or match[0].lower().startswith("within"):
            raise NoDateError
        count, unit = self._steps(match)
        return shift(frame.anchor, count, unit)


def _exists(month: Partial, day: int) -> bool:
    try:
        checked(month[0], month[1], day)
    except ValueError:
        return False
    return True
