"""Who acts: by the tree, in plans, announcements and thanks too; where the tree fails, by the order of words."""

from spacy.tokens import Token

from pipeline.reading.cues import load_cues
from pipeline.reading.lexicon import lexicon
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.scene import Party
from pipeline.reading.tree import OBJECTS, agent, is_passive, is_verbal, kids, lemma, own_subject, prepositions, subject

_FINITE = frozenset({"VBD", "VBZ", "VBP", "VBN", "NNS", "VB"})


def acting(
    parsed: Parsed, resolver: Resolver, head: Token, actor: Token | None, *, active: bool = True
) -> tuple[Token | None, list[Party]]:
    """The actor, by the tree; where that names nobody, the country right before the verb, by the order of words."""
    actors = [party for party in resolver.actor(actor) if party.acts]
    if actors or not active or is_passive(head):
        return actor, actors
    for verb in (head, head.head):
        if own_subject(verb) is not None:
            break
        beside = _right_before(parsed, verb) if verb.tag_ in _FINITE else None
        found = resolver.actor(beside)
        if found:
            return beside, found
    if parsed.sentence.headline and actor is None and head.tag_ in {"NNS", "VBZ"}:  # "... and names ambassador"
        first = next((parsed.doc[place] for place in sorted(parsed.mentions) if place < head.i), None)
        return first, resolver.actor(first)
    return actor, actors


def _right_before(parsed: Parsed, verb: Token) -> Token | None:
    place = verb.i - 1
    while place >= 0 and place not in parsed.mentions and verb.doc[place].dep_ in {"aux", "auxpass", "advmod", "neg"}:
        place -= 1
    if place < 0 or place not in parsed.mentions:
        return None
    beside = verb.doc[place]
    before = verb.doc[place - 1] if place else None
    if beside.dep_ == "pobj" and before is not None and before.lower_ not in lexicon().clause_words:
        return None
    return beside


def actor_of(head: Token, voice: str) -> Token | None:
    """The noun of who acts, by the voice in which a verb or a noun does; None where the tree has none."""
    if voice == "nominal":
        return _nominal_actor(head)
    if voice == "passive" or (voice in {"oblique", "active"} and is_passive(head)):
        return agent(head)
    return None if voice == "middle" else subject(head)


def _nominal_actor(head: Token) -> Token | None:
    """ "the closure by Chad", "Chad's closure", "Chad announced the closure", "thanked Chad for the closure"."""
    by = next((noun for word, noun in prepositions(head) if word == "by"), None)
    announced = next((agent(clause) for clause in kids(head, "acl") if is_passive(clause)), None)
    owner = by or announced or next(iter(kids(head, "poss")), None)
    if owner is not None:
        return owner
    verbs = load_cues().verbs
    if head.dep_ in OBJECTS and lemma(head.head) in lexicon().light | verbs["planned"] | lexicon().ruled_out:
        return subject(head.head)
    if head.dep_ == "pobj" and is_verbal(head.head.head):
        word, verb = head.head.lower_, head.head.head
        if word in {"on", "about", "over"} and lemma(verb) in verbs["planned"] | verbs["decided"] | {"vote", "talk"}:
            return subject(verb)
        if word == "for":
            return next(iter(kids(verb, "dobj")), None)
    return None
