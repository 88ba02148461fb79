"""Which verbs and nouns act upon a thing, and in which voice they do."""

from collections.abc import Iterator

from spacy.tokens import Token

from pipeline.reading.events import index, noun_acts, verb_acts
from pipeline.reading.lexicon import lexicon
from pipeline.reading.ontology import Thing
from pipeline.reading.tree import OBJECTS, is_passive, is_relative, is_verbal, kids, lemma, own_subject

Governor = tuple[Token, str]
"""A verb or a noun, and its voice: active, passive, middle ("the embassy reopened"), nominal ("the reopening of"),
oblique (the thing is behind a preposition), given ("was presented with")."""


def governors(noun: Token, thing: Thing) -> Iterator[Governor]:
    """The verbs and nouns that act upon a thing; of a coordinated one, also those of the first of its list."""
    yield from _governors_of(noun, thing)
    first = noun
    while first.dep_ == "conj" and first.head != first and not is_verbal(first.head):
        first = first.head
    if first != noun:
        yield from _governors_of(first, thing)


def _governors_of(noun: Token, thing: Thing) -> Iterator[Governor]:
    head = noun.head
    if noun.dep_ in OBJECTS | {"attr"} and is_verbal(head):
        yield from _verbs(head, "active")
    elif noun.dep_ == "nsubjpass":
        yield from _verbs(head, "passive")
    elif noun.dep_ == "nsubj":
        yield from _as_subject(head)
    elif noun.dep_ == "pobj" and head.head != head:
        yield from _behind_preposition(noun, thing)
    elif noun.dep_ in {"compound", "nmod", "amod", "poss"} and noun_acts(head):
        yield head, "nominal"
    elif noun.dep_ in {"compound", "nmod"} and lemma(head) in thing.through:  # "ended the sanctions programme on"
        yield from _governors_of(head, thing)
    elif noun.dep_ in {"ccomp", "xcomp", "dep", "oprd"} and is_verbal(head):
        yield head, "active"
    yield from _modifying(noun)


def _as_subject(head: Token) -> Iterator[Governor]:
    if head.pos_ == "ADJ" and head.dep_ in {"ccomp", "oprd"}:  # "kept its embassy open"
        yield from _verbs(head.head, "active")
    elif is_verbal(head):
        yield from _verbs(head, "passive" if is_passive(head) else "middle")


def _behind_preposition(noun: Token, thing: Thing) -> Iterator[Governor]:
    preposition = noun.head
    outer = preposition.head
    while outer.dep_ == "prep" and outer.head != outer:
        outer = outer.head
    word = preposition.lower_
    if outer.pos_ in {"NOUN", "PROPN"}:
        yield from _through_noun(outer, word, thing)
    elif word == "with" and is_passive(outer):
        yield outer, "given"  # "was presented with the credentials of"
    elif is_verbal(outer):
        objects = kids(outer, *OBJECTS)
        through = word in {"at", "in", "to"} and bool({lemma(child) for child in objects} & {*thing.through, "welcome"})
        yield outer, "active" if word == "as" or through else "oblique"
        if through:
            yield from ((child, "nominal") for child in objects if noun_acts(child))
        yield from ((other, "oblique") for other in outer.conjuncts if is_verbal(other) and other.i < outer.i)


def _through_noun(outer: Token, word: str, thing: Thing) -> Iterator[Governor]:
    if word in {"of", "to", "for"} and noun_acts(outer) and not index().things.get(lemma(outer)):
        yield outer, "nominal"
    elif lemma(outer) in lexicon().long_times:  # "ended eight decades of relations"
        yield from _governors_of(outer, thing)
    elif word == "to" and lemma(outer) == "welcome":
        yield outer, "nominal"
    elif lemma(outer) in thing.through or (outer.pos_ == "PROPN" and word == "of"):
        yield from _governors_of(outer, thing)
    elif outer.dep_ in OBJECTS and is_verbal(outer.head):  # "removed the group from its list", misattached
        yield outer.head, "oblique"


def _modifying(noun: Token) -> Iterator[Governor]:
    """Verbs that hang on the thing: "the sanctions that Chad imposed", "towards normalising ties"."""
    for child in kids(noun, "amod", "compound"):
        mistaken = child.tag_ == "NNS" and child.dep_ == "compound"  # "... and names ambassador"
        if (mistaken or (child.tag_ == "VBG" and child.dep_ == "amod")) and verb_acts(child):
            yield child, "active"
    for clause in kids(noun, "acl", "relcl"):
        objects = kids(clause, *OBJECTS)
        if is_passive(clause):
            yield clause, "passive"
        elif any(is_relative(child) for child in objects) or (
            clause.dep_ == "relcl" and own_subject(clause) != noun and not objects and is_verbal(clause)
        ):
            yield clause, "active"


def _verbs(head: Token, voice: str) -> Iterator[Governor]:
    yield head, voice
    for other in head.conjuncts:
        if not is_verbal(other) or kids(other, *OBJECTS):
            continue
        if other.i < head.i and voice == "active" and own_subject(head) is None:
            yield other, voice  # "established ties with and opened an embassy in"
        elif other.i > head.i and voice == "passive" and own_subject(other) is None:
            yield other, voice  # "was evacuated and shut"
