"""Events told by pointing at another: "did so", "followed suit", "joined Spain in", a change of sides."""

from collections.abc import Iterator, Mapping, Sequence

from spacy.tokens import Token

from pipeline.reading.actors import acting
from pipeline.reading.discourse import Discourse
from pipeline.reading.events import Event, frame_of, verb_acts
from pipeline.reading.lexicon import lexicon
from pipeline.reading.ontology import load_ontology
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.scene import Party
from pipeline.reading.tree import OBJECTS, is_passive, is_verbal, kids, lemma, own_subject, prepositions, subject
from pipeline.reading.watchlist import Subject

_TIMES = frozenset("day week month year hour".split())


def taken_up(parsed: Parsed, resolver: Resolver, discourse: Discourse) -> Iterator[Event]:
    """ "France did so a day later", "others followed suit", "it no longer does": the last event, done by another."""
    for token in parsed.doc:
        if not (is_verbal(token) and _points_back(token)):
            continue
        actor = subject(token)
        actors = resolver.of(actor)
        if not actors:
            continue
        for told in discourse.taken_up(parsed.sentence, parsed.spans[token.i][0], actors):
            event = told.event
            same = all(any(one.same(other) for other in event.actors) for one in actors)
            if same and (event.parsed.sentence.index == parsed.sentence.index or not _changed(token)):
                continue  # "the first to do so"
            targets = [party for party in event.targets or event.actors if not any(party.same(one) for one in actors)]
            yield Event(event.frame, parsed, token, None, "", actors, targets, actor, aside=True)


def _points_back(token: Token) -> bool:
    word = lemma(token)
    objects = kids(token, *OBJECTS)
    words = {child.lower_ for child in (*objects, *kids(token, "advmod", "npadvmod", "acomp", "attr"))}
    if word == "follow":
        return (
            not is_passive(token)
            and token.tag_ != "VBG"
            and not kids(token, "agent")
            and ("suit" in words or not objects or all(lemma(child) in _TIMES for child in objects))
        )
    if word in {"come", "be"}:
        return bool(words & {"next", "second", "third", "fourth", "last"}) and not kids(token, "attr", "xcomp", "acomp")
    if word in {"make", "take"}:
        return any(lemma(child) in {"move", "step", "leap", "plunge"} and _is_definite(child) for child in objects)
    if word == "join":
        return bool({child.lower_ for child in objects} & {"them", "it", "others"}) and not kids(
            token, "prep", "xcomp", "advcl"
        )
    if word != "do":
        return False
    if words & lexicon().so or {child.lower_ for child in objects} & {"it", "that"}:
        return True
    return (
        token.dep_ in {"ROOT", "conj", "ccomp", "advcl"}
        and not objects
        and not kids(token, "xcomp", "ccomp", "prep")
        and _changed(token)
    )


def _is_definite(noun: Token) -> bool:
    return any(child.lower_ in {"the", "that", "this", "same"} for child in noun.children)


def _changed(token: Token) -> bool:
    """Whether it says that someone does no longer, or not, what was told."""
    return any(child.dep_ == "neg" or child.lower_ in {"longer", "not"} for child in token.children)


def gapped(parsed: Parsed, resolver: Resolver, before: Sequence[Event]) -> Iterator[Event]:
    """ "Chad broke off ties with Taiwan in 1997, and Togo and Benin all severed ...": the object is left out."""
    for token in parsed.doc:
        if (
            not is_verbal(token)
            or kids(token, *OBJECTS, "prep", "ccomp", "xcomp", "nsubjpass", "auxpass", "prt")
            or token.dep_ == "amod"
        ):
            continue
        acts = verb_acts(token)
        if not acts or token.tag_ not in {"VBD", "VBZ", "VBP", "VBN"}:
            continue
        event = next((one for one in reversed(before) if one.parsed is parsed and one.head.i < token.i), None)
        if event is None or event.frame.act not in acts or event.frame.thing is None or event.nominal:
            continue
        actor = own_subject(token)
        actors = resolver.of(actor)
        if actors:
            yield Event(event.frame, parsed, token, None, "", actors, _others(event.targets, actors), actor, aside=True)


def companions(event: Event, resolver: Resolver) -> list[Party]:
    """ "joined Spain in recognising": Spain has done so too."""
    inner = event.head.head if event.head.dep_ == "amod" else event.head  # "in normalising ties"
    verb = inner.head.head if inner.dep_ in {"pcomp", "pobj"} else None
    if verb is None or lemma(verb) not in lexicon().companions:
        return []
    return [party for noun in kids(verb, *OBJECTS) for party in resolver.of(noun)]


