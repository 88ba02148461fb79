"""Whether a text that names a territory speaks of a claim over it: "Moroccan sovereignty over", "as part of Russia"."""

import re
from collections.abc import Mapping
from functools import cache

from pipeline.reading.countries import Countries, Country
from pipeline.reading.folding import fold
from pipeline.reading.watchlist import Subject

_RULE = r"(?:sovereignty|ownership|annexation|incorporation|claims?|title|possession|dominion|hold|rights?)"
_BETWEEN = r"(?:[\w'-]+,? (?:and )?){0,7}?"
_SETTING = (
    r"(?:an?|the|its|their|integral|inalienable|inseparable|rightful|sovereign|undivided|united|eternal|legal|legally"
    r"|legitimate|legitimately|full|fully|official|officially|de facto|historic|historically|exclusively|solely|only)"
)
_LAND = r"(?:part|parts|territory|territories|land|lands|province|provinces|capital|soil|region|regions|own)"
_QUOTE = r"[\"']?"
_REACH = 110
"""How far from a territory's name the words that make the claim may stand, in characters."""


class Claims:
    """The phrases that make a territory's name a claim, from the names of who holds it."""

    def __init__(self, countries: Countries, watchlist: Mapping[str, Subject]) -> None:
        self._holders = {
            subject.id: countries.by_code[subject.holder]
            for subject in watchlist.values()
            if subject.kind == "claim" and subject.holder
        }

    def meant(self, text: str, start: int, end: int, claims: tuple[str, ...]) -> tuple[str, int] | None:
        """Which of ``claims`` the sentence makes of the territory named at start..end, and where that phrase starts."""
        before = text[max(0, start - _REACH) : start]
        after = text[end : end + _REACH]
        for claim in claims:
            sovereignty, belonging = _phrases(self._holders[claim])
            found = sovereignty.search(before)
            if found:
                return claim, start - len(before) + found.start()
            if belonging.match(after):
                return claim, start
        return None


@cache
def _phrases(holder: Country) -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = "|".join(re.escape(fold(name)) for name in sorted(holder.names, key=len, reverse=True))
    adjectives = "|".join(re.escape(fold(word)) for word in (*holder.demonyms, *holder.names, *holder.seats))
    owner = rf"(?:{adjectives})(?:'s?)?"
    sovereignty = rf"(?:{owner} {_BETWEEN}{_RULE}|{_RULE} of (?:the )?(?:{names})) (?:over|of|to|on|in|for) {_BETWEEN}$"
    belonging = (
        rf"(?:'s)?,? (?:[^.;!?]{{0,70}}? )?(?:"
        rf"(?:as|is|was|are|were|be|being|remains?|become|becomes|became) {_QUOTE}(?:{_SETTING} )*"
        rf"(?:(?:{adjectives})(?:'s? {_LAND}|(?= {_LAND}|[.,;:!?\"')]|$| and | or ))"
        rf"|{_LAND} of (?:the )?(?:{names})\b)"
        rf"|under {owner} {_RULE}\b"
        rf"|belong(?:s|ing|ed)? to (?:the )?(?:{names})\b)"
        rf"| (?:{_SETTING} )*part of (?:the )?(?:{names})\b"
    )
    return re.compile(sovereignty), re.compile(belonging)
