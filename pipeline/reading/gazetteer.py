"""Where a text speaks of countries and of watched subjects, and as what.

Every name is found in one Aho-Corasick pass. What a name means where several share it, and which persons and
abbreviations stand for a country, is then settled from the text itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.reading.countries import Countries, load_countries
from pipeline.reading.folding import fold
from pipeline.reading.hits import Hit, apart
from pipeline.reading.introductions import Introductions
from pipeline.reading.offices import Office, Offices, load_offices
from pipeline.reading.terms import Entry, Form, Terms
from pipeline.reading.territories import Claims
from pipeline.reading.watchlist import Subject, load_watchlist

__all__ = ["Form", "Gazetteer", "Mention"]


@dataclass(frozen=True)
class Mention:
    """One stretch of text that stands for a country, a subject or a group; ``end`` is exclusive, a final 's is outside.

    country: the ISO code that it can stand for as the one who acts.
    subjects: watchlist ids that it names outright.
    territory: governments whose country it names ("Syria" -> syria). Relations with Syria and sanctions on Syria are
        those with and on that government; but recognition is of a government only where it is named as one.
    contextual: ids that it means only in a text about them ("Kabul" -> taliban, "the junta" -> niger). Words in small
        letters are narrowed to ids that the text names elsewhere, and left out where it names none; those that mean
        several at once ("the breakaway regions") then have them as subjects.
    group: a group of countries; ``members`` are given where its name says who they are (E3).
    """

    start: int
    end: int
    text: str
    country: str | None
    subjects: tuple[str, ...]
    contextual: tuple[str, ...]
    group: str | None
    form: Form
    territory: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class Gazetteer:
    """All names of countries, subjects and groups. Made once, it reads any number of texts and keeps none of them."""

    def __init__(self, countries: Countries, watchlist: Mapping[str, Subject], offices: Offices) -> None:
        self.countries = countries
        self.watchlist = watchlist
        self._offices = offices
        self._claims = Claims(countries, watchlist)
        self._terms = Terms(countries, watchlist)
        self._patterns = tuple(self._terms.entries)
        self._entries = tuple(self._terms.entries.values())
        self._automaton = AhoCorasick(
            self._patterns, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )
        self._shared = {fold(word): shared for word, shared in countries.shared.items()}
        self._needs = {fold(word): _words(short.needs) for word, short in countries.abbreviations_if.items()}
        self._persons = frozenset(fold(word) for word in countries.also_persons)
        self._places = {
            fold(word): (_words(place.place), _words(place.country)) for word, place in countries.also_places.items()
        }
        # a state that shares its name with a country or a seat is not told from one in a list of countries
        states = "|".join(re.escape(state) for state in countries.elsewhere if state not in self._terms.entries)
        self._elsewhere = re.compile(rf", (?:{states})(?!\w)")

    @classmethod
    def load(cls, watchlist: Path | None = None) -> Self:
        """The built-in watchlist, with a user's own file on top.

        Raises:
            WatchlistError: the file cannot be used; the message names line and reason.
        """
        return cls(load_countries(), load_watchlist(watchlist), load_offices())

    def subject(self, subject_id: str) -> Subject:
        """The subject of this id. Raises KeyError when nothing that is watched has it."""
        return self.watchlist[subject_id]

    @property
    def terms(self) -> Mapping[str, Entry]:
        """Every term that is looked for, folded, with what it can mean."""
        return self._terms.entries

    def mentions(self, text: str) -> list[Mention]:
        """All mentions in order; none overlaps another, and of several possible ones the longest is taken."""
        folded = fold(text)
        hits = self._settled(text, folded, self._hits(folded))
        hits = self._phrases(text, folded, hits)
        hits = self._with_claims(folded, hits)
        hits = apart(Introductions(folded, self._terms.entries, self._offices).found(hits) + hits)
        named = {name for hit in hits for name in (*hit.entry.subjects, *hit.entry.territory)}
        acting = {hit.entry.country for hit in hits}
        mentions = []
        for hit in hits:
            entry = self._in_context(hit.entry, named, acting)
            if entry.country or entry.subjects or entry.contextual or entry.territory or entry.group:
                mentions.append(
                    Mention(
                        start=hit.start,
                        end=hit.end,
                        text=text[hit.start : hit.end],
                        country=entry.country,
                        subjects=entry.subjects,
                        contextual=entry.contextual,
                        group=entry.group,
                        form=entry.form,
                        territory=entry.territory,
                        members=entry.members,
                    )
                )
        return mentions

    def _in_context(self, entry: Entry, named: set[str], acting: set[str | None]) -> Entry:
        """A common noun with what it means in a text that names these subjects and countries."""
        if entry.among:
            meant = [code for code in entry.among if code in acting]
            return self._terms.of_country(meant[0], "contextual") if len(meant) == 1 else Entry("contextual")
        if entry.form == "contextual" and not entry.small:
            own = tuple(name for name in entry.contextual if self._is_government_of(name, acting))
            if own:
                acts_for = self.watchlist[own[0]].acts_for
                return replace(entry, form="name", country=acts_for, subjects=own, contextual=())
        if entry.small:
            entry = replace(entry, contextual=tuple(name for name in entry.contextual if name in named))
        if entry.together:
            entry = replace(entry, subjects=entry.contextual, contextual=())
        return entry

    def _is_government_of(self, subject_id: str, acting: set[str | None]) -> bool:
        subject = self.watchlist[subject_id]
        return subject.kind == "government" and subject.territory in acting

    def _hits(self, folded: str) -> list[Hit]:
        """Terms that stand as whole words, the longest of those that overlap."""
        found = []
        size = len(folded)
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if (start and folded[start - 1].isalnum()) or (end < size and folded[end].isalnum()):
                continue
            found.append(Hit(start, end, self._entries[index]))
        return apart(found)

    def _settled(self, text: str, folded: str, hits: list[Hit]) -> list[Hit]:
        """Hits without those that turn out to be something else, and with shared names told apart."""
        meant_otherwise = self._meant_otherwise(folded, {folded[hit.start : hit.end] for hit in hits})
        kept = []
        reach = 0  # up to where a place elsewhere is named
        for hit in hits:
            word = folded[hit.start : hit.end]
            elsewhere = self._elsewhere.match(folded, hit.end)
            if elsewhere:
                reach = elsewhere.end()
            if hit.start < reach or elsewhere or hit.entry.silent or self._is_part_of_more(folded, hit):
                continue
            if word in meant_otherwise:
                continue
            if word == "US" and self._offices.is_pronoun(folded, hit.start):
                continue
            kept.append(hit)
        kept = self._without_persons(text, folded, kept)
        own = {hit.entry.country for hit in kept if folded[hit.start : hit.end] not in self._shared}
        for hit in kept:
            shared = self._shared.get(folded[hit.start : hit.end])
            if shared:
                named = [code for code in shared.countries if code in own]
                code = shared.default if not named else named[0] if len(named) == 1 else shared.several
                hit.entry = self._terms.of_country(code, "capital" if hit.entry.group else hit.entry.form)
        return kept

    def _is_part_of_more(self, folded: str, hit: Hit) -> bool:
        """Whether it is part of another proper name, of a place elsewhere, or of a compound ("pro-Russian")."""
        start, end = hit.start, hit.end
        before, after = folded[start - 1 : start], folded[end : end + 2]
        if before == "@" or after[:1] == "$" or (after[:1] == "." and after[1:].isalnum()):
            return True  # an address, "US$"
        if before == "-" and self._offices.prefixed(folded, start):
            return True
        if after[:1] == "-" and self._offices.compound(folded, end):  # "US-led", but "the Taliban-led government"
            return not any(self.watchlist[name].kind == "government" for name in hit.entry.subjects)
        if hit.entry.form not in ("name", "adjective", "capital"):
            return False
        return self._offices.in_proper_name(folded, start, end)

    def _without_persons(self, text: str, folded: str, hits: list[Hit]) -> list[Hit]:
        """Drops countries that are persons here ("Michael Jordan"), and then the bare surname too."""
        surnames = set()
        kept = []
        end = 0
        for hit in hits:
            word = folded[hit.start : hit.end]
            beside = hit.start - end == 1  # two names in a row are no person's
            end = hit.end
            if beside or word not in self._persons or is_headline(text, hit.start) or self._office(folded, hit):
                kept.append(hit)
            elif self._offices.is_surname(folded, hit.start):
                surnames.add(word)
            elif not self._offices.is_first_name(folded, hit.end):
                kept.append(hit)
        if not surnames:
            return kept
        sure = {hit.entry.country for hit in kept if folded[hit.start : hit.end] not in surnames}
        return [
            hit
            for hit in kept
            if folded[hit.start : hit.end] not in surnames or hit.entry.country in sure or self._office(folded, hit)
        ]

    def _meant_otherwise(self, folded: str, words: set[str]) -> set[str]:
        """Words that mean something else in all of this text: abbreviations of others, the other Georgia."""
        otherwise = {word for word in words & self._needs.keys() if not self._needs[word].search(folded)}
        for word in words & self._places.keys():
            place, country = (len(cue.findall(folded)) for cue in self._places[word])
            if place > country:
                otherwise.add(word)
        return otherwise

    def _office(self, folded: str, hit: Hit) -> Office | None:
        """The phrase of office that a name makes: "Russia" + "'s Foreign Ministry"."""
        entry = hit.entry
        if entry.form not in _WITH_OFFICE or (entry.group and not entry.country):
            return None
        office = self._offices.after(folded, hit.start, hit.end) or self._rulers(folded, hit)
        if office is None and entry.form == "name":
            office = self._offices.before(folded, hit.start, hit.end)
        return office

    def _rulers(self, folded: str, hit: Hit) -> Office | None:
        """The phrase that a country's name makes with a word for its government: "Myanmar" + "'s military"."""
        found = _TWO_WORDS.match(folded, hit.end) if hit.entry.territory else None
        if found is None:
            return None
        for end in (found.end(), found.end("first")):
            known = self._terms.entries.get(f"the {folded[found.start('first') : end].lower()}")
            if known and set(known.contextual) & set(hit.entry.territory):
                return Office(hit.start, end, "government", in_power=True)
        return None

    def _phrases(self, text: str, folded: str, hits: list[Hit]) -> list[Hit]:
        """Hits grown to the phrases of office that they make, with the holder's name."""
        grown: list[Hit] = []
        for index, hit in enumerate(hits):
            office = self._office(folded, hit)
            taken = office and grown and office.start < grown[-1].end  # "the Taliban government of Afghanistan"
            if office is None or taken or _cuts(office, hits[index + 1 : index + 2]):
                grown.append(hit)
                continue
            entry = hit.entry
            if office.form == "body" or self._is_out_of_power(folded, office):
                body = Entry("body", entry.country, territory=entry.subjects + entry.territory, group=entry.group)
                grown.append(Hit(office.start, office.end, body))
                continue
            # the office speaks for the government: that is what it names
            entry = replace(entry, form=office.form, subjects=_both(entry.subjects, entry.territory), territory=())
            phrase = Hit(office.start, office.end, entry)
            if office.form == "title":
                phrase = self._with_holder(text, folded, phrase, hits[index + 1 : index + 1 + _IN_A_NAME])
            grown.append(phrase)
        return apart(grown)

    def _is_out_of_power(self, folded: str, office: Office) -> bool:
        return not office.in_power or self._offices.out_of_power(folded, office.start)

    def _with_holder(self, text: str, folded: str, title: Hit, rest: list[Hit]) -> Hit:
        """A title with the name of its holder, where one follows; the title is then the holder's."""
        name = self._offices.person_after(folded, title.end)
        if name is None:
            return title
        start, end = name
        if is_headline(text, start) and end < len(text) and text[end] not in ".,:;?!\"'\u2019\n":
            return title  # capitals do not tell where the name ends
        for hit in rest:
            if hit.start >= end:
                break
            if hit.end > start:
                if hit.entry.form != "alias":
                    return title
                end = max(end, hit.end)
                if not any(self.watchlist[name].in_power for name in hit.entry.subjects):
                    title = replace(title, entry=replace(hit.entry, form="title"))
        return replace(title, end=end)

    def _with_claims(self, folded: str, hits: list[Hit]) -> list[Hit]:
        """Territories with the claim that the sentence makes of them, if any."""
        settled = []
        for hit in hits:
            entry = hit.entry
            if not entry.claims:
                settled.append(hit)
                continue
            meant = self._claims.meant(folded, hit.start, hit.end, entry.claims)
            if meant:
                claim, start = meant
                settled.append(Hit(start, hit.end, Entry("territory", subjects=(claim,))))
            elif entry.form == "contextual" and self._claims.as_state(folded, hit.start, hit.end):
                settled.append(Hit(hit.start, hit.end, Entry("name", entry.country, subjects=entry.contextual)))
            elif entry.subjects or entry.contextual or not entry.small:
                bare = () if entry.subjects else entry.claims
                settled.append(hit.meaning(contextual=entry.contextual or bare, claims=()))
        return apart(settled)


_WITH_OFFICE = frozenset({"name", "adjective", "alias", "capital", "group", "government"})
_IN_A_NAME = 4  # so many terms may stand within a person's name
_LINE = 250  # no headline is longer, in characters
_FULL_STOP = re.compile(r"[a-z]{3}\.[\"')\u2019\u201d]?(?:\s|$)")
_TWO_WORDS = re.compile(r"(?: ?'s|')? (?P<first>[\w-]+)(?: [\w-]+)?")


def is_headline(text: str, at: int) -> bool:
    """Whether the line around an offset is in title case or capitals, so that capitals tell nothing."""
    line = text[max(0, at - _LINE) : at].rpartition("\n")[2]
    line += text[at : at + _LINE].partition("\n")[0]
    if len(line) > _LINE or _FULL_STOP.search(line):
        return False
    words = [word for word in line.split() if len(word) > 3 and word[0].isalpha()]
    return len(words) > 2 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def _cuts(office: Office, rest: list[Hit]) -> bool:
    """Whether a phrase would end within the next name."""
    return bool(rest) and rest[0].start < office.end < rest[0].end


def _both(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + two))


def _words(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted((fold(word) for word in words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
