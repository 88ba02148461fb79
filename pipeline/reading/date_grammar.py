"""How English dates are put together: each rule is a form, and what it means against an anchor.

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
    weekday_of_month,
    weekday_of_week,
)

Basis = Literal["stated", "relative"]
Kind = Literal["figure", "month", "weekday", "relative", "holiday"]
Match = re.Match[str]
_YEAR = r"(?:1[6-9]\d\d|20\d\d)"
_WHICH_YEAR = r"last|this|next|that|the\s+same"
_STEPS = {"last": -1, "previous": -1, "past": -1, "this": 0, "next": 1, "following": 1, "coming": 1, "upcoming": 1}


class NoDateError(Exception):
    """A stretch that looks like a date and is none: a duration, a count, a number of something."""


@dataclass(slots=True)
class Frame:
    """What a date is resolved against. ``direction`` None is past, if no word says otherwise."""

    anchor: Partial
    context: Partial
    direction: Direction | None = None


Resolve = Callable[[Match, Frame], Partial]


@dataclass(frozen=True, slots=True)
class Rule:
    """One form. ``kind`` is what a sentence must hold for it; ``resolve`` raises NoDateError for what is no date."""

    kind: Kind
    pattern: re.Pattern[str]
    resolve: Resolve
    basis: Basis


class Words:
    """The words of one language's dates."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.months: dict[str, int] = {word: number for number, forms in data["months"].items() for word in forms}
        self.months_that_are_words = frozenset(data["months_that_are_words"])
        self.weekdays: dict[str, int] = {word: number for number, forms in data["weekdays"].items() for word in forms}
        self.numbers: dict[str, int] = data["numbers"]
        self.ordinals: dict[str, int] = data["ordinals"]
        self.holidays: dict[str, tuple[int, int]] = {name: (m, d) for name, (m, d) in data["holidays"].items()}
        self.cues: list[str] = data["cues"]
        self.future: list[str] = data["future"]
        self.saying: list[str] = data["saying"]
        self.joining: list[str] = data["joining"]
        self.counted = frozenset(data["counted"])
        self.numbered = frozenset(data["numbered"])
        self.month_leads = frozenset(data["month_leads"])
        self.year_leads = self.month_leads | frozenset(data["year_leads"])
        self.kinds: dict[str, Kind] = {
            **dict.fromkeys(data["relative"], "relative"),
            **dict.fromkeys((name.split()[0] for name in self.holidays), "holiday"),
            **dict.fromkeys(self.weekdays, "weekday"),
            **dict.fromkeys(self.months, "month"),
        }

    def number(self, text: str) -> int:
        """A cardinal in figures or words: 2, two, twenty-one."""
        return int(text) if text.isdecimal() else sum(self.numbers[word] for word in re.split(r"[\s-]+", text.lower()))

    def day(self, text: str) -> int:
        """A day of a month in figures or as an ordinal: 2, 2nd, second, twenty-second."""
        figures = re.match(r"\d+", text)
        if figures:
            return int(figures[0])
        return sum(self.ordinals.get(word) or self.numbers[word] for word in re.split(r"[\s-]+", text.lower()))

    def month(self, text: str) -> int:
        """A month by name or number."""
        return int(text) if text.isdecimal() else self.months[text.lower().rstrip(".")]


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


def _word_before(text: str, at: int) -> str:
    found = re.search(r"([^\W_]+(?:['’][^\W_]+)*['’]?\.?|[^\w\s])\s*$", text[max(0, at - 40) : at])
    return found[1] if found else ""


def _word_after(text: str, at: int) -> str:
    found = re.match(r"[\s-]*([^\W_]+(?:['’][^\W_]+)*|[^\w\s])", text[at : at + 40])
    return found[1] if found else ""


