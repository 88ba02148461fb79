"""Whether an article can hold a claim at all: the look that every article pays, in microseconds."""

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.reading.folding import fold
from pipeline.reading.gazetteer import Gazetteer
from pipeline.reading.leaders import surnames


class Scanner:
    """Finds articles that name a watched subject, a country beside it, and a word of what may happen between them.

    Its names are the gazetteer's and its triggers the ontology's, so that whatever can be read is let through;
    what a name means is not settled here.
    """

    def __init__(self, gazetteer: Gazetteer, triggers: Iterable[str]) -> None:
        """``triggers`` are beginnings of words, in any case."""
        names: list[str] = []
        self._parties: list[str] = []
        for term, entry in gazetteer.terms.items():
            party = entry.country or next(iter(entry.subjects + entry.contextual + entry.claims + entry.members), None)
            if party and not entry.silent and not entry.small:
                names.append(term)
                self._parties.append(party)
        known = set(names)
        for surname, country in surnames().items():
            if fold(surname) not in known:
                known.add(fold(surname))
                names.append(fold(surname))
                self._parties.append(country)
        self._names = _automaton(names)
        self._triggers = _automaton(sorted({fold(trigger).lower() for trigger in triggers}))

    def relevant(self, text: str) -> bool:
        """Whether the text, raw or cleaned, names two parties and a trigger."""
        folded = fold(text, "?")
        return self._two_parties(folded) and self._triggered(folded.lower())

    def _two_parties(self, folded: str) -> bool:
        size = len(folded)
        first = None
        for index, start, end in self._names.find_matches_as_indexes(folded):
            party = self._parties[index]
            if party == first or (start and folded[start - 1].isalnum()) or (end < size and folded[end].isalnum()):
                continue
            if first is not None:
                return True
            first = party
        return False

    def _triggered(self, lower: str) -> bool:
        return any(
            not start or not lower[start - 1].isalnum() for _, start, _ in self._triggers.find_matches_as_indexes(lower)
        )


def _automaton(words: list[str]) -> AhoCorasick:
    return AhoCorasick(words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA)
