"""Every country of ISO 3166-1, and Kosovo, under the words that news in English has for it.

The words come from pycountry (ISO 3166-1), babel (CLDR) and countryinfo; ``data/countries.yaml`` adds what these
lack and takes out what they get wrong. ``EU`` is kept beside the countries: it acts as one, but is none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipeline.reading.folding import fold

_REGIONS = ("region", "subregion", "intermediateregion")
_NO_PLURAL = ("ese", "ish", "ch", "ic", "s", "x", "z", "man", "men", "I-Kiribati", "UAE")


@dataclass(frozen=True)
class Country:
    """One country and its words, as they are written (accents and straight quotes), without doubles.

    ``names`` starts with the usual short name. ``demonyms`` are adjectives and single persons, ``people`` persons only.
    ``seats`` stand for the government; ``governments`` speak for the country, ``bodies`` (chambers) do not; ``heads``
    are titles with a name that need no country ("President Biden"). A dependent territory has a code and a name, but
    is no state of its own. ``regions`` are those of UN M49.
    """

    code: str
    name: str
    names: tuple[str, ...]
    demonyms: tuple[str, ...]
    people: tuple[str, ...]
    seats: tuple[str, ...]
    governments: tuple[str, ...]
    bodies: tuple[str, ...]
    heads: tuple[str, ...]
    dependent: bool
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Shared:
    """A word of several countries: which, and which of them it means where the text names none or several of them."""

    countries: tuple[str, ...]
    default: str | None
    several: str | None


@dataclass(frozen=True)
class Abbreviation:
    """An abbreviation that counts only where one of ``needs`` stands in the text too."""

    country: str | None
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Namesake:
    """A country's name that a place elsewhere has too, with words that tell of the one and of the other."""

    place: tuple[str, ...]
    country: tuple[str, ...]


@dataclass(frozen=True)
class Countries:
    """All countries by code, and what the words for them share with other things.

    A name with one of ``elsewhere`` after it is a town there: "Lebanon, Ohio".
    """

    by_code: Mapping[str, Country]
    abbreviations: Mapping[str, str]
    abbreviations_if: Mapping[str, Abbreviation]
    shared: Mapping[str, Shared]
    also_persons: frozenset[str]
    also_places: Mapping[str, Namesake]
    silent: tuple[str, ...]
    elsewhere: tuple[str, ...]

    def name(self, code: str) -> str:
        """The usual short name of a country. Raises KeyError for a code that is no country's."""
        return self.by_code[code].name

    def sovereign(self) -> tuple[Country, ...]:
        """The countries that are states of their own: neither dependent territories nor the European Union."""
        return tuple(c for c in self.by_code.values() if not c.dependent and c.code not in {"EU", "AQ"})


