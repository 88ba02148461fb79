"""What people call subjects and countries, and what a misspelt name is most like."""

from collections.abc import Mapping
from difflib import get_close_matches

from pipeline.reading.countries import Country
from pipeline.reading.watchlist import Subject


def subject_names(subjects: Mapping[str, Subject]) -> dict[str, str]:
    """The subject that each name, alias and identifier stands for; case is folded."""
    return {name.casefold(): one.id for one in subjects.values() for name in (*one.aliases, one.name, one.id)}


def country_names(countries: Mapping[str, Country]) -> dict[str, str]:
    """The code of the country that each English name stands for; case is folded."""
    return {name.casefold(): code for code, one in countries.items() for name in (one.name, *one.names)}


def most_like(word: str, names: Mapping[str, str]) -> list[str]:
    """What the three names stand for that are most like this word, the likest first, each once; none when none is."""
    return list(dict.fromkeys(names[name] for name in get_close_matches(word.casefold(), names, n=3, cutoff=0.75)))
