"""The parameters of the API: their types as OpenAPI has them, and the checks that need the watchlist or the countries.

What a parameter names must exist: a misspelt subject is an error with the nearest ones, never an empty list.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeVar

from fastapi import Path, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pipeline import edtf, ontology
from pipeline.reading.countries import load_countries
from pipeline.reading.naming import country_names, most_like, subject_names
from pipeline.reading.watchlist import Subject, load_watchlist
from pipeline.records import DIMENSIONS, Dimension
from pipeline.serving import problems
from pipeline.serving.moments import moment_ms
from pipeline.serving.problems import ErrorItem, shown
from pipeline.serving.view import View
from pipeline.settings import Settings

DEFAULT_LIMIT = 100
MOST = 1000
_YEAR_FIRST = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_SUBJECT = {"pattern": r"^[a-z][a-z0-9-]*$"}
_COUNTRY = {"pattern": r"^[A-Z]{2}$"}
T = TypeVar("T")

SubjectPath = Annotated[
    str, Path(description="a subject of /v1/subjects", json_schema_extra=_SUBJECT, examples=["taliban"])
]
CountryPath = Annotated[str, Path(description="ISO 3166-1 alpha-2", json_schema_extra=_COUNTRY, examples=["RU"])]
SubjectQuery = Annotated[
    str | None, Query(description="a subject of /v1/subjects", json_schema_extra=_SUBJECT, examples=["taliban"])
]
OneSubjectQuery = Annotated[
    str, Query(description="a subject of /v1/subjects", json_schema_extra=_SUBJECT, examples=["taliban"])
]
CountryQuery = Annotated[
    str | None,
    Query(description="ISO 3166-1 alpha-2, XK for Kosovo", json_schema_extra=_COUNTRY, examples=["RU"]),
]
DimensionQuery = Annotated[
    Dimension | None, Query(description="one dimension of /v1/ontology", examples=["recognition"])
]
ValueQuery = Annotated[str | None, Query(description="a value of the dimension, see /v1/ontology", max_length=64)]
AsOf = Annotated[
    str | None,
    Query(
        description="what was true by the end of this day, month or year, with all that is known by now",
        max_length=32,
        json_schema_extra={"pattern": _YEAR_FIRST},
        examples=["2025-07-03"],
    ),
]
KnownAt = Annotated[
    str | None,
    Query(
        description="what was known here then: an RFC 3339 date-time, or a date, which means its end in UTC",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]},
        examples=["2025-07-04"],
    ),
]
Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=512)]
Limit = Annotated[int, Query(description="rows of a page", ge=1, le=MOST)]
Format = Annotated[Literal["json", "csv"] | None, Query(description="goes before the header Accept", examples=["csv"])]


class Vocabulary:
    """What parameters may name: subjects of the watchlist, countries, values."""

    def __init__(self, settings: Settings) -> None:
        self.subjects: Mapping[str, Subject] = load_watchlist(settings.watchlist)
        countries = load_countries().by_code
        self.countries: Mapping[str, str] = {code: one.name for code, one in countries.items()}
        self.values: Mapping[Dimension, tuple[str, ...]] = {
            dimension: ontology.load().values(dimension) for dimension in DIMENSIONS
        }
        self._ids = subject_names(self.subjects)
        self._codes = {code.casefold(): code for code in countries} | country_names(countries)

    def like_subject(self, given: str) -> str:
        """The subjects whose names are most like this, as a question; else nothing."""
        return _question(given, self._ids, lambda key: key)

    def like_country(self, given: str) -> str:
        """The countries whose codes or names are most like this, as a question; else nothing."""
        return _question(given, self._codes, lambda code: f"{code} ({self.countries[code]})")


class Checks:
    """The checks of one request: all that is wrong is told at once, by ``done``."""

    def __init__(self, vocabulary: Vocabulary, view: View) -> None:
        self._vocabulary = vocabulary
        self._view = view
        self._errors: list[ErrorItem] = []

    def done(self) -> None:
        """Raise ProblemError (422) if anything was wrong."""
        if self._errors:
            raise problems.invalid(*self._errors)

    def wrong(self, parameter: str, detail: str) -> None:
        """Note that a parameter is wrong."""
        self._errors.append(ErrorItem(parameter=parameter, detail=f"{parameter}: {detail}"))

    def subject(self, given: str | None) -> str | None:
        """A subject that is watched, or was when articles on it came in."""
        if given is not None and given not in self._vocabulary.subjects and given not in self._view.subjects():
            near = self._vocabulary.like_subject(given) or "/v1/subjects?watched=all lists all"
            self.wrong("subject", f"no subject is called {shown(given)}; {near}")
        return given

    def country(self, given: str | None) -> str | None:
        """A country, or the European Union."""
        if given is not None and given not in self._vocabulary.countries:
            near = self._vocabulary.like_country(given) or "/v1/countries lists all"
            self.wrong("country", f"{shown(given)} is no ISO 3166-1 code of a country; {near}")
        return given

    def value(
        self, dimension: Dimension | None, value: str | None, recognition: str | None = None
    ) -> tuple[Dimension | None, str | None]:
        """The dimension and value that are asked for; ``recognition=X`` is short for both."""
        if recognition is not None:
            if dimension not in (None, "recognition") or value not in (None, recognition):
                self.wrong("recognition", "is short for dimension=recognition&value=...; give the one or the other")
            dimension, value, name = "recognition", recognition, "recognition"
        else:
            name = "value"
        values = self._vocabulary.values
        known = (
            values[dimension] if dimension else tuple(dict.fromkeys(one for some in values.values() for one in some))
        )
        if value is not None and value not in known:
            near = problems.did_you_mean(value, known) or f"there are {', '.join(known)}"
            self.wrong(name, f"{shown(value)} is no value of {dimension or 'any dimension'}; {near}")
        return dimension, value

    def as_of(self, given: str | None) -> str | None:
        """An EDTF date with a year."""
        if given is not None:
            try:
                edtf.span(given)
            except ValueError as error:
                self.wrong("as_of", f"{error}; give 2025-07-03, 2025-07 or 2025")
        return given

    def known_at(self, given: str | None) -> int | None:
        """A moment, in milliseconds since 1970. A date means its last millisecond in UTC."""
        if given is None:
            return None
        try:
            return moment_ms(given)
        except ValueError:
            self.wrong(
                "known_at",
                f"{shown(given)} is no RFC 3339 date-time; give 2025-07-04, or 2025-07-04T09:30:00Z with its zone "
                "(a + in a URL is written %2B)",
            )
            return None

    def cursor(self, name: str, given: str | None, read: Callable[[str], T]) -> T | None:
        """What a cursor holds."""
        if given is None:
            return None
        try:
            return read(given)
        except ValueError as error:
            self.wrong(name, str(error))
            return None

    def together(self, first: str, second: str, *, given: bool) -> None:
        """Note that two parameters exclude each other, if both are given."""
        if given:
            self.wrong(first, f"does not go together with {second}; give the one or the other")


async def no_others(request: Request) -> None:
    """Refuse query parameters that the endpoint does not have, and those that are given twice: ProblemError (422).

    A filter with a slip of the pen would otherwise answer with everything.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    names = _names(route.dependant)
    errors = []
    for name in dict.fromkeys(request.query_params.keys()):
        if name not in names:
            near = problems.did_you_mean(name, names) or (
                f"there are {', '.join(names)}" if names else "there are none"
            )
            errors.append(ErrorItem(parameter=name, detail=f"no parameter is called {shown(name)} here; {near}"))
        elif len(request.query_params.getlist(name)) > 1:
            errors.append(ErrorItem(parameter=name, detail=f"{name}: is given twice; give it once"))
    if errors:
        raise problems.invalid(*errors)


def _names(dependant: Dependant) -> list[str]:
    """The query parameters of an endpoint, and of what it depends on."""
    names = [field.alias for field in dependant.query_params]
    return names + [name for below in dependant.dependencies for name in _names(below)]


def _question(given: str, known: Mapping[str, str], show: Callable[[str], str]) -> str:
    """`did you mean ...?` with what the most similar names stand for, each once."""
    word = given.casefold()[:80]  # longer is no name, and comparing is slow
    found = [known[word]] if word in known else most_like(word, known)
    return f"did you mean {' or '.join(map(show, found))}?" if found else ""
