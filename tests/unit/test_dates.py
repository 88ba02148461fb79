"""Dates in sentences: what is found, what it means against an anchor, and what is no date."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import edtf
from pipeline.evaluation.dates import DatedSentence, score_dates
from pipeline.reading.dates import DateMention, find_dates, find_dates_at

ANCHOR = "2025-07-04"  # a Friday
PUBLIC_SET = Path(__file__).parents[3] / "shared" / "external" / "dates.jsonl"

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2090, 12, 31))


def dated(sentence: str, anchor: str | None = ANCHOR, **options: Any) -> list[str | None]:
    return [mention.edtf for mention in find_dates(sentence, anchor, **options)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # whole
        ("The treaty took effect on 3 July 2025.", ["2025-07-03"]),
        ("It was signed July 3, 2025, in the capital.", ["2025-07-03"]),
        ("It was signed on the 3rd of July, 2025.", ["2025-07-03"]),
        ("It was signed on the second of August 1960.", ["1960-08-02"]),
        ("Envoys came on Sept. 21, 2024.", ["2024-09-21"]),
        ("The note is dated 2025-07-03.", ["2025-07-03"]),
        ("The note is dated 2025-07-03T23:10:00 local time.", ["2025-07-03"]),
        ("The note is dated 23.11.2024.", ["2024-11-23"]),
        ("The note is dated 11/23/2024.", ["2024-11-23"]),
        # in part
        ("The office closed in April 2025.", ["2025-04"]),
        ("The office closed in early March 2019.", ["2019-03"]),
        ("Ties were cut in 2003.", ["2003"]),
        ("Ties were cut in mid-2022.", ["2022"]),
        ("Ties were cut in the summer of 2021.", ["2021"]),
        ("Ties were cut in the second half of 2024.", ["2024"]),
        ("The office, opened for the 2015 accord, is small.", ["2015"]),
        # the year from the anchor
        ("The envoy arrived on July 3.", ["2025-07-03"]),
        ("The envoy arrived on 28 December.", ["2024-12-28"]),
        ("Back in April, the court lifted the ban.", ["2025-04"]),
        ("The state's April decision surprised many.", ["2025-04"]),
        ("In October last year they met.", ["2024-10"]),
        ("They met in October of last year.", ["2024-10"]),
        ("They met last October.", ["2024-10"]),
        ("They met last October 2024.", ["2024-10"]),
        ("They met in April this year.", ["2025-04"]),
        ("The votes of 28 May and 4 June 2024 differed.", ["2024-05-28", "2024-06-04"]),
        ("It fell between March and June 2023.", ["2023-03", "2023-06"]),
        # weekdays
        ("The envoy arrived on Thursday.", ["2025-07-03"]),
        ("The envoy arrived on Friday.", ["2025-07-04"]),
        ("The envoy arrived on Saturday.", ["2025-06-28"]),
        ("Wednesday's ceremony was short.", ["2025-07-02"]),
        ("The envoy arrived last Monday.", ["2025-06-23"]),
        ("The envoy arrived on Thursday, July 3.", ["2025-07-03"]),
        ("The envoy arrived on Friday the 13th.", ["2025-06-13"]),
        # pointing
        ("The envoy arrived today.", ["2025-07-04"]),
        ("The envoy arrived yesterday.", ["2025-07-03"]),
        ("The envoy arrived earlier this month.", ["2025-07"]),
        ("The envoy arrived last month.", ["2025-06"]),
        ("The envoy arrived late last year.", ["2024"]),
        ("The envoy arrived last week.", ["2025-06"]),
        ("The envoy arrived three days ago.", ["2025-07-01"]),
        ("The envoy arrived a week ago.", ["2025-06-27"]),
        ("The envoy arrived two months ago.", ["2025-05"]),
        ("The envoy arrived nearly four years ago.", ["2021"]),
        ("The envoy arrived a decade ago.", ["2015"]),
        # from the date before
        ("He landed on July 1 and left two days later.", ["2025-07-01", "2025-07-03"]),
        ("It was founded in 1991 and dissolved ten years later.", ["1991", "2001"]),
        ("It was opened on 30 June 2024 and shut the following day.", ["2024-06-30", "2024-07-01"]),
        ("It was opened on 28 May 2024 and shut a week later, on 4 June.", ["2024-05-28", "2024-06-04", "2024-06-04"]),
        ("It was opened in May 2021 and shut in July of the same year.", ["2021-05", "2021-07"]),
        ("It was opened in May 2021 and shut later that year.", ["2021-05", "2021"]),
        ("It was opened on 5 June 2017 and shut on the 7th.", ["2017-06-05", "2017-06-07"]),
        ("He had been received a week earlier.", ["2025-06-27"]),
        # spoken of, and not to be told
        ("In the 1990s three states did so.", [None]),
        ("Decades ago three states did so.", [None]),
        ("It ran from 2014 to 2016.", ["2014", "2016"]),
        ("In the 2014-16 period it was shut.", [None]),
    ],
)
def test_reads(sentence: str, expected: list[str | None]) -> None:
    assert dated(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "It had been outlawed for over 20 years.",
        "For the first time in seven years they spoke.",
        "They have 48 hours to leave after a 10-year closure.",
        "Over the past several years ties grew.",
        "In the last 24 hours nothing moved.",
        "Some 2,003 people and 2003 soldiers crossed.",
        "Resolution 1929 and Flight 2024 are numbers.",
        "The deal was worth $2020 then.",
        "No. 2003 was drawn.",
        "A day such as 31 June is none, nor is 2025-02-30.",
        "She may 20 times decline.",
        "Prime Minister May met April Jones at the March for Life.",
        "The first lady and the second secretary left.",
    ],
)
def test_finds_nothing_in(sentence: str) -> None:
    assert dated(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The cabinet will vote on Thursday.", ["2025-07-10"]),
        ("On Thursday, the cabinet will vote.", ["2025-07-10"]),
        ("The minister said on Thursday that the cabinet would vote in September.", ["2025-07-03", "2025-09"]),
        ("Nation to open its mission on Tuesday", ["2025-07-08"]),
        ("Allies plan to follow in January.", ["2026-01"]),
        ("It was agreed on Monday, and will be signed on Tuesday.", ["2025-06-30", "2025-07-08"]),
        ("The parties will meet in two weeks.", ["2025-07"]),
        ("They had said it would close on 30 June.", ["2025-06-30"]),
        ("A motion before the August conference, on 20 July, is likely.", ["2025-07-20"]),
    ],
)
def test_the_words_around_a_date_say_on_which_side_it_lies(sentence: str, expected: list[str]) -> None:
    assert dated(sentence) == expected


def test_the_reader_can_say_on_which_side_a_date_lies() -> None:
    assert dated("on Thursday in October", direction="past") == ["2025-07-03", "2024-10"]
    assert dated("on Thursday in October", direction="future") == ["2025-07-10", "2025-10"]


@pytest.mark.parametrize(
    ("sentence", "anchor", "expected"),
    [
        ("It opened on Thursday, and closed today.", None, [None, None]),
        ("It opened on July 3.", None, ["XXXX-07-03"]),
        ("It opened on July 1 and two days later it closed.", None, ["XXXX-07-01", "XXXX-07-03"]),
        ("It opened last October.", None, ["XXXX-10"]),
        ("It opened in October last year.", None, ["XXXX-10"]),
        ("It opened last year.", None, [None]),
        ("It opened on July 3.", "XXXX-07-04", ["XXXX-07-03"]),
        ("It opened yesterday.", "XXXX-03-01", [None]),  # 28 or 29 February
        ("It opened yesterday.", "XXXX-07-04", ["XXXX-07-03"]),
        ("It opened last year.", "2025", ["2024"]),
        ("It opened in May.", "2025", ["XXXX-05"]),  # before May 2025 it would be 2024's
        ("It opened in May.", "2025-07", ["2025-05"]),
        ("It opened in September.", "2025-07", ["2025-09"]),
        ("It opened on 07/08/2025.", None, ["2025"]),
        ("It opened on 07/08/2025.", "2025-07-20", ["2025-07-08"]),
        ("It opened on 07/08/2025.", "2025-09-20", ["2025"]),
    ],
)
def test_what_is_not_known_stays_unknown(sentence: str, anchor: str | None, expected: list[str | None]) -> None:
    assert dated(sentence, anchor) == expected


def test_later_counts_from_the_context() -> None:
    assert dated("Two days later the ministry confirmed it.", context="2024-05-28") == ["2024-05-30"]
    assert dated("Two days later the ministry confirmed it.") == [None]
    assert dated("The previous day he had left.", context="2024-05-01") == ["2024-04-30"]


def test_later_counts_from_the_sentences_before() -> None:
    text = ["The envoy came on 28 May 2024.", "He was received with honours.", "Two days later he left.", "It rained."]
    assert [[mention.edtf for mention in find_dates_at(text, index, ANCHOR)] for index in range(4)] == [
        ["2024-05-28"],
        [],
        ["2024-05-30"],
        [],
    ]


@pytest.mark.parametrize(
    ("sentence", "cue"),
    [
        ("Since 2003 it was listed.", "since"),
        ("It was listed since at least early 2003.", "since"),
        ("It stays listed until 30 June.", "until"),
        ("It must leave by the end of 2025.", "by"),
        ("As of January 2025 it is listed.", "as of"),
        ("It happened before 2003.", "before"),
        ("It happened in 2003.", None),
    ],
)
def test_the_word_before_that_changes_its_role(sentence: str, cue: str | None) -> None:
    assert [mention.cue for mention in find_dates(sentence, ANCHOR)] == [cue]


def test_offsets_and_basis() -> None:
    sentence = "On Thursday, July 3, and last October."
    first, second = find_dates(sentence, ANCHOR)
    assert first == DateMention(3, 19, "Thursday, July 3", "2025-07-03", "stated", None)
    assert sentence[second.start : second.end] == second.text == "last October"
    assert second.basis == "relative"


FORMS = (
    "%-d %B %Y",
    "%B %-d, %Y",
    "%b. %-d, %Y",
    "%Y-%m-%d",
    "the %-d of %B, %Y",
    "%A, %-d %B %Y",
    "%Y/%m/%d",
    "%d-%b-%Y",
)


@given(day=days, form=st.sampled_from(FORMS), anchor=st.one_of(st.none(), days))
def test_every_written_day_is_read_back_whatever_the_anchor(day: date, form: str, anchor: date | None) -> None:
    sentence = f"The envoy came on {day.strftime(form)} and stayed."
    assert dated(sentence, anchor.isoformat() if anchor else None) == [day.isoformat()]


@given(anchor=days, away=st.integers(0, 300))
def test_a_day_without_its_year_is_the_latest_one(anchor: date, away: int) -> None:
    day = anchor - timedelta(days=away)
    found = dated(f"It came on {day.strftime('%-d %B')}.", anchor.isoformat(), direction="past")
    assert found == [day.isoformat()]


@given(anchor=days, number=st.integers(0, 6))
def test_a_weekday_is_one_and_less_than_a_week_away(anchor: date, number: int) -> None:
    name = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[number]
    for direction, sign in (("past", 1), ("future", -1)):
        (found,) = dated(f"on {name}", anchor.isoformat(), direction=direction)
        assert found is not None
        there = date.fromisoformat(found)
        assert there.weekday() == number
        assert 0 <= (anchor - there).days * sign < 7


VOCABULARY = (
    "on in by since until July May March 3 31 2025 1999 02/30/2024 31/12/24 Thursday last next this year month week "
    "ago later two a day days weeks the first of 3rd will said , . - – 20250132 mid-2022 1990s early XXXX"
)
words = st.sampled_from(VOCABULARY.split())
anchors = st.one_of(
    st.none(),
    days.map(date.isoformat),
    st.sampled_from(["2025", "2025-07", "XXXX-07-03", "XXXX-02-29", "0001-01-01", "9999-12-31"]),
)


@example(sentence="1/1/12", anchor="0001-01-01", context=None)
@example(sentence="next year", anchor="9999-12-31", context=None)
@given(sentence=st.one_of(st.text(), st.lists(words).map(" ".join)), anchor=anchors, context=anchors)
def test_any_text_gives_ordered_dates_that_exist(sentence: str, anchor: str | None, context: str | None) -> None:
    end = 0
    for mention in find_dates(sentence, anchor, context=context):
        assert end <= mention.start < mention.end
        assert sentence[mention.start : mention.end] == mention.text
        end = mention.end
        if mention.edtf is not None:
            edtf.parse(mention.edtf)


CLOCKS = {"today", "now", "utcnow", "time", "localtime", "gmtime"}


@contextmanager
def no_clock() -> Iterator[None]:
    """Fail when anything in the block asks what time it is."""
    asked: list[str] = []

    def watch(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and getattr(function, "__name__", "") in {
            "today",
            "now",
            "utcnow",
            "time",
            "localtime",
            "gmtime",
        }:
            asked.append(repr(function))

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)
    assert not asked


def test_the_clock_is_never_asked() -> None:
    with no_clock():
        for anchor in (None, "XXXX-07-03", "2025", "2025-07-04"):
            find_dates("On Thursday, July 3, in April, yesterday, last year, 07/08/25 and two weeks ago", anchor)
    with pytest.raises(AssertionError), no_clock():
        time.time()


@pytest.mark.skipif(not PUBLIC_SET.exists(), reason="the public set of dates is not at hand")
def test_agrees_with_the_public_set() -> None:
    sentences = [DatedSentence.model_validate_json(line) for line in PUBLIC_SET.read_text("utf-8").splitlines()]
    score = score_dates([(sentence, find_dates(sentence.text, sentence.said_on)) for sentence in sentences])
    # What is left is not for news: bare "11/20", holidays of one country, and spans that we know to the month alone.
    assert score.exact >= 0.75 * score.labels
    assert score.agreeing >= 0.82 * score.labels
