"""Whether a Fact is news in the article that told it. The machine's clock has no say in this.

Where dates are vague the answer is the cautious one: ``new`` only if even the earliest day that the event can have
happened on is fresh against the latest day that the article can be of.
"""

from datetime import timedelta
from typing import Literal

from pipeline import edtf, ontology
from pipeline.judging.draft import TOLERANCE_DAYS
from pipeline.records import Claim, Fact

_YEAR = timedelta(days=365)


def kind_of(fact: Fact, claim: Claim, *, freshness_days: int) -> Literal["new", "background"]:
    """``new`` when the Fact's event is fresh against the date of the claim's article, else ``background``.

    * A state began at no known time, so to learn of one is background, unless its coming is news (a stated intent).
    * An event with no date is told as news where the article has no date either (nothing there could tell it from
      old news): new. In an article with a date, the reader would have taken that for news: background.
    * Without a year on either side, the years are taken to be such that the event comes last before the article.
    * An article dated by its text is at least that old; an event after it is new.
    * An event that follows its article by more than a few days is misread or misdated: background.
    """
    if fact.aspect == "state" and not ontology.load().of(fact.dimension, fact.value).news:
        return "background"
    if fact.since is None:
        return "background" if claim.dated_basis == "published" else "new"
    if claim.dated is None:
        return "background" if edtf.has_year(fact.since) else "new"
    return "new" if _fresh(fact.since, claim.dated, claim.dated_basis == "text", freshness_days) else "background"


def _fresh(since: str, dated: str, by_text: bool, freshness_days: int) -> bool:
    if edtf.has_year(since) and edtf.has_year(dated):
        age = edtf.span(dated)[1] - edtf.span(since)[0]
    elif by_text:
        return True
    else:
        age = _yearless_age(since, dated)
    if age < timedelta(days=-TOLERANCE_DAYS):
        return by_text
    return age <= timedelta(days=freshness_days)


def _yearless_age(since: str, dated: str) -> timedelta:
    """The age of the event if it happened in the year that puts it last before the article (or days after it)."""
    year = edtf.parse(since)[0] or edtf.parse(dated)[0] or 2000
    event, article = (_in(year, edtf.parse(when)) for when in (since, dated))
    age = edtf.span(article)[1] - edtf.span(event)[0]
    return age + _YEAR if age < timedelta(days=-TOLERANCE_DAYS) else age


def _in(year: int, parts: tuple[int | None, int | None, int | None]) -> str:
    _, month, day = parts
    return edtf.make(year, month, 28 if (month, day) == (2, 29) else day)
