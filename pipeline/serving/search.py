"""From what a user types to an FTS5 expression: any text is legal, the syntax of FTS5 is not."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from pipeline.serving.problems import shown

WORDS = 32
"""So many words of a question are looked for; what follows them is not, and ``wrong`` tells so."""

PREFIX = 3
"""A word before an asterisk has at least so many letters; ``wrong`` tells of a shorter one."""

_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')


def match(text: str | None, filters: Iterable[tuple[str, str]]) -> str | None:
    """The FTS5 expression for a user's words and for filters; None when there is nothing to look for.

    Args:
        text: words, all of which a sentence must have; "words in quotes" in this order; and ``recogni*`` for the words
            that begin so. Case and accents do not matter, and what is neither letter nor digit parts words:
            ``al-Qaida`` is these two words in this order.
        filters: letter (s, c, p, o: subject, country, predicate, source) and value.
    """
    said = list(_phrases(text or ""))
    words = [f"{letter}{value.encode('utf-8', 'surrogatepass').hex()}" for letter, value in filters]
    parts = [f"sentence : ({' AND '.join(said)})"] if said else []
    parts += [f"filters : ({' AND '.join(words)})"] if words else []
    return " AND ".join(parts) or None


def wrong(text: str) -> str | None:
    """What of a question would not be looked for as it stands there, and what to give instead."""
    count = 0
    for quoted, plain in _PARTS.findall(text):
        words = _words(quoted or plain)
        count += len(words)
        if plain.endswith("*") and words and len(words[-1]) < PREFIX:
            return f"{shown(plain)} has too few letters before its asterisk; give at least {PREFIX}, or no asterisk"
    return f"has {count} words; give at most {WORDS}" if count > WORDS else None


def says_nothing(text: str | None) -> bool:
    """Whether a question was asked that has no word in it: nothing can answer it."""
    return text is not None and bool(text.strip()) and not any(_phrases(text))


def _phrases(text: str) -> Iterator[str]:
    left = WORDS
    for quoted, plain in _PARTS.findall(text):
        words = _words(quoted or plain)[:left]
        left -= len(words)
        if words:
            begins = plain.endswith("*") and len(words[-1]) >= PREFIX
            yield '"' + " ".join(words) + '"' + ("*" if begins else "")


def _words(text: str) -> list[str]:
    """As the tokenizer unicode61 parts them: letters, numbers, marks and private characters make words."""
    kept = "".join(character if _in_word(character) else " " for character in text)
    # A mark alone is no word, and an empty phrase would match nothing.
    return [word for word in kept.split() if any(unicodedata.category(letter)[0] != "M" for letter in word)]


def _in_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LNM" or category == "Co"
