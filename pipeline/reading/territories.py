"""Whether a text that names a territory speaks of a claim over it: "Moroccan sovereignty over", "as part of Russia"."""

import re
from collections.abc import Mapping
from importlib.resources import files

import yaml

from pipeline.reading.countries import Countries, Country
from pipeline.reading.folding import fold
from pipeline.reading.watchlist import Subject

_REACH = 110
"""How far from a territory's name the words that make the claim may stand, in characters."""


class Claims:
    """The phrases of ``data/en/territories.yaml`` for everyone who holds a watched territory to be its own."""

    def __init__(self, countries: Countries, watchlist: Mapping[str, Subject]) -> None:
        text = files("pipeline.reading").joinpath("data/en/territories.yaml").read_text("utf-8")
        words = {key: "|".join(values) for key, values in yaml.load(text, Loader=yaml.CSafeLoader).items()}
        holders = {
            subject.id: subject.holder for subject in watchlist.values() if subject.kind == "claim" and subject.holder
        }
        patterns = {code: _patterns(words, countries.by_code[code]) for code in set(holders.values())}
        self._patterns = {claim: patterns[code] for claim, code in holders.items()}
        between = r"(?:[\w'-]+,? (?:and )?){0,4}?"
        self._state_before = re.compile(rf"(?<!\w)(?:{words['statehood']}) (?:of|for) {between}$")
        self._state_after = re.compile(
            rf"(?:'s?)?,? (?:[\w'-]+,? (?:and )?){{0,6}}?"
            rf"(?:as (?:an? |the )?(?:{words['setting']} )*(?:{words['as_state']})|(?:{words['statehood']}))(?!\w)"
        )

    def meant(self, text: str, start: int, end: int, claims: tuple[str, ...]) -> tuple[str, int] | None:
        """Which of ``claims`` the sentence makes of the territory named at start..end, and where that phrase starts."""
        before = text[max(0, start - _REACH) : start]
        after = text[end : end + _REACH]
        for claim in claims:
            sovereignty, belonging = self._patterns[claim]
            found = sovereignty.search(before)
            if found:
                return claim, start - len(before) + found.start()
            if belonging.match(after):
                return claim, start
        return None

    def as_state(self, text: str, start: int, end: int) -> bool:
        """Whether the sentence takes what is named at start..end for a state: "the independence of Donetsk"."""
        before = text[max(0, start - _REACH) : start]
        return bool(self._state_before.search(before) or self._state_after.match(text, end))


def _patterns(words: Mapping[str, str], holder: Country) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before a territory that is its holder's, and what stands after one."""
    names = _any(holder.names)
    owner = _any((*holder.demonyms, *holder.names, *holder.seats))
    right = f"(?:{words['right']})"
    land = f"(?:{words['land']})"
    setting = f"(?:(?:{words['setting']}) )*"
    between = r"(?:[\w'-]+,? (?:and )?){0,7}?"
    sovereignty = rf"(?:{owner}(?:'s?)? {between}{right}|{right} of (?:the )?{names}) (?:{words['over']}) {between}$"
    belonging = (
        rf"(?:'s)?,? (?:[^.;!?]{{0,70}}? )?(?:"
        rf"(?:{words['as']}) [\"']?{setting}(?:{owner}(?:'s? {land}|(?= {land}|[.,;:!?\")]|'(?!s)|$| and | or ))"
        rf"|{land} of (?:the )?{names}\b)"
        rf"|(?:under|within) (?:the [a-z]+ of )?{owner}(?:'s?)? {right}\b"
        rf"|(?:{words['belong']}) (?:the )?{names}\b)"
        rf"| {setting}part of (?:the )?{names}\b"
    )
    return re.compile(sovereignty), re.compile(belonging)


def _any(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(re.escape(fold(word)) for word in sorted(words, key=len, reverse=True))})"
