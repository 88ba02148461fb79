"""Clauses that say of others what was just said, with no verb of their own: "Sudan followed in April", "nor has Chile".

They are read by the order of their words, for a parser errs most where a verb is missing. Each country and each date is
one sign; a clause is a list of countries with a phrase of ``data/en/repeats.yaml``, and nothing that it leaves open.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from pipeline.reading.assessment import Assessment
from pipeline.reading.dates import DateMention
from pipeline.reading.discourse import Discourse, Told
from pipeline.reading.events import Event, frame_of
from pipeline.reading.folding import fold
from pipeline.reading.gazetteer import Mention
from pipeline.reading.parse import Parsed
from pipeline.reading.scene import Party, Scene
from pipeline.reading.timing import Dated

Kind = Literal["repeated", "agreed", "undone", "denied", "gapped", "left"]

_COUNTRY, _DATE = 0xE000, 0xF000  # private signs: one a mention, one a date
_ACTING = frozenset({"name", "capital", "government", "title", "alias", "group"})
_BEFORE_DATES = "on|in|at|by|from|late|early|of|the|then|later|only"
_NOT_ITS_DATE = frozenset("until by before after till from for past ahead following since".split())


@dataclass(frozen=True)
class Repeat:
    """A clause that repeats an act: who, in which way, and when (offsets in the encoded sentence)."""

    kind: Kind
    who: str
    clause: str
    start: int


def repeats(
    parsed: Parsed, scene: Scene, discourse: Discourse, dates: Sequence[DateMention]
) -> Iterator[tuple[Event, Assessment, Dated]]:
    """The events that the clauses of a sentence repeat. ``parsed`` needs no tree."""
    sentence = parsed.sentence
    mentions = [
        m for m in scene.of_sentence(sentence.index) if m.form in _ACTING and (m.country or m.members or m.subjects)
    ]
    if not mentions or not discourse.told or sentence.text.rstrip("\"'”’)").endswith("?"):
        return
    encoded, places = _encoded(sentence.text, sentence.start, mentions, dates)
    for found in _found(encoded):
        if _is_quoted(encoded, found.start):
            continue
        actors = [
            party
            for sign in found.who
            if _COUNTRY <= ord(sign) < _DATE
            for party in _parties(mentions[ord(sign) - _COUNTRY], scene)
        ]
        before = sentence.start + places[found.start]
        for told in discourse.ended() if found.kind == "left" else discourse.taken_up(sentence, before, actors):
            yield from _repeated(found, told, actors, parsed, dates)


def _repeated(
    found: Repeat, told: Told, actors: list[Party], parsed: Parsed, dates: Sequence[DateMention]
) -> Iterator[tuple[Event, Assessment, Dated]]:
    event, frame = told.event, told.event.frame
    targets = [party for party in event.targets or event.actors if not any(party.same(one) for one in actors)]
    if found.kind == "gapped":
        if event.parsed.sentence != parsed.sentence:
            return
        if all(party.watched and any(_like(party, target) for target in targets) for party in actors):
            actors, targets = event.actors, actors  # "recognised Abkhazia in May and South Ossetia in June"
    if found.kind == "undone":
        if frame.predicate != "recognized":
            return
        frame = frame_of("retract", "recognition")
        actors = actors or (event.actors if event.parsed.sentence == parsed.sentence else [])
    actors = [replace(party, how="referred") for party in actors]
    if actors:
        repeated = Event(frame, parsed, parsed.doc[0], None, "", actors, targets, None, aside=True)
        yield repeated, _assessment(found, told), _dated(found, told, dates)


def _parties(mention: Mention, scene: Scene) -> list[Party]:
    return [Party(code, (), mention.start) for code in mention.members] or [scene.party(mention)]


def _like(party: Party, target: Party) -> bool:
    """Whether both are of the kind whose standing is in question: no UN members."""
    return party.country is None and target.country is None


def _assessment(found: Repeat, told: Told) -> Assessment:
    first = told.assessment
    if found.kind == "agreed":
        return Assessment(
            first.polarity, first.modality, first.reasons, decided=first.decided, agreed=first.agreed, tense="past"
        )
    tense = "perfect" if re.search(r"\b(?:has|have)\b", found.clause) else "past"
    if found.kind == "denied":
        return Assessment("negated", "asserted", ("not",), tense="present")
    if found.kind == "gapped":
        return replace(first, tense="past")
    return Assessment(tense=tense)


def _dated(found: Repeat, told: Told, dates: Sequence[DateMention]) -> Dated:
    own = [dates[ord(sign) - _DATE] for sign in found.clause if ord(sign) >= _DATE]
    own = [date for date in own if (date.cue or "") not in _NOT_ITS_DATE]
    if own:
        best = next((date for date in own if date.basis == "stated" and date.edtf), own[0])
        return Dated(best.edtf, best.basis if best.edtf else "none", True)
    if moments("same_day").search(found.clause):
        return told.dated
    if told.dated.date is not None and moments("same_month").search(found.clause):
        return replace(told.dated, date=told.dated.date[:7])
    if found.kind == "agreed" and " as " in f" {found.clause}":
        return told.dated
    if found.kind == "denied":
        return Dated(None, "none", False)
    return Dated(None, "none", told.dated.spoken)


# --- by the order of words -------------------------------------------------------------------------------------------


def _encoded(
    text: str, offset: int, mentions: Sequence[Mention], dates: Sequence[DateMention]
) -> tuple[str, list[int]]:
    """The sentence in small letters with one sign for each country and each date, and the place of each sign in it."""
    spans = [(m.start - offset, m.end - offset, chr(_COUNTRY + n)) for n, m in enumerate(mentions)]
    spans += [(d.start, d.end, chr(_DATE + n)) for n, d in enumerate(dates)]
    folded = fold(text).lower()
    signs: list[str] = []
    places: list[int] = []
    position = 0
    for start, end, sign in sorted(spans):
        if start < position:
            continue
        signs += folded[position:start]
        places += range(position, start)
        signs.append(sign)
        places.append(start)
        position = end
    signs += folded[position:]
    places += range(position, len(folded) + 1)
    return "".join(signs), places


def _is_quoted(encoded: str, place: int) -> bool:
    return encoded.count('"', 0, place) % 2 == 1


def _found(encoded: str) -> Iterator[Repeat]:
    for kind, pattern in _patterns().clauses:
        for match in pattern.finditer(encoded):
            tail = _patterns().tail.match(encoded, match.end())
            clause = encoded[match.start() : tail.end() if tail else match.end()]
            yield Repeat(kind, match["who"], clause, match.start("who"))


@dataclass(frozen=True)
class _Patterns:
    clauses: tuple[tuple[Kind, re.Pattern[str]], ...]
    tail: re.Pattern[str]


@cache
def _words() -> dict[str, list[str]]:
    text = files("pipeline.reading").joinpath("data/en/repeats.yaml").read_text("utf-8")
    words: dict[str, list[str]] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  strings only
    return words


@cache
def moments(name: Literal["same_day", "same_month"]) -> re.Pattern[str]:
    """Words that put a clause on the day, or in the month, that the text has reached."""
    return re.compile(rf"\b(?:{'|'.join(_words()[name])})\b", re.IGNORECASE)


@cache
def _patterns() -> _Patterns:
    words = _words()
    date = f"[{chr(_DATE)}-\uf8ff]"
    one = rf"(?:the )?[{chr(_COUNTRY)}-{chr(_DATE - 1)}](?: \((?:in |on )?{date}\)| (?:in|on) {date}(?=[,.;]| and))?"
    several = rf"(?P<who>{one}(?:(?:, and |, | and |, then | and then | or | nor |, as well as ){one})*)"
    aside = r"(?:, [^,;:.()]{3,60},)?"
    soon = "|".join(words["same_day"] + words["same_month"])
    at = "(?:(?:on|in|by|at|early in|late in|earlier|back in|only in|around|of) )?"
    when = rf"(?:{at}{date},? |(?:{soon}),? |then,? |next,? |first,? |later,? )*"
    start = rf"(?:^|(?<=[.;:,(–—-] )|(?<= and )|(?<= but )|(?<= while )|(?<= as )){when}"
    some = "(?:" + "|".join(words["auxiliaries"]) + ")"
    adverbs = "(?:(?:" + "|".join(words["adverbs"]) + ") )*"
    verbs = rf"{adverbs}(?:{some} )?{adverbs}"
    whole = "(?=" + "|".join(words["whole"]).replace("DATE", date).replace("[ ]", " ") + ")"
    end = "(?=" + "|".join(words["end"]).replace("[ ]", " ") + ")"
    they = rf"(?:^|[;,] |and )(?:{'|'.join(words['those'])})[^.;:]{{0,40}}"
    done, repeated = "|".join(words["done"]), "|".join(words["repeated"])
    denied, undone = "|".join(words["denied"]), "|".join(words["undone"])
    clauses: list[tuple[Kind, str]] = [
        ("repeated", rf"{start}{several}{aside} {verbs}(?:{done})"),
        ("repeated", rf"{start}{several}{aside} {verbs}(?:{repeated}){whole}"),
        ("repeated", rf"(?:^|[;,] (?:and )?)(?:then|next|after (?:that|them|it)),? {when}came {several}{end}"),
        ("repeated", rf"{start}it was (?:then )?{several}'s turn\b"),
        ("repeated", rf"{start}it was (?:then )?the turn of {several}"),
        ("agreed", rf"[;,] (?:just )?as (?:did|do|does|has|have|had) {several}{end}"),
        ("agreed", rf"(?:^|[;,] |and )so(?:, [^,;.]{{1,25}},)? (?:did|do|does|has|have|had) {several}{end}"),
        ("denied", rf"(?:^|[;,] |and )(?:nor|neither) (?:did|do|does|has|have|had) {several}{end}"),
        ("denied", rf"{start}{several}{aside} {adverbs}(?:{denied}){end}"),
        ("repeated", rf"(?:^|[;] )(?:(?:on|in) )?{date},? it was {several}{end}"),
        ("left", rf"{start}{several}{aside} {verbs}(?:{'|'.join(words['left'])}){whole}"),
        ("undone", rf"{start}{several}{aside} {verbs}(?:{undone})\b"),
        ("undone", rf"(?P<who>),? (?:but|and|then) {verbs}(?:{undone})\b"),
        ("repeated", rf"{they} {verbs}(?:{done}|{repeated})[^.;:]{{0,20}}: {several}{end}"),
        ("denied", rf"{they} {adverbs}(?:{denied}): {several}{end}"),
        (
            "gapped",
            rf"(?<={date})(?:,| and|, and|;)(?: and)? {several}(?:,? (?:on|in) {date}|(?: \()(?:in )?{date}\)){end}",
        ),
        ("gapped", rf"[,;] (?:and )?(?:(?:on|in) )?{date},? (?:(?:on|in) {date},? )?{several}{end}"),
    ]
    return _Patterns(
        tuple((kind, re.compile(pattern)) for kind, pattern in clauses),
        re.compile(rf"(?:[, ]*(?:{soon})|(?:[, ]+(?:{_BEFORE_DATES}))*[, ]*(?:{date}[, ]*)*)"),
    )
