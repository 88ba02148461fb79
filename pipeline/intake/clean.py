"""The report in a text, without what a page, a feed or a scraper put around it.

Cleaning goes by form, not by outlet. What remains are paragraphs, one blank line apart; the title is the
first of them, and headings, standfirsts and captions stay paragraphs of their own. Offsets of evidence
count in this text.
"""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.intake import furniture, markup
from pipeline.intake import header as headers
from pipeline.records import Article

_EDGE_LINES = 12  # from the top of a page, bylines are looked for
_STANDFIRST = 3  # paragraphs at most until the one that opens with its place
_APOSTROPHES = dict.fromkeys("\u02bc\u02bb\u02c8\u2032\u00b4`\uff07", "'")
# Control characters of ISO 8859-1 are Windows-1252 that was taken for it, if anything: its quotation marks and dashes.
_WINDOWS = {chr(code): bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_CHARACTERS = str.maketrans(_APOSTROPHES | _WINDOWS)
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INNER_APOSTROPHE = re.compile(r"(?<=\w)’(?=\w)")
_LAST_APOSTROPHE = re.compile(r"(?<=\w)’(?!\w)")
_GLUED = re.compile(r"(?<=[a-z0-9][a-z0-9)][.!?])(?=[A-Z][a-z’']|[“‘][A-Z])|(?<=[a-z]{2}[.!?][”’\"])(?=[A-Z][a-z])")
_ELIDED = re.compile(r"\s*\[\s*(?:…|\.\.\.)\s*\]")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*https?://[^()\s]*\s*\)")
_MARKDOWN = re.compile(r"^(?:(?:#{1,6}|>|[*•·▪-])\s+)+|\*\*|__")
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


def clean(article: Article) -> Cleaned:
    """The report of an article. Its text is empty when nothing but furniture is there."""
    header, raw = _plain(article)
    kept, bylines = _without_furniture(_paragraphs(raw))
    title = _headline(article.title or header.title or "", article.source)
    if not title:
        title, kept = _take_title(kept)
    body = _once(_without_foot(kept), title)
    for number, paragraph in enumerate(body[:_STANDFIRST]):
        place = furniture.english().place(paragraph)
        if place:
            bylines.append(place)
            body[number] = paragraph[len(place) :]
            break
    text = "\n\n".join([title, *body] if title else body)
    return Cleaned(title or None, text, "\n\n".join(body), header, tuple(bylines))


def _plain(article: Article) -> tuple[headers.Header, str]:
    """The header, and the text with its markup taken off."""
    raw = article.text if article.text and article.text.strip() else article.html or ""
    header, raw = headers.split(raw)
    if markup.is_page(raw):
        header, raw = markup.read_page(raw)
    elif markup.has_tags(raw):
        raw = markup.fragment_text(raw)
    return header, markup.unescape(raw)


def normalise(line: str) -> str:
    """One line with plain spaces and apostrophes, and a space between sentences that were glued together."""
    line = unicodedata.normalize("NFC", _INVISIBLE.sub("", line)).translate(_CHARACTERS)
    line = _MARKDOWN.sub("", _MARKDOWN_LINK.sub(r"\1", " ".join(line.split())))
    line = _INNER_APOSTROPHE.sub("'", line)
    if "‘" not in line:  # otherwise it may close a quotation
        line = _LAST_APOSTROPHE.sub("'", line)
    return _GLUED.sub(" ", _ELIDED.sub("…", line)).strip()


def _paragraphs(raw: str) -> list[str]:
    """The lines of a text as paragraphs; lines that were wrapped in mid-sentence are joined."""
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n", raw.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line for line in map(normalise, block.split("\n")) if line]
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
    even = max(lengths) <= 100 and min(lengths) >= max(30, max(lengths) - 20)
    return even and not all(map(furniture.is_ended, lines[:-1]))


def _goes_on(line: str, following: str) -> bool:
    """Whether a line was broken in mid-sentence: the next begins with a word in lower case."""
    word = following.split(maxsplit=1)[0]
    return len(line) >= 30 and following[0].isalpha() and word.islower() and not line.endswith((".", "!", "?", ":"))


def _without_furniture(paragraphs: list[str]) -> tuple[list[str], list[str]]:
    """The lines that may be of the report, and the bylines."""
    known = furniture.english()
    pointed = [known.without_pointers(paragraph) for paragraph in paragraphs]
    parts = [known.part(paragraph) for paragraph in pointed]
    last = max((number for number, part in enumerate(parts) if part == "report"), default=-1)
    kept: list[str] = []
    bylines: list[str] = []
    listing = False  # among the links that an opener announced
    for number, (paragraph, part) in enumerate(zip(pointed, parts, strict=True)):
        if part == "end" and kept:
            break
        if part in {"opener", "end"}:
            listing = True
        elif part == "byline" and (number < _EDGE_LINES or number > last):
            bylines.append(paragraph)
        elif part != "nothing" and not (listing and (number > last or not furniture.is_sentence(paragraph))):
            kept.append(paragraph)
            listing = False
    return kept, bylines


def _take_title(paragraphs: list[str]) -> tuple[str, list[str]]:
    """The title among the lines before the first sentence, and the paragraphs without what led up to it.

    It is the first line of four words or more, or else the line right above the report; shorter lines are menus.
    """
    first = next((n for n, paragraph in enumerate(paragraphs) if furniture.is_ended(paragraph)), len(paragraphs))
    head = paragraphs[:first]
    lines = [line for line in head if len(line.split()) >= 4]
    if lines and len(lines[0].split()) <= 30:
        return lines[0], lines[1:] + paragraphs[first:]
    return (head[-1] if head and not lines else ""), lines + paragraphs[first:]


def _without_foot(paragraphs: list[str]) -> list[str]:
    """Without the side bar at the foot: three or more lines of a listing, or one of tags."""
    end = len(paragraphs)
    while end > 1 and furniture.is_listing(paragraphs[end - 1]):
        end -= 1
    foot = paragraphs[end:]
    return paragraphs[:end] if len(foot) >= 3 or any(line.count(",") >= 4 for line in foot) else paragraphs


def _once(paragraphs: list[str], title: str) -> list[str]:
    """Each paragraph once, and the title not again."""
    seen = {_key(title)}
    kept = []
    for paragraph in paragraphs:
        key = _key(paragraph)
        if key not in seen:
            seen.add(key)
            kept.append(paragraph)
    return kept


def _headline(title: str, source: str) -> str:
    """A title without its markup and without the outlet's name at its end."""
    title = markup.unescape(title)
    if markup.has_tags(title):
        title = markup.fragment_text(title).replace("\n\n", " ")
    title = normalise(title)
    suffix = _OUTLET_SUFFIX.search(title)
    if suffix and len(title) - len(suffix[0]) >= 20:
        outlet, source = _key(suffix["outlet"]), _key(source)
        if "|" in suffix[0] or (outlet and (outlet in source or source in outlet)):
            title = title[: suffix.start()]
    return title


def _key(text: str) -> str:
    """Letters and digits alone: what two printings of one line share."""
    return re.sub(r"[\W_]+", "", text.casefold())
