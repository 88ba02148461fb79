"""How an event's target and rank are worded: by a pronoun, left open, with a place, as the first of all."""

from spacy.tokens import Token

from pipeline.reading.events import Event
from pipeline.reading.lexicon import lexicon
from pipeline.reading.tree import kids, lemma, prepositions

_TIMES = frozenset(
    """year month week day january february march april may june july august september october november december
    spring summer autumn winter monday tuesday wednesday thursday friday saturday sunday end beginning time""".split()
)


def is_pronominal(thing: Token | None) -> bool:
    """ "it", "him", "his government"."""
    return thing is not None and (
        thing.lower_ in lexicon().personal or any(child.tag_ == "PRP$" for child in kids(thing, "poss"))
    )


def is_open(event: Event) -> bool:
    """Whether the target is left to the context: no object that names something else."""
    if event.frame.object is None or event.thing is None:
        return True
    return (
        event.thing.pos_ == "PRON"
        or event.thing.lower_ in {"both", "either", "neither"}
        or any(child.lower_ in {"the", "this", "that", "its"} for child in event.thing.children)
    )


def is_placed(event: Event) -> bool:
    """Whether the sentence says where or with whom, though not in a name that is known: "its embassy in the north"."""
    nouns = [event.head, *([event.thing] if event.thing is not None else [])]
    return any(
        word in {"in", "with", "at", "to"} and not _is_time(other)
        for noun in nouns
        for word, other in prepositions(noun)
    )


def _is_time(noun: Token) -> bool:
    """ "in 2012", "in May", "in that month": no place."""
    return noun.pos_ == "NUM" or noun.like_num or lemma(noun) in _TIMES


def first_ever(head: Token) -> bool:
    """Whether the text calls it the first of all countries, not of a region's or a group's."""
    near = [
        head.head,
        *kids(head.head, "attr", "appos"),
        *(attr for verb in kids(head, "advcl") for attr in kids(verb, "attr")),
    ]
    for noun in near:
        words = {child.lower_ for child in kids(noun, "amod", "compound", "nummod", "nmod")}
        places = {other.lower_ for word, other in prepositions(noun) if word in {"in", "of", "among", "outside"}}
        if (
            lemma(noun) in lexicon().states
            and "first" in words
            and words <= lexicon().unlimited
            and places <= {"world", "earth", "kind"}
        ):
            return True
    return False
