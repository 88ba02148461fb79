"""The day that a lead gives to the headline's news: "Chad cuts ties" - "... , the ministry said on Monday"."""

import re
from collections.abc import Iterable, Sequence

from pipeline import edtf
from pipeline.reading.dates import find_dates
from pipeline.reading.sentences import Sentence
from pipeline.records import Claim

_SENTENCES = 3  # the headline and the two sentences of the lead
_DAYS = 4  # news is not older
_DAY = len("2025-07-03")
_CLAUSE = re.compile(
    r"[,;:]\s|\b(?:after|before|since|until|when|while|as|that|which|who|whose|where|because|had|if)\b"
    r"|\bto (?!(?:the|an?|its|his|her|their)\b)[a-z]"
)
_NEAR = 30  # code points between the date and the word that tells
_TELLING = re.compile(
    r"\b(?:said|says|announce[sd]?|told|declared?|confirm(?:s|ed)|approved?|signed|decided|voted|statement|announcement|decision)\b"
)


def dated_by_lead(claims: Iterable[Claim], sentences: Sequence[Sentence]) -> list[Claim]:
    """The claims; those of headline and lead that have only the day of publication get the day that the lead tells."""
    claims = list(claims)
    waiting = [claim for claim in claims if _waits(claim, sentences)]
    day = _told_on(sentences, waiting[0].dated) if waiting and waiting[0].dated else None
    if day is None:
        return claims
    update = {"date": day, "date_basis": "relative"}
    return [claim.model_copy(update=update) if claim in waiting else claim for claim in claims]


def _waits(claim: Claim, sentences: Sequence[Sentence]) -> bool:
    told = 0 if claim.predicate == "considering" else 1  # a plan of the lead is of the day on which it is read
    headline = len(sentences) > 1 and sentences[0].headline and claim.evidence.start < sentences[told].end
    return (
        headline and claim.date_basis == "published" and claim.date is not None and len(claim.date) == len("2025-07-03")
    )


def _told_on(sentences: Sequence[Sentence], anchor: str) -> str | None:
    """The one day, just before publication, beside a word of telling in the lead; None where there are several."""
    days = set()
    for sentence in sentences[1:_SENTENCES]:
        for date in find_dates(sentence.text, anchor):
            if date.edtf is None or len(date.edtf) < len("2025-07-03") or date.cue not in {None, "on"}:
                continue
            away = edtf.days_between(date.edtf, anchor[:10])
            around = sentence.text[max(0, date.start - _NEAR) : date.end + _NEAR]
            if away is not None and 0 <= away <= _DAYS and _TELLING.search(around):
                days.add(date.edtf)
    if days:
        return days.pop() if len(days) == 1 else None
    return _opening_day(sentences, anchor)


def _opening_day(sentences: Sequence[Sentence], anchor: str) -> str | None:
    """The day in the main clause of the lead's first sentence, before any other: "The flag went up on Monday"."""
    for sentence in sentences[1:2]:
        for date in find_dates(sentence.text, anchor):
            known = date.edtf is not None and len(date.edtf) == _DAY and not date.ahead
            if (
                not known
                or date.edtf is None
                or date.cue not in {None, "on"}
                or _CLAUSE.search(sentence.text[: date.start])
            ):
                return None
            away = edtf.days_between(date.edtf, anchor[:10])
            return date.edtf if away is not None and 0 <= away <= _DAYS else None
    return None
