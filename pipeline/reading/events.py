"""Events, and the ontology as the tree asks it: which acts a verb means, which frames a thing has."""

from dataclasses import dataclass, field
from functools import lru_cache

from spacy.tokens import Token

from pipeline.reading.ontology import Frame, Ontology, load_ontology
from pipeline.reading.parse import Parsed
from pipeline.reading.scene import Party
from pipeline.reading.tree import lemma


@dataclass
class Event:
    """A frame found in a sentence. ``head`` is the verb or noun that carries time and truth."""

    frame: Frame
    parsed: Parsed
    head: Token
    thing: Token | None = None
    thing_name: str = ""
    actors: list[Party] = field(default_factory=list)
    targets: list[Party] = field(default_factory=list)
    actor: Token | None = None
    nominal: bool = False
    another_owner: bool = False
    mutual: bool = False
    excepted: bool = False  # the actors are those of whom it is not so
    aside: bool = False  # told by a "did so", a switch, an ellipsis: the form of its target is settled


@dataclass(frozen=True)
class Index:
    """The ontology by lemma."""

    verbs: dict[str, tuple[tuple[str, str], ...]]
    """First word of a verb -> its acts, each with the particle that it needs, or none."""
    nouns: dict[str, tuple[str, ...]]
    things: dict[str, tuple[str, ...]]
    direct: tuple[Frame, ...]
    by_thing: dict[str, tuple[Frame, ...]]


@lru_cache(maxsize=1)
def index() -> Index:
    """The ontology by lemma, made once."""
    ontology: Ontology = load_ontology()
    verbs: dict[str, list[tuple[str, str]]] = {}
    nouns: dict[str, list[str]] = {}
    things: dict[str, list[str]] = {}
    by_thing: dict[str, list[Frame]] = {}
    for name, act in ontology.acts.items():
        for phrase in act.verbs:
            first, _, particle = phrase.partition(" ")
            verbs.setdefault(first, []).append((name, particle))
        for noun in act.nouns:
            nouns.setdefault(noun, []).append(name)
    for name, thing in ontology.things.items():
        for noun in thing.nouns:
            things.setdefault(noun, []).append(name)
    for frame in ontology.frames:
        if frame.thing:
            by_thing.setdefault(frame.thing, []).append(frame)
    return Index(
        {word: tuple(found) for word, found in verbs.items()},
        {word: tuple(found) for word, found in nouns.items()},
        {word: tuple(found) for word, found in things.items()},
        tuple(frame for frame in ontology.frames if frame.object),
        {name: tuple(found) for name, found in by_thing.items()},
    )


def frame_of(act: str, thing: str | None = None) -> Frame:
    """The frame of an act (upon a thing). Raises StopIteration when the ontology has none."""
    return next(frame for frame in load_ontology().frames if frame.act == act and frame.thing == thing)


def verb_acts(token: Token) -> list[str]:
    """The acts that a verb means, its particle considered."""
    return [
        act
        for act, particle in index().verbs.get(lemma(token), ())
        if not particle or any(child.lower_ == particle for child in token.children) or _next_is(token, particle)
    ]


def _next_is(token: Token, word: str) -> bool:
    return token.i + 1 < len(token.doc) and bool(token.doc[token.i + 1].lower_ == word)


def noun_acts(token: Token) -> tuple[str, ...]:
    """The acts that a noun means."""
    return index().nouns.get(lemma(token), ()) or index().nouns.get(token.lower_, ())
