"""Is it said to have happened? Polarity, modality and voice of an event, read from what governs it.

From the event outwards, each governor (an auxiliary, "plans to", "the possibility of", "said that", "without ...") may
turn what is asserted into something planned, hoped, called for, and so on. What lies further out overrules a plan, not
a wish: "urged Spain to consider recognising" is a call.
"""

from spacy.tokens import Token

from pipeline.reading.assessment import EFFECTS, Assessment, clause_tense, phrase, tense
from pipeline.reading.events import Event
from pipeline.reading.own_words import OwnWords
from pipeline.reading.tree import (
    OBJECTS,
    SUBJECTS,
    is_passive,
    is_verbal,
    kids,
    lemma,
    own_subject,
    prepositions,
    subject,
)

_MAX_STEPS = 14


class Assessor(OwnWords):
    """Weighs the events of one sentence."""

    def assess(self, event: Event) -> Assessment:
        """Polarity, modality, tense and speaker of an event."""
        result = Assessment(tense=clause_tense(event.head))
        head = event.head
        self._local(head, result, nominal=event.nominal)
        self._quantified(event, result)
        if (
            event.thing is not None
            and not event.nominal
            and any(child.lower_ == "no" for child in kids(event.thing, "det", "neg"))
        ):
            result.negate("no")  # "has no embassy"
        result.long_after = _is_long_ago(head)
        self._outwards(head, result)
        self._according(result)
        text = self.parsed.sentence.text
        if text.rstrip("\"'”’)").endswith("?"):
            result.weaken("asked", "?")
        return result

    # --- what governs it -----------------------------------------------------------------------------------------

    def _outwards(self, token: Token, result: Assessment) -> None:
        """Weigh what governs the event, governor by governor, until one tells nothing more of it."""
        for _ in range(_MAX_STEPS):
            if token.head == token or not self._governed(token, token.head, result):
                return
            token = token.head

    def _governed(self, token: Token, governor: Token, result: Assessment) -> bool:
        """Weigh one governor; whether what is further out still bears on the event."""
        relation = token.dep_
        if relation in {"xcomp", "ccomp", "dep", "oprd", "acomp"}:
            self._complement(token, governor, result)
        elif relation in {"acl", "relcl"}:
            return self._modifier(token, governor, result)
        elif relation == "conj":
            return self._coordinated(token, governor, result)
        elif relation in {"pcomp", "pobj"}:
            self._prepositional(token, governor, result)
        elif relation == "advcl":
            return self._clause(token, governor, result)
        elif relation in OBJECTS | {"attr"} and is_verbal(governor):
            self._object(token, governor, result)
            return self._open_ended(governor)
        elif relation in SUBJECTS:
            return self._as_subject(token, governor, result)
        return True

    def _modifier(self, token: Token, noun: Token, result: Assessment) -> bool:
        """A clause on a noun: "a plan to recognise", "the countries that recognise", "sanctions imposed by"."""
        own = own_subject(token) is not None
        infinitive = self._infinitival(token)
        if token.dep_ == "relcl" and own and not infinitive:
            self._noun(noun, result, of=False, finite=True)
            self._membership(noun, result)
            return False
        if is_passive(token) and not infinitive and not own:
            return False
        self._noun(noun, result, of=infinitive, finite=own)
        if lemma(noun) in self.cues.speakers["vague"]:
            result.weaken("rumoured", noun.lower_)
        return True

    def _coordinated(self, token: Token, first: Token, result: Assessment) -> bool:
        """The second of two verbs shares what governs the first, unless it has a subject of its own."""
        if own_subject(token) is not None:
            if any(child.lower_ == "nor" and first.i < child.i < token.i for child in kids(first, "cc")):
                result.negate("nor")
            return False
        if is_verbal(token) and is_verbal(first):
            self._shared(token, first, result)
            if token.tag_ == "VB" and first.tag_ not in {"VB", "VBP"} and not kids(token, "aux"):
                result.weaken("called_for", first.lower_)  # "pleaded with them to engage and recognise"
        return True

    def _clause(self, token: Token, governor: Token, result: Assessment) -> bool:
        """An adverbial clause: a purpose, or a participle that shares the fate of the verb it hangs on."""
        infinitive = self._infinitival(token)
        if token.tag_ == "VBG" and phrase(governor) in self.cues.verbs["negated"]:
            self._complement(token, governor, result)
            return True
        if own_subject(token) is not None:
            if infinitive:  # "a deal for Riyadh to recognise"
                result.weaken("possible", "for")
            return False
        if kids(token, "mark") and not infinitive:
            return False
        if infinitive and not kids(governor, "attr"):
            self._purpose(governor, result)
        self._follow(governor, result)
        return True

    def _as_subject(self, token: Token, governor: Token, result: Assessment) -> bool:
        """The event as a subject: "recognising it would be premature", "made its recognition conditional"."""
        if is_verbal(governor):
            if is_verbal(token):
                result.weaken("possible", token.lower_)
            self._subject(governor, result)
            return False
        if governor.pos_ == "ADJ" and self.cues.effect(self.cues.adjectives, lemma(governor)) is not None:
            result.weaken("possible", governor.lower_)
        return True

    @staticmethod
    def _membership(noun: Token, result: Assessment) -> None:
        """ "is not among the countries that recognise it", "is not one of those who did"."""
        while noun.dep_ == "pobj" and noun.head.lower_ in {"among", "amongst", "of"} and noun.head.head != noun.head:
            noun = noun.head.head
            if is_verbal(noun):
                break
        verb = noun.head if noun.dep_ == "attr" else noun
        if lemma(verb) == "be" and is_verbal(verb) and any(child.dep_ == "neg" for child in verb.children):
            result.negate("not among")

    def _open_ended(self, governor: Token) -> bool:
        """Whether what governs a governor still bears on the event: it is no finite verb, or it reports."""
        return self._infinitival(governor) or governor.tag_ == "VBG" or lemma(governor) in self.cues.verbs["said"]

    @staticmethod
    def _infinitival(token: Token) -> bool:
        return any(child.dep_ == "aux" and child.lower_ == "to" for child in token.children)

    def _purpose(self, governor: Token, result: Assessment) -> None:
        """ "met to discuss restoring" is a plan; "came to an agreement to restore" is one."""
        if phrase(governor) in self.cues.verbs["negated"]:
            result.weaken("planned", "to")
            result.negate(phrase(governor))
            return
        nouns = [*kids(governor, *OBJECTS), *(other for _, other in prepositions(governor))]
        if any(lemma(noun) in self.cues.nouns["agreed"] for noun in nouns):
            result.agreed = True
        else:
            result.weaken("planned", "to")

    def _follow(self, governor: Token, result: Assessment) -> None:
        """A participle clause shares the fate of the verb it hangs on."""
        if is_verbal(governor):
            self._local_of_governor(governor, result)

    def _shared(self, token: Token, governor: Token, result: Assessment) -> None:
        if any(child.dep_ == "neg" for child in governor.children) and governor.i < token.i:
            joint = next((child.lower_ for child in governor.children if child.dep_ == "cc"), "and")
            if joint in {"or", "nor"}:
                result.negate("or")

    def _complement(self, token: Token, governor: Token, result: Assessment) -> None:
        word = lemma(governor)
        if governor.pos_ in {"ADJ", "ADV"} or (governor.tag_ == "VBN" and word in self.cues.adjectives["planned"]):
            effect = self.cues.effect(self.cues.adjectives, word) or self.cues.effect(
                self.cues.adjectives, governor.lower_
            )
            self._apply(effect, governor, token, result)
            self._local_of_governor(governor, result)
            return
        if not is_verbal(governor):
            self._noun(governor, result, of=True)
            return
        effect = self._verb_effect(governor, token)
        self._apply(effect, governor, token, result)
        if (
            effect == "said"
            and tense(token) == "pluperfect"
            and any(child.lower_ == "could" for child in governor.children)
        ):
            return  # "could announce that it had": was able to
        self._local_of_governor(governor, result, planned=effect == "planned")

    def _verb_effect(self, governor: Token, token: Token) -> str | None:
        word = phrase(governor)
        verbs = self.cues.verbs
        infinitive = self._infinitival(token)
        if word == "be" and infinitive:
            if any(child.lower_ == "yet" for child in (*governor.children, *token.children)):
                return "negated"
            return None if kids(governor, "attr", "acomp") else "planned"
        if word == "have" and infinitive:
            yet = any(child.lower_ == "yet" for child in (*governor.children, *token.children))
            return "negated" if yet else "called"
        if word == "go" and infinitive:
            return "planned" if governor.tag_ == "VBG" else None
        if word == "order" and infinitive:
            return "planned"
        if word == "use" and infinitive:
            return "ended"
        if word in verbs["said"] and token.tag_ == "VBG" and own_subject(token) is None and token.dep_ == "xcomp":
            return "supposed"  # "says recognising it is no taboo"
        if word in verbs["said"]:
            if infinitive:
                return "called" if word == "tell" and own_subject(token) is not None else "planned"
            return "said"
        if own_subject(token) is not None and word in {"want", "wish", "expect", "tell"}:
            return "called"
        if own_subject(token) is not None and word in {"expect"}:
            return "supposed"
        if word in verbs["planned"] and not infinitive and token.tag_ != "VBG":
            return "supposed" if word in {"expect", "propose", "want", "wish"} else "said"
        for effect in (
            "stopped",
            "agreed",
            "decided",
            "fact",
            "negated",
            "called",
            "planned",
            "hoped",
            "threatened",
            "supposed",
            "done",
        ):
            if word in verbs[effect]:
                if effect == "called" and not infinitive and token.tag_ not in {"VBG", "VB"}:
                    continue  # but "recommends that Chad recognise", in the bare form
                return effect
        # what an unknown verb does to an infinitive cannot be told
        return "supposed" if infinitive and token.dep_ in {"xcomp", "ccomp"} else None

    def _apply(self, effect: str | None, governor: Token, token: Token, result: Assessment) -> None:
        word = governor.lower_
        if effect == "negated":
            if result.modality == "asserted":
                result.refused = True
                result.negate(word)
            else:
                result.negate(word)
        elif effect == "stopped":
            result.stopped = True
            result.negate(word)
        elif effect == "said":
            result.speaker = result.speaker or subject(governor)
            result.said = result.said or governor
            if self._is_vague(result.speaker):
                result.weaken("rumoured", governor.lower_)
        elif effect == "ended":
            result.weaken("possible", "used to")
        elif effect == "decided":
            result.decided = True
        elif effect == "agreed":
            result.agreed = True
        elif effect == "planned":
            own = own_subject(token)
            actor = own_subject(governor)
            reported = lemma(governor) in self.cues.verbs["said"]
            if own is not None and actor is not None and own.i != actor.i and self._infinitival(token) and not reported:
                result.weaken("called_for", word)
            else:
                result.weaken("planned", word)
        elif effect in EFFECTS:
            result.weaken(EFFECTS[effect], word)

    def _is_vague(self, speaker: Token | None) -> bool:
        return (
            speaker is not None
            and lemma(speaker) in self.cues.speakers["vague"]
            and self.parsed.mention(speaker) is None
        )

    def _local_of_governor(self, governor: Token, result: Assessment, *, planned: bool = False) -> None:
        """Negation and auxiliaries of a verb that governs the event."""
        if lemma(governor) in self.cues.verbs["fact"]:
            return
        for child in governor.children:
            if child.dep_ == "neg" and self._negates(child):
                result.negate(child.lower_)
            elif child.dep_ == "mark" and child.lower_ in self.cues.marks["conditional"]:
                result.weaken("conditional", child.lower_)
            elif child.dep_ == "advmod" and child.lower_ in self.cues.adverbs["rumoured"]:
                result.weaken("rumoured", child.lower_)
        self._auxiliaries(governor, result, own=planned)
        own = own_subject(governor)
        if own is not None:
            words = {own.lower_} | {child.lower_ for child in own.children if child.dep_ == "det"}
            if lemma(own) in self.cues.speakers["vague"] and lemma(governor) not in self.cues.verbs["said"]:
                result.weaken("rumoured", own.lower_)
            if words & self.cues.subjects["negated"]:
                result.negate(sorted(words & self.cues.subjects["negated"])[0])

    def _noun(self, noun: Token, result: Assessment, *, of: bool, finite: bool = False) -> None:
        """A noun that the event is the content of: a plan, a refusal, the possibility."""
        word = lemma(noun)
        effect = self.cues.effect(self.cues.nouns, word)
        if effect in {"agreed", "decided"} and not finite:
            result.agreed = result.agreed or effect == "agreed"
            result.decided = result.decided or effect == "decided"
        elif effect == "negated":
            result.refused = True
            result.negate(word)
        elif effect == "open":
            result.leave_open(word)
        elif effect in EFFECTS and (of or finite):
            result.weaken(EFFECTS[effect], word)
        elif finite and effect == "agreed":  # "a deal for Riyadh to recognise", "... in which it would"
            result.weaken("possible" if of else "planned", word)
        if of and any(child.lower_ == "no" for child in noun.children):
            result.negate("no")
        if noun.dep_ in SUBJECTS and any(
            child.lower_ in self.cues.adjectives["belied"] for child in kids(noun.head, "acomp", "attr", "oprd")
        ):
            result.weaken("rumoured", noun.head.lower_)  # "the story that ... is untrue"

    def _prepositional(self, token: Token, prep: Token, result: Assessment) -> None:
        phrase = prep.lower_
        previous = prep.doc[prep.i - 1].lower_ if prep.i else ""
        doubled = f"{previous} {phrase}"
        if doubled in self.cues.prepositions["negated"] or phrase in {"without", "besides"}:
            result.negate(doubled if doubled in self.cues.prepositions["negated"] else phrase)
        elif phrase == "of" and previous == "short":
            result.negate("short of")
        elif phrase == "against" and token.tag_ == "VBG":
            result.negate(phrase)
        elif phrase in self.cues.prepositions["supposed"]:
            result.weaken("possible", phrase)
        outer = prep.head
        if outer == prep:
            return
        if outer.pos_ in {"NOUN", "PROPN"}:
            self._noun(outer, result, of=True)
        elif is_verbal(outer):
            self._governed_by(outer, phrase, result)
        elif outer.pos_ in {"ADJ", "ADV"}:
            self._apply(self.cues.effect(self.cues.adjectives, lemma(outer)), outer, token, result)

    def _governed_by(self, verb: Token, preposition: str, result: Assessment) -> None:
        word = lemma(verb)
        verbs = self.cues.verbs
        if preposition in {"for", "on", "upon"} and word in verbs["called"]:
            result.weaken("called_for", word)
        elif preposition in {"for"} and word in verbs["hoped"]:
            result.weaken("hoped", word)
        elif word == "accuse":
            result.weaken("rumoured", word)
        elif word == "think" and preposition in {"of", "about"}:
            result.weaken("planned", word)
        elif preposition == "into" and word not in verbs["planned"]:  # "will not be rushed into recognising"
            self._local_of_governor(verb, result)
        elif preposition in {"about", "on", "over", "towards", "toward", "at", "for", "into", "with"} and (
            word in verbs["planned"] | verbs["decided"] | {"talk", "insist"}
        ):
            result.weaken("planned", word)
        elif preposition in {"from"} and word in verbs["negated"] | {"stop"}:
            result.negate(word)
        elif word in verbs["planned"] and preposition == "of":
            result.weaken("planned", word)
        elif preposition in {"by", "in", "with", "through", "among", "amongst"}:
            self._local_of_governor(verb, result)

    def _object(self, token: Token, governor: Token, result: Assessment) -> None:
        """A nominal event as the object of a verb: "demands recognition of", "welcomed the recognition"."""
        word = phrase(governor)
        verbs = self.cues.verbs
        planned = word in verbs["planned"] | verbs["said"]
        if word in verbs["negated"]:
            result.refused = True
            result.negate(word)
        elif (
            word in {"seek", "want", "need", "get", "win", "gain", "earn", "request"} and lemma(token) == "recognition"
        ) or word in verbs["called"] - verbs["done"]:
            result.weaken("called_for", word)
        elif word in verbs["planned"]:
            result.weaken("planned", word)
        elif word in verbs["hoped"]:
            result.weaken("hoped", word)
        elif word in verbs["threatened"] | verbs["supposed"]:
            result.weaken("possible", word)
        elif word in verbs["said"]:
            result.said = result.said or governor
            result.speaker = result.speaker or own_subject(governor)
        elif word not in verbs["done"] | verbs["fact"] | verbs["decided"]:
            result.weaken("possible", word)
        self._local_of_governor(governor, result, planned=planned)

    def _subject(self, governor: Token, result: Assessment) -> None:
        """A nominal event as a subject: "recognition would bring", "the recognition remains a condition"."""
        self._auxiliaries(governor, result, own=False)
        word = lemma(governor)
        if is_passive(governor) and (word in self.cues.verbs["planned"] or word in self.cues.verbs["called"]):
            result.weaken("planned" if word in self.cues.verbs["planned"] else "called_for", governor.lower_)
        attribute = next(iter(kids(governor, "attr")), None)
        if attribute is not None:
            discussed = {
                lemma(other) for clause in kids(attribute, "acl", "relcl") for other in (clause, *kids(clause, "xcomp"))
            }
            effect = self.cues.effect(self.cues.nouns, lemma(attribute))
            if discussed & {"discuss", "debate", "consider"} or any(
                lemma(other) in {"discuss", "debate"} for other in attribute.subtree if is_verbal(other)
            ):
                result.weaken("planned", attribute.lower_)
            elif effect in {"called", "supposed", "hoped", "open"} or lemma(attribute) in {"condition", "goal", "aim"}:
                result.weaken("possible", attribute.lower_)
        if any(child.dep_ == "neg" for child in governor.children) and not kids(governor, *OBJECTS):
            result.negate("not")


def _is_long_ago(head: Token) -> bool:
    """ "27 years after Washington listed it": the clause is told as a distance in time."""
    for clause in (head, *head.ancestors):
        for child in clause.children:
            if child.dep_ == "mark" and child.lower_ in {"after", "since"} and child.i > 0:
                before = child.doc[child.i - 1]
                if lemma(before) in {"year", "decade", "century", "month"}:
                    return True
        if clause.dep_ not in {"conj", "xcomp", "ccomp"}:
            return False
    return False
