"""Who did what to whom: the ontology's frames, found over the dependency trees of a text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from spacy.tokens import Token

from pipeline.reading.ontology import Frame, Ontology, Thing, load_ontology
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Party, Resolver
from pipeline.reading.tree import (
    OBJECTS,
    agent,
    holder,
    is_passive,
    is_relative,
    is_verbal,
    kids,
    lemma,
    own_subject,
    prepositions,
    subject,
)


@dataclass
class Event:
    """A frame found in a sentence. ``head`` is the verb or noun that carries time and truth."""

    frame: Frame
    head: Token
    thing: Token | None
    actors: list[Party]
    targets: list[Party]
    actor: Token | None = None
    nominal: bool = False
    notes: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Index:
    """The ontology by lemma."""

    verbs: dict[str, tuple[tuple[str, str], ...]]  # first word -> (act, particle or "")
    nouns: dict[str, tuple[str, ...]]  # -> acts
    things: dict[str, tuple[str, ...]]
    direct: tuple[Frame, ...]
    by_thing: dict[str, tuple[Frame, ...]]


@lru_cache(maxsize=1)
def _index() -> _Index:
    ontology: Ontology = load_ontology()
    verbs: dict[str, list[tuple[str, str]]] = {}
    nouns: dict[str, list[str]] = {}
    things: dict[str, list[str]] = {}
    for name, act in ontology.acts.items():
        for phrase in act.verbs:
            first, _, particle = phrase.partition(" ")
            verbs.setdefault(first, []).append((name, particle))
        for noun in act.nouns:
            nouns.setdefault(noun, []).append(name)
    for name, thing in ontology.things.items():
        for noun in thing.nouns:
            things.setdefault(noun, []).append(name)
    by_thing: dict[str, list[Frame]] = {}
    for frame in ontology.frames:
        if frame.thing:
            by_thing.setdefault(frame.thing, []).append(frame)
    return _Index(
        {word: tuple(found) for word, found in verbs.items()},
        {word: tuple(found) for word, found in nouns.items()},
        {word: tuple(found) for word, found in things.items()},
        tuple(frame for frame in ontology.frames if frame.object),
        {name: tuple(found) for name, found in by_thing.items()},
    )


def verb_acts(token: Token) -> list[str]:
    """The acts that a verb means, its particle considered."""
    found = []
    for act, particle in _index().verbs.get(lemma(token), ()):
        if not particle or any(child.lower_ == particle for child in token.children) or _next_is(token, particle):
            found.append(act)
    return found


def _next_is(token: Token, word: str) -> bool:
    return any(other.lower_ == word for other in token.doc[token.i + 1 : token.i + 2])


def noun_acts(token: Token) -> tuple[str, ...]:
    """The acts that a noun means."""
    return _index().nouns.get(lemma(token), ()) or _index().nouns.get(token.lower_, ())


class FrameFinder:
    """Finds the frames of one sentence."""

    def __init__(self, parsed: Parsed, resolver: Resolver) -> None:
        self.parsed = parsed
        self.resolver = resolver
        self.ontology = load_ontology()

    def find(self) -> Iterator[Event]:
        """Every frame of the sentence, in the order of its words; parties may be missing."""
        for token in self.parsed.doc:
            if self.parsed.mention(token) is None:
                yield from self._thing_frames(token)
                yield from self._direct_frames(token)

    # --- acts upon a thing ---------------------------------------------------------------------------------------

    def _thing_frames(self, noun: Token) -> Iterator[Event]:
        for name in _index().things.get(lemma(noun), ()):
            thing = self.ontology.things[name]
            if not self._means(noun, thing):
                continue
            governors = list(self._governors(noun))
            for frame in _index().by_thing.get(name, ()):
                for head, voice in governors:
                    acts = noun_acts(head) if voice == "nominal" else verb_acts(head)
                    if frame.act in acts:
                        event = self._filled(frame, thing, noun, head, voice)
                        if event is not None:
                            yield event
                        break
            if name == "recognition" and not any(self._acts_on(head, voice) for head, voice in governors):
                event = self._filled(_recognise(self.ontology), thing, noun, noun, "nominal")
                if event is not None:
                    yield event

    def _acts_on(self, head: Token, voice: str) -> bool:
        frames = _index().by_thing["recognition"]
        acts = noun_acts(head) if voice == "nominal" else verb_acts(head)
        return any(frame.act in acts for frame in frames)

    def _means(self, noun: Token, thing: Thing) -> bool:
        beside = [child for child in noun.children if child.dep_ in {"amod", "compound", "nmod", "poss"}]
        words = {lemma(child) for child in beside} | {child.lower_ for child in beside}
        words |= {lemma(other) for child in beside for other in child.conjuncts}
        if words & set(thing.barred):
            return False
        if lemma(noun) in thing.weak and not words & set(thing.strong):
            return False
        return not (lemma(noun) == "commissioner" and "high" not in words)

    def _governors(self, noun: Token) -> Iterator[tuple[Token, str]]:
        """The verbs and nouns that act upon a thing, each with the voice in which it does."""
        first = noun
        while first.dep_ == "conj" and first.head != first:
            first = first.head
            if is_verbal(first):
                break
        for token in (noun, first) if first != noun else (noun,):
            yield from self._governors_of(token)

    def _governors_of(self, noun: Token) -> Iterator[tuple[Token, str]]:
        head = noun.head
        if noun.dep_ in OBJECTS | {"attr"} and is_verbal(head):
            yield from self._verbs(head, "active")
        elif noun.dep_ == "nsubjpass":
            yield from self._verbs(head, "passive")
        elif noun.dep_ == "nsubj" and head.pos_ == "ADJ" and head.dep_ in {"ccomp", "oprd"}:  # "kept its embassy open"
            yield from self._verbs(head.head, "active")
        elif noun.dep_ == "nsubj" and is_verbal(head):
            yield from self._verbs(head, "passive" if is_passive(head) else "middle")
        elif noun.dep_ == "pobj" and head.head != head:
            outer = head.head
            if outer.pos_ in {"NOUN", "PROPN"}:
                if noun_acts(outer):
                    yield outer, "nominal"
                elif head.lower_ in {"at", "in", "of"} and lemma(outer) in {"operation", "op", "ops", "work", "service", "activity", "door"}:
                    yield from self._governors_of(outer)
            elif is_verbal(outer) and head.lower_ in {"with", "of", "from", "at", "on", "in"}:
                yield outer, "oblique"
        elif noun.dep_ in {"compound", "nmod", "amod", "poss"} and noun_acts(head):
            yield head, "nominal"
        elif noun.dep_ in {"ccomp", "xcomp", "dep", "oprd"} and is_verbal(head):
            yield head, "active"
        for clause in kids(noun, "acl", "relcl"):
            if is_verbal(clause):
                if is_passive(clause):
                    yield clause, "passive"
                elif any(is_relative(child) and child.dep_ in OBJECTS for child in clause.children) or (
                    clause.dep_ == "relcl" and own_subject(clause) != noun and not kids(clause, *OBJECTS)
                ):
                    yield clause, "active"

    def _verbs(self, head: Token, voice: str) -> Iterator[tuple[Token, str]]:
        yield head, voice
        for other in head.conjuncts:  # "established ties with and opened an embassy in"
            if is_verbal(other) and other.i < head.i and not kids(other, *OBJECTS) and not own_subject(head):
                yield other, voice

    def _filled(self, frame: Frame, thing: Thing, noun: Token, head: Token, voice: str) -> Event | None:
        actor = self._actor(head, voice)
        actors = self.resolver.of(actor)
        self.resolver.exclude = actors
        roles: dict[str, list[Party]] = {}
        loose: list[tuple[bool, list[Party]]] = []

        def put(role: str, parties: list[Party], *, is_name: bool = False) -> None:
            if not parties:
                return
            if role == "party":
                loose.append((is_name, parties))
            elif role not in roles:
                roles[role] = parties

        self._slots(thing, noun, actors, put)
        for other in [head, holder_of(noun), *kids(head, "oprd", "acomp", "ccomp")]:  # "kept its embassy open in"
            if other is not None and other != noun:
                for word, target in prepositions(other):
                    role = thing.slots.get(word)
                    if role and word not in {"of", "by", "from"} and target.i > min(noun.i, other.i):
                        put(role, self.resolver.of(target))
        self.resolver.exclude = []
        if frame.subject is not None and actors:
            put(frame.subject, actors)
            actors = []
        event = Event(frame, head, noun, [], [], actor, nominal=voice == "nominal")
        return self._assigned(event, roles, loose, actors)

    def _slots(self, thing: Thing, noun: Token, actors: list[Party], put: "_Put") -> None:
        for word, target in prepositions(noun):
            role = thing.slots.get(word)
            if role:
                put(role, self.resolver.of(target))
        for child in kids(noun, "poss"):
            role = thing.slots.get("poss")
            if role:  # "its", "his": whoever acts
                put(role, actors if actors and child.tag_ == "PRP$" else self.resolver.of(child))
        for child in kids(noun, "amod", "compound", "nmod"):
            role = thing.slots.get("mod")
            mention = self.parsed.mention(child)
            if role and mention is not None:
                put(role, self.resolver.of(child), is_name=mention.form != "adjective")

    def _actor(self, head: Token, voice: str) -> Token | None:
        if voice == "nominal":
            return next((noun for word, noun in prepositions(head) if word == "by"), None) or next(iter(kids(head, "poss")), None)
        if voice == "passive" or (is_passive(head) and voice != "active"):
            return agent(head)
        if voice == "middle":
            return None
        return subject(head)

    def _assigned(
        self, event: Event, roles: dict[str, list[Party]], loose: list[tuple[bool, list[Party]]], actors: list[Party]
    ) -> Event | None:
        frame = event.frame
        both = roles.get("both", [])
        given = roles.get(frame.actor, [])
        targets = roles.get(frame.target, [])
        for is_name, parties in loose:
            if not targets and (actors or given or is_name) and not _overlap(parties, actors):
                targets = parties
            elif not actors and not given:
                given = parties
        if both:
            actors, targets = both, []
        elif given and actors and not _overlap(given, actors):
            if frame.actor == "owner" and not targets and len(given) == 1:
                targets = given  # "opens Israel embassy"
            else:
                event.notes.add("other owner")
        elif not actors:
            actors = given
        event.actors = actors
        event.targets = [party for party in targets if not any(party.same(other) for other in actors)]
        return event

    # --- acts upon the subject itself ----------------------------------------------------------------------------

    def _direct_frames(self, verb: Token) -> Iterator[Event]:
        acts = verb_acts(verb)
        if not acts or not is_verbal(verb) and verb.dep_ != "ROOT":
            return
        for frame in _index().direct:
            if frame.act in acts:
                event = self._direct(frame, verb)
                if event is not None:
                    yield event

    def _direct(self, frame: Frame, verb: Token) -> Event | None:
        if is_passive(verb):
            target, actor = own_subject(verb) or (verb.head if verb.dep_ in {"acl", "relcl", "amod"} else subject(verb)), agent(verb)
            if actor is None:
                actor = self._agent_further(verb)
        else:
            actor = subject(verb)
            target = next(iter(kids(verb, *OBJECTS)), None)
            if target is None:
                target = next(iter(kids(verb, "ccomp", "dep")), None)
        if target is None:
            return None
        if is_relative(target) and verb.dep_ == "relcl":
            target = verb.head
        actors = self.resolver.of(actor)
        self.resolver.exclude = actors
        targets = self.resolver.of(target)
        self.resolver.exclude = []
        return Event(frame, verb, target, actors, [party for party in targets if not any(party.same(one) for one in actors)], actor)

    def _agent_further(self, verb: Token) -> Token | None:
        """ "recognised as a legitimate authority by": the agent hangs too deep."""
        for child in kids(verb, "prep"):
            for word, noun in prepositions(child):
                if word == "by":
                    return noun
            for inner in kids(child, "pobj"):
                for word, noun in prepositions(inner):
                    if word == "by":
                        return noun
        return None


def holder_of(noun: Token) -> Token | None:
    """The noun through which a verb acts on a thing: "operations at the embassy"."""
    if noun.dep_ == "pobj" and noun.head.head.pos_ == "NOUN":
        return noun.head.head
    return None


def _overlap(some: list[Party], others: list[Party]) -> bool:
    return any(one.same(other) for one in some for other in others)


def _recognise(ontology: Ontology) -> Frame:
    return next(frame for frame in ontology.frames if frame.act == "recognise")


class _Put:
    """Signature of the slot filler."""

    def __call__(self, role: str, parties: list[Party], *, is_name: bool = False) -> None: ...
