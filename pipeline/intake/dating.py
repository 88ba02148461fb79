"""What day an article is of.

Its metadata say it, or the page prints it; else the latest day that the text reports as past is a lower
bound, and stands in for it (basis "text"). Freshness is judged against this date, never against the
machine's clock, which is not asked for anything here.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline import edtf
from pipeline.intake.clean import Cleaned
from pipeline.reading.date_arithmetic import Partial, day_of, numeric, parts, to_edtf
from pipeline.reading.dates import DateMention, find_dates
from pipeline.records import Article, DateBasis

_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_NEAR = 60  # days within which a year-less day is of the year of a full one in the same text
_LAG = 14  # days that a report appears after the latest event in it, when that has to decide between two readings
_AHEAD = re.compile(
    r"\b(?:will|would|shall|plan(?:s|ned)?|intend(?:s|ed)?|expect(?:s|ed)?|set|due|scheduled|slated|upcoming|hope[sd]?|by|until)\b|['’]ll\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Dating:
    """``published`` is what metadata or page say, as ISO 8601; ``dated`` what the article's date is taken to be."""

    published: str | None
    dated: str | None
    basis: DateBasis


def date_article(article: Article, cleaned: Cleaned) -> Dating:
    """Date an article by its metadata, its printed dateline or its text, in this order."""
    published = article.published or cleaned.header.published
    if published is not None:
        return Dating(published, published[:10], "published")
    printed = printed_date(cleaned)
    if printed is not None:
        return Dating(
            printed if edtf.precision(printed) == "day" and edtf.has_year(printed) else None, printed, "published"
        )
    latest = latest_past_day(cleaned.text)
    return Dating(None, latest, "text" if latest else "none")


def printed_date(cleaned: Cleaned) -> str | None:
    """The day in the bylines of a page, as far as it is certain."""
    best: str | None = None
    lines = sorted(cleaned.bylines, key=lambda line: bool(re.search(r"\b(?:updated|modified)\b", line, re.IGNORECASE)))
    for line in lines:
        found = _figures_date(line, cleaned) or _words_date(line)
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    return best


def _rank(text: str) -> tuple[bool, int]:
    return edtf.has_year(text), sum(part is not None for part in edtf.parse(text))


def _words_date(line: str) -> str | None:
    stated = [
        mention.edtf for mention in find_dates(_unglued(line), None) if mention.basis == "stated" and mention.edtf
    ]
    return max(stated, key=_rank, default=None)


def _unglued(line: str) -> str:
    """With a space after a year that a scraper joined to the outlet's name."""
    return re.sub(r"((?:19|20)\d\d)(?=[A-Za-z])", r"\1 ", line)


def _figures_date(line: str, cleaned: Cleaned) -> str | None:
    """A date in figures: by its separator, by the other dates of the page, or by what the text reports."""
    found = _FIGURES.search(line)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    meanings = numeric(first, second, year, day_first=True if found[2] == "." else None)
    if not meanings:
        return None
    if len(meanings) == 1:
        return to_edtf(meanings[0])
    order = _order_elsewhere(cleaned)
    if order is not None:
        return to_edtf(numeric(first, second, year, day_first=order)[0])
    return to_edtf(_by_the_text(meanings, cleaned.text))


def _order_elsewhere(cleaned: Cleaned) -> bool | None:
    """Whether the page writes the day first, where one of its dates in figures can only be read one way."""
    for line in (*cleaned.bylines, cleaned.body):
        for found in _FIGURES.finditer(line):
            if int(found[1]) > 12:
                return True
            if int(found[3]) > 12:
                return False
    return None


def _by_the_text(meanings: tuple[Partial, ...], text: str) -> Partial:
    """The meaning that follows shortly on the latest day in the text, when the other does not; else the year alone."""
    year = meanings[0][0]
    latest = latest_past_day(text)
    fits = []
    if latest is not None and edtf.precision(latest) == "day":
        if not edtf.has_year(latest):
            latest = latest.replace("XXXX", str(year))
        last = day_of(parts(latest))
        for meaning in meanings:
            day = day_of(meaning)
            if day is not None and last is not None and timedelta(-1) <= day - last <= timedelta(_LAG):
                fits.append(meaning)
    return fits[0] if len(fits) == 1 else (year, None, None)


def latest_past_day(text: str) -> str | None:
    """The latest day, or else month, that a text reports as past; year-less where nothing makes the year certain.

    A day without a year ("on July 3") is of the year in which the text was written, and so later than any full
    date of an earlier year. Its year is certain when a full day of the text is within two months of it, or when its
    weekday is given and fits the latest year that the text speaks of. A year alone dates no article.
    """
    full: list[str] = []
    days: list[DateMention] = []
    months: list[str] = []
    for paragraph in text.split("\n\n"):
        for mention in find_dates(paragraph, None, direction="past"):
            precision = edtf.precision(mention.edtf)
            if mention.edtf is None or _is_ahead(paragraph, mention):
                continue
            if (
                mention.basis == "relative" and precision != "day"
            ):  # "two days later" is a day, "last October" no day of now
                continue
            if edtf.has_year(mention.edtf):
                if precision in {"day", "month"}:
                    full.append(mention.edtf)
            elif precision == "day":
                days.append(mention)
            else:
                months.append(mention.edtf)
    latest = max(full, key=lambda when: edtf.span(when)[1], default=None)
    if not days:
        return latest or (_latest_yearless(months) if months else None)
    last = _latest_yearless([mention.edtf for mention in days if mention.edtf])
    year = _certain_year(last, days, latest)
    if year is None:
        return last
    completed = edtf.merge(last, str(year))
    return completed if latest is None or edtf.span(completed)[1] >= edtf.span(latest)[1] else latest


def _is_ahead(paragraph: str, mention: DateMention) -> bool:
    """Whether the clause of a date speaks of what is to come."""
    if mention.cue in {"by", "until", "till", "ahead of"}:
        return True
    before = re.split(r"[.;:!?]\s|,\s", paragraph[max(0, mention.start - 90) : mention.start])[-1]
    return bool(_AHEAD.search(before)) and not re.search(r"\b(?:said|announced|told|confirmed)\b[^.]{0,12}$", before)


def _latest_yearless(dates: list[str]) -> str:
    """The last of some year-less dates of one year's news: the one before the longest gap round the calendar."""
    ordered = sorted(set(dates))
    places = [edtf.span(each.replace("XXXX", "2000"))[0] for each in ordered]
    gaps = [((places[(n + 1) % len(places)] - place).days % 366 or 366, ordered[n]) for n, place in enumerate(places)]
    return max(gaps)[1]


def _certain_year(yearless: str, mentions: list[DateMention], latest: str | None) -> int | None:
    if latest is None:
        return None
    _, month, day = edtf.parse(yearless)
    year = edtf.parse(latest)[0]
    if year is None or month is None or day is None:
        return None
    if edtf.precision(latest) == "day":
        for candidate in (year, year + 1):
            try:
                away = (date(candidate, month, day) - edtf.span(latest)[0]).days
            except ValueError:  # 29 February
                continue
            if -_NEAR <= away <= _NEAR:
                return candidate
    for mention in mentions:
        weekday = re.match(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", mention.text)
        if (
            mention.edtf == yearless
            and weekday
            and f"{edtf.span(yearless.replace('XXXX', str(year)))[0]:%A}" == weekday[0]
        ):
            return year
    return None
