"""Dates in English sentences, as far as the words make them known.

``find_dates`` reads written-out dates ("3 July 2025", "July 3", "April 2025", "early 2016") and
relative ones ("on Thursday", "last October", "two days later"), and tells of dates that cannot be
expressed ("in the 1990s", "on Thursday" in an undated article). Nothing here asks the clock: what the
sentence, the anchor and the context leave open stays open.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.edtf import Edtf
from pipeline.reading.date_arithmetic import Direction, ImpossibleDateError, parts, to_edtf
from pipeline.reading.date_grammar import Basis, Frame, NoDateError, Rule, any_of, english, rules


@dataclass(frozen=True, slots=True)
class DateMention:
    """One date in a sentence; offsets count code points of the sentence, end exclusive.

    ``edtf`` is None for a date that is spoken of but cannot be told ("on Thursday" without an anchor, "in
    the 1990s"): its event has a time of its own, which is not the article's. ``cue`` is the word before it
    that changes its role, lower case: "since", "until", "by", "before", "after", "from", ...
    """

    start: int
    end: int
    text: str
    edtf: str | None
    basis: Basis
    cue: str | None = None


def find_dates(
    sentence: str, anchor: Edtf | None, *, context: Edtf | None = None, direction: Direction | None = None
) -> list[DateMention]:
    """The dates of a sentence, in order, not overlapping.

    Args:
        sentence: one sentence, or a short paragraph.
        anchor: what the article is dated.
        context: the last date spoken of before, for "two days later"; within the sentence it moves on by itself.
        direction: on which side of the anchor to look for "on Thursday" or "July 3"; without it the
            words around each date tell ("will", "plans to"), and otherwise it is the past.
    """
    if not _likely().search(sentence):
        return []
    frame = Frame(parts(anchor), parts(context))
    mentions = []
    for start, end, rule, match in _longest(sentence):
        frame.direction = direction or _direction(sentence, start, end)
        try:
            when = rule.resolve(match, frame)
            known = to_edtf(when)
        except (ImpossibleDateError, NoDateError, OverflowError):
            continue
        if known is not None:
            frame.context = when
        text = sentence[start:end].rstrip(" .,")
        mentions.append(DateMention(start, start + len(text), text, known, rule.basis, _cue(sentence, start)))
    return mentions


def _longest(sentence: str) -> list[tuple[int, int, Rule, re.Match[str]]]:
    found = []
    for order, rule in enumerate(rules()):
        found += [(match.start(), match.end(), order, rule, match) for match in rule.pattern.finditer(sentence)]
    found.sort(key=lambda hit: (hit[0] - hit[1], hit[2], hit[0]))
    chosen: list[tuple[int, int, Rule, re.Match[str]]] = []
    for start, end, _, rule, match in found:
        if all(end <= other[0] or start >= other[1] for other in chosen):
            chosen.append((start, end, rule, match))
    return sorted(chosen, key=lambda hit: hit[0])


@lru_cache(maxsize=1)
def _likely() -> re.Pattern[str]:
    """Something that most sentences lack and every date has."""
    words = english()
    names = any_of([*words.months, *words.weekdays, *words.holidays])
    others = "today|tonight|tomorrow|yesterday|ago|later|earlier|day|week|month|year|decade|spring|summer|autumn|winter"
    return re.compile(rf"\d{{2}}|\d[/.-]\d|\b{names}(?![a-z])|\b(?:{others})s?\b|\bthis\s|\d\s*[A-Za-z]", re.IGNORECASE)


@lru_cache(maxsize=1)
def _cues() -> re.Pattern[str]:
    between = r"(?:\s+(?:at|least|as|early|late|about|around|the|on|in|end|start|beginning|middle|mid|of|a|just|only))*"
    return re.compile(rf"\b({any_of(english().cues)}){between}[\s-]*$", re.IGNORECASE)


def _cue(sentence: str, start: int) -> str | None:
    found = _cues().search(sentence[max(0, start - 40) : start])
    return " ".join(found[1].lower().split()) if found else None


@lru_cache(maxsize=1)
def _tense() -> re.Pattern[str]:
    words = english()
    return re.compile(
        rf"(?P<future>\b{any_of(w for w in words.future if w[0].isalpha())}\b|['’]ll\b)"
        rf"|(?P<report>\b{any_of(words.reporting)}\b|[,;:.!?—]\s)",
        re.IGNORECASE,
    )


def _direction(sentence: str, start: int, end: int) -> Direction:
    """On which side of the anchor a date lies, judged from the words of its clause.

    A word of the future before the date counts unless the clause, or a verb of saying, came between; after it,
    only where the date opens the clause ("On Thursday the ministers will meet").
    """
    last = None
    for match in _tense().finditer(sentence, max(0, start - 120), start):
        last = match
    if last is not None and last["future"]:
        return "future"
    opening = re.fullmatch(
        r"\W*(?:on|in|by|at|this|next)?\W*", sentence[last.end() if last else 0 : start], re.IGNORECASE
    )
    if opening:
        after = _tense().search(sentence, re.compile(r"[,\s]*").match(sentence, end).end(), end + 100)  # type: ignore[union-attr]
        if after is not None and after["future"]:
            return "future"
    return "past"