def turned(
    parsed: Parsed, resolver: Resolver, watchlist: Mapping[str, Subject], before: Sequence[Event]
) -> Iterator[Event]:
    """A change of sides: "switched from Taiwan to China", "ditched Taipei for Beijing", "Taiwan loses ally"."""
    for token in parsed.doc:
        if is_verbal(token) or token.dep_ == "ROOT" or lemma(token) in {"break", "rupture"}:
            acts = verb_acts(token)
            if "switch" in acts:
                yield from _switched(token, parsed, resolver)
            if "ditch" in acts:
                yield from _ditched(token, parsed, resolver, watchlist)
            if "part" in acts and not kids(token, *OBJECTS):
                yield from _parted(token, parsed, resolver, watchlist)
            if "turn" in acts or ("switch" in acts and not kids(token, *OBJECTS)):
                yield from _turned_to(token, parsed, resolver, watchlist, before)
            if lemma(token) == "break":
                yield from _broken(token, parsed, resolver)
            if "lose" in acts:
                yield from _lost(token, parsed, resolver, watchlist)
        elif token.pos_ == "NOUN" and lemma(token) in {"switch", "shift"}:
            yield from _switched(token, parsed, resolver)


def _switched(head: Token, parsed: Parsed, resolver: Resolver) -> Iterator[Event]:
    things = [child for child in kids(head, *OBJECTS, "compound", "nsubjpass") if lemma(child) in lexicon().sides]
    things += [other for word, other in prepositions(head) if word == "of" and lemma(other) in lexicon().sides]
    ends = {word: other for noun in (head, *things) for word, other in prepositions(noun) if word in {"from", "to"}}
    nominal = not is_verbal(head)
    actor, actors = acting(parsed, resolver, head, next(iter(kids(head, "poss")), None) if nominal else subject(head))
    left, reached = resolver.of(ends.get("from")), resolver.of(ends.get("to"))
    if not actors or not (things or (left and reached)):
        return  # "switches to China" is read with its rival
    ties = any(lemma(thing) in {"tie", "relation"} for thing in things)
    if left:
        frame = frame_of("end", "relations") if ties else frame_of("retract", "recognition")
        yield Event(frame, parsed, head, None, "", actors, _others(left, actors), actor, nominal, aside=True)
    if reached:
        frame = frame_of("start", "relations") if ties else frame_of("recognise")
        yield Event(frame, parsed, head, None, "", actors, _others(reached, actors), actor, nominal, aside=True)


def _ditched(verb: Token, parsed: Parsed, resolver: Resolver, watchlist: Mapping[str, Subject]) -> Iterator[Event]:
    left = [party for noun in kids(verb, *OBJECTS) if parsed.mention(noun) for party in resolver.of(noun)]
    left = [party for party in left if _rival(party, watchlist)]
    if not left:
        return
    actor = subject(verb)
    actors = resolver.actor(actor)
    yield Event(frame_of("end", "relations"), parsed, verb, None, "", actors, _others(left, actors), actor, aside=True)
    rivals = {watchlist[name].opposite for party in left for name in party.watched if name in watchlist}
    for token in verb.subtree:
        if token.i > verb.i and parsed.mention(token) is not None and token.dep_ == "pobj":
            reached = [party for party in resolver.of(token) if rivals & set(party.watched)]
            if reached:
                yield Event(frame_of("start", "relations"), parsed, verb, None, "", actors, reached, actor, aside=True)
                return


def _parted(verb: Token, parsed: Parsed, resolver: Resolver, watchlist: Mapping[str, Subject]) -> Iterator[Event]:
    """ "broke with Taipei": of a rival, where it can only mean relations."""
    left = [party for word, noun in prepositions(verb) if word in {"with", "from"} for party in resolver.of(noun)]
    announced = verb.dep_ in {"dobj", "xcomp"} and lemma(verb.head) in {"announce", "declare", "confirm"}
    actor = subject(verb.head if announced else verb)
    actors = resolver.actor(actor)
    if announced and actors and left:  # "announces break with"
        yield Event(
            frame_of("end", "relations"), parsed, verb.head, None, "", actors, _others(left, actors), actor, aside=True
        )
        return
    left = [party for party in _others(left, actors) if _rival(party, watchlist)]
    if actors and left:
        yield Event(frame_of("end", "relations"), parsed, verb, None, "", actors, left, actor, aside=True)


