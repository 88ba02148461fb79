"""Which governments, states and territorial claims are watched: a YAML file, and a user's own on top of it.

Every other state of ISO 3166-1 is watched too, under its own name, so that its ties and its recognition are read.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from pipeline.errors import RecognitionError
from pipeline.reading.countries import load_countries
from pipeline.reading.folding import fold

Kind = Literal["government", "state", "claim"]
_ID = re.compile(r"[a-z][a-z0-9-]*")


class WatchlistError(RecognitionError):
    """A watchlist file that cannot be used; the message names file, line and reason."""


@dataclass(frozen=True)
class Subject:
    """One government, state or territorial claim on the watchlist.

    ``territory`` is the ISO code of the country that it is, governs or lies in; None where there is none.
    A government with ``in_power`` false claims the territory without governing it. A claim is ``over`` a territory,
    which ``holder`` (an ISO code) holds to be its own: recognising it is recognising no state.
    ``listed`` is false for the states that are watched without standing in a watchlist.
    """

    id: str
    name: str
    kind: Kind
    territory: str | None = None
    in_power: bool = True
    aliases: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    contextual: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    opposite: str | None = None
    over: tuple[str, ...] = ()
    holder: str | None = None
    listed: bool = True

    @property
    def acts_for(self) -> str | None:
        """The country in whose name it acts, if any: that which it is or governs."""
        return self.territory if self.kind != "claim" and self.in_power else None


_LISTS = frozenset({"aliases", "adjectives", "leaders", "seats", "contextual", "together", "over"})
_FIELDS = frozenset(field.name for field in fields(Subject)) - {"listed"}
_REQUIRED = ("id", "name", "kind")


def load_watchlist(path: Path | None = None) -> Mapping[str, Subject]:
    """Every subject by id: the built-in ones, those of the user's file (which replace same ids), all other states.

    Raises:
        WatchlistError: the file cannot be read, is no watchlist, or contradicts itself.
    """
    subjects = dict(_builtin())
    if path is not None:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise WatchlistError(f"cannot read the watchlist {path}: {reason}") from error
        _merge(subjects, text, str(path))
    return subjects | _other_states(subjects.values())


@cache
def _builtin() -> Mapping[str, Subject]:
    subjects: dict[str, Subject] = {}
    _merge(subjects, files("pipeline.reading").joinpath("data/watchlist.yaml").read_text("utf-8"), "watchlist.yaml")
    return subjects


def _other_states(listed: Iterable[Subject]) -> dict[str, Subject]:
    """States without a listed subject of their own, under the id that their English short name makes."""
    taken = {subject.acts_for for subject in listed} | {None}
    ids = {subject.id for subject in listed}
    states = {}
    for country in load_countries().sovereign():
        key = slug(country.name)
        if country.code not in taken and key not in ids:
            states[key] = Subject(id=key, name=country.name, kind="state", territory=country.code, listed=False)
    return states


def slug(name: str) -> str:
    """The id that a name makes: "Ivory Coast" is ``ivory-coast``."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name).lower()).strip("-")


class _File:
    """One watchlist file as YAML nodes, so that every complaint can name its line."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self.root = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            reason = getattr(error, "problem", None) or str(error)
            raise WatchlistError(f"{name}, line {line}: not YAML: {reason}") from error

    def bad(self, node: yaml.Node, reason: str) -> WatchlistError:
        return WatchlistError(f"{self.name}, line {node.start_mark.line + 1}: {reason}")

    def entries(self) -> list[yaml.MappingNode]:
        if self.root is None:
            return []
        if not isinstance(self.root, yaml.SequenceNode):
            raise self.bad(self.root, "a watchlist is a list of subjects, each starting with '- id: ...'")
        for entry in self.root.value:
            if not isinstance(entry, yaml.MappingNode):
                raise self.bad(entry, "a subject is a set of fields such as id, name, kind")
        return list(self.root.value)

    def text(self, field: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.bad(node, f"{field} wants one word or phrase")
        return str(node.value).strip()

    def texts(self, field: str, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.bad(node, f"{field} wants a list such as [one name, another name]")
        return tuple(self.text(field, item) for item in node.value)


def _merge(subjects: dict[str, Subject], text: str, name: str) -> None:
    """Read a file into ``subjects``; what the file says wins, but may not contradict the rest."""
    file = _File(text, name)
    nodes: dict[str, yaml.MappingNode] = {}
    for entry in file.entries():
        subject = _subject(file, entry)
        if subject.id in nodes:
            first = nodes[subject.id].start_mark.line + 1
            raise file.bad(entry, f"{subject.id} is there twice; the first one is on line {first}")
        nodes[subject.id] = entry
        subjects[subject.id] = subject
    known = subjects | _other_states(subjects.values())
    owners: dict[str, str] = {}
    for subject in subjects.values():
        if subject.opposite is not None and subject.opposite not in known and subject.id in nodes:
            raise file.bad(nodes[subject.id], f"{subject.id}: no subject is called {subject.opposite} (opposite)")
        if subject.kind == "claim":
            continue
        for alias in (subject.name, *subject.aliases, *subject.leaders):
            other = owners.setdefault(fold(alias), subject.id)
            if other != subject.id:
                at = nodes.get(subject.id) or nodes[other]
                raise file.bad(at, f"{alias!r} cannot mean both {other} and {subject.id}; make it contextual")


def _subject(file: _File, entry: yaml.MappingNode) -> Subject:
    values: dict[str, Any] = {}
    for key, node in entry.value:
        field = str(key.value)
        if field not in _FIELDS:
            raise file.bad(key, f"no field is called {field!r}; there are {', '.join(sorted(_FIELDS))}")
        if field in values:
            raise file.bad(key, f"{field} is there twice")
        if field == "in_power":
            if node.value not in {"true", "false"}:
                raise file.bad(node, "in_power is true or false")
            values[field] = node.value == "true"
        else:
            values[field] = file.texts(field, node) if field in _LISTS else file.text(field, node)
    for field in _REQUIRED:
        if field not in values:
            raise file.bad(entry, f"a subject needs {field}")
    _check(file, entry, values)
    return Subject(**values)


def _check(file: _File, entry: yaml.MappingNode, values: Mapping[str, Any]) -> None:
    where = {str(key.value): node for key, node in entry.value}
    countries = load_countries().by_code
    if not _ID.fullmatch(values["id"]):
        raise file.bad(where["id"], f"id {values['id']!r}: wants small letters, digits and hyphens, a letter first")
    if values["kind"] not in get_args(Kind):
        raise file.bad(where["kind"], f"kind {values['kind']!r}: wants {', '.join(get_args(Kind))}")
    for field in ("territory", "holder"):
        if field in values and values[field] not in countries:
            raise file.bad(where[field], f"{field} {values[field]!r}: wants an ISO 3166-1 code such as AF, or XK")
    if values["kind"] == "government" and "territory" not in values:
        raise file.bad(entry, "a government needs the territory (ISO code) that it governs or claims to govern")
    if (values["kind"] == "claim") != ("over" in values and "holder" in values):
        raise file.bad(entry, "a claim, and nothing else, has both over (names) and holder (ISO code)")
