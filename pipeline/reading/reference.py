"""Whom a pronoun, "the two countries" or "the ministry" means: reference within a sentence and to those before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import yaml
from spacy.tokens import Token

from pipeline.reading.cues import load_cues
from pipeline.reading.lexicon import lexicon
from pipeline.reading.lists import NUMBERS, counted, lists_of
from pipeline.reading.parse import Parsed
from pipeline.reading.scene import BACK, Party, Scene
from pipeline.reading.tree import (
    OBJECTS,
    SUBJECTS,
    kids,
    lemma,
    own_subject,
    subject,
)

_NO_MEMBERS = frozenset({None, "EH", "PS", "TW", "XK"})


class References:
    """What a resolver knows of reference; how it resolves a noun phrase is its own."""

    parsed: Parsed
    scene: Scene
    exclude: list[Party]

    def of(self, token: Token | None) -> list[Party]:
        """Everyone that a noun phrase stands for."""
        raise NotImplementedError

    def _one(self, token: Token) -> list[Party]:
        raise NotImplementedError

    def _referred(self, token: Token) -> list[Party]:
        """A noun that names nobody: the predicate of someone, or a reference to someone before."""
        word = lemma(token)
        if token.dep_ in {"attr", "oprd"} and token.head != token:
            return self.of(subject(token.head))
        if token.dep_ == "appos":
            return self.of(token.head)
        if token.lower_ in {"latter", "former"} and any(child.lower_ == "the" for child in token.children):
            two = self._counted(token, 2)
            return two[-1:] if token.lower_ == "latter" else two[:1]
        if token.dep_ == "nsubj" and lemma(token.head) == "be":  # "the first country to do it was Chad"
            named = [child for child in kids(token.head, "attr") if self.parsed.mention(child) is not None]
            if named:
                return self.of(named[0])
        appositions = [child for child in kids(token, "appos") if self.parsed.mention(child) is not None]
        if appositions:
            return self.of(appositions[0])
        if (
            token.dep_ == "pobj"
            and token.head.lower_ == "of"
            and token.head.head.pos_ in {"NUM", "ADJ", "NOUN", "PRON", "PROPN"}
        ):
            outer = token.head.head
            if lemma(outer) in {"one", "first", "last", "latest", "only", "number", "few", "handful"}:
                return self._referred(outer)
        if token.dep_ == "pobj" and token.head.lower_ in {"as", "among"} and token.head.head != token.head:
            return self.of(subject(token.head.head))
        if self.parsed.sentence.index == 1 and (several := self._of_headline(token)):
            return several
        number = self._number(token)
        paired = number == 2 and word in lexicon().pair and not {child.lower_ for child in token.children} & {"both"}
        if (
            number is not None
            and not paired
            and (
                word in lexicon().listed | lexicon().pair | lexicon().bodies | lexicon().countries
                or token.pos_ in {"NUM", "DET", "PRON"}
            )
        ):
            listed = self._counted(token, number)
            if listed or number > 2:
                return listed
        if plural(token) and word in lexicon().listed and self._is_dual(token):
            regions = self._regions()
            if regions:
                return regions
        if plural(token):
            return self._pair(token) if self._is_dual(token) and word in lexicon().pair | lexicon().bodies else []
        determiner = next((child.lower_ for child in kids(token, "det", "poss")), None)
        if any(child.lower_ in lexicon().indefinite for child in kids(token, "det", "amod")):
            return []
        if determiner is None and self.parsed.sentence.headline and word in lexicon().countries:
            determiner = "the"  # "minister says country cannot"
        if determiner in {"the", "this", "that"} and (word in lexicon().countries or word in lexicon().bodies):
            return self._antecedent(token)
        return []

    def _regions(self) -> list[Party]:
        """ "The republics", "the regions": the last list of such as no state is."""
        index = self.parsed.sentence.index
        for sentence in range(index, max(-1, index - 1 - BACK), -1):
            for members in reversed(lists_of(self.scene, sentence)):
                if all(party.country in _NO_MEMBERS for party in members):
                    return [replace(party, how="referred") for party in members]
        return []

    def _of_headline(self, token: Token) -> list[Party]:
        """ "Four small states joined ...": right after a headline that lists as many."""
        words = {child.lower_ for child in token.children}
        number = next((NUMBERS[word] for word in words if word in NUMBERS), None)
        if number is None or number == 2 or words & lexicon().more or lemma(token) not in lexicon().countries:
            return []
        listed = [members for members in lists_of(self.scene, 0) if len(members) == number]
        return [replace(party, how="referred") for party in listed[0]] if len(listed) == 1 else []

    def _is_dual(self, token: Token) -> bool:
        words = {child.lower_ for child in token.children}
        return bool(words & {"the", "these", "both"} and not words & lexicon().more) or token.lower_ == "both"

    @staticmethod
    def _number(token: Token) -> int | None:
        """How many "the four", "both regions" and "the two countries" speak of; None where it is no such phrase."""
        words = {child.lower_ for child in token.children}
        if words & lexicon().more or not (
            words & {"the", "these", "all", "both", "either", "neither"}
            or token.lower_ in {"both", "either", "neither"}
        ):
            return None
        return next((NUMBERS[word] for word in (token.lower_, *words) if word in NUMBERS), None)

    def _counted(self, token: Token, number: int) -> list[Party]:
        start = self.parsed.spans[token.i][0]
        listed = counted(self.scene, self.parsed.sentence.index, start, number, self.exclude)
        return [replace(party, how="referred") for party in listed]

    def _pair(self, token: Token) -> list[Party]:
        """ "the two countries": the two that were named last."""
        start = self.parsed.spans[token.i][0]
        seen: list[Party] = []
        here = self.scene.actors(self.parsed.sentence.index, before=start)
        for parties in [here, *self.scene.back(self.parsed.sentence.index)]:
            for party in parties:
                known = party.country or party.watched or party.loosely
                if known and not self._excluded(party) and not any(party.same(other) for other in seen):
                    seen.append(party)
            if len(seen) >= 2:
                break
        return [replace(party, how="referred") for party in seen[:2]] if len(seen) >= 2 else []

    def _pronoun(self, token: Token) -> list[Party]:
        if token.lower_ in {"they", "their", "them"}:
            own = next(
                (own for up in token.ancestors if (own := own_subject(up)) is not None and own.i < token.i), None
            )
            group = self.parsed.mention(own) if own is not None else None
            if group is not None and group.group and not group.members and not group.country:
                return []  # "the two leagues said that they": of no country
            listed = self._last_list(token)
            if listed:
                return listed
        if token.lower_ == "it" and token.dep_ in OBJECTS and lemma(token.head) in {"recognise", "recognize"}:
            recognised = self._recognised(token)
            if recognised:
                return recognised
        return self._antecedent(token)

    def _last_list(self, token: Token) -> list[Party]:
        """The list of countries that is the nearest subject before: whom "none", "both" and "they" speak of."""
        for other in reversed(list(token.doc[: token.i])):
            if other.dep_ in SUBJECTS and other.i < token.i:
                found = self.of(other)
                if len(found) > 1:
                    return [replace(party, how="referred") for party in found]
        start = self.parsed.spans[token.i][0]
        here = [members for members in lists_of(self.scene, self.parsed.sentence.index) if members[-1].start < start]
        if here:
            return [replace(party, how="referred") for party in here[-1]]
        index = self.parsed.sentence.index
        for before, parties in zip(range(index - 1, -1, -1), self.scene.back(index), strict=False):
            if len(parties) > 1:
                members = next(iter(lists_of(self.scene, before)), parties)
                return [replace(party, how="referred") for party in distinct(members)]
        return []

    def _antecedent(self, token: Token) -> list[Party]:
        """The nearest subject before it that it can mean, else the first party of the sentences before."""
        for other in self._subjects_before(token):
            found = self._one(other) if self.parsed.mention(other) is None else self.of(other)
            if not found and token.tag_ == "PRP$" and other.pos_ == "NOUN" and not self._is_abstract(other):
                return []  # "the fund cut its ties": the fund's
            if not found and lemma(other) in lexicon().groups and token.lower_ in {"it", "its"}:
                return []
            if found and not self._excluded(found[0]) and _is_of_kind(token, found[0]):
                return [replace(party, how="referred") for party in found[:1]]
        same = self._same_before(token)
        if same is not None:
            return self.of(same)
        here = self.scene.actors(self.parsed.sentence.index, before=self.parsed.spans[token.i][0])
        for parties in [here, *self.scene.back(self.parsed.sentence.index)]:
            for party in parties:
                if not self._excluded(party) and _is_of_kind(token, party):
                    return [replace(party, how="referred")]
        return []

    def _recognised(self, token: Token) -> list[Party]:
        """ "recognised it": of those named before, one whose standing is in question, or who is that already."""
        here = self.scene.actors(self.parsed.sentence.index, before=self.parsed.spans[token.i][0])
        for parties in [here, *self.scene.back(self.parsed.sentence.index)]:
            found = [
                party
                for party in parties
                if party.watched and not self._excluded(party) and party.country in _NO_MEMBERS
            ]
            if found:
                return [replace(found[0], how="referred")]
        return []

    def _same_before(self, token: Token) -> Token | None:
        """ "It hosted an office and closed it, and it does not ...": the first "it" that acts."""
        if token.lower_ != "it" or token.dep_ != "nsubj":
            return None
        before = (other for other in token.doc[: token.i] if other.lower_ == "it" and other.dep_ == "nsubj")
        return next(before, None)

    def about(self) -> list[Party]:
        """Whom the sentence is about: the subject of its main clause."""
        root = next((token for token in self.parsed.doc if token.head == token), None)
        main = own_subject(root) if root is not None else None
        return self.of(main)

    @staticmethod
    def _is_abstract(noun: Token) -> bool:
        """A move or a decision owns nothing: "the recognition follows the suspension of its designation"."""
        word = lemma(noun)
        return any(word in words for words in load_cues().nouns.values()) or word.endswith(
            ("tion", "sion", "ment", "ing")
        )

    def _excluded(self, party: Party) -> bool:
        return any(party.same(other) for other in self.exclude)

    def _subjects_before(self, token: Token) -> Iterator[Token]:
        for up in token.ancestors:
            own = own_subject(up)
            if (
                own is not None
                and own.i < token.i
                and own.lower_ not in lexicon().pronouns
                and token not in own.subtree
            ):
                yield own


@lru_cache(maxsize=1)
def _epithets() -> Mapping[str, frozenset[str]]:
    text = files("pipeline.reading").joinpath("data/en/epithets.yaml").read_text("utf-8")
    return {noun: frozenset(codes) for noun, codes in yaml.safe_load(text).items()}


def _is_of_kind(token: Token, party: Party) -> bool:
    """Whether a noun can mean a party: "the emirate" is Kuwait, never Iran."""
    kind = _epithets().get(lemma(token))
    return kind is None or party.country in kind


def plural(token: Token) -> bool:
    """Whether a token speaks of several."""
    return token.tag_ in {"NNS", "NNPS"} or token.lower_ in {"both", "all", "they"}


def is_noun(token: Token) -> bool:
    """Whether a token can name or refer."""
    return token.pos_ in {"NOUN", "PROPN", "PRON"}


def own_clause(token: Token) -> bool:
    """Whether a token is the subject of a clause of its own."""
    return token.dep_ in SUBJECTS


def own_clause_shared(first: Token, other: Token) -> bool:
    """Whether two tokens are subjects of one verb."""
    return first.dep_ in SUBJECTS and first.head == other.head


def _meaning(party: Party) -> tuple[object, ...]:
    return party.country, party.subjects, party.loosely


def distinct(parties: Iterable[Party]) -> list[Party]:
    """The parties in order, each meaning once."""
    seen: list[Party] = []
    for party in parties:
        if not any(_meaning(party) == _meaning(other) for other in seen):
            seen.append(party)
    return seen
