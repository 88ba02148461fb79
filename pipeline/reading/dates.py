"""Dates in English sentences, as far as the words make them known.

``find_dates`` reads written-out dates ("3 July 2025", "July 3", "April 2025", "early 2016") and
relative ones ("on Thursday", "last October", "two days later"), and tells of dates that cannot be
expressed ("in the 1990s", "on Thursday" in an undated article). Nothing here asks the clock: what the
sentence, the anchor and the context leave open stays open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipeline.edtf import Edtf
from pipeline.reading.date_arithmetic import Direction, ImpossibleDateError, parts, to_edtf
from pipeline.reading.date_grammar import Basis, Frame, Kind, NoDateError, Rule, any_of, english, rules

_CONTEXT = 3  # sentences back
_CLAUSE = 120  # characters round a date in which words tell its tense
_COUNTS_ON = re.compile(
    r"\b(?:later|earlier|afterwards?|previous(?:ly)?|following|next|before|after|the \d+(?:st|nd|rd|th)"
    r"|(?:that|same) (?:very )?(?:day|month|year|spring|summer|autumn|fall|winter))\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[a-z]+|\d{2}|\d[a-z/.-]")


@dataclass(frozen=True, slots=True)
class DateMention:
    """One date in a sentence; offsets count code points of the sentence, end exclusive.

    ``edtf`` is None for a date that is spoken of but cannot be told ("on Thursday" without an anchor, "in
    the 1990s"): its event has a time of its own, which is not the article's. ``cue`` is the word before it
    that changes its role, lower case: "since", "until", "by", "before", "after", "from", ... ``ahead`` where the
    words of its clause put it in the future ("will", "plans to").
    """

    start: int
    end: int
    text: str
    edtf: str | None
    basis: Basis
    cue: str | None = None
    ahead: bool = False


def find_dates(
    sentence: str, anchor: Edtf | None, *, context: Edtf | None = None, direction: Direction | None = None
) -> list[DateMention]:
    """The dates of a sentence, in order, not overlapping.

    Durations ("for 20 years") and impossible days ("31 June") are none. A day without a year takes it from the
    anchor and stays ``stated``; a date that only words point at ("on Thursday") is ``relative``.

    Args:
        sentence: one sentence, or a short paragraph.
        anchor: what the article is dated.
        context: the last date spoken of before, for "two days later"; within the sentence it moves on by itself.
        direction: on which side of the anchor to look for "on Thursday" or "July 3"; without it the
            words around each date tell ("will", "plans to"), and otherwise it is the past.
    """
    kinds = _kinds(sentence)
    if not kinds:
        return []
    article = parts(anchor)
    frame = Frame(article, parts(context))
    mentions = []
    hits = _longest(sentence, kinds)
    for number, (start, end, rule, match) in enumerate(hits):
        year = _shared_year(sentence, match, hits[number + 1].match) if number + 1 < len(hits) else None
        follows = number > 0 and _restates(sentence, hits[number - 1], match)
        frame.anchor = (year, 12, 31) if year else frame.context if follows and frame.context[0] else article
        judged = _direction(sentence, start, end)
        frame.direction = "past" if year else direction or judged
        try:
            when = rule.resolve(match, frame)
            known = to_edtf(when)
        except (ImpossibleDateError, NoDateError, OverflowError):  # the last: before year 1, after year 9999
            continue
        if known is not None:
            frame.context = when
        text = sentence[start:end].rstrip(" .,")
        cue, ahead = _cue(sentence, start), judged == "future"
        mentions.append(DateMention(start, start + len(text), text, known, rule.basis, cue, ahead))
    return mentions


def find_dates_at(sentences: Sequence[str], index: int, anchor: Edtf | None) -> list[DateMention]:
    """The dates of one sentence of a text: "two days later" counts from the last date in the few sentences before."""
    sentence = sentences[index]
    if not _COUNTS_ON.search(sentence):
        return find_dates(sentence, anchor)
    context = None
    for before in reversed(sentences[max(0, index - _CONTEXT) : index]):
        known = [mention.edtf for mention in find_dates(before, anchor) if mention.edtf is not None]
        if known:
            context = known[-1]
            break
    return find_dates(sentence, anchor, context=context)


def _kinds(sentence: str) -> set[Kind]:
    """What kinds of date the words of a sentence allow: one pass, which most sentences do not get beyond."""
    kinds: dict[str, Kind] = english().kinds
    found = {kinds.get(token, "figure" if token[0].isdecimal() else None) for token in _TOKEN.findall(sentence.lower())}
    return {kind for kind in found if kind is not None}


class _Hit(NamedTuple):
    start: int
    end: int
    rule: Rule
    match: re.Match[str]


def _longest(sentence: str, kinds: set[Kind]) -> list[_Hit]:
    """The matches that no longer one overlaps, in order; of two of one length the earlier rule's."""
    found = [
        (match.start(), match.end(), order, rule, match)
        for order, rule in enumerate(rules())
        if rule.kind in kinds
        for match in rule.pattern.finditer(sentence)
    ]
    found.sort(key=lambda hit: (hit[0] - hit[1], hit[2], hit[0]))
    chosen: list[_Hit] = []
    taken = bytearray(len(sentence))
    for start, end, _, rule, match in found:
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            chosen.append(_Hit(start, end, rule, match))
    return sorted(chosen, key=lambda hit: hit.start)


_JOINED = re.compile(r"\s*(?:and|or|to|until|through|[-–,])\s*(?:(?:and|on|in)\s+)?", re.IGNORECASE)


_RESTATED = re.compile(r",?\s+(?:on|in)\s+", re.IGNORECASE)


def _restates(sentence: str, before: _Hit, match: re.Match[str]) -> bool:
    """Whether a date only says the one before it again: "a week later, on 4 June"."""
    told = "side" in before.match.groupdict() and "m" in match.groupdict()
    return told and bool(_RESTATED.fullmatch(sentence, before.end, match.start()))


def _shared_year(sentence: str, match: re.Match[str], following: re.Match[str]) -> int | None:
    """The year that a date has in common with the next: "28 May and 4 June 2024"."""
    groups, others = match.groupdict(), following.groupdict()
    if not groups.get("m") or groups.get("y") or not (others.get("m") and others.get("y")):
        return None
    return int(others["y"]) if _JOINED.fullmatch(sentence, match.end(), following.start()) else None


@lru_cache(maxsize=1)
def _cues() -> re.Pattern[str]:
    between = r"(?:\s+(?:at|least|as|early|late|about|around|the|on|in|end|start|beginning|middle|mid|of|a|just|only))*"
    return re.compile(rf"\b({any_of(english().cues)}){between}[\s-]*$", re.IGNORECASE)


def _cue(sentence: str, start: int) -> str | None:
    found = _cues().search(sentence[max(0, start - 40) : start])
    return " ".join(found[1].lower().split()) if found else None


@lru_cache(maxsize=1)
def _signals() -> re.Pattern[str]:
    """What tells the tense of a clause, and where a clause begins."""
    words = english()
    return re.compile(
        rf"(?P<future>\b{any_of(words.future)}\b|['’]ll\b)|(?P<saying>\b{any_of(words.saying)}\b)"
        rf"|\b{any_of(words.joining)}\b|[,;:.!?—]\s",
        re.IGNORECASE,
    )


# A headline's infinitive: nothing but names before it.
_HEADLINE_PLAN = re.compile(r"\W*(?:(?:[A-Z][\w'’.-]*|and|of|the|in|a|new)[\s,]+)+(?:to\s+[a-z]|To\s+[A-Z])")
_OPENING = re.compile(r"\W*(?:on|in|by|at|this|next|the)?\W*", re.IGNORECASE)
_GAP = re.compile(r"[,\s]*")


def _direction(sentence: str, start: int, end: int) -> Direction | None:
    """Future where the words of its clause put a date ahead; else None.

    A word of the future before the date counts unless a new clause, or a verb of saying, came between; after it,
    only where the date opens its clause ("On Thursday the ministers will meet").
    """
    last = None
    origin = max(0, start - _CLAUSE)
    for match in _signals().finditer(sentence, origin, start):
        last = match
    if last is not None and last["future"]:
        return "future"
    if last is None and not origin and _HEADLINE_PLAN.match(sentence, 0, start):
        return "future"
    if (last is None or not last["saying"]) and _OPENING.fullmatch(sentence, last.end() if last else origin, start):
        gap = _GAP.match(sentence, end)
        after = _signals().search(sentence, gap.end() if gap else end, end + _CLAUSE)
        if after is not None and after["future"]:
            return "future"
    return None
