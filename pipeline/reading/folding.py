"""One spelling for names and texts: what differs only in accents, quotes, dashes and spaces is made equal.

Folding never changes the length, so an offset into the folded text is an offset into the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_SPELLINGS = {
    "'": "\u2018\u2019\u02bc\u02bb\u2032\u00b4\uff07",
    '"': "\u201c\u201d\u201e\u00ab\u00bb\u2033",
    "-": "\u2010\u2011\u2012\u2212\ufe63\uff0d",
    "L": "\u0141",
    "l": "\u0142",
    "O": "\u00d8",
    "o": "\u00f8",
    "D": "\u0110",
    "d": "\u0111",
    "I": "\u0130",
    "i": "\u0131",
}
_LATIN = range(0xC0, 0x250), range(0x1E00, 0x1F00)
_LAST_SPACE = 0x3000
_OTHER = re.compile(r"[^\x00-\x7f]")


def _pairs() -> Iterator[tuple[str, str]]:
    for letters in _LATIN:
        for letter in map(chr, letters):
            base = unicodedata.normalize("NFD", letter)[0]
            if base.isascii():
                yield letter, base
    for space in map(chr, range(_LAST_SPACE + 1)):
        if space.isspace():
            yield space, " "
    for plain, others in _SPELLINGS.items():
        for other in others:
            yield other, plain


@cache
def _table() -> dict[str, str]:
    return dict(_pairs())


@cache
def _ascii_spaces() -> dict[int, str]:
    return {ord(letter): plain for letter, plain in _table().items() if letter.isascii()}


def fold(text: str, unknown: str | None = None) -> str:
    """The text with plain Latin letters, straight quotes, hyphens and spaces; as long as the text itself.

    ``unknown`` replaces every other sign beyond ASCII, which makes what follows faster; None keeps them.
    """
    if not text.isascii():  # few signs of English news are not, and looking each letter up is slow
        table = _table()
        if unknown is None:
            text = _OTHER.sub(lambda sign: table.get(sign[0], sign[0]), text)
        else:
            text = _OTHER.sub(lambda sign: table.get(sign[0], unknown), text)
    if text.isascii():
        return text.translate(_ascii_spaces())
    for space in "\n\t\r\v\f\x1c\x1d\x1e\x1f":
        text = text.replace(space, " ")
    return text
