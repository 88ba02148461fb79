"""What a reader makes of articles that come as bytes: the way of the gate and the worker, without a broker."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import SetAside, UnreadableInputError
from pipeline.intake.prepare import Intake
from pipeline.reading.reader import Reader, Reading

Fate = Literal["read", "irrelevant", "set aside", "unreadable"]


@dataclass(frozen=True)
class Outcome:
    """How far one article went, why no further, and what was read in it."""

    doc: str
    fate: Fate
    reason: str = ""
    reading: Reading | None = None


def read_all(articles: Iterable[tuple[str, bytes]], intake: Intake, reader: Reader) -> Iterator[Outcome]:
    """Take each (name, JSON of the Article) through intake and the reader."""
    for doc, raw in articles:
        try:
            article = intake.parse(raw)
            if not intake.relevant(article):
                yield Outcome(doc, "irrelevant", "the scan found no subject, country and trigger together")
                continue
            document = intake.document(article)
        except UnreadableInputError as error:
            yield Outcome(doc, "unreadable", str(error))
        except SetAside as error:
            yield Outcome(doc, "set aside", str(error))
        else:
            yield Outcome(doc, "read", reading=reader(document))


def fates(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many articles went how far."""
    return dict(Counter(outcome.fate for outcome in outcomes))
