"""Articles out of files: .txt as scraped, .html pages, .json with one Article, .jsonl with one on each line.

What cannot be read comes out as a value that says why; it never stops the rest.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.edtf import has_year, precision
from pipeline.errors import RecognitionError
from pipeline.intake import header as headers
from pipeline.intake import markup
from pipeline.intake.clean import clean
from pipeline.intake.dating import printed_date
from pipeline.intake.prepare import what_is_wrong
from pipeline.records import Article, Timestamp

SUFFIXES = (".txt", ".html", ".htm", ".json", ".jsonl")
MANIFEST = "manifest.json"
_LIMIT = 9_000_000  # bytes: what the topic takes, with room for the envelope
_OWNER = re.compile(
    r"(?i:copyright|©|\(c\))\s*(?i:©|\(c\))?\s*(?:(?:19|20)\d\d(?:\s*[-–]\s*(?:19|20)?\d\d)?)?,?\s*(?i:by\s+)?"
    r"(?P<name>[A-Z][^.|,©\n]{2,60})"  # a capital: "copyright questions" are nobody's
)
_DAY_AND_OUTLET = re.compile(
    r"(?:19|20)\d\d\s*[|/·–-]?\s*(?P<name>(?!By\b)[A-Z][\w&'’.-]*(?:\s+[A-Z][\w&'’.-]*){0,4})\s*$"
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or one line of it, that holds no Article."""

    path: Path
    line: int | None
    reason: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.reason}; {self.remedy}"


class _Entry(BaseModel):
    """What a folder's manifest says of one of its files; it goes before what the file itself says."""

    model_config = ConfigDict(extra="ignore")

    id: str
    file: str | None = None
    source: str | None = None
    url: str | None = None
    title: str | None = None
    published: Timestamp | None = None


def read_articles(paths: Iterable[Path | str]) -> Iterator[Article | Unreadable]:
    """The articles of files and folders, folders whole and in the order of their names.

    Raises:
        RecognitionError: a path does not exist.
    """
    for path in _existing(paths):
        if path.is_dir():
            yield from _read_folder(path)
        else:
            yield from _read_file(path, None)


def count_articles(paths: Iterable[Path | str]) -> int:
    """How many articles, readable or not, files and folders hold; lines of .jsonl are counted, nothing is parsed.

    Raises:
        RecognitionError: a path does not exist.
    """
    return sum(_count(path) for path in _existing(paths))


def _existing(paths: Iterable[Path | str]) -> list[Path]:
    places = [Path(path) for path in paths]
    for path in places:
        if not path.exists():
            raise RecognitionError(f"{path} does not exist: name files or folders that do")
    return places


def _count(path: Path) -> int:
    if path.is_dir():
        return sum(_count(child) for child in path.iterdir() if child.is_dir() or _is_article_file(child))
    if path.suffix.lower() != ".jsonl":
        return 1
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return 1


