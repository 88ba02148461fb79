"""What stands around a report on a page: known by its form and by the words of ``data/en/furniture.yaml``."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Part = Literal["report", "line", "byline", "opener", "end", "nothing"]
"""What a paragraph is: a long stretch of the report, another line, the writer and day, the head of a list of links,
the end of everything, or nothing to keep."""

_LONG = 160  # characters: longer than a headline or the name of a link
_SENTENCE = 60  # characters: a line that long, ended like a sentence, is one of the report
_SHORT = 60  # characters: the lines of a side bar
_EDGE = 120  # characters: longer than a byline

_ENDED = re.compile(r"[.!?…]['\"”’)\]]*$")
_DAY = re.compile(
    r"\W*(?:[A-Z][a-z]{2,8}day,?\s+)?(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d{1,2}\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}"
    r"|[A-Z][a-z]{2,8}\.?\s+\d{1,2},?\s+\d{4})"
)


class Furniture:
    """The furniture of one language."""

    def __init__(self, data: dict[str, Any]) -> None:
        def any_of(name: str) -> str:
            return "|".join(f"(?:{form})" for form in data[name])

        self._line = re.compile(any_of("lines"), re.IGNORECASE)
        self._byline = re.compile(any_of("bylines"), re.IGNORECASE)
        self._opener = re.compile(any_of("openers"), re.IGNORECASE)
        self._end = re.compile(any_of("ends"), re.IGNORECASE)
        self._boilerplate = re.compile(any_of("boilerplate"), re.IGNORECASE)
        self._aside = re.compile(any_of("asides"), re.IGNORECASE)
        self._leads_away = re.compile(rf"(?:^|(?<=[.!?…\"”’)\]]))\s*(?:{any_of('leads_away')})\W*$", re.IGNORECASE)
        self._beside_the_day = frozenset(data["beside_the_day"])
        agency = rf"\((?i:{'|'.join(re.escape(name) for name in data['agencies'])})[^()]{{0,20}}\)"
        month = r"[A-Z][a-z]{2,8}\.?"
        day = rf",?\s+(?:\d{{1,2}}\s+{month}|{month}\s+\d{{1,2}})(?:,?\s+\d{{4}})?"
        dash = r"(?:\s*[–—]\s*|\s-{1,2}\s)"
        self._place = re.compile(
            rf"[A-Z][A-Z .'’/-]{{2,40}}(?:,\s*[A-Z][\w .]{{1,20}}?)?(?:{day})?\s*(?:{agency})?(?:{dash}|:\s)"
            rf"|[A-Z][\w .'’/-]{{2,30}}?(?:{day})?\s*{agency}(?:{dash}|:\s|\s)"
            rf"|[A-Z][\w .'’/-]{{2,30}}?{day}\s*(?:{dash}|:\s)"
        )

    def without_pointers(self, paragraph: str) -> str:
        """A paragraph without asides to other stories and without a last sentence that leads to one."""
        return " ".join(self._leads_away.sub("", self._aside.sub("", paragraph)).split())

    def part(self, paragraph: str) -> Part:
        """What a paragraph is by its own form."""
        if self._end.fullmatch(paragraph):
            return "end"
        if not paragraph or self._line.fullmatch(paragraph) or self._boilerplate.search(paragraph):
            return "nothing"
        if self._opener.fullmatch(paragraph):
            return "opener"
        if self._is_byline(paragraph):
            return "byline"
        return "report" if len(paragraph) >= _LONG and is_ended(paragraph) else "line"

    def _is_byline(self, paragraph: str) -> bool:
        if len(paragraph) > _EDGE or is_ended(paragraph):
            return False
        day = _DAY.match(paragraph)
        if day is None:
            return bool(self._byline.fullmatch(paragraph))
        words = re.findall(r"[^\W_][\w.'’&:-]*", paragraph[day.end() :])
        return all(not word[0].islower() or word.lower() in self._beside_the_day for word in words)

    def place(self, paragraph: str) -> str:
        """The place, day and agency with which a report opens ("KABUL, July 4 (Reuters) - "), or nothing."""
        found = self._place.match(paragraph)
        return found[0] if found and len(paragraph) - found.end() >= 20 else ""


@lru_cache(maxsize=1)
def english() -> Furniture:
    """The furniture of English pages, read once."""
    return Furniture(yaml.safe_load(files("pipeline.intake").joinpath("data/en/furniture.yaml").read_text("utf-8")))


def is_ended(line: str) -> bool:
    """Whether it ends as a sentence does."""
    return bool(_ENDED.search(line))


def is_sentence(line: str) -> bool:
    """Whether it is long enough for a sentence and ends as one does."""
    return len(line) >= _SENTENCE and is_ended(line)


def is_listing(line: str) -> bool:
    """Whether it could stand in a side bar: short and not ended, or a list of tags."""
    if is_ended(line):
        return False
    items = line.split(",")
    return len(line) <= _SHORT or (len(items) >= 5 and all(len(item.split()) <= 3 for item in items))
