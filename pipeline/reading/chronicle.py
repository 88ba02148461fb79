"""The dates of a text in the order in which it tells them: its year, its day, and the date of each member of a list."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline import edtf
from pipeline.edtf import Edtf
from pipeline.reading.dates import DateMention, find_dates, find_dates_at
from pipeline.reading.events import Event
from pipeline.reading.repeats import moments
from pipeline.reading.scene import Party, Scene
from pipeline.reading.sentences import Sentence
from pipeline.reading.timing import Dated

_YEAR = re.compile(r"\b\d{4}\b")
_REACH = 2  # how many sentences on a year is still the one that is spoken of
_FRESH_DAYS, _FRESH_MONTH_DAYS = 14, 45  # what is so close to the article's date is told of its own year
_SERIES = 3  # years after which a day beside a month is no longer of one series with it
_COUNTED = re.compile(r"\W*(?:\w+|an?) (?:hour|day|week|month|year)s? (?:later|earlier|before|after)\b", re.IGNORECASE)
_BACK_THEN = re.compile(r"\bhad\b[^,;:.]*$")
_MONTHS = tuple(calendar.month_name)[1:]
_THAT_DAY = re.compile(rf"\b[Tt]hat ({'|'.join(_MONTHS)}) (?:day|morning|afternoon|evening|night)\b")

_THEREBY = frozenset({"thereby", "with that"})
_THAT = re.compile(r"\bthat (?:same )?$")
_WRAP = 9  # months back at which a month without a year is of the next: December, then January
_IN_BRACKETS = re.compile(r"\s*[(\[]\s*(?:in |on |since |from )?$")
_IN = re.compile(r",? (?:(?:already |only |back |early |late )?(?:in|on) )$")
_JOINT = re.compile(r"(?:,|,? and|,? then)\s+(?:then |(?:in|on) )?$")


@dataclass(frozen=True)
class _Last:
    sentence: Sentence
    date: Edtf


class Chronicle:
    """Finds the dates of the sentences of one text; a date without a year has that of the story that it is part of."""

    def __init__(self, sentences: Sequence[Sentence], anchor: Edtf | None) -> None:
        self._sentences = sentences
        self._texts = [sentence.text for sentence in sentences]
        self._anchor = anchor
        self._last: _Last | None = None  # stated, with its year
        self._day: _Last | None = None  # the day that the story has reached
        self._known: list[Edtf] = []

    def dates(self, sentence: Sentence, told: Edtf | None) -> list[DateMention]:
        """The dates of a sentence. ``told`` is the date of the last event: what opens a paragraph counts from it."""
        opens = sentence.index > 0 and self._sentences[sentence.index - 1].paragraph != sentence.paragraph
        if told is not None and (opens or _COUNTED.match(sentence.text)):
            found = find_dates(sentence.text, self._anchor, context=told)
        else:
            found = find_dates_at(self._texts, sentence.index, self._anchor)
        dates: list[DateMention] = []
        dates.extend(self._that_day(sentence))
        for mention in found:
            dates.append(self._in_its_place(mention, sentence, dates))
            self._remember(dates[-1], sentence)
        return [*dates, *self._moment(sentence, [date for date in dates if date.edtf is not None])]

    def _remember(self, mention: DateMention, sentence: Sentence) -> None:
        date = mention.edtf
        if date is None or len(date) < 7 or not edtf.has_year(date):
            return
        self._known.append(date)
        if mention.ahead or _BACK_THEN.search(sentence.text, 0, mention.start):
            return
        if mention.basis == "stated":
            self._last = _Last(sentence, date)
        if len(date) == 10:
            self._day = _Last(sentence, date)

    def _moment(self, sentence: Sentence, before: Sequence[DateMention]) -> Iterator[DateMention]:
        """ "Within minutes", "by nightfall", "with that": on the day that the story has reached, or in its month."""
        day = self._day
        if day is None or not 0 <= sentence.index - day.sentence.index <= _REACH + 1:
            return
        first = max((date.end for date in before), default=0)
        for pattern, length in ((moments("same_day"), 10), (moments("same_month"), 7)):
            for match in pattern.finditer(sentence.text):
                if match.start() < first and match[0].lower() not in _THEREBY:
                    continue
                yield DateMention(match.start(), match.end(), match[0], day.date[:length], "relative")
                return

    def _that_day(self, sentence: Sentence) -> Iterator[DateMention]:
        """ "On that January day": the last day told that was in January."""
        match = _THAT_DAY.search(sentence.text)
        if match is not None:
            meant = self._last_day_in(f"{_MONTHS.index(match[1]) + 1:02}")
            if meant is not None:
                self._day = _Last(sentence, meant)
                yield DateMention(match.start(), match.end(), match[0], meant, "relative")

    def _in_its_place(self, mention: DateMention, sentence: Sentence, before: Sequence[DateMention]) -> DateMention:
        """A date with what the dates told before say of it."""
        date = mention.edtf
        if date is None or self._anchor is None or mention.ahead or not edtf.has_year(date):
            return mention
        if mention.text.lower() in {"today", "tonight"}:
            told = self._day
            quoted = sentence.text.count('"', 0, mention.start) % 2 == 1 or "“" in sentence.text[: mention.start]
            if quoted and told is not None and told.sentence.paragraph == sentence.paragraph:
                return replace(mention, edtf=told.date)
            return mention
        if mention.basis != "stated" or len(date) < 7 or _YEAR.search(mention.text):
            return mention
        if len(date) == 7 and _THAT.search(sentence.text, 0, mention.start):  # "on that January day"
            return replace(mention, edtf=self._last_day_in(date[5:7]) or date)
        relative = [one.edtf for one in before if one.edtf and one.basis == "relative"]
        beside = next((one for one in relative if one[5:] == date[5:]), None)  # "three days before, on 21 May"
        return replace(mention, edtf=beside or self._in_its_year(date, sentence))

    def _last_day_in(self, month: str) -> Edtf | None:
        return next((known for known in reversed(self._known) if len(known) == 10 and known[5:7] == month), None)

    def _in_its_year(self, date: Edtf, sentence: Sentence) -> Edtf:
        """A month or day without a year, in the year of the date told just before, unless it is news."""
        last = self._last
        if last is None or sentence.index - last.sentence.index > _REACH or not edtf.has_year(self._anchor):
            return date
        days = edtf.days_between(date, self._anchor or date)
        fresh = _FRESH_DAYS if len(date) > 7 else _FRESH_MONTH_DAYS
        if days is None or (abs(days) <= fresh and last.sentence != sentence):
            return date
        year, month = int(last.date[:4]), int(date[5:7])
        if len(last.date) != len(date) and int(date[:4]) - year > _SERIES:
            return date
        if int(last.date[5:7]) - month >= _WRAP:
            year += 1
        return f"{year:04}{date[4:]}" if f"{year:04}" < date[:4] else date


def own_dates(event: Event, scene: Scene, dates: Sequence[DateMention]) -> Mapping[int, Dated]:
    """Dates of single actors, by the offset at which each is named: in brackets after it, after a colon, or in turn."""
    sentence = event.parsed.sentence
    ends = {mention.start: mention.end - sentence.start for mention in scene.of_sentence(sentence.index)}
    named = sorted((party for party in event.actors if party.start in ends), key=lambda party: party.start)
    known = [date for date in dates if date.edtf is not None]
    if not named or not known:
        return {}
    found = _beside(named, ends, known, event, scene)
    if not found and len(named) > 1:
        found = _each(named, ends, known, sentence.text) or _in_turn(named, ends, known, sentence.text)
    return {start: Dated(date.edtf, date.basis, True) for start, date in found.items()}


def _beside(
    named: Sequence[Party], ends: Mapping[int, int], known: Sequence[DateMention], event: Event, scene: Scene
) -> dict[int, DateMention]:
    """ "Chad (May), Mali (June)", and "...: Chad in May, Mali in June" after the list itself."""
    sentence = event.parsed.sentence
    text = sentence.text
    found: dict[int, DateMention] = {}
    for party in named:
        end = ends[party.start]
        again = [
            ends[mention.start]
            for mention in scene.of_sentence(sentence.index)
            if ":" in text[end : mention.start - sentence.start] and scene.party(mention).same(party)
        ]
        for date in known:
            if _IN_BRACKETS.fullmatch(text, end, date.start) or any(
                _IN.fullmatch(text, place, date.start) or _IN_BRACKETS.fullmatch(text, place, date.start)
                for place in again
            ):
                found[party.start] = date
    return found


def _each(
    named: Sequence[Party], ends: Mapping[int, int], known: Sequence[DateMention], text: str
) -> dict[int, DateMention]:
    """ "Chad in May and Mali in June"."""
    found = {
        party.start: date for party in named for date in known if _IN.fullmatch(text, ends[party.start], date.start)
    }
    return found if len(found) == len(named) else {}


def _in_turn(
    named: Sequence[Party], ends: Mapping[int, int], known: Sequence[DateMention], text: str
) -> dict[int, DateMention]:
    """ "Chad and Mali ... in May and June"."""
    after = [date for date in known if date.start >= ends[named[-1].start]]
    run = after[:1]
    for date in after[1:]:
        if not _JOINT.fullmatch(text, run[-1].end, date.start):
            break
        run.append(date)
    return {party.start: date for party, date in zip(named, run, strict=True)} if len(run) == len(named) else {}