def _is_article_file(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.name != MANIFEST and not path.name.startswith(".")


def _read_folder(folder: Path) -> Iterator[Article | Unreadable]:
    manifest = folder / MANIFEST
    entries: dict[str, _Entry] = {}
    if manifest.is_file():
        found = _read_manifest(manifest)
        if isinstance(found, Unreadable):
            yield found
        else:
            entries = found
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _read_folder(path)
        elif _is_article_file(path):
            yield from _read_file(path, entries.get(path.name) or entries.get(path.stem))


def _read_manifest(path: Path) -> dict[str, _Entry] | Unreadable:
    """The entries of a manifest by the file's name, or by the id, which is the name without its suffix."""
    remedy = 'a list of {"id", "source", "published"} is expected, or the same under "articles"'
    try:
        value = orjson.loads(path.read_bytes())
        listed = value.get("articles") if isinstance(value, dict) else value
        if not isinstance(listed, list):
            return Unreadable(path, None, "no list of articles", remedy)
        entries = [_Entry.model_validate(each) for each in listed]
    except (OSError, orjson.JSONDecodeError, ValidationError) as error:
        return Unreadable(path, None, str(error).splitlines()[0], remedy)
    return {entry.file or entry.id: entry for entry in entries}


def _read_file(path: Path, entry: _Entry | None) -> Iterator[Article | Unreadable]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        yield Unreadable(
            path, None, f"unknown kind of file {suffix or '(no suffix)'}", f"name it {', '.join(SUFFIXES)}"
        )
        return
    try:
        with path.open("rb") as file:
            if suffix == ".jsonl":
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield _parse(path, number, line)
                return
            raw = file.read(_LIMIT + 1)
    except OSError as error:
        yield Unreadable(path, None, f"cannot be opened: {error.strerror}", "check the file and its permissions")
        return
    if not raw.strip():
        yield Unreadable(path, None, "empty file", "remove it or fetch it again")
    elif suffix == ".json":
        yield _parse(path, None, raw)
    elif len(raw) > _LIMIT:
        yield _too_large(path, None)
    else:
        yield _read_text(path, raw, entry, is_page=suffix != ".txt")


def _too_large(path: Path, line: int | None) -> Unreadable:
    return Unreadable(path, line, f"larger than {_LIMIT:,} bytes", "no article is: check what it is")


def _parse(path: Path, line: int | None, raw: bytes) -> Article | Unreadable:
    if len(raw) > _LIMIT:
        return _too_large(path, line)
    try:
        return Article.model_validate_json(raw)
    except ValidationError as error:
        reason = what_is_wrong(raw, error)
        remedy = (
            "one Article a line is expected" if line else "one Article is expected; several belong in a .jsonl file"
        )
        return Unreadable(path, line, reason, remedy)


def _read_text(path: Path, raw: bytes, entry: _Entry | None, *, is_page: bool) -> Article | Unreadable:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Unreadable(
            path, None, f"not UTF-8: byte 0x{raw[error.start]:02x} at position {error.start:,}", "save it as UTF-8"
        )
    found = _page(text) if is_page else _scraped(text)
    if not found.get("text"):
        return Unreadable(path, None, "no report in this page", "check that it is an article's own page, saved whole")
    stated: dict[str, Any] = entry.model_dump(exclude={"file"}, exclude_none=True) if entry else {}
    fields = {"id": path.stem, "source": path.stem, **found, **stated}
    try:
        return Article.model_validate(fields)
    except ValidationError as error:
        return Unreadable(path, None, what_is_wrong(orjson.dumps(fields), error), "mend the file or its manifest entry")


def _scraped(text: str) -> dict[str, Any]:
    """What a scraped text says of itself."""
    header, _ = headers.split(text)
    cleaned = clean(Article(id="-", source="-", text=text))
    published = header.published
    if published is None:
        printed = printed_date(cleaned)
        published = printed if printed and has_year(printed) and precision(printed) == "day" else None
    source = header.source or _host(header.url) or _outlet(text, cleaned.bylines)
    return _known(
        text=text, title=header.title, url=header.url, published=published, source=source, language=header.language
    )


def _page(page: str) -> dict[str, Any]:
    """The report and the metadata of a saved HTML page."""
    if not markup.is_page(page):
        return _scraped(page)
    header, text = markup.read_page(page)
    return _known(
        text=text,
        title=header.title,
        url=header.url,
        published=header.published,
        source=header.source or _host(header.url),
        language=header.language,
    )


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _host(url: str | None) -> str | None:
    host = urlsplit(url or "").hostname
    return host.removeprefix("www.") if host else None


def _outlet(text: str, bylines: Iterable[str]) -> str | None:
    """The outlet that the copyright line or the dateline names."""
    for line in text.splitlines()[-15:]:
        owner = _OWNER.search(line)
        if owner and len(line) <= 120:
            name = re.sub(r"\W*\ball rights reserved\b.*", "", owner["name"], flags=re.IGNORECASE).strip()
            if name:
                return " ".join(name.split()).title() if name.isupper() else " ".join(name.split())
    for line in bylines:
        outlet = _DAY_AND_OUTLET.search(line)
        if outlet:
            return outlet["name"]
    return None
