"""The report in a text, without what a page, a feed or a scraper put around it.

Cleaning goes by form, not by outlet: lines of furniture, link lists, bylines, legal text, and short lines
without the end of a sentence at the foot of a page. What remains are paragraphs, one blank line apart; the
title is the first of them. Offsets of evidence count in this text.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from pipeline.intake import header as headers
from pipeline.intake import markup
from pipeline.records import Article

_LONG = 160  # characters: longer than a headline or the name of a link
_SENTENCE = 60  # characters: a line that long, ended like a sentence, is one of the report
_SHORT = 60  # characters: the lines of a side bar

_ENDED = re.compile(r"[.!?…]['\"”’)\]]*$")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u02bc\u02bb\u02c8\u2032\u00b4`\uff07", "'"))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_INNER_APOSTROPHE = re.compile(r"(?<=\w)’(?=\w)")
_LAST_APOSTROPHE = re.compile(r"(?<=\w)’(?!\w)")
_GLUED = re.compile(r"(?<=[a-z0-9][a-z0-9)][.!?])(?=[A-Z][a-z’']|[“‘][A-Z])|(?<=[a-z]{2}[.!?][”’\"])(?=[A-Z][a-z])")
_ELIDED = re.compile(r"\s*\[\s*(?:…|\.\.\.)\s*\]")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*https?://[^()\s]*\s*\)")
_MARKDOWN = re.compile(r"^(?:#{1,6}|>)\s+|\*\*|__")
_NUMERIC_DAY = re.compile(
    r"^\W*(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2,8}\.?),?\s+\d{4})"
)
_OUTLET_SUFFIX = re.compile(r"\s+(?:\||[-–—])\s+(?P<outlet>[^|–—]{2,40})$")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A report without its furniture.

    ``text`` is the title and the paragraphs; ``body`` the paragraphs alone. ``bylines`` are the lines that
    name the writer, the outlet or the day, in the order of the page.
    """

    title: str | None
    text: str
    body: str
    header: headers.Header
    bylines: tuple[str, ...]


class _Furniture:
    """The known furniture of a language."""

    def __init__(self, data: dict[str, list[str]]) -> None:
        def whole(name: str) -> re.Pattern[str]:
            return re.compile("|".join(f"(?:{form})" for form in data[name]), re.IGNORECASE)

        self.line, self.opener, self.end = whole("lines"), whole("openers"), whole("ends")
        self.byline, self.boilerplate = whole("bylines"), whole("boilerplate")
        self.aside = whole("asides")
        self.leads_away = re.compile("(?:" + "|".join(data["leads_away"]) + r")\W*$", re.IGNORECASE)
        agency = rf"\((?i:{'|'.join(re.escape(name) for name in data['agencies'])})[^()]{{0,20}}\)"
        day = r"(?:,?\s+(?:\d{1,2}\s+)?[A-Z][a-z]{2,8}\.?(?:\s+\d{1,2})?(?:,\s+\d{4})?)?"
        self.place = re.compile(
            rf"^[A-Z][A-Z .'’/-]{{2,40}}(?:,\s*[A-Z][\w .]{{1,20}})?{day}\s*(?:{agency}\s*)?(?:\s[-–—]{{1,2}}\s|:\s)"
            rf"|^[A-Z][\w .'’/-]{{2,30}}{day}\s*{agency}\s*[-–—:]{{0,2}}\s*"
        )


@lru_cache(maxsize=1)
def _furniture() -> _Furniture:
    text = files("pipeline.intake").joinpath("data/en/furniture.yaml").read_text(encoding="utf-8")
    return _Furniture(yaml.safe_load(text))


def clean(article: Article) -> Cleaned:
    """The report of an article. Its text is empty when nothing but furniture is there."""
    header, raw = _plain(article)
    given = _headline(article.title or header.title or "", article.source)
    found = _Lines(_paragraphs(raw), given)
    title = given or found.title
    body = [paragraph for paragraph in found.report if _key(paragraph) != _key(title)]
    place = _furniture().place.match(body[0]) if body else None
    bylines = found.bylines
    if place and len(body[0]) - place.end() > 20:
        bylines = (*bylines, place[0])
        body[0] = body[0][place.end() :]
    text = "\n\n".join(([title] if title else []) + body)
    return Cleaned(title or None, text, "\n\n".join(body), header, bylines)


def _plain(article: Article) -> tuple[headers.Header, str]:
    """The header, and the text with its markup taken off."""
    raw = article.text if article.text and article.text.strip() else article.html or ""
    header, raw = headers.split(raw)
    if markup.is_page(raw):
        raw = markup.page_text(raw)
    elif markup.has_tags(raw):
        raw = markup.fragment_text(raw)
    return header, markup.unescape(raw)


def normalise(line: str) -> str:
    """One line with plain spaces and apostrophes, and a space between sentences that were glued together."""
    line = unicodedata.normalize("NFC", _INVISIBLE.sub("", line)).translate(_APOSTROPHES)
    line = _MARKDOWN.sub("", _MARKDOWN_LINK.sub(r"\1", line))
    line = _INNER_APOSTROPHE.sub("'", line)
    if "‘" not in line:  # otherwise it may close a quotation
        line = _LAST_APOSTROPHE.sub("'", line)
    line = _ELIDED.sub("…", " ".join(line.split()))
    return _GLUED.sub(" ", line)


