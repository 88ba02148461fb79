"""The dates of a text in the order in which it tells them: what year it is in, and which member of a list has which date."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline import edtf
from pipeline.edtf import Edtf
from pipeline.reading.dates import DateMention, find_dates, find_dates_at
from pipeline.reading.frames import Event
from pipeline.reading.parties import Scene
from pipeline.reading.sentences import Sentence
from pipeline.reading.timing import Dated

_YEAR = re.compile(r"\b\d{4}\b")
_REACH = 2  # how many sentences on a year is still the one that is spoken of
_FRESH_DAYS, _FRESH_MONTH_DAYS = 14, 45  # what is so close to the article's date is told of its own year
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
        self._last: _Last | None = None

    def dates(self, sentence: Sentence, told: Edtf | None) -> list[DateMention]:
        """The dates of a sentence. ``told`` is the date of the last event: what opens a paragraph counts from it."""
        opens = sentence.index > 0 and self._sentences[sentence.index - 1].paragraph != sentence.paragraph
        if opens and told is not None:
            found = find_dates(sentence.text, self._anchor, context=told)
        else:
            found = find_dates_at(self._texts, sentence.index, self._anchor)
        dates = []
        for mention in found:
            mention = self._in_its_year(mention, sentence)
            if mention.basis == "stated" and mention.edtf and len(mention.edtf) > 4 and edtf.has_year(mention.edtf):
                self._last = _Last(sentence, mention.edtf)
            dates.append(mention)
        return dates

    def _in_its_year(self, mention: DateMention, sentence: Sentence) -> DateMention:
        """A month or day without a year, in the year of the date told just before, unless it is news."""
        last, date = self._last, mention.edtf
        if last is None or date is None or self._anchor is None or mention.basis != "stated" or mention.ahead:
            return mention
        if len(date) < 7 or _YEAR.search(mention.text) or not edtf.has_year(date) or not edtf.has_year(last.date):
            return mention
        if last.sentence.paragraph != sentence.paragraph or sentence.index - last.sentence.index > _REACH:
            return mention
        days = edtf.days_between(date, self._anchor) if edtf.has_year(self._anchor) else None
        fresh = _FRESH_DAYS if len(date) > 7 else _FRESH_MONTH_DAYS
        if days is None or (abs(days) <= fresh and last.sentence != sentence):
            return mention
        year, month = int(last.date[:4]), int(date[5:7])
        if int(last.date[5:7]) - month >= _WRAP:
            year += 1
        return replace(mention, edtf=f"{year:04}{date[4:]}") if f"{year:04}" < date[:4] else mention


def own_dates(event: Event, scene: Scene, dates: Sequence[DateMention]) -> Mapping[int, Dated]:
    """Dates of single actors, by the offset at which each is named: in brackets after it, after a colon, or in turn."""
    sentence = event.parsed.sentence
    text = sentence.text
    ends = {mention.start: mention.end for mention in scene.of_sentence(sentence.index)}
    named = [party for party in event.actors if party.start in ends]
    known = [date for date in dates if date.edtf is not None]
    if len(named) < 1 or not known:
        return {}
    found: dict[int, Dated] = {}
    for party in named:
        end = ends[party.start] - sentence.start
        for date in known:
            if _IN_BRACKETS.fullmatch(text, end, date.start):
                found[party.start] = _dated(date)
        for mention in scene.of_sentence(sentence.index):  # "...: Chad in May, Mali in June"
            place, again = mention.start - sentence.start, mention.end - sentence.start
            if mention.start != party.start and scene.party(mention).same(party) and ":" in text[end:place]:
                for date in known:
                    if _IN.fullmatch(text, again, date.start) or _IN_BRACKETS.fullmatch(text, again, date.start):
                        found[party.start] = _dated(date)
    if found or len(named) < 2:
        return found
    told = {
        party.start: date
        for party in named
        for date in known
        if _IN.fullmatch(text, ends[party.start] - sentence.start, date.start)
    }
    if len(told) == len(named):  # "Chad in May and Mali in June"
        return {start: _dated(date) for start, date in told.items()}
    place = max(ends[party.start] for party in named) - sentence.start
    after = [date for date in known if date.start >= place]
    run = after[:1]
    for date in after[1:]:
        if not _JOINT.fullmatch(text, run[-1].end, date.start):
            break
        run.append(date)
    if len(run) == len(named):
        return {
            party.start: _dated(date)
            for party, date in zip(sorted(named, key=lambda party: party.start), run, strict=True)
        }
    return {}


def _dated(date: DateMention) -> Dated:
    return Dated(date.edtf, date.basis, True)
