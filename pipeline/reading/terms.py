"""Every term that the gazetteer looks for, and what each can mean by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from pipeline.reading.countries import Countries
from pipeline.reading.folding import fold
from pipeline.reading.watchlist import Subject

Form = Literal[
    "name",  # Russia, Kosovo, the Taliban
    "adjective",  # Russian, Kosovar
    "people",  # Russians
    "capital",  # Moscow, Kabul: the seat, or the government by its seat
    "government",  # the Kremlin, Spain's Foreign Ministry, the Taliban-led government: acts for the country
    "title",  # Spanish Prime Minister Pedro Sanchez: an office of state, with its holder's name
    "body",  # the Polish Senate, Spain's opposition, a former minister: of the country, does not act for it
    "alias",  # a person or an abbreviation that the text introduces; a leader whom the watchlist names
    "territory",  # Crimea, Jerusalem: a place that somebody claims
    "contextual",  # the group, the junta
    "group",  # the EU, Western countries
]


@dataclass(frozen=True)
class Entry:
    """What one term can mean; ``claims`` are the territorial claims over what it names."""

    form: Form
    country: str | None = None
    subjects: tuple[str, ...] = ()
    contextual: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    group: str | None = None
    members: tuple[str, ...] = ()
    silent: bool = False
    small: bool = False  # a common noun ("the group"): it means what the text names elsewhere
    among: tuple[str, ...] = ()  # it means the one of these countries that the text names
    together: bool = False  # it means all of them at once ("the breakaway regions")

    def __add__(self, other: "Entry") -> "Entry":
        """What a term means that stands in the data twice: a place that is claimed has its other form."""
        return replace(
            self,
            form=other.form if self.form == "territory" else self.form,
            country=self.country or other.country,
            subjects=_both(self.subjects, other.subjects),
            contextual=_both(self.contextual, other.contextual),
            territory=_both(self.territory, other.territory),
            claims=_both(self.claims, other.claims),
            group=self.group or other.group,
            members=self.members or other.members,
        )


class Terms:
    """All terms, folded, each in every case in which it is looked for."""

    def __init__(self, countries: Countries, watchlist: Mapping[str, Subject]) -> None:
        self.entries: dict[str, Entry] = {}
        self._states: dict[str, tuple[str, ...]] = {}
        self._governments: dict[str, tuple[str, ...]] = {}
        for subject in watchlist.values():
            if subject.acts_for:
                index = self._states if subject.kind == "state" else self._governments
                index[subject.acts_for] = (*index.get(subject.acts_for, ()), subject.id)
        for subject in watchlist.values():
            if subject.kind == "claim":
                self._add_claim(subject)
            elif subject.listed:
                self._add_subject(subject)
        self._add_countries(countries)
        self._add_groups()
        self._add_regions(countries)
        for word in countries.silent:
            self.entries.setdefault(fold(word), Entry("name", silent=True))

    def of_country(self, code: str | None, form: Form) -> Entry:
        """What a word for a country means: the country, the state that it is, the governments that govern it."""
        if code is None:
            return Entry(form)
        if code == "EU" and form in ("name", "capital"):  # it acts as one, but it is a group
            return Entry("group", code, group="European Union")
        states, governments = self._states.get(code, ()), self._governments.get(code, ())
        if form in ("capital", "people"):
            return Entry(form, code, contextual=states + governments)
        if form in ("government", "title"):  # it speaks for the government: that is what it names
            return Entry(form, code, subjects=states + governments)
        if form == "body":
            return Entry(form, code, territory=states + governments)
        return Entry(form, code, subjects=states, territory=governments)

    def _put(self, term: str, entry: Entry) -> None:
        term = fold(term)
        spellings = [term]
        if term[0].islower():
            spellings.append(term[0].upper() + term[1:])
        elif len(term) > 3 and not term.isupper():
            spellings.append(term.upper())
        for spelling in spellings:
            old = self.entries.get(spelling)
            self.entries[spelling] = old + entry if old else entry

    def _add_subject(self, subject: Subject) -> None:
        acts_for = subject.acts_for
        named = Entry("name", acts_for, subjects=(subject.id,))
        if "(" not in subject.name:  # "Libya (government in the east)" is a description
            self._put(subject.name, named)
        for name in subject.aliases:
            self._put(name, named)
        for name in subject.adjectives:
            self._put(name, replace(named, form="adjective"))
        for name in subject.leaders:
            self._put(name, replace(named, form="alias"))
        for name in subject.seats:
            self._put(name, Entry("capital", acts_for, contextual=(subject.id,)))
        for name in subject.contextual:
            small = name[0].islower()
            country = acts_for if subject.kind == "state" and not small else None
            self._put(name, Entry("contextual", country, contextual=(subject.id,), small=small))

        for name in subject.together:
            small = name[0].islower()
            self._put(name, Entry("contextual", contextual=(subject.id,), small=small, together=True))

    def _add_claim(self, claim: Subject) -> None:
        for name in claim.over:
            self._put(name, Entry("territory", claims=(claim.id,), small=name[0].islower()))
        for name in claim.aliases:
            self._put(name, Entry("territory", subjects=(claim.id,)))

    def _add_countries(self, countries: Countries) -> None:
        words: dict[str, Entry] = {}
        for country in countries.by_code.values():
            forms: tuple[tuple[Form, tuple[str, ...]], ...] = (
                ("name", country.names),
                ("adjective", country.demonyms),
                ("people", country.people),
                ("capital", country.seats),
            )
            for form, terms in forms:
                for term in terms:
                    words.setdefault(fold(term), self.of_country(country.code, form))
            for term in country.governments:
                words[fold(term)] = self.of_country(country.code, "government")
            for term in country.heads:
                words[fold(term)] = self.of_country(country.code, "title")
            for term in country.bodies:
                words[fold(term)] = self.of_country(country.code, "body")
        for term, shared in countries.shared.items():
            words[fold(term)] = self.of_country(shared.default, words.get(fold(term), Entry("name")).form)
        for term, code in countries.abbreviations.items():
            words[fold(term)] = self.of_country(code, "name")
        for term, short in countries.abbreviations_if.items():
            words[fold(term)] = self.of_country(short.country, "name")
        for term, entry in words.items():
            self._put(term, entry)

    def _add_groups(self) -> None:
        table = _table("groups")
        for group, about in table["groups"].items():
            entry = Entry("group", about.get("country"), group=group, members=tuple(about.get("members", ())))
            for name in about["names"]:
                self.entries[fold(name)] = entry
        for adjective in table["adjectives"]:
            for noun in table["nouns"]:
                entry = Entry("group", group=f"{adjective} {noun}")
                self.entries.setdefault(fold(f"{adjective} {noun}"), entry)
                self.entries.setdefault(fold(f"{adjective} {noun.title()}"), entry)
        for word in table["words"]:
            self._put(word, Entry("group", group=word))

    def _add_regions(self, countries: Countries) -> None:
        table = _table("regions")
        for adjective, parts in table["regions"].items():
            among = tuple(
                country.code
                for country in countries.sovereign()
                if country.code in parts or any(region in parts for region in country.regions)
            )
            entry = Entry("contextual", small=True, among=among)
            for spelling in {adjective, adjective[0].lower() + adjective[1:]}:
                for noun in table["nouns"]:
                    for article in ("the", "The"):
                        self.entries[fold(f"{article} {spelling} {noun}")] = entry


@cache
def _table(name: str) -> dict[str, Any]:
    text = files("pipeline.reading").joinpath(f"data/en/{name}.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return table


def _both(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + two))
