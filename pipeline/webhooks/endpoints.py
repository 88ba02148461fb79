"""The file that names the endpoints: who gets which alerts, where, and signed with what.

endpoints:
  - id: newsroom
    url: https://hooks.example.org/recognition
    secret_env: NEWSROOM_SECRET
    filters: {kinds: [new], dimensions: [recognition]}
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.errors import RecognitionError
from pipeline.records import Alert, Country, Dimension, Kind, SubjectId
from pipeline.webhooks.destinations import Destination, destination
from pipeline.webhooks.signing import PREFIX, Secret

From = Literal["now", "beginning"]


# To the end of what a message quotes: white space may have come into a secret that was pasted.
_SECRET = re.compile(PREFIX + r"""[^\s'":;][^'":;]*""")


class EndpointsError(RecognitionError):
    """A file of endpoints that cannot be used; the message names file, endpoint and field, and shows no secret."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(map(_discreet, problems)))


def _discreet(problem: str) -> str:
    """What is wrong, without a secret that was typed into the wrong place."""
    shown = _SECRET.sub(f"{PREFIX}...", problem)
    return shown if shown == problem else f"{shown} (that is a secret itself: it belongs into secret:)"


@dataclass(frozen=True)
class Filters:
    """Which alerts an endpoint wants. Each empty set is: whichever."""

    kinds: frozenset[Kind] = frozenset()
    subjects: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    dimensions: frozenset[Dimension] = frozenset()

    def __contains__(self, alert: Alert) -> bool:
        data = alert.data
        return (
            (not self.kinds or data.kind in self.kinds)
            and (not self.subjects or data.subject in self.subjects)
            and (not self.countries or data.country in self.countries)
            and (not self.dimensions or data.dimension in self.dimensions)
        )


@dataclass(frozen=True)
class Endpoint:
    """One receiver. Its URL can itself be a secret, so neither URL nor secrets show when it is printed."""

    id: str
    url: str = field(repr=False)
    destination: Destination = field(repr=False)
    secrets: tuple[Secret, ...] = field(repr=False)
    filters: Filters = field(default_factory=Filters)
    enabled: bool = True
    start: From = "now"
    """Where it begins when it is new: with the next alert, or with the first there ever was."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Strict = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_OneOrMore = BeforeValidator(_listed)


class _FilterEntry(BaseModel):
    model_config = _Strict

    kinds: Annotated[list[Kind], _OneOrMore] = []
    subjects: Annotated[list[SubjectId], _OneOrMore] = []
    countries: Annotated[list[Country], _OneOrMore] = []
    dimensions: Annotated[list[Dimension], _OneOrMore] = []


class _Entry(BaseModel):
    model_config = _Strict

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    url: str
    secret: Annotated[list[str], _OneOrMore] = []
    secret_env: Annotated[list[str], _OneOrMore] = []
    secret_file: Annotated[list[str], _OneOrMore] = []
    filters: _FilterEntry = _FilterEntry()
    enabled: bool = Field(default=True, strict=False)
    start: From = Field(default="now", alias="from")


def load_endpoints(
    path: Path, *, allow_private: bool, environment: Mapping[str, str] = os.environ
) -> tuple[Endpoint, ...]:
    """Every endpoint that the file names, in its order.

    Raises:
        EndpointsError: the file cannot be read, or something in it cannot be used; all that is wrong is told at once.
    """
    entries = _entries(path)
    endpoints: list[Endpoint] = []
    problems: list[str] = []
    for number, raw in enumerate(entries, 1):
        name = raw.get("id") if isinstance(raw, dict) else None
        label = f"endpoint {name}" if isinstance(name, str) and name else f"endpoint number {number}"
        try:
            endpoint = _endpoint(raw, path, allow_private, environment)
            if endpoint.id in {known.id for known in endpoints}:
                raise _ProblemsError(["id: another endpoint has it already; alerts delivered are counted by it"])
            endpoints.append(endpoint)
        except _ProblemsError as error:
            problems += [f"{label}: {problem}" for problem in error.problems]
    if problems:
        raise EndpointsError(*(f"{path}: {problem}" for problem in problems))
    return tuple(endpoints)


