"""Dates in sentences against labels: a public set (microsoft/Recognizers-Text, MIT), read when it is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import edtf
from pipeline.reading.dates import DateMention
from pipeline.records import Record

IMPOSSIBLE = "not resolved"
"""The label of a date that does not exist, such as 30 February."""


class DateLabel(Record):
    """One date of a sentence: its words in lower case, and the days that it can mean."""

    text: str
    values: tuple[str, ...]


class DatedSentence(Record):
    """One sentence, with the day it was said on."""

    text: str
    reference: str
    dates: tuple[DateLabel, ...]

    @property
    def said_on(self) -> str:
        """The day it was said on, EDTF."""
        return self.reference[:10]


@dataclass(frozen=True)
class DateMiss:
    """A label that was not met: not found, without a date, or with another one."""

    sentence: str
    words: str
    values: tuple[str, ...]
    got: str | None


@dataclass(frozen=True)
class DateScore:
    """Labels met, exactly or to the coarser precision, and the others."""

    labels: int
    exact: int
    agreeing: int
    """Exact ones included; further ones know less (no year, only the month) but contradict nothing."""
    unlabelled: int
    """Dates found where the set has none."""
    misses: tuple[DateMiss, ...]


def score_dates(readings: Sequence[tuple[DatedSentence, Sequence[DateMention]]]) -> DateScore:
    """Compare each label with the found date that shares most of its words."""
    exact = agreeing = unlabelled = 0
    misses = []
    for sentence, found in readings:
        unused = {mention for mention in found if mention.edtf is not None}
        for label in sentence.dates:
            mention = _overlapping(sentence, label, found)
            unused.discard(mention)
            got = None if mention is None else mention.edtf
            if _exact(got, label.values):
                exact += 1
                continue
            agreeing += _agrees(got, label.values)
            misses.append(DateMiss(sentence.text, label.text, label.values, got))
        unlabelled += len(unused)
    return DateScore(
        labels=sum(len(sentence.dates) for sentence, _ in readings),
        exact=exact,
        agreeing=exact + agreeing,
        unlabelled=unlabelled,
        misses=tuple(misses),
    )


def _overlapping(sentence: DatedSentence, label: DateLabel, found: Sequence[DateMention]) -> DateMention | None:
    start = sentence.text.lower().find(label.text)
    if start < 0:
        return None

    def shared(mention: DateMention) -> int:
        return min(mention.end, start + len(label.text)) - max(mention.start, start)

    best = max(found, key=shared, default=None)
    return best if best is not None and shared(best) > 0 else None


def _exact(got: str | None, values: tuple[str, ...]) -> bool:
    if IMPOSSIBLE in values:
        return got is None
    return got in values


def _agrees(got: str | None, values: tuple[str, ...]) -> bool:
    return got is not None and IMPOSSIBLE not in values and any(edtf.agree(got, value) for value in values)
