"""Whether a Fact is news in the article that told it. The machine's clock has no say in this.

Where dates are vague the answer is the cautious one: ``new`` only if even the earliest day that the event can have
happened on is fresh against the latest day that the article can be of.
"""

from datetime import timedelta
from typing import Literal

from pipeline import edtf, ontology
from pipeline.judging.draft import TOLERANCE_DAYS
from pipeline.records import Claim, Fact

_TOO_EARLY = timedelta(days=-TOLERANCE_DAYS)


def kind_of(fact: Fact, claim: Claim, *, freshness_days: int) -> Literal["new", "background"]:
    """``new`` when the Fact's event is fresh against the date of the claim's article, else ``background``.

    * A state began at no known time, so to learn of one is background, unless its coming is news (a stated intent).
    * An event without a date is told as news where the article has no publication date either: new. In an article that
      has one, the reader would have given it to what happened just then: background.
    * A date without a year is taken to mean the last such day before the article.
    * An article dated by its text is of that day or later; there only an event dated to the day can be fresh.
    * An event more than some days after its article's publication is misread or misdated: background.
    """
    if fact.aspect == "state" and not ontology.load().of(fact.dimension, fact.value).news:
        return "background"
    published = claim.dated_basis == "published"
    if fact.since is None:
        return "background" if published else "new"
    if not published and edtf.precision(fact.since) != "day":
        return "background"
    if claim.dated is None or (not published and edtf.has_year(claim.dated) and not edtf.has_year(fact.since)):
        fresh = not edtf.has_year(fact.since)  # the article may be of any year in which that day is just past
    else:
        age = _age(fact.since, claim.dated)
        fresh = age <= timedelta(days=freshness_days) and (age >= _TOO_EARLY or not published)
    return "new" if fresh else "background"


def _age(since: str, dated: str) -> timedelta:
    """From the earliest day of the event to the latest of the article; where a year is unknown, in the year that puts
    the event last before the article, or days after it.
    """
    if edtf.has_year(since) and edtf.has_year(dated):
        return edtf.span(dated)[1] - edtf.span(since)[0]
    year = edtf.parse(since)[0] or edtf.parse(dated)[0] or 2000
    event, article = (_in_year(year, when) for when in (since, dated))
    age = edtf.span(article)[1] - edtf.span(event)[0]
    return age + timedelta(days=365) if age < _TOO_EARLY else age


def _in_year(year: int, when: str) -> str:
    _, month, day = edtf.parse(when)
    return edtf.make(year, month, 28 if (month, day) == (2, 29) else day)
