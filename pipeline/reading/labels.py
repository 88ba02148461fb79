"""A label told as a state: "are a listed terrorist group in Canada", "are on Russia's list of terrorists"."""

from collections.abc import Iterator

from spacy.tokens import Token

from pipeline.reading.events import Event, frame_of
from pipeline.reading.ontology import load_ontology
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.tree import kids, lemma, own_subject, prepositions

_BEING = frozenset({"be", "remain", "stay"})
_LISTED = ("list", "designat", "bann", "proscrib", "outlaw", "blacklist")
_BY = frozenset({"in", "under", "by"})
_REGISTERS = frozenset({"list", "blacklist", "register", "roster"})


def labelled(parsed: Parsed, resolver: Resolver) -> Iterator[Event]:
    """Who is said to be under whose label or on whose list of terrorists."""
    for token in parsed.doc:
        if lemma(token) in _BEING and (target := own_subject(token)) is not None:
            for holder in (*_by_label(token, parsed), *_by_list(token, parsed)):
                actors = resolver.of(holder)
                targets = [party for party in resolver.of(target) if not any(party.same(one) for one in actors)]
                if actors and targets:
                    state = frame_of("designate").model_copy(update={"aspect": "state"})
                    yield Event(state, parsed, token, None, "", actors, targets, holder, aside=True)


def _by_label(verb: Token, parsed: Parsed) -> Iterator[Token]:
    """Whose law or list makes the attribute a label: "a banned terrorist group in Chad", "under Canadian law"."""
    for attribute in kids(verb, "attr"):
        words = [child.lower_ for child in kids(attribute, "amod", "compound", "nmod", "acl")]
        words += [child.lower_ for one in kids(attribute, "amod") for child in kids(one, "amod", "compound", "advmod")]
        if not any(word.startswith(_LISTED) for word in words):
            continue
        if not any(word.startswith(load_ontology().marks["terrorist"]) for word in (*words, attribute.lower_)):
            continue
        for inner in (attribute, *kids(attribute, "acl", "amod"), verb):
            for word, noun in prepositions(inner):
                if word in _BY:
                    yield from _named(noun, parsed)


def _by_list(verb: Token, parsed: Parsed) -> Iterator[Token]:
    """Whose list of terrorists it is: "are on Russia's register of terrorist groups"."""
    for word, noun in prepositions(verb):
        marked = any(token.lower_.startswith(load_ontology().marks["terrorist"]) for token in noun.subtree)
        if word == "on" and lemma(noun) in _REGISTERS and marked:
            yield from _named(noun, parsed)


def _named(noun: Token, parsed: Parsed) -> list[Token]:
    if parsed.mention(noun) is not None:
        return [noun]
    return [child for child in kids(noun, "poss", "amod", "compound", "nmod") if parsed.mention(child) is not None][:1]
