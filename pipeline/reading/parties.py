"""Who is meant: mentions, nouns and pronouns of a sentence resolved to countries and watched subjects.

Reference reaches two sentences back and, for a feed entry's text, into its headline; never further.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import yaml
from spacy.tokens import Doc, Token

from pipeline.reading.cues import load_cues
from pipeline.reading.lexicon import lexicon
from pipeline.reading.lists import NUMBERS, counted, lists_of
from pipeline.reading.parse import Parsed
from pipeline.reading.scene import BACK, LEGISLATURE, Party, Scene
from pipeline.reading.tree import (
    OBJECTS,
    SUBJECTS,
    antecedent,
    is_relative,
    kids,
    lemma,
    own_subject,
    prepositions,
    subject,
)

_NO_MEMBERS = frozenset({None, "EH", "PS", "TW", "XK"})


class Resolver:
    """Resolves the tokens of one parsed sentence within its scene."""

    def __init__(self, parsed: Parsed, scene: Scene) -> None:
        self.parsed = parsed
        self.scene = scene
        self._open: set[int] = set()  # what is being resolved: "which" -> "country" -> "which" ends here
        self.exclude: list[Party] = []
        """Whom a pronoun or "the country" cannot mean, because they act upon it."""

    # --- one noun phrase -----------------------------------------------------------------------------------------

    def of(self, token: Token | None) -> list[Party]:
        """Everyone that a noun phrase stands for, its coordinated members included; empty when nobody known is."""
        if token is None or token.i in self._open:
            return []
        self._open.add(token.i)
        try:
            return self._all_of(token)
        finally:
            self._open.discard(token.i)

    def _all_of(self, token: Token) -> list[Party]:
        if (
            token.lower_ in {"other", "another"}
            and any(child.lower_ in {"each", "one", "the"} for child in token.children)
        ) or (
            token.lower_ in {"one", "each"}
            and token.i + 1 < len(token.doc)
            and token.nbor().lower_ in {"another", "other"}
        ):
            return self._last_list(token)  # "recognised each other"
        if token.lower_ in lexicon().quantifiers:
            return self._quantified(token)
        found = self._listed(token) or self._one(token)
        for other in token.conjuncts:
            if other.i > token.i and self.parsed.mention(other) is None and _is_noun(other) and not _own_clause(other):
                found = [*found, *self._one(other)]
        return _distinct(found)

    def _quantified(self, token: Token) -> list[Party]:
        """ "none of Chad and Togo", or a bare "none", which speaks of the countries listed before."""
        for word, other in prepositions(token):
            if word in {"of", "among"}:
                return self.of(other)
        number = NUMBERS.get(token.lower_)
        return (self._counted(token, number) if number else []) or self._last_list(token)

    def _listed(self, token: Token) -> list[Party]:
        """A list of mentions, by the order of words: "Chad, Togo and the Gambia"."""
        if self.parsed.mention(token) is None:
            return []
        doc = token.doc
        members = [token]
        position = token.i
        waiting: list[Token] = []
        while (step := self._next_member(doc, position)) is not None:
            if _own_clause(doc[step]) and not _own_clause_shared(token, doc[step]):
                break
            waiting.append(doc[step])
            if doc[step].dep_ == "conj" or any(other.lower_ in lexicon().joining for other in doc[position + 1 : step]):
                members += waiting  # a comma alone joins nothing
                waiting = []
            position = step
        if token.dep_ in {"conj", "appos"}:  # reached from its middle: the list begins before
            position = token.i
            while (step_back := self._previous_member(doc, position)) is not None:
                members.insert(0, doc[step_back])
                position = step_back
        return [party for member in members for party in self._one(member)]

    def _next_member(self, doc: Doc, position: int) -> int | None:
        index = position + 1
        joined = False
        while index < len(doc):
            word = doc[index].lower_
            if word in {",", "and", "&", "or", "nor", "plus"}:
                joined = True
            elif self.parsed.mentions.get(index) is not None and joined:
                return index
            elif word == "(" and (close := self._bracketed(doc, index)) is not None:
                index = close  # "Chad (2012), Togo (2013)"
            elif not (joined and (word in lexicon().determiners or word in {"well", "as", "along", "with"})):
                return None
            index += 1
        return None

    @staticmethod
    def _bracketed(doc: Doc, index: int) -> int | None:
        """Where a short bracket ends."""
        return next((place for place in range(index + 1, min(index + 6, len(doc))) if doc[place].text == ")"), None)

    def _previous_member(self, doc: Doc, position: int) -> int | None:
        index = position - 1
        joined = False
        while index >= 0:
            word = doc[index].lower_
            if word in {",", "and", "&", "or", "nor"}:
                joined = True
            elif self.parsed.mentions.get(index) is not None and joined:
                return index
            elif not (word in lexicon().determiners or (joined and word in {"well", "as"})):
                return None
            index -= 1
        return None

    def _one(self, token: Token) -> list[Party]:
        mention = self.parsed.mention(token)
        if token.i in self.parsed.persons:
            return []
        if mention is not None:
            party = self.scene.party(mention)
            if party.country or party.watched or party.loosely:
                return [party]
            if mention.group:
                members = [Party(code, (), mention.start, territory=()) for code in mention.members]
                return (
                    members
                    or self._members(token)
                    or (self._referred(token) if token.dep_ in {"attr", "appos"} else [])
                )
            return self._referred(token) if mention.form == "contextual" else []
        if is_relative(token):
            return self.of(antecedent(token))
        if token.lower_ in lexicon().pronouns:
            return self._pronoun(token)
        if token.lower_ in lexicon().self:
            return self._speaker(token)
        return self._noun(token)

    def _noun(self, token: Token) -> list[Party]:
        word = lemma(token)
        members = self._members(token)
        if members:
            return members
        if (
            word in lexicon().bodies | lexicon().countries
            or token.lower_ in lexicon().bodies
            or (token.pos_ == "PROPN" and self._is_holder(token))
        ):
            owners = self._owners(token)
            if owners:
                return owners
        if token.pos_ == "NUM" and (told := self._told_after(token)):
            return told
        if (
            word in lexicon().countries
            or word in lexicon().bodies
            or token.pos_ in {"NUM", "ADJ", "DET"}
            or word in {"one", "member"}
        ):
            return self._referred(token)
        return []

    def actor(self, token: Token | None) -> list[Party]:
        """Like ``of``, and a person by his country: "China's Xi"."""
        found = self.of(token)
        if not found and token is not None and token.i in self.parsed.persons:
            return [self.scene.party(self.parsed.mentions[token.i])]
        if not found and token is not None and token.text[:1].isupper() and self.parsed.mention(token) is None:
            owners = [
                child
                for child in kids(token, "poss", "amod", "compound", "nmod")
                if self.parsed.mention(child) is not None
            ]
            found = self.of(owners[0]) if owners else []
        return found

    def excepted(self, head: Token, actor: Token | None) -> list[Party]:
        """ "every state except Chad", "with the exception of Chad, all states": those of whom it is not so."""
        if actor is None or not ({actor.lower_} | {child.lower_ for child in actor.children}) & lexicon().total:
            return []
        for token in (*actor.subtree, *head.subtree):
            pair = f"{token.lower_} {token.head.lower_}"
            if (
                token.lower_ in lexicon().excepting
                or pair in {"of exception", "from apart", "than other"}
                or token.lower_ == "than"
            ):
                found = [
                    party for other in token.children for party in self.of(other) if other.dep_ in {"pobj", "conj"}
                ]
                if found:
                    return found
        return []

    def is_legislature(self, token: Token | None) -> bool:
        """Whether a noun is a parliament: what it resolves is not yet what the government does."""
        if token is None:
            return False
        mention = self.parsed.mention(token)
        words = {*mention.text.lower().split()} if mention is not None else {token.lower_, lemma(token)}
        return bool(words & LEGISLATURE)

    def is_government(self, token: Token) -> bool:
        """Whether a noun acts for a country without naming it: "the administration"."""
        return lemma(token) in lexicon().bodies and token.pos_ in {"NOUN", "PROPN"}

    def nearest_before(self, token: Token, others: list[Party]) -> list[Party]:
        """The country named last before a token that is none of the others, nor has its territory."""
        lands = {
            self.scene.watchlist[name].territory
            for party in others
            for name in party.subjects
            if name in self.scene.watchlist
        }
        here = self.scene.actors(self.parsed.sentence.index, before=self.parsed.spans[token.i][0])
        for party in reversed(here):
            if party.country and party.country not in lands and not any(party.same(other) for other in others):
                return [replace(party, how="inferred")]
        return []

    def _named(self, token: Token) -> list[Party]:
        mention = self.parsed.mention(token)
        return [self.scene.party(mention)] if mention is not None else []

    def _is_holder(self, token: Token) -> bool:
        """ "Afghan envoy Gul Hassan": a person by an office."""
        return any(lemma(child) in lexicon().bodies for child in kids(token, "compound", "nmod", "appos"))

    def _speaker(self, token: Token) -> list[Party]:
        """Who says "we": the subject of the verb that quotes it."""
        for up in token.ancestors:
            said = own_subject(up)
            if (
                said is not None
                and said.lower_ not in lexicon().self
                and lemma(up) in lexicon().saying
                and up.dep_ in {"ROOT", "conj"}
            ):
                return [replace(party, how="referred") for party in self.of(said)]
        return []

    def _owners(self, token: Token) -> list[Party]:
        """Whose government, ambassador or prime minister it is."""
        beside = sorted(
            kids(token, "poss", "compound", "amod", "nmod", "appos"), key=lambda child: child.dep_ == "poss"
        )
        for child in beside:  # "Ukraine's Donetsk region": the nearer word says which
            region = lemma(token) in lexicon().regions and (lemma(token) != "republic" or child.dep_ == "poss")
            if region and any(party.country for party in self._named(child)):
                continue  # "Ukraine's separatist regions" are not Ukraine
            if self.parsed.mention(child) is not None:
                return self.actor(child)
            if child.dep_ in {"compound", "appos", "nmod"} or (
                child.dep_ == "poss" and child.lower_ not in lexicon().pronouns
            ):
                inner = self._owners(child)
                if inner:
                    return inner
        for word, other in prepositions(token):
            known = self.parsed.mention(other) is not None or lemma(other) in lexicon().bodies | lexicon().countries
            placed = (
                word == "in" and lemma(token) not in lexicon().listed | lexicon().statehood
            )  # "the regions in the east of Mali" are not Mali's
            if (word in {"of", "from"} or placed) and known:
                found = self.of(other)
                if found:
                    return found
        for child in kids(token, "acl"):  # "the republic now called North Macedonia"
            if lemma(child) in {"call", "name", "know"}:
                found = [
                    party for other in child.subtree if other.i in self.parsed.mentions for party in self.of(other)
                ]
                if found:
                    return found[:1]
        for child in kids(token, "relcl", "acl"):  # "the independence Kosovo declared"
            if (
                lemma(child) in {"declare", "proclaim", "claim"}
                and (own := own_subject(child)) is not None
                and own != token
            ):
                found = self.of(own)
                if found:
                    return found
        for child in kids(token, "acl", "relcl"):
            if lemma(child) in {"represent", "rule", "lead", "run", "appoint", "name", "send"}:
                for other in [*kids(child, "dobj"), *(noun for word, noun in prepositions(child) if word == "by")]:
                    found = self.of(other)
                    if found:
                        return found
        for child in kids(token, "poss"):
            if child.lower_ in lexicon().pronouns:
                return self._pronoun(child)
        return []

    def _members(self, token: Token) -> list[Party]:
        """ "countries such as Chad and Togo", "its allies Canada and Australia"."""
        found: list[Party] = []
        for child in kids(token, "appos"):
            if self.parsed.mention(child) is not None and _plural(token):
                found.extend(self.of(child))
        for word, other in prepositions(token):
            if word in lexicon().including and self.parsed.mention(other) is not None:
                found.extend(self.of(other))
        return found or self._told_after(token)

    def _told_after(self, token: Token) -> list[Party]:
        """ "Four states recognised it: Chad, Togo, ...", "..., among them Chad and Togo"."""
        counted = token.pos_ == "NUM" and any(word in {"of", "among"} for word, _ in prepositions(token))
        if not counted and (
            not _plural(token) or lemma(token) not in lexicon().countries | {"other", "member", "government"}
        ):
            return []
        for place in range(token.i + 1, len(token.doc) - 1):
            word = token.doc[place].lower_
            if word in {":", "–", "—", "including"} or (word == "them" and token.doc[place - 1].lower_ == "among"):
                first = next(
                    (
                        index
                        for index in range(place + 1, min(place + 4, len(token.doc)))
                        if index in self.parsed.mentions
                    ),
                    None,
                )
                if first is not None:
                    return [party for party in self._listed(token.doc[first]) if party.country]
            if word == "them" and token.doc[place - 1].lower_ == "among":  # "..., Chad and Togo among them"
                last = next((index for index in range(place - 2, token.i, -1) if index in self.parsed.mentions), None)
                if last is not None:
                    return [party for party in self._listed(token.doc[last]) if party.country]
        return []

    # --- reference -----------------------------------------------------------------------------------------------

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
        if _plural(token) and word in lexicon().listed and self._is_dual(token):
            regions = self._regions()
            if regions:
                return regions
        if _plural(token):
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
                return [replace(party, how="referred") for party in _distinct(members)]
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


def _plural(token: Token) -> bool:
    return token.tag_ in {"NNS", "NNPS"} or token.lower_ in {"both", "all", "they"}


def _is_noun(token: Token) -> bool:
    return token.pos_ in {"NOUN", "PROPN", "PRON"}


def _own_clause(token: Token) -> bool:
    """Whether a token is the subject of a clause of its own."""
    return token.dep_ in SUBJECTS


def _own_clause_shared(first: Token, other: Token) -> bool:
    """Whether two tokens are subjects of one verb."""
    return first.dep_ in SUBJECTS and first.head == other.head


def _meaning(party: Party) -> tuple[object, ...]:
    return party.country, party.subjects, party.loosely


def _distinct(parties: Iterable[Party]) -> list[Party]:
    seen: list[Party] = []
    for party in parties:
        if not any(_meaning(party) == _meaning(other) for other in seen):
            seen.append(party)
    return seen
