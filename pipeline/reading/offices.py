"""Phrases that a name makes with an office: "Spain's prime minister", "the Taliban government"."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

OfficeForm = Literal["government", "title", "body"]

_NAME_WORD = r"(?:al-|el-|Al-|El-|O')?[A-Z](?:[\w-]|'(?!s\b))*\w|[A-Z]\."
_MR = r"Mr\.?|Mrs\.?|Ms\.?|Dr\.?"


@dataclass(frozen=True)
class Office:
    """What a phrase of office is: where it ends (or starts), what it is, and whether it is that of the power."""

    start: int
    end: int
    form: OfficeForm
    in_power: bool


class Offices:
    """The patterns of ``data/en/offices.yaml``, over folded text."""

    def __init__(self, table: dict[str, Any]) -> None:
        portfolios = _any(table["portfolios"])
        minister = rf"(?:(?:{portfolios}) )*"
        heads = "|".join(
            rf"(?P<{form}>{prefix}(?:{_any(table[key])}))"
            # a longer head is tried first: "opposition leader" before "opposition"
            for form, key, prefix in (
                ("body", "bodies", ""),
                ("title", "titles", minister),
                ("government", "governments", minister),
            )
        )
        between = rf"(?:(?:(?P<out>{_any(table['not_in_power'])})|{_any(table['modifiers'])})[ -]?(?<=[ -]))"
        led = rf"(?:-(?:{_any(table['led'])}))?"
        self._after = re.compile(rf"(?: ?'s|')?{led} {between}{{0,3}}?(?:{heads})(?![\w-])", re.IGNORECASE)
        self._out_before = re.compile(rf"(?<!\w)(?:{_any(table['not_in_power'])})[ -]$", re.IGNORECASE)
        self._titles = re.compile(rf"(?<!\w)(?:{minister})(?:{_any(table['titles'])})(?!\w)", re.IGNORECASE)
        self._before = re.compile(rf"(?<!\w){between}{{0,3}}(?:{heads}) of (?:the )?$", re.IGNORECASE)
        self._exile = re.compile(r"[ -]in[ -]exile\b", re.IGNORECASE)
        not_names = _any(table["not_names"])
        word = rf"(?!(?:{not_names})\b)(?:{_NAME_WORD})"
        particles = _any(table["particles"])
        further = rf" (?:(?:{particles}) )*{word}"
        self._name = re.compile(rf" (?P<name>{word}(?:{further}){{0,3}})")
        self._named_after = re.compile(rf", (?P<name>{word}(?:{further}){{1,3}})(?=[,.;:?!]|$)")
        self._named_before = re.compile(rf"(?P<name>{word}(?:{further}){{1,3}}), (?:the |who is |now )?$")
        self._proper = re.compile(rf" (?:{_any(table['proper_names'])})\b(?!')")
        self._proper_of = re.compile(rf"\b(?:{_any(table['proper_names_of'])}) (?:of|for) (?:the )?$")
        self._compound = re.compile(rf"-(?:[a-z]|[A-Z][a-z]+ed\b|(?:{_any(table['compounds'])})\b)")
        self._prefix = re.compile(rf"(?<![\w])(?:{_any(table['prefixes'])})-$", re.IGNORECASE)
        self._family_name_first = frozenset(table["family_name_first"])
        openers = _any(table["not_names"] + table["openers"])
        self._person_before = re.compile(rf"(?<![\w.])(?!(?:{openers}) )(?:[A-Z][a-z]+|[A-Z]\.|{_MR}) $")
        self._person_after = re.compile(rf" (?!(?:{not_names})\b)[A-Z][a-z]+\b(?!')")
        self._pronoun = re.compile(rf"(?<!\w)(?:{_any(table['before_us'])}) $")

    def after(self, text: str, start: int, end: int) -> Office | None:
        """The phrase that a name at start..end makes with what follows: "Russia" + "'s Foreign Ministry"."""
        found = self._after.match(text, end)
        if not found:
            return None
        form, stop, in_power = _form(found), found.end(), not found["out"]
        further = self._after.match(text, stop) if form == "government" else None
        if further and further["title"]:  # "China's foreign ministry" + "'s spokesperson"
            form, stop = "title", further.end()
        exiled = self._exile.match(text, stop)
        return Office(start, exiled.end() if exiled else stop, form, in_power and not exiled)

    def before(self, text: str, start: int, end: int) -> Office | None:
        """The phrase that a name makes with what precedes: "the government of" + "Spain"."""
        if not text.startswith("of ", start - 3) and not text.startswith("of the ", start - 7):
            return None
        if text.startswith("'s", end):  # "the president of Armenia's unrecognised republic" is not Armenia's
            return None
        window = max(0, start - 70)
        found = self._before.search(text[window:start])
        if not found:
            return None
        return Office(window + found.start(), end, _form(found), not found["out"])

    def person_after(self, text: str, end: int) -> tuple[int, int] | None:
        """Where the name of the person stands whose title ends at ``end``."""
        found = self._name.match(text, end)
        return found.span("name") if found else None

    def person_apposed(self, text: str, end: int) -> tuple[int, int] | None:
        """Where the name of the person stands who is set to a title: title + ", Pedro Sanchez,"."""
        found = self._named_after.match(text, end)
        return found.span("name") if found else None

    def person_before(self, text: str, start: int) -> tuple[int, int] | None:
        """Where the name of the person stands to whom a title is set: "Pedro Sanchez, the" + title."""
        window = max(0, start - 60)
        found = self._named_before.search(text[window:start])
        return (window + found.start("name"), window + found.end("name")) if found else None

    def holder(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """Where the holder is named at the end of a title: "Spanish Prime Minister" + "Pedro Sanchez"."""
        for found in self._titles.finditer(text, start, end):
            named = self._name.match(text, found.end())
            if named and named.end() <= end:
                return named.span("name")
        return None

    def surname(self, name: str, country: str | None) -> str:
        """The part of a full name by which a text goes on: "Sanchez", "Xi"."""
        words = name.split(" ")
        return words[0] if country in self._family_name_first else words[-1]

    def in_proper_name(self, text: str, start: int, end: int) -> bool:
        """Whether the name is part of another proper name: "Bank of China", "Paris Agreement"."""
        if self._proper.match(text, end):
            return True
        if not text.startswith("of ", start - 3) and not text.startswith("of the ", start - 7):
            return False
        return bool(self._proper_of.search(text[max(0, start - 30) : start]))

    def out_of_power(self, text: str, start: int) -> bool:
        """Whether the word before says that the office is no longer, or not, that of the power: "former", "ousted"."""
        return bool(self._out_before.search(text[max(0, start - 20) : start]))

    def is_surname(self, text: str, start: int) -> bool:
        """Whether a name is a person's by the word before it ("Michael Jordan"), as far as capitals can tell."""
        return bool(self._person_before.search(text[max(0, start - 20) : start]))

    def is_first_name(self, text: str, end: int) -> bool:
        """Whether a name begins a longer one ("Jordan Peterson", "Israel Police"), as far as capitals can tell."""
        return bool(self._person_after.match(text, end))

    def is_pronoun(self, text: str, start: int) -> bool:
        """Whether the "US" at ``start`` is the pronoun, in a line of capitals."""
        return bool(self._pronoun.search(text[max(0, start - 9) : start]))

    def compound(self, text: str, end: int) -> bool:
        """Whether the name is the first half of a word such as "US-led" or "Russia-friendly"."""
        return bool(self._compound.match(text, end))

    def prefixed(self, text: str, start: int) -> bool:
        """Whether the name is the second half of a word such as "pro-Russian"."""
        return text.startswith("-", start - 1) and bool(self._prefix.search(text[max(0, start - 10) : start]))


def _any(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _form(found: re.Match[str]) -> OfficeForm:
    if found["body"]:
        return "body"
    return "title" if found["title"] else "government"


@cache
def load_offices() -> Offices:
    """The patterns, compiled once per process."""
    text = files("pipeline.reading").joinpath("data/en/offices.yaml").read_text("utf-8")
    return Offices(yaml.load(text, Loader=yaml.CSafeLoader))
