"""Text out of HTML: whole pages with trafilatura, fragments of feeds by their tags."""

import html
import re

from pipeline.intake.header import Header, timestamp

_TAG = re.compile(
    r"<(?:/?(?:p|a|br|div|img|ul|ol|li|strong|b|em|i|span|blockquote|h[1-6]|figure|table)\b[^<>]*|!--)", re.I
)
_BLOCK_TAG = re.compile(r"<(?:p|br|div|li|h[1-6])\b", re.I)
_PAGE = re.compile(r"<(?:html|body|head|!doctype)\b", re.I)
_BLOCK = re.compile(
    r"p|div|ul|ol|li|blockquote|h[1-6]|figure|figcaption|table|tr|section|article|header|footer|br|hr|img"
)
_SILENT = re.compile(r"script|style|noscript|template|svg|iframe|button|form|nav")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|<\?xml[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,6}|[a-z]{2,10}\d?);", re.I)


def is_page(text: str) -> bool:
    """Whether it is a whole HTML page and not a fragment."""
    return bool(_PAGE.search(text[:2000]))


def has_tags(text: str) -> bool:
    """Whether HTML tags occur in it."""
    return bool(_TAG.search(text))


def unescape(text: str) -> str:
    """Entities as characters, also those that were escaped twice."""
    for _ in range(2):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return text


def read_page(page: str) -> tuple[Header, str]:
    """The metadata and the report of a whole page, a paragraph a line; both empty where there are none.

    The metadata are what the page declares; no date is guessed from its text, nor from the day it is read.
    """
    import trafilatura

    about = trafilatura.extract_metadata(
        page, date_config={"extensive_search": False, "original_date": True, "max_date": "2999-12-31"}
    )
    text = trafilatura.extract(page, output_format="txt", include_comments=False, include_tables=False) or ""
    if about is None:
        return Header(), text
    return (
        Header(
            title=about.title or None,
            url=about.url or None,
            published=timestamp(about.date or ""),
            source=about.sitename or about.hostname or None,
            language=about.language or None,
        ),
        text,
    )


def fragment_text(fragment: str) -> str:
    """The text of a fragment, a block a paragraph; a list item that is nothing but a link leads elsewhere: left out."""
    from lxml import etree, html

    # A line break is one where no tag of the fragment makes paragraphs; else only a blank line is.
    paragraphs = _Paragraphs(re.compile(r"\n\s*\n" if _BLOCK_TAG.search(fragment) else r"\n"))
    root = html.fragment_fromstring(_NOT_XML.sub("", fragment), create_parent="div")
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            paragraphs.open(tag)
            paragraphs.add(element.text if tag else None)
        else:
            paragraphs.close(tag)
            paragraphs.add(element.tail)
    return "\n\n".join(paragraphs.done())


class _Paragraphs:
    """Collects paragraphs, and whether a list item has words outside its links."""

    def __init__(self, breaks: re.Pattern[str]) -> None:
        self._breaks = breaks
        self._done: list[str] = []
        self._words: list[str] = []
        self._silent = 0
        self._links = 0
        self._item = False
        self._own_words = False

    def open(self, tag: str) -> None:
        if _SILENT.fullmatch(tag):
            self._silent += 1
        elif tag == "a":
            self._links += 1
        elif _BLOCK.fullmatch(tag):
            self._end()
            self._item = tag == "li"

    def close(self, tag: str) -> None:
        if _SILENT.fullmatch(tag):
            self._silent -= 1
        elif tag == "a":
            self._links -= 1
        elif _BLOCK.fullmatch(tag):
            self._end()

    def add(self, text: str | None) -> None:
        if self._silent or not text:
            return
        for number, piece in enumerate(self._breaks.split(text)):
            if number:
                self._end()
            self._words.append(piece)
            if not self._links and any(sign.isalnum() for sign in piece):
                self._own_words = True

    def _end(self) -> None:
        paragraph = " ".join("".join(self._words).split())
        if paragraph and (self._own_words or not self._item):
            self._done.append(paragraph)
        self._words, self._own_words, self._item = [], False, False

    def done(self) -> list[str]:
        self._end()
        return self._done
