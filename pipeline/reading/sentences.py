"""Paragraphs into sentences, and headlines into sentences that a parser trained on prose can read."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.reading.lexicon import lexicon

_STOP = re.compile(r"([.!?…]+)([\"'”’»)\]]*)(?=(\s+|$)|[A-Z“\"][a-z])")
_SEMICOLON = re.compile(r";(?=\s)")
_DASH = re.compile(r"\s[-–—|]\s")
_TWO_HEADLINES = 4  # words, at least, on both sides of a dash
_LAST_WORD = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?$|[A-Za-z.]+$")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
HEADLINE_WORDS = 30


@dataclass(frozen=True)
class Sentence:
    """One sentence, with its offsets in the Document's text (code points, end exclusive)."""

    text: str
    start: int
    end: int
    index: int
    paragraph: int
    headline: bool


def split(text: str) -> list[Sentence]:
    """The sentences of a cleaned text, in order. Paragraphs are lines; none crosses a sentence."""
    found: list[Sentence] = []
    position = 0
    number = 0
    for line in text.split("\n"):
        if line.strip():
            spans = list(_spans(line))
            lone = len(spans) == 1 and number <= 1  # the title, or the line under it
            if lone and is_headline(line[spans[0][0] : spans[0][1]]):
                spans = _headlines(line, *spans[0])
            for start, end in spans:
                sentence = line[start:end]
                found.append(
                    Sentence(
                        sentence, position + start, position + end, len(found), number, lone and is_headline(sentence)
                    )
                )
            number += 1
        position += len(line) + 1
    return found


def _spans(line: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(line):
        end = stop.end()
        if stop.group(1) == "." and _is_abbreviation(line, stop.start(), line[end : end + 2]):
            continue
        following = line[end:].lstrip()
        if following[:1].islower() and (stop.group(2) or stop.group(1) == "…" or stop.group(1).startswith("..")):
            continue  # “Never!” said the minister
        if line[start:end].strip():
            spans.append(_trimmed(line, start, end))
        start = end
    if line[start:].strip():
        spans.append(_trimmed(line, start, len(line)))
    return [piece for start, end in spans for piece in _clauses(line, start, end)]


def _clauses(line: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts between semicolons: each is a sentence of its own for all that is read here."""
    pieces = []
    for stop in _SEMICOLON.finditer(line, start, end):
        pieces.append(_trimmed(line, start, stop.end()))
        start = stop.end()
    return [*pieces, _trimmed(line, start, end)]


def _headlines(line: str, start: int, end: int) -> list[tuple[int, int]]:
    """ "Chad cuts ties - Togo opens embassy": two headlines in one line."""
    pieces = []
    for dash in _DASH.finditer(line, start, end):
        if min(len(line[start : dash.start()].split()), len(line[dash.end() : end].split())) >= _TWO_HEADLINES:
            pieces.append((start, dash.start()))
            start = dash.end()
    return [*pieces, (start, end)]


def _trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    while start < end and line[start].isspace():
        start += 1
    while end > start and line[end - 1].isspace():
        end -= 1
    return start, end


def _is_abbreviation(line: str, stop: int, following: str) -> bool:
    match = _LAST_WORD.search(line, max(0, stop - 20), stop)
    if match is None:
        return False
    word = match.group().lower()
    if len(word) == 1 and match.group().isupper():
        return True  # an initial
    if word in {"u.s", "u.n", "u.k", "e.u", "u.a.e"}:  # at a sentence's end too: only a capital after it tells
        return not re.match(r"\s[A-Z]", following) or (
            bool(re.match(r"\s(?:[A-Z])", following)) and _goes_on(line, stop)
        )
    return word in lexicon().abbreviations


def _goes_on(line: str, stop: int) -> bool:
    """Whether what follows "U.S." reads as the noun it belongs to ("U.S. President"), not as a new sentence."""
    rest = _WORD.match(line[stop + 1 :].lstrip())
    return rest is not None and rest.group().lower() not in {
        "the", "it", "they", "he", "she", "this", "that", "but", "and", "in", "on", "a", "an", "there", "we", "i", "as",
    }  # fmt: skip


def is_headline(sentence: str) -> bool:
    """Whether a lone line reads as a headline: short, without a final stop."""
    return len(sentence.split()) <= HEADLINE_WORDS and not sentence.rstrip("\"'”’»)").endswith(
        (".", "!", ";", ":", ",")
    )


def is_title_case(sentence: str) -> bool:
    """Whether most words that prose would write small are capitalised."""
    words = [word for word in _WORD.findall(sentence)[1:] if word.lower() not in lexicon().small]
    return len(words) >= 3 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)


def lowered(word: str, *, common: Callable[[str], bool]) -> str:
    """The word as prose writes it: small where it is a common word, untouched where it may be a name."""
    if word[:1].isupper() and not (word.isupper() and len(word) > 1 and len(word) <= 5) and common(word.lower()):
        return word.lower()
    return word
