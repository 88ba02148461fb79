"""What a text says about itself before its report begins: feed headers, front matter, labelled lines."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(?P<lines>.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"\A\s*#{1,3}[ \t]+(?P<title>[^\n]+)\n(?P<lines>(?:[ \t]*[-*][ \t]+[^\n]*(?:\n|\Z))+)")
_LABELLED = re.compile(
    r"\A\s*(?P<lines>(?:(?:title|headline|source|publisher|outlet|url|link|date|published|pubdate|author|by|language)"
    r"[ \t]*:[ \t]*[^\n]*\n[ \t]*){2,})",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^[ \t]*(?:[-*][ \t]+)?(?P<key>[A-Za-z][A-Za-z _-]{0,30}?)[ \t]*:[ \t]+(?P<value>.*?)[ \t]*$", re.MULTILINE
)
_LINK = re.compile(r"\]\((?P<url>https?://[^)\s]+)\)|^[ \t]*[-*]?[ \t]*(?P<bare>https?://\S+)[ \t]*$", re.MULTILINE)

_KEYS = {
    "title": "title",
    "headline": "title",
    "url": "url",
    "link": "url",
    "canonical": "url",
    "date": "published",
    "published": "published",
    "date published": "published",
    "pubdate": "published",
    "source": "source",
    "publisher": "source",
    "outlet": "source",
    "site": "source",
    "lang": "language",
    "language": "language",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The metadata of a header, None where it is silent. ``published`` is ISO 8601."""

    title: str | None = None
    url: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None


def split(text: str) -> tuple[Header, str]:
    """The header and what follows it; an empty header where there is none."""
    for form in (_FRONT_MATTER, _HEADING, _LABELLED):
        found = form.match(text)
        if found:
            return _read(found), text[found.end() :]
    return Header(), text


def _read(found: re.Match[str]) -> Header:
    fields: dict[str, str] = {}
    lines = found["lines"]
    if "title" in found.groupdict():
        fields["title"] = found["title"].strip()
    link = _LINK.search(lines)
    if link:
        fields["url"] = link["url"] or link["bare"]
    for field in _FIELD.finditer(lines):
        key, value = _KEYS.get(field["key"].lower().replace("_", " ")), field["value"].strip().strip("\"'")
        if key and value and value.lower() not in {"none", "null"}:
            fields.setdefault(key, value)
    published = timestamp(fields.pop("published", ""))
    return Header(published=published, **fields)


def timestamp(text: str) -> str | None:
    """An ISO 8601 or RFC 5322 date as ISO 8601; None for anything else."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return text
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError):
        return None
