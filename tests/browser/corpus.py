"""What the dashboard is shown: the seed articles as they are read, a subject that half the world recognises, and an
article that tries to be markup. All of it folded by the real judge."""

import functools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pipeline.intake.files import read_articles
from pipeline.intake.prepare import Intake
from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.reading.countries import load_countries
from pipeline.reading.reader import english
from pipeline.records import Alert, Article, Claim, Evidence, Status
from pipeline.settings import Settings
from tests.unit.judging_claims import claim

SEEDS = Path(__file__).parents[2] / "seeds"

WORLD = "palestine"
"""A subject with a stance of most countries."""

HOSTILE = ("abkhazia", "NR")
"""Subject and country of the article that tries to be markup."""
HOSTILE_SOURCE = '"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
HOSTILE_SENTENCE = (
    "Nauru \U0001f1f3\U0001f1f7 recognised Abkhazia on 15 December 2009 </q><script>window.hacked = 1</script> "
    '& "signed\' <b onmouseover="window.hacked = 1">papers</b>.'
)
HOSTILE_TITLE = "It's \"so\"</title><script>window.hacked = 1</script><svg onload='window.hacked = 1'>"
HOSTILE_URL = "javascript:window.hacked=1//https://example.org/"

OUTLETS = ("Harbour Post", "Hill Echo", "River Courier", "Lake Observer", "Plain Gazette", "Delta Times", "Coast Wire")


@dataclass
class Told:
    """What the line makes of claims: the live table, and the alerts in their order."""

    claims: list[Claim] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    def tell(self, claims: Iterable[Claim]) -> list[Alert]:
        """Fold more claims; gives the alerts that they raise."""
        raised = []
        for one in claims:
            self.claims.append(one)
            self.statuses[one.key], changes = fold(self.statuses.get(one.key), one)
            raised += [alert_of(change) for change in changes]
        self.alerts += raised
        return raised


@functools.cache
def seed_claims() -> tuple[Claim, ...]:
    """The claims of the seed articles, as the reader finds them."""
    settings = Settings()
    intake, reader = Intake(settings), english(settings)
    articles = [article for article in read_articles([SEEDS]) if isinstance(article, Article)]
    return tuple(one for article in articles for one in reader(intake.document(article)).claims)


def told(sentence: str, trigger: str) -> Evidence:
    """A sentence as evidence, with the word that says it."""
    start = sentence.index(trigger)
    return Evidence(sentence=sentence, start=0, end=len(sentence), trigger=(start, start + len(trigger)))


def saying(  # noqa: PLR0917
    predicate: str,
    country: str,
    sentence: str,
    trigger: str,
    source: str,
    when: str | None,
    published: date,
    **more: object,
) -> Claim:
    """One claim that an article of that day makes."""
    found = claim(
        predicate,
        when,
        source=source,
        text=str(more.pop("text", f"{source} {sentence}")),
        dated=published.isoformat(),
        sentence=sentence,
        **({"subject": WORLD, "country": country} | more),
    )
    return found.model_copy(update={"evidence": told(sentence, trigger)})


def world_claims(seed: int = 3) -> list[Claim]:
    """Stances of some 170 countries: recognised over decades, refused, considered, withdrawn, disputed, copied."""
    draw = random.Random(seed)
    claims = []
    names = load_countries()
    for country in names.sovereign():
        if country.code in {"PS", "IL"}:
            continue
        lot = draw.random()
        start = date(1988, 11, 15) if draw.random() < 0.5 else date(1989, 1, 1)
        day = start + timedelta(days=draw.choice((0, 0, 12, 40, draw.randrange(13_400))))
        printed = max(day + timedelta(days=1), date(1990, 1, 1))
        outlets = draw.sample(OUTLETS, len(OUTLETS))
        when = draw.choice((day.isoformat(), day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]))
        if lot < 0.62:
            text = f"{country.name} recognised the State of Palestine"
            for outlet in outlets[: draw.randrange(1, 6)]:
                sentence = f"{text}, the foreign ministry told {outlet}."
                claims.append(saying("recognized", country.code, sentence, "recognised", outlet, when, printed))
            if draw.random() < 0.25:
                for outlet in outlets[5:]:  # two that print one text
                    again = saying(
                        "recognized",
                        country.code,
                        f"{text}, an agency reports.",
                        "recognised",
                        outlet,
                        when,
                        printed,
                        text=f"agency {country.code}",
                        url=f"https://{outlet.split()[0].lower()}.example/{country.code}",
                    )
                    claims.append(again)
            if draw.random() < 0.05:
                gone = f"{country.name} withdrew its recognition of Palestine."
                later = min(day + timedelta(days=9_000), date(2025, 6, 1))
                claims.append(
                    saying("withdrew_recognition", country.code, gone, "withdrew", outlets[6], later.isoformat(), later)
                )
            if draw.random() < 0.05:  # as many contradict it later as told it
                denied = f"{country.name} does not recognise Palestine."
                for outlet in outlets:
                    paper = f"{outlet} Weekly"
                    claims.append(
                        saying("not_recognized", country.code, denied, "not recognise", paper, None, date(2025, 8, 1))
                    )
            if draw.random() < 0.5:
                sentence = f"{country.name} opened an embassy in Ramallah."
                opened = (day + timedelta(days=400)).isoformat()[:4]
                claims.append(saying("embassy_opened", country.code, sentence, "opened", outlets[0], opened, printed))
        elif lot < 0.82:
            sentence = f"{country.name} has not recognised Palestine."
            for outlet in outlets[: draw.randrange(1, 4)]:
                told_on = date(2024, 5, 1) + timedelta(days=draw.randrange(400))
                claims.append(saying("not_recognized", country.code, sentence, "not recognised", outlet, None, told_on))
        elif lot < 0.9:
            sentence = f"{country.name} said it is considering the recognition of Palestine."
            said_on = date(2025, 7, 1) + timedelta(days=draw.randrange(80))
            claims.append(saying("considering", country.code, sentence, "considering", outlets[0], None, said_on))
    return claims


def hostile_claim() -> Claim:
    """An article whose outlet, address, title and sentence are markup and script."""
    subject, country = HOSTILE
    return saying(
        "recognized",
        country,
        HOSTILE_SENTENCE,
        "recognised",
        HOSTILE_SOURCE,
        "2009-12-15",
        date(2009, 12, 16),
        subject=subject,
        url=HOSTILE_URL,
        title=HOSTILE_TITLE,
        attribution="<script>window.hacked = 1</script>",
        article_id="<img src=x onerror=window.hacked=1>",
    )


def live_claim(country: str = "Tajikistan", code: str = "TJ") -> Claim:
    """News that comes while the dashboard is open: one more country recognises the Taliban."""
    sentence = f"{country} has formally recognised the Taliban government, its foreign ministry said on 20 August 2025."
    return saying(
        "recognized",
        code,
        sentence,
        "recognised",
        "Harbour Post",
        "2025-08-20",
        date(2025, 8, 21),
        subject="taliban",
        url=f"https://harbour-post.example/{country.lower()}",
        attribution="its foreign ministry",
    )
