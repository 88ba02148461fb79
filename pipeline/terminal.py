"""Text of strangers as a terminal may have it: it holds nothing that the terminal obeys, hides or turns round.

What cannot be printed, such as escapes, other control characters and marks of direction, becomes �; tabs and unusual
spaces become spaces.
"""

import json


def safe(text: str) -> str:
    """Text whose only control characters are its line ends."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else _instead(character) for character in text
    )


def one_line(text: str) -> str:
    """The same on one line, for where lines have a meaning."""
    return safe(" ".join(text.split()))


def escaped(document: str) -> str:
    """JSON that means the same, with escapes for what cannot be printed: JSON itself wants them below U+0020 alone."""
    if document.replace("\n", "").isprintable():
        return document
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in document
    )


def _instead(character: str) -> str:
    return " " if character.isspace() else "�"
