"""Persons and abbreviations that a text introduces with a country or subject, wherever they stand again.

"Spanish Prime Minister Pedro Sanchez" makes "Sanchez" stand for Spain in this text; "(DPR)" after the Donetsk
People's Republic makes the letters its name. No list of persons is kept.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.reading.hits import Hit, whole_words
from pipeline.reading.offices import Offices
from pipeline.reading.terms import Entry

_MOST = 200  # so many names a text may introduce: each is looked for in all of it
_IN_BRACKETS = re.compile(r" \((?:the |or )?\"?(?P<short>[A-Z][A-Za-z]*[A-Z])\"?\)")


class Introductions:
    """What one text introduces."""

    def __init__(self, text: str, terms: Mapping[str, Entry], offices: Offices) -> None:
        """``text`` is folded; ``terms`` are what the gazetteer knows anyway."""
        self._text = text
        self._terms = terms
        self._offices = offices
        self._meanings: dict[str, Entry | None] = {}
        self._former: dict[str, Entry] = {}

    def found(self, hits: list[Hit]) -> list[Hit]:
        """Everywhere that something stands which one of ``hits`` introduces."""
        for hit in hits:
            if len(self._meanings) + len(self._former) > _MOST:
                break
            if hit.entry.form == "title":
                for name in self._holders(hit):
                    self._learn(name, Entry("alias", hit.entry.country, subjects=hit.entry.subjects))
                    surname = self._offices.surname(name, hit.entry.country)
                    self._learn(surname, Entry("alias", hit.entry.country, subjects=hit.entry.subjects))
            elif hit.entry.form == "body":
                self._learn_former(hit)
            elif hit.entry.form in ("name", "group", "contextual"):
                self._learn_short(hit)
        return [*self._again(), *self._governments()]

    def _holders(self, title: Hit) -> Iterator[str]:
        for span in (
            self._offices.person_before(self._text, title.start),
            self._offices.holder(self._text, title.start, title.end),
            self._offices.person_apposed(self._text, title.end),
        ):
            if span:
                yield self._text[span[0] : span[1]]

    def _learn(self, word: str, entry: Entry) -> None:
        known = self._terms.get(word)
        if len(word) < 2 or (known and not set(known.contextual) & set(entry.subjects)):
            return
        before = self._meanings.setdefault(word, entry)
        if before is not None and before.country != entry.country:
            self._meanings[word] = None  # two of that name

    def _learn_short(self, hit: Hit) -> None:
        """An abbreviation in brackets, if it is made of the capitals of the name."""
        found = _IN_BRACKETS.match(self._text, hit.end)
        if found and _capitals(found["short"]) == _capitals(self._text[hit.start : hit.end]):
            self._learn(found["short"], replace(hit.entry, form="alias") if hit.entry.form == "name" else hit.entry)

    def _learn_former(self, hit: Hit) -> None:
        """A former president stands for nobody now, but "the Bolsonaro government" was Brazil's."""
        span = self._offices.person_after(self._text, hit.end)
        if span:
            surname = self._offices.surname(self._text[span[0] : span[1]], hit.entry.country)
            self._former[surname] = Entry("government", hit.entry.country, subjects=hit.entry.territory)

    def _again(self) -> Iterator[Hit]:
        for word, entry in self._meanings.items():
            if entry is not None:
                for start in whole_words(self._text, word):
                    yield Hit(start, start + len(word), entry)

    def _governments(self) -> Iterator[Hit]:
        """ "The Sanchez government", of those who hold an office and of those who held one."""
        current = {word: entry for word, entry in self._meanings.items() if entry and entry.form == "alias"}
        for word, entry in (self._former | current).items():
            for start in whole_words(self._text, word):
                office = self._offices.after(self._text, start, start + len(word))
                if office and office.form == "government" and office.in_power:
                    yield Hit(start, office.end, replace(entry, form="government"))


def _capitals(text: str) -> list[str]:
    """The letters of an abbreviation, or those that a name begins its words with: D, P, R."""
    return re.findall("[A-Z]", text)
