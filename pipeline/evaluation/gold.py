"""Labelled articles as files: ``docs/*.json``, ``gold.jsonl`` (what is said) and ``traps.jsonl`` (what is not)."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import ValidationError

from pipeline.edtf import Edtf
from pipeline.errors import RecognitionError
from pipeline.records import Country, Predicate, Record, SubjectId

Line = TypeVar("Line", bound=Record)

Key = tuple[str, str, str, str]
"""doc, subject, country, predicate (of equal predicates the one that stands for both)."""

# Between Beijing and Taipei every state chooses one: relations are the recognition.
_ONE_CHINA = frozenset({"taiwan", "china"})
_EQUAL = {"withdrew_recognition": "severed_relations", "recognized": "established_relations"}


def canonical(subject: str, predicate: str) -> str:
    """The predicate that stands for all that are equal to it for this subject."""
    return _EQUAL.get(predicate, predicate) if subject in _ONE_CHINA else predicate


class GoldLine(Record):
    """One fact that a document asserts, as a careful reader labelled it."""

    doc: str
    subject: SubjectId
    country: Country
    predicate: Predicate
    date: Edtf | None = None
    evidence: str = ""
    optional: bool = False
    """Neither missing nor emitting it is punished."""

    @property
    def key(self) -> Key:
        """What is compared with an emitted claim."""
        return self.doc, self.subject, self.country, canonical(self.subject, self.predicate)


class TrapLine(Record):
    """One claim that a hasty reader would take from a document, and why it would be wrong."""

    doc: str
    subject: SubjectId
    country: Country
    wrong_predicate: Predicate
    wrong_date: Edtf | None = None
    """Where given, the claim is wrong only with that date."""
    why: str = ""
    evidence: str = ""

    @property
    def key(self) -> Key:
        """What is compared with an emitted claim."""
        return self.doc, self.subject, self.country, canonical(self.subject, self.wrong_predicate)


@dataclass(frozen=True)
class LabelledSet:
    """A folder of labelled articles. ``documents`` holds (id, the JSON of the Article)."""

    folder: Path
    documents: tuple[tuple[str, bytes], ...]
    gold: tuple[GoldLine, ...]
    traps: tuple[TrapLine, ...]

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects that any line is about; claims on others are not counted."""
        return frozenset({line.subject for line in self.gold} | {line.subject for line in self.traps})


def load(folder: Path) -> LabelledSet:
    """Read a labelled set; a folder without traps.jsonl has no traps.

    Raises:
        RecognitionError: a file is missing or a line is not what it should be; names the file and the line.
    """
    documents = tuple((_id_of(path), path.read_bytes()) for path in sorted((folder / "docs").glob("*.json")))
    if not documents:
        raise RecognitionError(f"no documents in {folder / 'docs'}: expected one JSON article a file, NNN.json")
    known = {doc for doc, _ in documents}
    gold = read_lines(folder / "gold.jsonl", GoldLine)
    traps_path = folder / "traps.jsonl"
    traps = read_lines(traps_path, TrapLine) if traps_path.exists() else ()
    strangers = sorted(({line.doc for line in gold} | {line.doc for line in traps}) - known)
    if strangers:
        raise RecognitionError(f"{folder} labels documents that docs/ does not have: {', '.join(strangers)}")
    return LabelledSet(folder, documents, gold, traps)


def read_lines(path: Path, form: type[Line]) -> tuple[Line, ...]:
    """The records of a JSON Lines file; empty lines are skipped.

    Raises:
        RecognitionError: the file is missing, or a line is not such a record; names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecognitionError(f"cannot read {path}: {error.strerror}") from error
    lines = []
    for number, raw in enumerate(content.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            lines.append(form.from_json(raw))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise RecognitionError(f"{path}, line {number}: {where + ': ' if where else ''}{first['msg']}") from error
    return tuple(lines)


def _id_of(path: Path) -> str:
    try:
        content = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise RecognitionError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("id"), str):
        raise RecognitionError(f"{path} has no id: a document is an Article with a text id")
    return str(content["id"])