class _Grammar:
    """Builds the rules from the words."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.rules: list[Rule] = []
        one = any_of(words.numbers)
        ordinal = rf"(?:(?:twenty|thirty)[\s-])?{any_of(words.ordinals)}(?![a-z])"
        self.month = any_of(words.months) + r"(?![a-z])\.?"
        self.weekday = any_of(words.weekdays) + r"(?![a-z])\.?"
        self.full_weekday = any_of(word for word in words.weekdays if word.endswith("day"))
        self.stop = r"(?=\s*(?:$|[.,;:!?)–-]))"
        self.day = r"\d{1,2}(?:st|nd|rd|th)?(?![\d%])"
        self.ordinal = ordinal
        self.count = rf"(?P<n>\d{{1,3}}|{one}(?:[\s-]{one})?)"
        self.unit = r"(?P<unit>day|week|month|year|decade)s?"
        self.part = r"(?:(?:early|late|mid|(?:the\s+)?(?:end|start|beginning|middle)\s+of)(?:\s+|-))?"
        self.season = r"(?:spring|summer|autumn|fall|winter)"
        self._written_out()
        self._months_and_years()
        self._weekdays()
        self._pointing()
        self._counted()

    def _add(self, kind: Kind, pattern: str, resolve: Resolve, basis: Basis = "relative") -> None:
        self.rules.append(Rule(kind, re.compile(pattern, re.IGNORECASE), resolve, basis))

    # Written out: a day and a month, with or without a year

    def _written_out(self) -> None:
        day, name = self.day, rf"(?P<m>{self.month})"
        lead = rf"(?<![$€£\d])(?<![$€£]\s)\b(?:{self.weekday},?\s+)?(?:the\s+)?"
        until = r"(?:\s*[-–]\s*(?P<to>\d{1,2})(?!\d))?"
        year = (
            rf"(?:\s*,?\s*(?:(?:of|in)\s+)?(?P<y>{_YEAR})(?!,?\d|-\d)|\s+of\s+(?P<yy>\d\d)\b"
            rf"|,?\s+(?:of\s+)?(?P<ry>{_WHICH_YEAR})\s+year)?"
        )
        y, d, sep = rf"(?P<y>{_YEAR})", r"(?P<d>\d\d?)", r"(?P<s>[-/])"
        forms = [
            rf"(?<!\d){y}(?P<s>[-/. ])(?P<m>{self.month}|\d\d?)(?P=s){d}(?!\d)(?:T[\d:.]+)?",
            r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)",
            rf"(?<!\d){y}{sep}{d}(?P=s){name}",
            rf"\b{name}{sep}{y}(?P=s){d}(?!\d)",
            rf"(?<!\d){d}{sep}{y}(?P=s){name}",
            rf"\b{name}{sep}{d}(?:(?P=s){y})?(?!\d)",
            rf"(?<!\d){d}{sep}{name}(?:(?P=s){y})?(?!\d)",
            rf"{lead}(?P<d>{day}){until}(?:\s+day)?\s*(?:of\s+)?{name}{year}",
            rf"{lead}{name},?\s*(?:the\s+)?(?P<d>{day}){until}{year}",
            rf"{lead}(?P<d>{self.ordinal})\s+(?:day\s+)?of\s+{name}{year}",
            rf"{lead}{name}\s+(?:the\s+)?(?P<d>{self.ordinal}){self.stop}{year}",
        ]
        for form in forms:
            self._add("month" if name in form else "figure", form, self._day, "stated")
        figures = rf"(?<![\d/.-])(?P<a>\d\d?)(?P<s>[/.-])(?P<b>\d\d?)(?P=s)(?P<y>{_YEAR}|\d\d)(?![\d/]|[.-]\d)"
        self._add("figure", figures, self._figures, "stated")
        self._add("holiday", rf"\b(?P<name>{any_of(self.words.holidays)})\b{year}", self._holiday, "stated")
        self._add("figure", rf"\bon\s+the\s+(?P<d>\d{{1,2}}(?:st|nd|rd|th)){self.stop}", self._day_alone)

    def _day(self, match: Match, frame: Frame) -> Partial:
        groups = match.groupdict()
        if groups["m"] in self.words.months_that_are_words and " " in match[0]:
            raise NoDateError
        month, day = self.words.month(groups["m"]), self.words.day(groups["d"])
        spoken, year = self._year(match, frame)
        checked(year, month, day)
        counts = not spoken and groups["m"][0].isupper() and _word_before(match.string, match.start()).lower() == "in"
        if groups.get("to") or counts:  # a day of a range, or "in May 12 states": the month is what is known
            return (year, month, None) if spoken else in_year(month, None, frame.anchor, frame.direction)
        return (year, month, day) if spoken else in_year(month, day, frame.anchor, frame.direction)

    def _year(self, match: Match, frame: Frame) -> tuple[bool, int | None]:
        """Whether a year is spoken of, and which, where it is known."""
        groups = match.groupdict()
        text = groups.get("y") or groups.get("yy")
        if text:
            return True, int(text) if len(text) == 4 else self._century(int(text), frame)
        if groups.get("ry"):
            which = groups["ry"].lower().split()[-1]
            if which in {"that", "same"}:
                return True, frame.context[0]
            year = frame.anchor[0]
            return True, None if year is None else year + _STEPS[which]
        return False, None

    @staticmethod
    def _century(year: int, frame: Frame) -> int | None:
        """Two figures mean the latest such year that is not well past the anchor."""
        if frame.anchor[0] is None:
            return None
        full = frame.anchor[0] // 100 * 100 + year
        return full if full <= frame.anchor[0] + 10 else full - 100

    def _figures(self, match: Match, frame: Frame) -> Partial:
        year = self._year(match, frame)[1]
        if year is None or (len(match["y"]) == 2 and match["s"] != "/"):
            raise NoDateError  # 3.7.25: a version, a score
        meanings = numeric(int(match["a"]), int(match["b"]), year, day_first=True if match["s"] == "." else None)
        return choose(meanings, frame.anchor, frame.direction)

    def _holiday(self, match: Match, frame: Frame) -> Partial:
        month, day = self.words.holidays[match["name"].lower()]
        spoken, year = self._year(match, frame)
        return (year, month, day) if spoken else in_year(month, day, frame.anchor, frame.direction)

    def _day_alone(self, match: Match, frame: Frame) -> Partial:
        today, day = day_of(frame.anchor), self.words.day(match["d"])
        if not 1 <= day <= 31:
            raise NoDateError
        year, month, _ = frame.context
        if year is not None and month is not None:
            return checked(year, month, day)
        if today is None:
            return UNKNOWN
        step = -1 if frame.direction != "future" and day > today.day else 0
        step = 1 if frame.direction == "future" and day < today.day else step
        year, month, _ = shift((today.year, today.month, None), step, "month")
        return checked(year, cast("int", month), day)

    # Months and years

    def _months_and_years(self) -> None:
        part, season = self.part, self.season
        name, year = rf"(?P<m>{self.month})", rf"(?P<y>{_YEAR})(?!,?\d|-\d)"
        portion = rf"(?:the\s+)?(?:(?:first|second|third|fourth|last)\s+(?:half|quarter|months?|weeks?|days)|{season})"
        self._add(
            "month", rf"\b{part}(?:last\s+|this\s+|next\s+)?{name},?\s*(?:(?:of|in)\s+)?{year}", self._month, "stated"
        )
        self._add("month", rf"\b(?P<y>{_YEAR})\s+{name}(?!\s*\d)", self._month, "stated")
        self._add("month", rf"\b{part}{name},?\s+(?:of\s+)?(?P<ry>{_WHICH_YEAR})\s+year", self._month)
        self._add("month", rf"\b(?P<ry>last|this|next)\s+year,?\s+in\s+{name}", self._month)
        self._add("month", rf"\b(?P<r>last|this|next|past|previous)\s+{name}", self._month_beside)
        self._add("month", rf"\b{part}{name}", self._month_alone, "stated")
        self._add("relative", rf"\b(?P<r>last|this|next|that)\s+{season}\b", self._season)
        self._add(
            "figure",
            rf"\b(?:{portion}\s+(?:(?:of|in)\s+)?|{part})(?P<y>{_YEAR})"
            rf"(?:\s*[-–]\s*(?P<to>{_YEAR}|\d\d)(?!\d))?(?![\d,.]*\d|s\b)",
            self._year_alone,
            "stated",
        )
        self._add("figure", r"\b(?:the\s+)?(?:early\s+|late\s+|mid-?\s*)?(?:1[6-9]|20)?\d0s\b", self._untold, "stated")

    @staticmethod
    def _untold(_match: Match, _frame: Frame) -> Partial:
        """A time that a date of ours cannot express: the 1990s, decades ago."""
        return UNKNOWN

    def _month(self, match: Match, frame: Frame) -> Partial:
        if match["m"] in self.words.months_that_are_words:
            raise NoDateError
        return self._year(match, frame)[1], self.words.month(match["m"]), None

    def _month_beside(self, match: Match, frame: Frame) -> Partial:
        if match["m"] in self.words.months_that_are_words:
            raise NoDateError
        month, step = self.words.month(match["m"]), _STEPS[match["r"].lower()]
        year, here, _ = frame.anchor
        if year is None or here is None:
            return None, month, None
        if step < 0:
            return (year if month < here else year - 1), month, None
        if step > 0:
            return (year if month > here else year + 1), month, None
        return year, month, None

    def _month_alone(self, match: Match, frame: Frame) -> Partial:
        name = match["m"]
        before, after = _word_before(match.string, match.start()), _word_after(match.string, match.end())
        led = before.lower() in self.words.month_leads or match.start("m") > match.start()
        owned = before.endswith(("'s", "’s")) and after[:1].islower()
        named = after[:1].isupper() and not name.endswith(".")
        if not name[0].isupper() or named or not (led or owned):
            raise NoDateError  # a verb, or somebody's name
        return in_year(self.words.month(name), None, frame.anchor, frame.direction)

    def _season(self, match: Match, frame: Frame) -> Partial:
        year, month, _ = frame.anchor
        which, season = match["r"].lower(), match[0].lower().split()[-1]
        if which == "that":
            return frame.context[0], None, None
        if year is None or month is None or season == "winter" or which == "next":
            return UNKNOWN
        over = {"spring": 5, "summer": 8, "autumn": 11, "fall": 11}[season]
        return (year if which == "this" or month > over else year - 1), None, None

    def _year_alone(self, match: Match, _frame: Frame) -> Partial:
        text, alone = match.string, match.start("y") == match.start()
        before, after = _word_before(text, match.start()).lower(), _word_after(text, match.end()).lower()
        if before.rstrip(".") in self.words.numbered or (alone and after in self.words.counted):
            raise NoDateError
        owned = text.startswith(("'s", "’s"), match.end()) or before.endswith(("'s", "’s"))
        if alone and not (before in self.words.year_leads or owned or match.start() == 0):
            raise NoDateError
        if match["to"]:
            return UNKNOWN  # a span of years
        return int(match["y"]), None, None

    # Days of the week

    def _weekdays(self) -> None:
        day = rf"(?P<w>{self.full_weekday})\b(?!s\b)(?:['’]s)?(?:\s+(?:morning|afternoon|evening|night))?"
        week = r"(?:the\s+)?(?P<r>last|this|next|previous|following)\s+week"
        any_day = rf"(?P<w>{self.weekday})"
        self._add("weekday", rf"\b(?:this\s+)?(?P<r>past|coming|upcoming)\s+{day}", self._weekday)
        self._add("weekday", rf"\b(?P<r>last|next|previous|following)\s+{day}", self._weekday_of_week)
        self._add("weekday", rf"\b(?:earlier\s+|this\s+)?{day}", self._weekday)
        self._add("weekday", rf"\b(?:on\s+)?{any_day},?\s+(?:of\s+)?{week}", self._weekday_of_week)
        self._add("weekday", rf"\b{week}(?:\s+on|\s*[-–,])?\s+{any_day}", self._weekday_of_week)
        figure, ordinal = r"\d{1,2}(?:st|nd|rd|th)(?!\s+of\b)", rf"{self.ordinal}{self.stop}"
        for nth in (rf"(?:the\s+)?(?P<d>{figure})", rf"(?P<d>\d{{1,2}}){self.stop}", rf"the\s+(?P<d>{ordinal})"):
            self._add("weekday", rf"\b{any_day}\s+{nth}", self._weekday_of_month)

    def _weekday(self, match: Match, frame: Frame) -> Partial:
        number = self.words.weekdays[match["w"].lower()]
        which = match.groupdict().get("r")
        if which:
            direction: Direction = "past" if _STEPS[which.lower()] < 0 else "future"
            return weekday(number, frame.anchor, direction, strictly=True)
        return weekday(number, frame.anchor, frame.direction)

    def _weekday_of_week(self, match: Match, frame: Frame) -> Partial:
        number = self.words.weekdays[match["w"].lower().rstrip(".")]
        return weekday_of_week(number, _STEPS[match["r"].lower()], frame.anchor)

    def _weekday_of_month(self, match: Match, frame: Frame) -> Partial:
        number = self.words.weekdays[match["w"].lower().rstrip(".")]
        return weekday_of_month(number, self.words.day(match["d"]), frame.anchor, frame.direction)

    # Pointing from the anchor

    def _pointing(self) -> None:
        some = r"(?:several|few|couple\s+of|many)"
        within = r"(?:over|in|during|for|within|through|throughout)"
        portion = (
            r"(?:earlier|later|early|late)\s+|(?:the\s+)?(?:end|start|beginning|middle|(?:first|second)\s+half)\s+of\s+"
        )
        self._add("relative", r"\b(?:today|tonight|this\s+(?:morning|afternoon|evening))\b", lambda _m, f: f.anchor)
        self._add("relative", r"\byesterday\b", lambda _m, f: shift(f.anchor, -1, "day"))
        self._add("relative", r"\btomorrow\b", lambda _m, f: shift(f.anchor, 1, "day"))
        self._add(
            "relative", rf"\b(?:{portion})?(?P<r>last|this|next)\s+(?P<u>week|weekend|month|year)\b", self._period
        )
        self._add("relative", r"\bthe\s+(?P<r>previous|following)\s+(?P<u>week|month|year)\b", self._period_beside)
        self._add("relative", rf"\b(?:{portion})?(?:that|the\s+same)(?:\s+very)?\s+(?P<u>day|month|year)\b", self._same)
        self._add(
            "relative",
            rf"\b(?:{within}\s+)?(?:the\s+|these\s+)?(?:past|last|recent|previous|next|coming)\s+"
            rf"(?:(?:{self.count}|{some})\s+)?(?:day|week|month|year|decade)s\b",
            self._span,
        )
        self._add(
            "relative", rf"\b{within}\s+the\s+(?:past|last)\s+(?:day|week|month|year|decade|century)\b", self._span
        )

    @staticmethod
    def _span(_match: Match, _frame: Frame) -> Partial:
        raise NoDateError

    @staticmethod
    def _period(match: Match, frame: Frame) -> Partial:
        step, unit = _STEPS[match["r"].lower()], match["u"].lower()
        if unit.startswith("week"):
            return week_of(frame.anchor, step)
        return shift(frame.anchor, step, cast("Unit", unit))

    def _period_beside(self, match: Match, frame: Frame) -> Partial:
        step, unit = _STEPS[match["r"].lower()], match["u"].lower()
        origin = self._origin(frame)
        return week_of(origin, step) if unit == "week" else shift(origin, step, cast("Unit", unit))

    @staticmethod
    def _same(match: Match, frame: Frame) -> Partial:
        """That day, the same year: as much of the date before."""
        year, month, day = frame.context
        return {"day": (year, month, day), "month": (year, month, None), "year": (year, None, None)}[match["u"].lower()]

    # Counted from the anchor, or from the date before

    def _counted(self) -> None:
        count, unit = self.count, self.unit
        about = r"(?:(?:just|only|over|about|around|nearly|almost|some|more\s+than|less\s+than|at\s+least)\s+)*"
        other = rf"(?P<n2>\d{{1,3}}|{any_of(self.words.numbers)})\s+(?P<unit2>day|week)s?"
        vague = r"(?:(?:a\s+few|several|many|some|a\s+couple\s+of)\s+)?"
        units = r"(?:days|weeks|months|years|decades|centuries)"
        self._add("relative", rf"\b{about}{count}\s+{unit}\s+ago\b", self._ago)
        self._add("relative", rf"\b{count}\s+(?P<unit>day|week)s?\s+and\s+{other}\s+ago\b", self._both_ago)
        self._add("relative", rf"\b{vague}{units}\s+ago\b", self._untold)
        self._add(
            "relative",
            rf"\b{about}{count}\s+{unit}\s+(?:(?P<side>later|earlier|afterwards?|previously)\b"
            r"|(?P<that>before|after)\s+that\b|(?P<end>before)(?=\s*(?:$|[.,;:!?])))",
            self._beside,
        )
        self._add("relative", rf"\b{vague}{units}\s+(?:later|earlier|afterwards?)\b", self._untold)
        self._add("relative", rf"\b{count}\s+{unit}\s+(?P<side>after|from|before)\s+(?:today|now)\b", self._from_today)
        self._add("relative", r"\b(?:the\s+)?(?P<side>next|following|previous)\s+day\b", self._day_beside)
        self._add("relative", r"\bthe\s+day\s+(?P<side>before|after)(?=\s*(?:$|[.,;:!?]))", self._day_beside)
        self._add("relative", rf"\bin\s+{about}{count}\s+{unit}(?:['’]s?\s+time)?\b", self._ahead)
        self._add("relative", rf"\b(?:within|for|over)\s+(?:the\s+)?{about}{count}\s+{unit}\b", self._span)

    def _steps(self, match: Match) -> tuple[int, Unit]:
        return self.words.number(match["n"]), cast("Unit", match["unit"].lower())

    def _ago(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        return shift(frame.anchor, -count, unit)

    def _both_ago(self, match: Match, frame: Frame) -> Partial:
        days = {"day": 1, "week": 7}
        first, second = (match["n"], match["unit"]), (match["n2"], match["unit2"])
        total = sum(self.words.number(number) * days[unit.lower()] for number, unit in (first, second))
        return shift(frame.anchor, -total, "day")

    def _beside(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        side = (match["side"] or match["that"] or match["end"]).lower()
        if side in {"earlier", "before", "previously"}:
            return shift(self._origin(frame), -count, unit)
        return shift(frame.context, count, unit)

    def _from_today(self, match: Match, frame: Frame) -> Partial:
        count, unit = self._steps(match)
        return shift(frame.anchor, -count if match["side"].lower() == "before" else count, unit)

    @staticmethod
    def _origin(frame: Frame) -> Partial:
        """The day that a text is speaking of: the last that it named, or its own."""
        return frame.context if frame.context != UNKNOWN else frame.anchor

    def _day_beside(self, match: Match, frame: Frame) -> Partial:
        return shift(self._origin(frame), -1 if match["side"].lower() in {"previous", "before"} else 1, "day")

    def _ahead(self, match: Match, frame: Frame) -> Partial:
        """In two weeks: a date where the sentence looks ahead, a duration where it does not."""
        if frame.direction != "future":
            raise NoDateError
        count, unit = self._steps(match)
        return shift(frame.anchor, count, unit)