class _ProblemsError(Exception):
    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems


def _entries(path: Path) -> list[Any]:
    try:
        # All scalars as text: to YAML the code of Norway is a way to say false.
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise EndpointsError(f"cannot read the endpoints in {path}: {reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        # The error's own text quotes the file, which can hold secrets.
        raise EndpointsError(f"{path}{line}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}") from None
    if not isinstance(content, dict) or set(content) != {"endpoints"} or not isinstance(content["endpoints"], list):
        raise EndpointsError(f"{path}: it must have one entry, endpoints:, with a list below it, and nothing else")
    if not content["endpoints"]:
        raise EndpointsError(f"{path}: it names no endpoint")
    return content["endpoints"]


def _endpoint(raw: Any, path: Path, allow_private: bool, environment: Mapping[str, str]) -> Endpoint:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        raise _ProblemsError(
            [_told(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        ) from None
    problems: list[str] = []
    where: Destination | None = None
    try:
        where = destination(entry.url, allow_private=allow_private)
    except ValueError as error:
        problems.append(f"url: {error}")
    secrets, wrong = _secrets(entry, path, environment)
    problems += wrong
    if not secrets and not wrong:
        problems.append("secret: there is none; give secret, secret_env or secret_file")
    if problems or where is None:
        raise _ProblemsError(problems)
    filters = Filters(
        frozenset(entry.filters.kinds),
        frozenset(entry.filters.subjects),
        frozenset(entry.filters.countries),
        frozenset(entry.filters.dimensions),
    )
    return Endpoint(entry.id, entry.url, where, secrets, filters, entry.enabled, entry.start)


def _secrets(entry: _Entry, path: Path, environment: Mapping[str, str]) -> tuple[tuple[Secret, ...], list[str]]:
    """All secrets of an endpoint, the first named first; each place holds one or, white space between, more."""
    found: list[tuple[str, str]] = []
    problems: list[str] = []
    for content in entry.secret:
        if not content.strip():
            problems.append("secret: it is empty")
        found += [("secret", text) for text in content.split()]
    for variable in entry.secret_env:
        content = environment.get(variable, "")
        if not content.strip():
            problems.append(f"secret_env: the environment variable {variable} is not set")
        found += [(f"secret_env {variable}", text) for text in content.split()]
    for name in entry.secret_file:
        file = path.parent / name  # an absolute name stays one
        try:
            content = file.read_text("utf-8")
        except (OSError, ValueError) as error:
            problems.append(f"secret_file: cannot read {file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}")
            continue
        if not content.strip():
            problems.append(f"secret_file: {file} is empty")
        found += [(f"secret_file {file}", text) for text in content.split()]
    secrets: list[Secret] = []
    for source, text in found:
        try:
            secrets.append(Secret.parse(text))
        except ValueError as error:
            problems.append(f"{source}: {error}")
    return tuple(dict.fromkeys(secrets)), problems


def _told(place: tuple[int | str, ...], kind: str, message: str) -> str:
    """A complaint of the validation, with the field it is about. Values stay out of it: one may be a secret."""
    name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if kind == "extra_forbidden":
        known = _FilterEntry if place[0] == "filters" else _Entry
        fields = ", ".join(field.alias or name for name, field in known.model_fields.items())
        return f"{name}: there is no such field; there are {fields}"
    if kind == "missing":
        return f"{name}: it is missing"
    if kind == "model_type" and not name:
        return "it must be a mapping of fields"
    if name == "id" and kind == "string_pattern_mismatch":
        return "id: 1 to 63 of a-z, 0-9, - and _, the first a letter or digit"
    return f"{name}: {message[:1].lower()}{message[1:]}"
