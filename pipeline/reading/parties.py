"""Who is meant: mentions, nouns and pronouns of a sentence resolved to countries and watched subjects.

Reference reaches two sentences back and, for a feed entry's text, into its headline; never further.
"""

from dataclasses import replace

from spacy.tokens import Doc, Token

from pipeline.reading.lexicon import lexicon
from pipeline.reading.lists import NUMBERS
from pipeline.reading.parse import Parsed
from pipeline.reading.reference import References, distinct, is_noun, own_clause, own_clause_shared, plural
from pipeline.reading.scene import LEGISLATURE, Party, Scene
from pipeline.reading.tree import (
    antecedent,
    is_relative,
    kids,
    lemma,
    own_subject,
    prepositions,
)

_NO_MEMBERS = frozenset({None, "EH", "PS", "TW", "XK"})


class Resolver(References):
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
            if other.i > token.i and self.parsed.mention(other) is None and is_noun(other) and not own_clause(other):
                found = [*found, *self._one(other)]
        return distinct(found)

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
            if own_clause(doc[step]) and not own_clause_shared(token, doc[step]):
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
            if self.parsed.mention(child) is not None and plural(token):
                found.extend(self.of(child))
        for word, other in prepositions(token):
            if word in lexicon().including and self.parsed.mention(other) is not None:
                found.extend(self.of(other))
        return found or self._told_after(token)

    def _told_after(self, token: Token) -> list[Party]:
        """ "Four states recognised it: Chad, Togo, ...", "..., among them Chad and Togo"."""
        counted = token.pos_ == "NUM" and any(word in {"of", "among"} for word, _ in prepositions(token))
        if not counted and (
            not plural(token) or lemma(token) not in lexicon().countries | {"other", "member", "government"}
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