@cache
def load_countries() -> Countries:
    """The countries, read once per process."""
    from countryinfo import all_countries

    table: dict[str, Any] = yaml.load(
        files("pipeline.reading").joinpath("data/countries.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    infos: dict[str, Any] = {}
    for info in all_countries():
        infos.setdefault(info.iso(2), info)  # parts of a country (Wales) come after it, under its code
    official = _official_names()
    first_parts = Counter(name.split(",")[0] for names in official.values() for name in names[:1])
    by_code = {}
    for code in sorted({*official, "EU", "XK"}):
        by_code[code] = _country(code, official.get(code, ()), infos.get(code), table, first_parts)
    return Countries(
        by_code=by_code,
        abbreviations=table["abbreviations"],
        abbreviations_if={
            word: Abbreviation(entry["country"], tuple(entry["needs"]))
            for word, entry in table["abbreviations_if"].items()
        },
        shared={
            form: Shared(tuple(entry["countries"]), entry["default"], entry.get("several", entry["default"]))
            for word, entry in table["ambiguous"].items()
            for form in (word, *(f"{word}s" for country in by_code.values() if f"{word}s" in country.people))
        },
        also_persons=frozenset(table["also_persons"]),
        also_places={
            word: Namesake(tuple(entry["place"]), tuple(entry["country"]))
            for word, entry in table["also_places"].items()
        },
        silent=tuple(table["silent"]),
        elsewhere=(*infos["US"].provinces(), *table["elsewhere"]),
    )


def _official_names() -> dict[str, tuple[str, ...]]:
    import pycountry
    from babel import Locale

    cldr = Locale("en").territories
    names = {}
    for entry in pycountry.countries:
        forms = (
            entry.name,
            getattr(entry, "common_name", None),
            getattr(entry, "official_name", None),
            cldr.get(entry.alpha_2),
        )
        names[entry.alpha_2] = tuple(form for form in forms if form)
    return names


def _country(
    code: str, official: tuple[str, ...], info: Any, table: dict[str, Any], first_parts: Mapping[str, int]
) -> Country:
    dependent = code in table["dependent"]
    dropped = {fold(name) for name in table["drop_names"].get(code, ())}
    packaged = (*official, info.name()) if info else official
    names = [table["short"][code]] if code in table["short"] else [_short_name(official)]
    names += (form for name in table["names"].get(code, ()) for form in _spellings(name, first_parts))
    names += (form for name in packaged for form in _spellings(re.sub("^[Tt]he ", "", name), first_parts))
    unwanted = {fold(word) for word in table["drop_demonyms"].get(code, ())}
    demonyms = [] if dependent or not info else (info.demonym() or "").split(",")
    demonyms = [word for word in demonyms if fold(word) not in unwanted] + table["demonyms"].get(code, [])
    nouns: list[str] = table["people"].get(code, [])
    plurals = [word + "s" for word in (*nouns, *demonyms) if word and not word.endswith(_NO_PLURAL)]
    if code in table["seats"]:
        seats = table["seats"][code]
    else:
        seats = [info.capital()] if info and not dependent and info.capital() else []
    return Country(
        code=code,
        name=names[0],
        names=_distinct(name for name in names if fold(name) not in dropped),
        demonyms=_distinct(demonyms),
        people=_distinct(word for word in (*nouns, *plurals) if word not in names),
        seats=_distinct(seats),
        governments=_distinct((*table["governments"].get(code, ()), *_administrations(code, table))),
        bodies=_distinct(table["bodies"].get(code, ())),
        heads=_distinct(_heads(code, table)),
        dependent=dependent,
        regions=tuple(info.info().get(part) or "" for part in _REGIONS) if info else (),
    )


def _short_name(official: tuple[str, ...]) -> str:
    """CLDR's short name, which is the last of the official forms, without signs."""
    name = official[-1].replace(" & ", " and ").replace("\u2019", "'").split(" (")[0]
    return name.replace("St. ", "Saint ")


def _spellings(name: str, first_parts: Mapping[str, int]) -> Iterator[str]:
    """The ways in which running text writes a name of a list: "Korea, Republic of" is "Republic of Korea"."""
    name = re.sub(r"\s*\(.*?\)", "", name).replace("\u2019", "'").replace(" & ", " and ").replace(" - ", "-")
    head, comma, tail = name.partition(", ")
    if not comma:
        forms = [name]
    elif tail.endswith((" of", " of the")):
        forms = [f"{tail.removeprefix('The ')} {head}", *([head] if first_parts[head] == 1 else [])]
    elif tail in {"British", "U.S."}:
        forms = [f"{tail} {head}"]
    else:
        forms = [name]  # "Saint Helena, Ascension and Tristan da Cunha"
    for form in forms:
        yield form
        if " and " in form:
            yield form.replace(" and ", " & ")
        if form.startswith("Saint "):
            yield "St. " + form.removeprefix("Saint ")
            yield "St " + form.removeprefix("Saint ")
        elif form.startswith("St. "):
            yield "Saint " + form.removeprefix("St. ")
            yield "St " + form.removeprefix("St. ")


def _administrations(code: str, table: dict[str, Any]) -> Iterator[str]:
    for name in table["presidents"].get(code, ()):
        yield f"{name.split()[-1]} administration"


def _heads(code: str, table: dict[str, Any]) -> Iterator[str]:
    for name in table["presidents"].get(code, ()):
        surname = name.split()[-1]
        for title in ("President", "president", "then-President", "then-president"):
            yield f"{title} {name}"
            if surname not in table["not_by_surname"]:
                yield f"{title} {surname}"


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
