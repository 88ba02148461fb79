"""Who did what to whom: the ontology's frames, found over the dependency tree of a sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Token

from pipeline.reading.actors import acting, actor_of
from pipeline.reading.cues import load_cues
from pipeline.reading.events import Event, frame_of, index, noun_acts, verb_acts
from pipeline.reading.governors import governors
from pipeline.reading.lexicon import lexicon
from pipeline.reading.ontology import Frame, Thing, load_ontology
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.scene import Party
from pipeline.reading.tree import (
    OBJECTS,
    agent,
    antecedent,
    is_passive,
    is_relative,
    is_verbal,
    kids,
    lemma,
    own_subject,
    prepositions,
    subject,
    within_clause,
)


@dataclass
class _Slots:
    """Who stands in which role about a thing; ``loose`` are those whose role the rest decides."""

    roles: dict[str, list[Party]] = field(default_factory=dict)
    loose: list[tuple[bool, list[Party]]] = field(default_factory=list)

    def put(self, role: str, parties: list[Party], *, name: bool = False) -> None:
        """The first in a role keeps it."""
        if parties and role == "party":
            self.loose.append((name, parties))
        elif parties:
            self.roles.setdefault(role, parties)


class FrameFinder:
    """Finds the frames of one sentence. ``before`` are the events of the text so far, which an ellipsis takes up."""

    def __init__(self, parsed: Parsed, resolver: Resolver, before: Sequence[Event] = ()) -> None:
        self.parsed = parsed
        self.resolver = resolver
        self.before = before
        self.ontology = load_ontology()

    def find(self) -> Iterator[Event]:
        """Every frame of the sentence, in the order of its words; parties may be missing."""
        for token in self.parsed.doc:
            if self.parsed.mention(token) is None:
                yield from self._thing_frames(token)
                yield from self._direct_frames(token)

    # --- acts upon a thing ---------------------------------------------------------------------------------------

    def _thing_frames(self, noun: Token) -> Iterator[Event]:
        for name in self._things(noun):
            thing = self.ontology.things[name]
            heads = list(governors(noun, thing))
            acted = False
            for frame in index().by_thing.get(name, ()):
                for head, voice in heads:
                    if frame.act in (noun_acts(head) if voice == "nominal" else verb_acts(head)):
                        acted = True
                        if _fits(frame, noun, voice):
                            yield self._filled(frame, name, noun, head, voice)
                            break
            if name == "designation" and not acted and "designate" in noun_acts(noun) and kids(noun, "poss", "prep"):
                yield self._filled(frame_of("designate"), name, noun, noun, "nominal")
            if (
                name == "sanctions"
                and not acted
                and noun.dep_ in OBJECTS
                and lemma(noun.head) in load_cues().verbs["planned"]
            ):
                yield self._filled(frame_of("impose", "sanctions"), name, noun, noun, "nominal")
            if name == "recognition" and not acted and noun.lower_ not in lexicon().thing_pronouns:
                yield self._filled(frame_of("recognise"), name, noun, noun, "nominal")

    def _things(self, noun: Token) -> list[str]:
        names = index().things.get(lemma(noun), ())
        if not names and noun.lower_ in lexicon().thing_pronouns and noun.dep_ in OBJECTS | {"nsubjpass"}:
            return self._taken_up(noun)
        return [name for name in names if self._means(noun, self.ontology.things[name])]

    def _taken_up(self, pronoun: Token) -> list[str]:
        """ "imposed them in 2011", "downgraded its own": the thing spoken of last, if the verb acts upon such."""
        acts = verb_acts(pronoun.head)
        for event in reversed(self.before):
            if self.parsed.sentence.index - event.parsed.sentence.index > 1:
                break
            name = event.frame.thing
            if name in {None, "recognition"}:  # "withdrew it", "revoked its own"
                if "retract" in acts and event.frame.predicate in {"recognized", "withdrew_recognition"}:
                    return ["recognition"]
                continue
            if any(frame.act in acts for frame in index().by_thing[name]):
                return [name]
        return []

    def _means(self, noun: Token, thing: Thing) -> bool:
        beside = [child for child in noun.children if child.dep_ in {"amod", "compound", "nmod", "poss"}]
        beside += [other for child in beside for other in child.conjuncts]
        words = {lemma(child) for child in beside} | {child.lower_ for child in beside}
        words |= {lemma(child) for other in beside for child in kids(other, "amod", "compound")}
        if words & set(thing.barred):
            return False
        if lemma(noun) in thing.placed and any(
            word == "in" and other.i in self.parsed.mentions for word, other in prepositions(noun)
        ):
            return True  # "its mission in Kabul"
        needed = thing.phrases.get(lemma(noun))
        if needed is not None:
            return needed in words | {lemma(other) for word, other in prepositions(noun) if word == "of"}
        return lemma(noun) not in thing.weak or bool(words & set(thing.strong))

    # --- its parties ---------------------------------------------------------------------------------------------

    def _filled(self, frame: Frame, name: str, noun: Token, head: Token, voice: str) -> Event:
        thing = self.ontology.things[name]
        actor, actors = acting(
            self.parsed, self.resolver, head, actor_of(head, voice), active=voice in {"active", "oblique"}
        )
        self.resolver.exclude = actors
        slots = _Slots()
        unsaid = False  # whose mission it is that becomes an embassy, and where
        names = {**thing.slots, **frame.slots}
        if frame.via:
            upon = next(
                (one for one in kids(head, *OBJECTS, "nsubjpass") if one != noun and lemma(one) in thing.nouns), None
            )
            if upon is not None:  # "raised its mission in Kabul to an embassy"
                self._beside(upon, names, actors, slots, beyond=thing.beyond)
                unsaid = not slots.roles and not any(named for named, _ in slots.loose)
            else:
                slots.put("target", self._object(head, noun, thing.beyond))
        own = actors if names.get("poss") in {frame.actor, "party"} or frame.subject is not None else []
        self._beside(noun, names, own, slots, beyond=thing.beyond)
        self._about(head, noun, names, slots, thing)
        if frame.target not in slots.roles and not slots.loose and not frame.via:
            self._anywhere(head, noun, names, frame.target, slots)
        self.resolver.exclude = []
        event = Event(frame, self.parsed, head, noun, name, actor=actor, nominal=voice == "nominal")
        if name == "recognition" and event.nominal and noun.dep_ == "pobj" and noun.head.lower_ == "for":
            slots.put("target", self.resolver.of(subject(noun.head.head)))  # "Kosovo thanked Kenya for recognition"
        excepted = self.resolver.excepted(head, actor) if event.actor is not None else []
        if excepted:
            actors, event.excepted = excepted, True
        if frame.subject is not None and voice != "given":
            slots.put(frame.subject, actors)
            actors = []
        self._assign(event, slots, actors)
        event.another_owner = event.another_owner or unsaid
        return event

    def _object(self, head: Token, noun: Token, beyond: Sequence[str]) -> list[Party]:
        objects = [child for child in kids(head, *OBJECTS) if child != noun]
        target = (own_subject(head) or subject(head)) if is_passive(head) else next(iter(objects), None)
        if target is None and kids(head, "ccomp", "prt"):
            target = next((child for clause in kids(head, "ccomp") for child in kids(clause, "nsubj")), None)
        if target is None or target == noun:
            return []
        return self._reached(target, beyond) if beyond else self.resolver.of(target)

    def _beside(
        self, noun: Token, names: dict[str, str], actors: list[Party], slots: _Slots, *, beyond: Sequence[str]
    ) -> None:
        """The slots at the noun itself."""
        for word, target in prepositions(noun):
            role = names.get(word)
            if role:
                found = self._reached(target, beyond) if role == "target" and beyond else self.resolver.of(target)
                slots.put(role, found)
                for other in kids(target, "appos"):  # "credentials of Ali, Chad's envoy to Togo"
                    slots.put(role, self.resolver.of(other))
                    self._beside(other, names, actors, slots, beyond=beyond)
        for child in kids(noun, "poss"):
            role = names.get("poss")
            if role:  # "its", "his": whoever acts
                slots.put(role, actors if actors and child.tag_ == "PRP$" else self.resolver.of(child))
        for child in kids(noun, "amod", "compound", "nmod"):
            mention = self.parsed.mention(child)
            if names.get("mod") and mention is not None:
                slots.put(names["mod"], self.resolver.of(child), name=mention.form != "adjective")

    def _about(self, head: Token, noun: Token, names: dict[str, str], slots: _Slots, thing: Thing) -> None:
        """The slots at the verb, at what it acts through, and at "open" or "back" beside it."""
        near = [head, *kids(head, "oprd", "acomp", "ccomp", "advmod", "prt")]
        if noun.dep_ == "pobj" and noun.head.head.pos_ == "NOUN":
            near.append(noun.head.head)
        if noun.dep_ in {"compound", "nmod"}:
            near.append(noun.head)
        if noun.dep_ == "pobj" and noun.head.lower_ == "as":  # "accredited Karimi of the Taliban as ambassador"
            for target in kids(head, *OBJECTS):
                found = self.resolver.actor(target) or [
                    p for word, other in prepositions(target) if word == "of" for p in self.resolver.of(other)
                ]
                slots.put("owner", found)
        for other in near:
            if other == noun:
                continue
            for word, target in prepositions(other):
                role = names.get(word)
                if (
                    role
                    and word not in {"of", "by", "from"} | lexicon().time_prepositions
                    and (target.i > min(noun.i, head.i) or is_relative(target))
                ):
                    found = (
                        self._reached(target, thing.beyond)
                        if role == "target" and thing.beyond
                        else self.resolver.of(target)
                    )
                    if word not in lexicon().places or found:
                        slots.put(role, found)
        if "from" in names and head != noun:
            for word, target in prepositions(head):
                if word == "from":
                    slots.put(names["from"], self.resolver.of(target))

    def _anywhere(self, head: Token, noun: Token, names: dict[str, str], role: str, slots: _Slots) -> None:
        """The target behind a preposition that the parser hung too deep: "imposed by the EU on Myanmar"."""
        for token in sorted({*head.subtree, *noun.subtree}, key=lambda one: one.i):
            if token.head != noun and (index().things.get(lemma(token.head)) or not within_clause(token, head, noun)):
                continue  # of another thing, or of another clause
            if (
                token.dep_ == "prep"
                and names.get(token.lower_) == role
                and token.i > min(head.i, noun.i)
                and token.lower_ != "in"
            ):
                for target in kids(token, "pobj"):
                    if self.parsed.mention(target) is not None:
                        slots.put(role, self.resolver.of(target))

    def _reached(self, target: Token, beyond: Sequence[str]) -> list[Party]:
        """Who is hit when a country's army, banks or ministers are."""
        if lemma(target) in beyond:
            return []
        found = self.resolver.of(target)
        if found or target.pos_ == "PROPN":
            return found
        return [
            party
            for noun in (target, *target.conjuncts)
            if noun.pos_ == "NOUN" and lemma(noun) not in beyond
            for child in (
                *kids(noun, "poss", "amod", "compound", "nmod"),
                *(other for word, other in prepositions(noun) if word == "in"),
            )
            if self.parsed.mention(child) is not None
            for party in self.resolver.of(child)
        ]

    @staticmethod
    def _assign(event: Event, slots: _Slots, actors: list[Party]) -> None:
        frame = event.frame
        given = slots.roles.get(frame.actor, [])
        targets = slots.roles.get(frame.target, [])
        for name, parties in slots.loose:
            fits = name or frame.actor != "owner"  # "the Kabul embassy" is in Kabul, "the Israeli embassy" is Israel's
            if (
                not targets
                and (actors or given or name or event.thing_name == "recognition")
                and fits
                and not _overlap(parties, actors)
            ):
                targets = parties
            elif not given and (not actors or not fits):
                given = parties
        both = slots.roles.get("both", [])
        if both:
            actors, targets = both, []
        elif given and actors and not _overlap(given, actors):
            event.another_owner = frame.actor == "owner"
        elif not actors:
            actors = given
        if len(actors) == 2 and not targets and event.thing is not None and event.thing.tag_ == "NNS":
            event.mutual = True  # "agree to reopen embassies"
        event.actors = actors
        event.targets = [party for party in targets if not any(party.same(other) for other in actors)]

    # --- acts upon the subject itself ----------------------------------------------------------------------------

    def _direct_frames(self, token: Token) -> Iterator[Event]:
        acts = verb_acts(token) if is_verbal(token) or token.dep_ == "ROOT" or self._mistagged(token) else []
        if acts and token.dep_ != "amod":
            for frame in index().direct:
                if frame.act in acts:
                    yield from self._direct(frame, token)
        elif token.pos_ in {"NOUN", "PROPN"} and not index().things.get(lemma(token)):
            for frame in index().direct:
                if frame.act in noun_acts(token):
                    yield from self._direct_nominal(frame, token)

    def _mistagged(self, token: Token) -> bool:
        """A verb taken for a noun: between two mentions, "Benin recognises Kosovo"."""
        return (
            self.parsed.mentions.get(token.i - 1) is not None
            and self._after(token) is not None
            and token.lower_.endswith("s")
        )

    def _direct(self, frame: Frame, verb: Token) -> Iterator[Event]:
        if is_passive(verb):
            actor = agent(verb)
            target = own_subject(verb) or (verb.head if verb.dep_ in {"acl", "relcl"} else subject(verb))
        else:
            actor = subject(verb)
            target = next(iter(kids(verb, *OBJECTS)), None) or _small_clause(verb) or self._after(verb)
        if target is None:
            return
        if is_relative(target) and verb.dep_ == "relcl":
            target = antecedent(target) or verb.head
            if "recognition" in index().things.get(
                lemma(target), ()
            ):  # "its recognition of X, which it had recognised"
                target = next((other for word, other in prepositions(target) if word == "of"), target)
        if target.dep_ == "oprd" and lemma(target) not in {"state"}:
            target = _small_clause(verb) or target
        yield self._upon(frame, verb, target, actor, nominal=False)
        if is_passive(verb):
            yield from self._contrast(frame, verb, target)

    def _contrast(self, frame: Frame, verb: Token, target: Token) -> Iterator[Event]:
        """ "recognised by Chad but not by Togo"."""
        doc = self.parsed.doc
        for place in range(verb.i, len(doc) - 2):
            step = place + 1 + (doc[place + 1].lower_ == "even")
            if doc[place].lower_ == "not" and step < len(doc) and doc[step].lower_ == "by":
                near = range(step + 1, min(step + 3, len(doc)))
                other = next((doc[index] for index in near if index in self.parsed.mentions), None)
                if other is not None:
                    event = self._upon(frame, verb, target, other, nominal=False)
                    event.excepted = True
                    yield event

    def _after(self, verb: Token) -> Token | None:
        """The mention right after a verb whose object the parser lost."""
        place = verb.i + 1
        if (
            place < len(verb.doc)
            and verb.doc[place].lower_ in {"both", "either", "neither"}
            and self.parsed.mentions.get(place + 1) is None
        ):
            return verb.doc[place]
        while (
            place < len(verb.doc) and verb.doc[place].pos_ in {"DET", "ADJ"} and self.parsed.mentions.get(place) is None
        ):
            place += 1
        return verb.doc[place] if self.parsed.mentions.get(place) is not None else None

    def _direct_nominal(self, frame: Frame, noun: Token) -> Iterator[Event]:
        target = next((other for word, other in prepositions(noun) if word == "of"), None)
        if target is not None:
            yield self._upon(frame, noun, target, actor_of(noun, "nominal"), nominal=True)

    def _upon(self, frame: Frame, head: Token, target: Token, actor: Token | None, *, nominal: bool) -> Event:
        actor, actors = acting(self.parsed, self.resolver, head, actor, active=not nominal)
        self.resolver.exclude = actors
        if frame.act == "sanction":
            targets = self._reached(target, self.ontology.things["sanctions"].beyond)
        else:
            targets = self.resolver.of(target)
        self.resolver.exclude = []
        excepted = self.resolver.excepted(head, actor)
        actors = excepted or actors
        targets = [party for party in targets if not any(party.same(other) for other in actors)]
        return Event(frame, self.parsed, head, target, "", actors, targets, actor, nominal, excepted=bool(excepted))


_BESIDE = frozenset({"det", "amod", "compound", "nmod", "poss", "pobj", "case", "nummod"})


def _fits(frame: Frame, noun: Token, voice: str) -> bool:
    """Whether the thing stands where the frame wants it: after one of its prepositions, or as the object."""
    return _preposition(noun) in frame.via if frame.via else voice != "oblique"


def _preposition(noun: Token) -> str:
    if noun.dep_ == "pobj":
        return str(noun.head.lower_)
    before = next(
        (token for token in reversed(list(noun.doc[: noun.i])) if token.dep_ not in _BESIDE or token.pos_ == "ADP"),
        None,
    )
    return str(before.lower_) if before is not None and before.pos_ == "ADP" else ""


def _small_clause(verb: Token) -> Token | None:
    """ "declared Sudan a sponsor of terror": what it was declared of."""
    for clause in kids(verb, "ccomp", "dep", "oprd", "xcomp"):
        subjects = kids(clause, "nsubj")
        if subjects:
            return subjects[0]
    return next(iter(kids(verb, "dative")), None)


def _overlap(some: list[Party], others: list[Party]) -> bool:
    return any(one.same(other) for one in some for other in others)
