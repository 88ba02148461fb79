"""What the words of an event's own clause make of it: negation, auxiliaries, adverbs, quantifiers, who is cited."""

from spacy.tokens import Token

from pipeline.reading.assessment import Assessment
from pipeline.reading.cues import Cues, load_cues
from pipeline.reading.events import Event
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.tree import is_verbal, kids, lemma, own_subject


class OwnWords:
    """Weighs an event by its own clause; what governs the clause is weighed on top of it."""

    def __init__(self, parsed: Parsed, resolver: Resolver) -> None:
        self.parsed = parsed
        self.resolver = resolver
        self.cues: Cues = load_cues()

    def _local(self, head: Token, result: Assessment, *, nominal: bool) -> None:
        for child in head.children:
            word = child.lower_
            if self._negates(child):
                result.negate(word)
            elif child.dep_ == "advmod" and word == "longer" and any(kid.lower_ == "no" for kid in child.children):
                result.no_longer = True
                result.negate("no longer")
            elif child.dep_ == "advmod" and word in self.cues.adverbs["rumoured"]:
                result.weaken("rumoured", word)
            elif (child.dep_ == "advmod" and word in self.cues.adverbs["nearly"]) or (
                child.dep_ == "advmod" and word in self.cues.adverbs["ended"] and child.i < head.i
            ):
                result.weaken("possible", word)
            elif child.dep_ == "mark":
                self._mark(child, result)
            elif child.dep_ == "advcl" and self._is_only_if(child):
                result.weaken("conditional", "only if")
            elif child.dep_ in {"amod", "compound"} and nominal:
                if self.cues.effect(self.cues.adjectives, lemma(child)) == "supposed":
                    result.weaken("possible", word)
            elif child.dep_ in {"det", "neg"} and nominal and word == "no":
                result.negate(word)
        self._auxiliaries(head, result)

    def _negates(self, child: Token) -> bool:
        word = child.lower_
        if child.dep_ == "cc" and child.i > child.head.i:
            return False
        if child.dep_ != "neg" and not (
            word in self.cues.adverbs["negated"] and child.dep_ in {"advmod", "preconj", "cc"}
        ):
            return False
        if child.dep_ == "cc" and any(other.is_punct for other in child.doc[child.i : child.head.i]):
            return False  # "Nor has Chad, which ...": of a clause that is told without its verb
        following = child.doc[child.i + 1].lower_ if child.i + 1 < len(child.doc) else ""
        return following not in self.cues.adverbs["restrictive"]

    @staticmethod
    def _is_only_if(clause: Token) -> bool:
        first = min(token.i for token in clause.subtree)
        return clause.doc[first].lower_ == "if" and first > 0 and clause.doc[first - 1].lower_ == "only"

    def _mark(self, mark: Token, result: Assessment) -> None:
        word = mark.lower_
        if word == "whether":
            result.leave_open(word)
        elif word in self.cues.marks["conditional"]:
            result.weaken("conditional", word)
        elif word == "before":
            result.weaken("possible", word)

    def _auxiliaries(self, head: Token, result: Assessment, *, own: bool = True) -> None:
        for child in self._auxiliary_words(head):
            word = child.lower_
            effect = self.cues.effect(self.cues.auxiliaries, word)
            if effect == "would" and any(other.lower_ == "have" for other in kids(head, "aux")):
                result.weaken("possible", word)  # "would have recognised"
            elif effect in {"planned", "would"}:
                result.weaken("planned" if own else "possible", word)
            elif effect == "possible" and word in {"can", "could", "ca"} and kids(head, "neg"):
                continue  # "cannot recognise": does not
            elif effect == "possible":
                result.weaken("possible", word)
            elif effect == "called":
                result.weaken("called_for", word)
            elif word == "to" and own and head.dep_ in {"ROOT", "dep"}:
                result.weaken("planned", "to")

    def _auxiliary_words(self, head: Token) -> list[Token]:
        words = kids(head, "aux")
        if not words and head.dep_ == "conj" and is_verbal(head.head) and own_subject(head) is None:
            return self._auxiliary_words(head.head)
        return words

    def _quantified(self, event: Event, result: Assessment) -> None:
        """ "none recognises", "no country has", "few states"."""
        if event.thing is not None and event.thing.lower_ in {"none", "neither"}:
            result.negate(event.thing.lower_)
        if event.excepted:
            result.negate("except")
        actor = event.actor
        if actor is None:
            return
        words = {actor.lower_} | {
            child.lower_ for child in actor.children if child.dep_ in {"det", "neg", "preconj", "cc", "amod", "advmod"}
        }
        if words & self.cues.subjects["negated"]:
            result.negate(sorted(words & self.cues.subjects["negated"])[0])
        elif words & self.cues.subjects["few"] and not event.actors:
            result.few = True

    def _according(self, result: Assessment) -> None:
        """ "according to the ministry": who is cited, and whether that is somebody."""
        for token in self.parsed.doc:
            if token.lower_ == "according":
                for to in token.children:
                    for cited in to.children:
                        if cited.dep_ != "pobj" or result.speaker is not None:
                            continue
                        words = {lemma(other) for other in cited.subtree}
                        known = self.resolver.of(cited) or words & (
                            self.cues.speakers["own"]
                            | {
                                "statement",
                                "decree",
                                "agency",
                                "letter",
                                "note",
                                "memo",
                                "document",
                                "text",
                                "gazette",
                                "communique",
                            }
                        )
                        result.speaker = cited
                        if not known or words & self.cues.speakers["vague"]:
                            result.weaken("rumoured", "according to")
