"""Made-up claims as a busy year would bring them, and the statuses and alerts that follow; the same ones every time."""

import base64
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from itertools import accumulate

import pycountry

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.reading.watchlist import load_watchlist
from pipeline.records import Claim, Evidence, Predicate, Status

SUBJECTS = 20
FOLDED = 10
"""Claims of each (subject, country) that its Status is folded from, at most: folding them all takes many minutes."""

_VERBS: dict[Predicate, str] = {
    "recognized": "formally recognised",
    "not_recognized": "has not recognised",
    "considering": "is considering whether to recognise",
    "established_relations": "established diplomatic relations with",
    "severed_relations": "severed relations with",
    "ambassador_sent": "sent an ambassador to",
    "embassy_opened": "opened an embassy of",
    "mission_maintained": "keeps a mission accredited to",
    "sanctions_imposed": "imposed sanctions on",
    "sanctions_lifted": "lifted sanctions on",
}
_STATES = ("not_recognized", "considering", "mission_maintained")
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo za bren clar dost fram grun".split()


@dataclass(frozen=True)
class Message:
    """One record of a topic."""

    topic: str
    key: str
    value: bytes


def messages(claims: int, statuses: int, seed: int = 2025) -> Iterator[Message]:
    """All claims in the order of time, then each Status once, with its alerts."""
    chance = random.Random(seed)
    countries = {country.alpha_2: country.name for country in pycountry.countries}
    subjects = sorted(load_watchlist(None))[:SUBJECTS]
    keys = [(subject, country) for country in sorted(countries) for subject in subjects][:statuses]
    chance.shuffle(keys)
    busy = list(accumulate((rank + 1) ** -0.7 for rank in range(len(keys))))  # some are spoken of far more than others
    kept: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    drawn = keys + chance.choices(keys, cum_weights=busy, k=claims - len(keys))
    words = _Words(chance)
    for at, (subject, country) in enumerate(drawn):
        day = date(2025, 1, 1) + timedelta(days=365 * at // claims)
        claim = _claim(chance, words, at, day, subject=subject, country=country, place=countries[country])
        if len(kept[subject, country]) < FOLDED:
            kept[subject, country].append(claim)
        yield Message("claims", claim.key, claim.to_json())
    for told in kept.values():
        status: Status | None = None
        for claim in told:
            status, changes = fold(status, claim)
            for change in changes:
                yield Message("alerts", claim.key, alert_of(change).to_json())
        if status:
            yield Message("status", status.key, status.to_json())


class _Words:
    """A vocabulary in which few words are frequent and most are rare, as in any text."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._all = ["the", "of", "and", "government"]
        self._all += sorted({"".join(chance.choices(_SYLLABLES, k=chance.randrange(2, 4))) for _ in range(9_000)})
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(len(self._all))))

    def some(self, number: int) -> str:
        """So many words."""
        return " ".join(self._chance.choices(self._all, cum_weights=self._weights, k=number))


def _claim(
    chance: random.Random, words: _Words, at: int, day: date, *, subject: str, country: str, place: str
) -> Claim:
    predicate = chance.choices(list(_VERBS), weights=(30, 15, 10, 8, 2, 8, 6, 12, 5, 4))[0]
    sentence = (
        f"The government of {place} {_VERBS[predicate]} {subject.replace('-', ' ').title()} on "
        f"{day.day} {day:%B}, {words.some(chance.randrange(6, 24))}."
    )
    outlet = f"{words.some(1).title()} {chance.choice(('Post', 'Echo', 'Herald', 'Courier', 'Times'))}"
    name = blake2b(f"{at}".encode(), digest_size=16).hexdigest()
    text = blake2b(f"{at if chance.random() < 0.7 else chance.randrange(at + 1)}".encode(), digest_size=16)
    verb = sentence.index(_VERBS[predicate])
    return Claim(
        id=name,
        subject=subject,
        country=country,
        predicate=predicate,
        aspect="state" if predicate in _STATES else "event",
        date=(day - timedelta(days=chance.randrange(20))).isoformat() if chance.random() < 0.6 else None,
        date_basis="stated",
        evidence=Evidence(
            sentence=sentence, start=120, end=120 + len(sentence), trigger=(verb, verb + len(_VERBS[predicate]))
        ),
        confidence=round(chance.uniform(0.6, 0.99), 2),
        digest=text.hexdigest(),
        signature=base64.b64encode(random.Random(text.digest()).randbytes(256)).decode(),
        article_id=f"a{at}",
        source=outlet,
        url=f"https://{outlet.split(maxsplit=1)[0].lower()}.example/{day:%Y/%m}/{at}",
        published=f"{day.isoformat()}T{chance.randrange(24):02}:00:00+00:00",
        dated=day.isoformat(),
        dated_basis="published",
        reader="made-up/1",
    )