def _paragraphs(raw: str) -> list[str]:
    """The lines of a text as paragraphs; lines that were wrapped in mid-sentence are joined."""
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", raw.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line for line in (normalise(line) for line in block.split("\n")) if line]
        wrapped = _is_wrapped(lines)
        for number, line in enumerate(lines):
            if number and (wrapped or _goes_on(lines[number - 1], line)):
                paragraphs[-1] += " " + line
            else:
                paragraphs.append(line)
    return paragraphs


def _is_wrapped(lines: list[str]) -> bool:
    """Whether a block was broken at a fixed width: all lines but the last about as long, and not all sentences."""
    if len(lines) < 3:
        return False
    lengths = [len(line) for line in lines[:-1]]
    return max(lengths) <= 100 and min(lengths) >= max(lengths) - 20 >= 30 and not all(map(_ENDED.search, lines[:-1]))


def _goes_on(line: str, following: str) -> bool:
    return following[0].islower() and not _ENDED.search(line) and len(line) >= 30 and not line.endswith(":")


class _Lines:
    """Sorts the paragraphs of a page into title, where none is given, bylines, report and what is left out."""

    def __init__(self, paragraphs: list[str], title: str) -> None:
        self.title = title
        self.report: list[str] = []
        self._bylines: list[str] = []
        kept = self._without_furniture(paragraphs)
        kept = self._without_foot(kept)
        self._head(kept)

    @property
    def bylines(self) -> tuple[str, ...]:
        return tuple(self._bylines)

    def _without_furniture(self, paragraphs: list[str]) -> list[str]:
        known = _furniture()
        kept: list[str] = []
        listing = False  # inside a list of links that an opener began
        last_long = max((n for n, p in enumerate(paragraphs) if self._is_report(p)), default=-1)
        for number, raw in enumerate(paragraphs):
            paragraph = known.leads_away.sub("", known.aside.sub("", raw)).strip()
            paragraph = " ".join(paragraph.split())
            if not paragraph or known.line.fullmatch(paragraph) or known.boilerplate.search(paragraph):
                continue
            if known.end.fullmatch(paragraph) and kept:
                break
            if known.opener.fullmatch(paragraph):
                listing = True
                continue
            if self._is_byline(paragraph, near_edge=number < 12 or number > last_long):
                self._bylines.append(paragraph)
                continue
            if listing:
                if number > last_long or not self._is_sentence(paragraph):
                    continue
                listing = False
            kept.append(paragraph)
        return kept

    @staticmethod
    def _is_byline(paragraph: str, *, near_edge: bool) -> bool:
        if not near_edge or len(paragraph) > 120:
            return False
        day = _NUMERIC_DAY.match(paragraph)
        if day and len(paragraph) - day.end() < 60 and not _ENDED.search(paragraph):
            return True
        return bool(_furniture().byline.fullmatch(paragraph)) and not _ENDED.search(paragraph)

    @staticmethod
    def _is_sentence(paragraph: str) -> bool:
        return len(paragraph) >= _SENTENCE and bool(_ENDED.search(paragraph))

    @staticmethod
    def _is_report(paragraph: str) -> bool:
        known = _furniture()
        return (
            len(paragraph) >= _LONG
            and bool(_ENDED.search(paragraph))
            and not known.boilerplate.search(paragraph)
            and not known.opener.fullmatch(paragraph)
        )

    def _without_foot(self, paragraphs: list[str]) -> list[str]:
        """Without the side bar at the foot: three or more short lines that end like no sentence."""
        end = len(paragraphs)
        while end and len(paragraphs[end - 1]) <= _SHORT and not _ENDED.search(paragraphs[end - 1]):
            end -= 1
        return paragraphs[:end] if end and len(paragraphs) - end >= 3 else paragraphs

    def _head(self, paragraphs: list[str]) -> None:
        """The lines before the first sentence: the title, once, and whatever stands with it."""
        first = next((n for n, paragraph in enumerate(paragraphs) if _ENDED.search(paragraph)), len(paragraphs))
        seen: set[str] = {_key(self.title)}
        for paragraph in paragraphs[:first]:
            if _key(paragraph) in seen:
                continue
            seen.add(_key(paragraph))
            words = len(paragraph.split())
            if not self.title and 4 <= words <= 30:
                self.title = paragraph
            elif words >= 4:
                self.report.append(paragraph)
        self.report += paragraphs[first:]


def _headline(title: str, source: str) -> str:
    """A title without its markup and without the outlet's name at its end."""
    title = normalise(markup.unescape(title))
    if markup.has_tags(title):
        title = markup.fragment_text(title).replace("\n\n", " ")
    suffix = _OUTLET_SUFFIX.search(title)
    if suffix and len(title) - len(suffix[0]) >= 20:
        outlet = _key(suffix["outlet"])
        named = outlet and (outlet in _key(source) or _key(source) in outlet)
        if named or "|" in suffix[0]:
            title = title[: suffix.start()]
    return title.strip()


def _key(text: str) -> str:
    """Letters and digits alone: what two printings of one line share."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
