"""Two thousand made-up articles whose answers are known: what a reader must take from them, and what not."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import orjson

SUBJECTS = {
    "kosovo": "Kosovo",
    "somaliland": "Somaliland",
    "abkhazia": "Abkhazia",
    "south-ossetia": "South Ossetia",
}
COUNTRIES = {
    "KE": "Kenya", "PE": "Peru", "FJ": "Fiji", "NP": "Nepal", "CL": "Chile", "GH": "Ghana", "MT": "Malta",
    "LA": "Laos", "IS": "Iceland", "BO": "Bolivia", "UG": "Uganda", "ZM": "Zambia", "AO": "Angola", "BN": "Brunei",
    "VN": "Vietnam", "MN": "Mongolia", "BB": "Barbados", "SR": "Suriname", "TG": "Togo", "RW": "Rwanda",
    "PA": "Panama", "CU": "Cuba", "NO": "Norway", "FI": "Finland", "EE": "Estonia", "UY": "Uruguay",
    "JM": "Jamaica", "NA": "Namibia", "BW": "Botswana", "WS": "Samoa",
}  # fmt: skip
EVENTS = (
    "On {day}, {country} formally recognised {subject}.",
    "{country} recognised {subject} on {day}.",
    "{subject} was formally recognised by {country} on {day}.",
    "{country} officially recognised {subject} as a sovereign state on {day}.",
)
DENIALS = ("{country} has not recognised {subject}.", "{country} does not recognise {subject}.")
TRAPS = (
    "Officials hope that {country} will recognise {subject} one day.",
    "Campaigners urged {country} to recognise {subject}.",
    "{subject} again called on {country} to recognise it.",
)
ELSEWHERE = (
    "The {noun} festival in {country} drew {number} visitors.",
    "Farmers in {country} brought in {number} tonnes of {noun}.",
    "A company from {country} sold {number} crates of {noun} abroad.",
)
NOUNS = (
    "tea",
    "cotton",
    "timber",
    "coffee",
    "copper",
    "barley",
    "cashew",
    "salmon",
    "vanilla",
    "rubber",
    "wool",
    "maize",
)
ADJECTIVES = ("northern", "coastal", "rural", "modern", "narrow", "public", "ancient", "private", "distant", "busy")
THINGS = ("harbour", "railway", "library", "market", "hospital", "bridge", "orchard", "theatre", "airport", "museum")
DEEDS = (
    "repaired",
    "painted",
    "visited",
    "extended",
    "measured",
    "opened",
    "leased",
    "photographed",
    "cleaned",
    "sold",
)
OUTLETS = [f"{place} {kind}" for place in ("Harbour", "Hill", "River", "Lake", "Plain") for kind in ("Post", "Echo")]


@dataclass
class Corpus:
    """Articles as they are published, the rows that they must end in, and the alerts on the way."""

    articles: list[bytes] = field(default_factory=list)
    rows: set[tuple[str, str, str, str, str | None, int]] = field(default_factory=set)
    """(subject, country, dimension, value, since, sources)"""
    alerts: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    """(subject, country, dimension, value, kind)"""


def corpus(number: int, seed: int) -> Corpus:
    """So many articles in random order; about half of them on something else altogether."""
    chance = random.Random(seed)
    made = Corpus()
    pairs = [(subject, country) for subject in SUBJECTS for country in COUNTRIES]
    for position, (subject, country) in enumerate(pairs):
        names = {"subject": SUBJECTS[subject], "country": COUNTRIES[country]}
        day = date(2025, 2, 1) + timedelta(days=chance.randrange(60))
        outlets = chance.sample(OUTLETS, len(OUTLETS))
        if position % 2 == 0:  # recognised: six outlets of their own, two that copy, one that prints twice
            texts = [_text(chance, EVENTS[at % len(EVENTS)], names, day) for at in range(6)]
            _print(made, outlets[0], texts[0], day, 2)
            for outlet, text in zip(outlets[1:8], [*texts[1:], texts[0], texts[1]], strict=True):
                _print(made, outlet, text, day)
            made.rows.add((subject, country, "recognition", "recognized", day.isoformat(), 8))
            made.alerts[subject, country, "recognition", "recognized", "new"] = 1
            made.alerts[subject, country, "recognition", "recognized", "confirmed"] = 1
        elif position % 4 == 1:  # denied by two
            for at in range(2):
                _print(made, outlets[at], _text(chance, DENIALS[at], names, day), day)
            made.rows.add((subject, country, "recognition", "not_recognized", None, 2))
            made.alerts[subject, country, "recognition", "not_recognized", "background"] = 1
            made.alerts[subject, country, "recognition", "not_recognized", "confirmed"] = 1
        for outlet in outlets[8:]:  # and everywhere somebody hopes
            _print(made, outlet, _text(chance, chance.choice(TRAPS), names, day), day)
    while len(made.articles) < number:
        names = {"country": chance.choice(list(COUNTRIES.values())), "noun": chance.choice(NOUNS)}
        sentence = chance.choice(ELSEWHERE).format(number=chance.randrange(100, 90_000), **names)
        _print(made, chance.choice(OUTLETS), f"{sentence} {_filler(chance)}", date(2025, 3, 1))
    chance.shuffle(made.articles)
    return made


def _text(chance: random.Random, pattern: str, names: dict[str, str], day: date) -> str:
    said = pattern.format(day=f"{day.day} {day:%B %Y}", **names)
    return f"{said} {_filler(chance)}"


def _filler(chance: random.Random) -> str:
    """Sentences about nothing of interest, different in every text."""
    return " ".join(
        f"Workers {chance.choice(DEEDS)} {chance.randrange(3, 900)} {chance.choice(NOUNS)} sheds near the "
        f"{chance.choice(ADJECTIVES)} {chance.choice(THINGS)} and {chance.choice(DEEDS)} a "
        f"{chance.choice(ADJECTIVES)} {chance.choice(THINGS)}."
        for _ in range(chance.randrange(5, 9))
    )


def _print(made: Corpus, outlet: str, text: str, day: date, times: int = 1) -> None:
    for _ in range(times):
        article = {"id": f"a{len(made.articles)}", "source": outlet, "text": text}
        made.articles.append(orjson.dumps(article | {"published": (day + timedelta(days=1)).isoformat()}))
