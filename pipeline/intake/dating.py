"""What day an article is of.

Its metadata say it, or the page prints it; else the latest day that the text reports as past is a lower
bound, and stands in for it (basis "text"). Freshness is judged against this date, never against the
machine's clock, which is not asked for anything here.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline import edtf
from pipeline.intake.clean import Cleaned
from pipeline.reading.date_arithmetic import UNKNOWN, Partial, day_of, days_in, numeric, parts, to_edtf
from pipeline.reading.dates import DateMention, find_dates
from pipeline.records import Article, DateBasis

_NO_DATE = frozenset({"1601-01-01", "1899-12-30", "1900-01-01", "1970-01-01"})  # an unknown day, as software has it
_YEARS = range(1605, 3000)  # from the first newspaper on; 0001 and 9999 are unknown days as well
_TO_COME = frozenset({"by", "until", "till", "ahead of"})
_UPDATE = re.compile(r"\b(?:updated|modified)\b", re.IGNORECASE)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_READ = 20_000  # characters of a text that are looked through for dates: more than any report has
_BEFORE, _AFTER = 30, 60  # days round a full date within which a year-less day of the same text is of its year
_LAG = 14  # days that a report appears after the latest event in it, when that has to decide between two readings


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
        day = datetime.fromisoformat(published).date()
        if day.year in _YEARS and day.isoformat() not in _NO_DATE:
            return Dating(published, day.isoformat(), "published")
    printed = printed_date(cleaned)
    if printed is not None and edtf.precision(printed) == "day":
        return Dating(printed if edtf.has_year(printed) else None, printed, "published")
    latest = latest_past_day(cleaned.text)
    if printed is not None and (latest is None or not edtf.agree(latest, printed)):
        return Dating(None, printed, "published")
    if latest is not None:
        return Dating(None, edtf.merge(latest, printed) if printed else latest, "text")
    return Dating(None, None, "none")


def printed_date(cleaned: Cleaned) -> str | None:
    """The day in the bylines of a page, as far as it is certain: of publication rather than of an update."""
    lines = sorted(cleaned.bylines, key=lambda line: bool(_UPDATE.search(line)))
    found = [when for when in (_figures_date(line, cleaned) or _words_date(line) for line in lines) if when]
    best = max(found, key=_known, default=None)
    if best is not None and edtf.precision(best) == "day" and not edtf.has_year(best):
        year = _certain_year(best, _past_mentions(cleaned.text))
        return edtf.merge(best, str(year)) if year else best
    return best


def _known(when: str) -> tuple[bool, int]:
    return edtf.has_year(when), sum(part is not None for part in edtf.parse(when))


def _words_date(line: str) -> str | None:
    stated = [mention.edtf for mention in find_dates(_unglued(line), None) if mention.basis == "stated"]
    return max((when for when in stated if when), key=_known, default=None)


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
    date of an earlier year. Its year is certain when it follows within two months on the latest full day of the text,
    or when its weekday is given and fits that date's year; in neither case when the text speaks of a later year.
    A year alone dates no article.
    """
    mentions = _past_mentions(text)
    latest = _latest_full(mentions)
    yearless = {mention.edtf: mention for mention in mentions if mention.edtf and not edtf.has_year(mention.edtf)}
    days = [when for when in yearless if edtf.precision(when) == "day"]
    if not days:
        return latest or _last_of_a_year(list(yearless))
    last = _last_of_a_year(days)
    year = _certain_year(last, mentions, yearless[last].text) if last else None
    if last is None or year is None:
        return last
    completed = edtf.merge(last, str(year))
    return completed if latest is None or edtf.span(completed)[1] >= edtf.span(latest)[1] else latest


def _past_mentions(text: str) -> list[DateMention]:
    """The dates that a text speaks of and that do not lie ahead."""
    return [
        mention
        for paragraph in text[:_READ].split("\n\n")
        for mention in find_dates(paragraph, None)
        if mention.edtf
        and not mention.ahead
        and mention.cue not in _TO_COME
        # "two days later" is a day of the story, "last October" a month of no known year
        and (mention.basis == "stated" or edtf.precision(mention.edtf) == "day")
    ]


def _latest_full(mentions: list[DateMention]) -> str | None:
    """The latest day or month with its year."""
    full = (mention.edtf for mention in mentions if mention.edtf and edtf.has_year(mention.edtf))
    fine = (when for when in full if edtf.precision(when) != "year")
    return max(fine, key=lambda when: edtf.span(when)[1], default=None)


def _last_of_a_year(dates: list[str]) -> str | None:
    """The last of some year-less dates of one year's news: the one before the longest gap round the calendar."""
    ordered = sorted(set(dates))
    places = [edtf.span(when.replace("XXXX", "2000"))[0].timetuple().tm_yday for when in ordered]
    gaps = [(following - place) % 366 or 366 for place, following in zip(places, places[1:] + places[:1], strict=True)]
    return ordered[gaps.index(max(gaps))] if ordered else None


def _certain_year(yearless: str, mentions: list[DateMention], words: str = "") -> int | None:
    """The year of a year-less day, where the latest full date of its text leaves no doubt."""
    latest = _latest_full(mentions)
    _, month, day = edtf.parse(yearless)
    year, _, latest_day = edtf.parse(latest) if latest else UNKNOWN
    years = [edtf.parse(mention.edtf)[0] or 0 for mention in mentions if mention.edtf]
    if latest is None or year is None or month is None or day is None or max(years) > year:
        return None
    for candidate in (year, year + 1):
        if day > days_in(candidate, month):
            continue
        there = date(candidate, month, day)
        if latest_day is not None and -_BEFORE <= (there - edtf.span(latest)[0]).days <= _AFTER:
            return candidate
        if candidate == year and words.startswith(_WEEKDAYS[there.weekday()]):
            return candidate
    return None
