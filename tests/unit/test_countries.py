"""Every country is found by every word that news has for it, and no word means two without saying so."""

from collections import defaultdict

import pycountry
import pytest

from pipeline.reading.countries import load_countries
from pipeline.reading.folding import fold
from pipeline.reading.gazetteer import Gazetteer

COUNTRIES = load_countries()
GAZETTEER = Gazetteer.load()
SHARED = {fold(word) for word in COUNTRIES.shared}
CODES = sorted({entry.alpha_2 for entry in pycountry.countries} | {"XK", "EU"})


def found(text: str) -> list[tuple[str, str | None]]:
    return [(mention.text, mention.country) for mention in GAZETTEER.mentions(text)]


def test_all_of_iso_3166_and_kosovo_are_there() -> None:
    assert sorted(COUNTRIES.by_code) == CODES


@pytest.mark.parametrize("code", CODES)
def test_found_by_every_name(code: str) -> None:
    for name in COUNTRIES.by_code[code].names:
        if fold(name) not in SHARED and name[0].isupper():
            assert found(f"and {name} did") == [(name, code)]


@pytest.mark.parametrize("code", CODES)
def test_found_by_adjectives_people_and_seats(code: str) -> None:
    country = COUNTRIES.by_code[code]
    for word in (*country.demonyms, *country.people, *country.seats):
        if fold(word) not in SHARED:
            assert found(f"and {word} did") == [(word, code)]


@pytest.mark.parametrize("country", COUNTRIES.sovereign(), ids=lambda country: country.code)
def test_every_state_has_a_name_an_adjective_and_a_seat(country: object) -> None:
    state = COUNTRIES.by_code[country.code]  # type: ignore[attr-defined]
    assert state.names
    assert state.demonyms or state.code in {"VA", "CF"}  # "Vatican" and "Central African" serve as both
    named_after_their_seat = {"DJ", "GT", "KW", "LU", "MC", "SG", "SM", "VA"}
    too_common = {"AG", "DO", "EH", "GD", "MV", "VC"}  # Saint John's, Male, Kingstown ...
    assert state.seats or state.code in named_after_their_seat | too_common


def test_no_word_means_two_countries_unless_it_is_listed() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for country in COUNTRIES.by_code.values():
        for word in (*country.names, *country.demonyms, *country.people, *country.seats):
            meanings[fold(word)].add(country.code)
    assert {word for word, codes in meanings.items() if len(codes) > 1} <= SHARED


def test_packages_know_wrong_things_that_are_not_taken_over() -> None:
    for code, wrong in {"TJ": "Tadzhik", "KG": "Kirghiz", "IO": "Indian", "KZ": "Nur Sultan", "GB": "Welsh"}.items():
        country = COUNTRIES.by_code[code]
        assert wrong not in (*country.demonyms, *country.seats)


def test_short_names() -> None:
    names = {code: COUNTRIES.name(code) for code in ("RU", "US", "GB", "CD", "CI", "TR", "VA", "XK", "KR", "LC", "BO")}
    assert list(names.values()) == [
        "Russia",
        "United States",
        "United Kingdom",
        "DR Congo",
        "Ivory Coast",
        "Turkey",
        "Vatican",
        "Kosovo",
        "South Korea",
        "Saint Lucia",
        "Bolivia",
    ]
    with pytest.raises(KeyError):
        COUNTRIES.name("ZZ")


def test_dependent_territories_are_no_states() -> None:
    sovereign = {country.code for country in COUNTRIES.sovereign()}
    assert not sovereign & {"GL", "HK", "PR", "GF", "EU", "AQ"}
    assert {"XK", "TW", "PS", "EH", "VA", "CK", "NU"} <= sovereign
    assert len(sovereign) == 193 + 7  # the members of the United Nations and these