def _turned_to(
    verb: Token, parsed: Parsed, resolver: Resolver, watchlist: Mapping[str, Subject], before: Sequence[Event]
) -> Iterator[Event]:
    """ "drops Taiwan, turns to Beijing": only with the rival named."""
    reached = [party for word, noun in prepositions(verb) if word == "to" for party in resolver.of(noun)]
    rivals = {watchlist[name].opposite for party in reached for name in party.watched}
    named = {
        name
        for index in (parsed.sentence.index - 1, parsed.sentence.index)
        if index >= 0
        for mention in resolver.scene.of_sentence(index)
        for name in (*mention.subjects, *mention.contextual, *mention.territory)
    }
    actor = subject(verb)
    actors = resolver.actor(actor)
    reached = _others(reached, actors)
    if actors and reached and rivals & named:
        if not any(rivals & {*party.watched} for event in before if event.parsed is parsed for party in event.targets):
            left = [resolver.scene.party(one) for one in resolver.scene.of_sentence(parsed.sentence.index)]
            left = _others([party for party in left if rivals & {*party.watched}], actors)[:1]
            yield Event(frame_of("end", "relations"), parsed, verb, None, "", actors, left, actor, aside=True)
        yield Event(frame_of("start", "relations"), parsed, verb, None, "", actors, reached, actor, aside=True)


def _broken(verb: Token, parsed: Parsed, resolver: Resolver) -> Iterator[Event]:
    """ "broke with Pyongyang": with a country named, and nothing else broken."""
    ends = [other for word, other in prepositions(verb) if word == "with" and parsed.mention(other) is not None]
    if not ends or kids(verb, *OBJECTS, "prt", "nsubjpass"):
        return
    actor, actors = acting(parsed, resolver, verb, subject(verb))
    left = _others(resolver.of(ends[0]), actors)
    if actors and left:
        yield Event(frame_of("end", "relations"), parsed, verb, None, "", actors, left, actor, aside=True)


def _lost(verb: Token, parsed: Parsed, resolver: Resolver, watchlist: Mapping[str, Subject]) -> Iterator[Event]:
    loser = resolver.of(subject(verb))
    loser = [party for party in loser if _rival(party, watchlist)]
    objects = kids(verb, *OBJECTS)
    if not loser or not objects:
        return
    actors = [party for noun in objects for party in resolver.of(noun) if not party.same(loser[0])]
    if not actors and any(lemma(noun) in {"ally", "partner", "friend", "recognition"} for noun in objects):
        for token in verb.subtree:
            if (
                token.i > objects[0].i
                and parsed.mention(token) is not None
                and token.dep_ in {"nsubj", "pobj", "appos", "dobj"}
            ):
                actors = [party for party in resolver.of(token) if party.country and not _rival(party, watchlist)]
                if actors:
                    break
    if actors:
        yield Event(frame_of("end", "relations"), parsed, verb, None, "", actors, loser, None, aside=True)


def held(parsed: Parsed, resolver: Resolver) -> Iterator[Event]:
    """ "says the president is illegitimate", "considers him the rightful leader": a stance put as an opinion."""
    standing = load_ontology().standing
    for token in parsed.doc:
        value = next((value for value, words in standing.items() if token.lower_ in words), None)
        if value is None or token.dep_ not in {"acomp", "oprd", "amod", "xcomp", "ccomp", "pobj"}:
            continue
        noun = token.head if token.dep_ == "amod" else token
        verb = noun.head.head if noun.dep_ == "pobj" else noun.head
        if not is_verbal(verb):
            continue
        if lemma(verb) == "be":
            target, actor = own_subject(verb), subject(verb.head) if verb.dep_ == "ccomp" else None
        elif lemma(verb) in lexicon().holding:
            objects = kids(verb, *OBJECTS) or [one for clause in kids(verb, "ccomp") for one in kids(clause, "nsubj")]
            target, actor = next(iter(objects), None), subject(verb)
        else:
            continue
        actors, targets = resolver.of(actor), resolver.of(target)
        if actors and targets:
            frame = frame_of("recognise") if value == "recognized" else frame_of("withhold", "recognition")
            yield Event(frame, parsed, verb, None, "", actors, _others(targets, actors), actor, aside=True)


def _rival(party: Party, watchlist: Mapping[str, Subject]) -> bool:
    """Whether recognising it is at another's cost."""
    return any(
        (other := watchlist[name].opposite) is not None and watchlist[other].kind != "claim"
        for name in party.watched
        if name in watchlist and (watchlist[name].opposite or "") in watchlist
    )


def _others(parties: list[Party], actors: list[Party]) -> list[Party]:
    return [party for party in parties if not any(party.same(other) for other in actors)]
