"""What is told by its distance from an event: "three days after Chad", "a year after", "the third, after Chad"."""

from collections.abc import Iterator, Sequence

from spacy.tokens import Token

from pipeline.reading.assessment import Assessment
from pipeline.reading.date_arithmetic import Unit, parts, shift, to_edtf
from pipeline.reading.date_grammar import english
from pipeline.reading.dates import DateMention
from pipeline.reading.events import Event
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Resolver
from pipeline.reading.scene import Party
from pipeline.reading.timing import Dated, date_of
from pipeline.reading.tree import OBJECTS, is_verbal, kids, lemma

_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year", "decade": "decade"}
_AT_ONCE = frozenset({"hour", "minute", "moment"})
_AFTER = frozenset({"after", "following"})
_WITH = frozenset({"alongside", "along", "together"})
_RANKS = frozenset(
    [
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "next",
        "latest",
        "newest",
        "only",
        "another",
        "other",
        "too",
        "also",
    ]
)
_SPOKEN = Dated(None, "none", True)  # at some time of its own


def lagging(event: Event, dates: Sequence[DateMention], anchor: str | None) -> Dated | None:
    """The date of an event that lies so long before its main clause: "..., six days after it had cut ties"."""
    clause = event.head
    mark = next((child for child in kids(clause, "mark") if child.lower_ in _AFTER), None)
    if mark is None or clause.dep_ not in {"advcl", "relcl", "acl"}:
        return None
    main = Event(event.frame, event.parsed, clause.head, actors=event.actors, actor=None)
    dated = date_of(main, event.parsed, dates, Assessment(tense="past"), anchor)
    return _before(dated, mark) if dated.date is not None else None


def preceded(event: Event, assessment: Assessment, dated: Dated, resolver: Resolver) -> Iterator[tuple[Event, Dated]]:
    """Those who did the same before, or with it, and when: "the fourth state to recognise it, after Chad and Peru"."""
    if event.nominal or assessment.polarity != "affirmed" or assessment.modality != "asserted" or not event.actors:
        return
    if assessment.decided or assessment.agreed:
        return
    around = {event.head.i, *_governing(event.head)}
    around |= {attr.i for place in tuple(around) for attr in kids(event.parsed.doc[place], "attr", "xcomp", "advcl")}
    around |= {attr.i for place in tuple(around) for attr in kids(event.parsed.doc[place], "attr")}
    for token in event.parsed.doc:
        marks = token.dep_ == "mark" and token.lower_ in _AFTER
        if not marks and (token.head.i not in around or token.dep_ not in {"prep", "advcl"}):
            continue
        found = [party for noun in _compared(token, event.parsed) for party in resolver.of(noun)]
        found = [party for party in found if _may_act(party, event)]
        if found and (when := _when(token, event, dated, several=len(found) > 1)) is not None:
            yield (
                Event(event.frame, event.parsed, event.head, actors=found, targets=list(event.targets), aside=True),
                when,
            )


def _governing(head: Token) -> Iterator[int]:
    """The places of what an event hangs on, within the clause that tells it."""
    while head.head != head and head.dep_ not in {"conj", "ccomp", "parataxis"}:
        head = head.head
        yield head.i


def _compared(token: Token, parsed: Parsed) -> list[Token]:
    """The names after a preposition that puts others before or beside who acts."""
    word = token.lower_
    if word in _AFTER and token.dep_ == "mark":  # "the second after Chad to do so", taken for a clause
        infinitive = any(child.lower_ == "to" for child in kids(token.head, "aux"))
        return [noun for noun in kids(token.head, "nsubj") if infinitive and parsed.mention(noun) is not None]
    if (word in _AFTER and not is_verbal(token)) or word in {"following", "alongside"}:
        return [noun for noun in kids(token, "pobj", *OBJECTS) if parsed.mention(noun) is not None]
    if word == "with" and token.i > 0 and token.doc[token.i - 1].lower_ in _WITH:
        return [noun for noun in kids(token, "pobj") if parsed.mention(noun) is not None]
    if word in _WITH:
        return [
            noun for inner in kids(token, "prep") for noun in kids(inner, "pobj") if parsed.mention(noun) is not None
        ]
    if word == "joining" and not kids(token, "prep"):
        return [noun for noun in kids(token, *OBJECTS) if parsed.mention(noun) is not None]
    return []


def _may_act(party: Party, event: Event) -> bool:
    taken = (*event.actors, *event.targets)
    return party.country is not None and party.how == "named" and not any(party.same(other) for other in taken)


def _when(token: Token, event: Event, dated: Dated, *, several: bool) -> Dated | None:
    """When the others did it; None where nothing tells that it was the same that they did."""
    if token.lower_ in _WITH or token.lower_ == "with":
        return dated
    if token.lower_ in _AFTER and _distance(token) is not None:
        return _before(dated, token) if dated.date is not None else _SPOKEN
    ranked = any(
        other.lower_ in _RANKS or (other.tag_ == "JJ" and other.text[:1].isdigit()) for other in event.parsed.doc
    )
    apart = token.i > 0 and token.doc[token.i - 1].text == ","
    return _SPOKEN if ranked or (several and apart) or token.lower_ == "joining" else None


def _before(dated: Dated, after: Token) -> Dated | None:
    """The date so long before another as stands before "after"; None where nothing stands there."""
    distance = _distance(after)
    if distance is None or dated.date is None:
        return None
    count, unit = distance
    if unit is None:
        return Dated(dated.date, dated.basis, True)
    if count is None:
        return _SPOKEN
    date = to_edtf(shift(parts(dated.date), -count, unit))
    return Dated(date, "relative", True) if date is not None else _SPOKEN


def _distance(after: Token) -> tuple[int | None, Unit | None] | None:
    """How many of which unit stand before "after": no unit for hours, no count for "days"; None for no distance."""
    place = after.i - 1
    if place < 0:
        return None
    word = lemma(after.doc[place])
    if word in _AT_ONCE or word in {"shortly", "immediately", "right", "soon", "just"}:
        return None if word not in _AT_ONCE else (None, None)
    unit = _UNITS.get(word)
    if unit is None:
        return None
    text = after.doc[place - 1].lower_ if place else ""
    if text.isdecimal():
        return (int(text), unit) if len(text) < 4 else None
    return english().numbers.get(text), unit
