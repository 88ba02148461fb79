"""Dates as far as they are known: parsing, agreement, order."""

from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import given
from hypothesis import strategies as st

from pipeline import edtf


@st.composite
def edtf_dates(draw: st.DrawFn) -> str:
    day = draw(st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 12, 31)))
    parts = draw(st.sampled_from([1, 2, 3]))
    text = edtf.make(day.year, *(day.month, day.day)[: parts - 1])
    return "XXXX" + text[4:] if parts > 1 and draw(st.booleans()) else text


@given(edtf_dates())
def test_every_date_of_ours_is_edtf_to_an_independent_parser(text: str) -> None:
    assert str(parse_edtf(text)) == text


@given(st.text(alphabet="0123456789X-", max_size=12))
def test_what_is_no_date_is_refused_and_what_is_taken_survives_a_round_trip(text: str) -> None:
    try:
        parts = edtf.parse(text)
    except ValueError:
        return
    assert edtf.make(*parts) == text


@pytest.mark.parametrize(
    "text",
    ["2025-02-29", "2025-13", "2025-00", "2025-06-31", "XXXX", "0000", "2025-7-3", "2025-07-03T10:00", "", "3 July"],
)
def test_impossible_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an EDTF date|no such"):
        edtf.parse(text)


def test_a_leap_day_without_its_year_is_possible() -> None:
    assert edtf.parse("XXXX-02-29") == (None, 2, 29)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("2025-07-03", "2025-07-03", True),
        ("2025-07-03", "2025-07", True),
        ("2025-07-03", "XXXX-07-03", True),
        ("2025", "XXXX-07-03", True),
        ("2025-07-03", "XXXX-07-04", False),
        ("2025-07", "2025-08", False),
        ("2003", "2025-04", False),
    ],
)
def test_dates_agree_when_no_known_part_differs(one: str, other: str, agree: bool) -> None:
    assert edtf.agree(one, other) is agree
    assert edtf.agree(other, one) is agree


@given(edtf_dates(), edtf_dates())
def test_merging_agreeing_dates_keeps_all_that_either_knew(one: str, other: str) -> None:
    if not edtf.agree(one, other):
        with pytest.raises(ValueError, match="cannot be one date"):
            edtf.merge(one, other)
        return
    try:
        merged = edtf.merge(one, other)
    except ValueError:  # XXXX-02-29 and a year that has none
        return
    assert merged == edtf.merge(other, one)
    assert edtf.agree(merged, one)
    assert edtf.agree(merged, other)


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        ("2025-07-01", "2025-07-03", 2),
        ("2025-07-03", "2025-07-01", -2),
        ("2025-04", "2025-07-03", 64),
        ("2025-07-03", "2025-04", -64),
        ("2025-07", "2025-07-03", 0),
        ("XXXX-07-01", "XXXX-07-03", 2),
        ("XXXX-07-01", "2025-07-03", None),
        ("XXXX-07-03", "2025-07-03", 0),
    ],
)
def test_days_between_counts_the_least_distance(one: str, other: str, days: int | None) -> None:
    assert edtf.days_between(one, other) == days


@given(edtf_dates())
def test_precision_is_the_finest_known_part(text: str) -> None:
    assert edtf.precision(text) == {0: "year", 1: "month", 2: "day"}[text.count("-")]
    assert edtf.precision(None) == "none"


def test_a_date_without_its_year_has_no_place_in_time() -> None:
    with pytest.raises(ValueError, match="no year"):
        edtf.span("XXXX-07-03")
    assert edtf.span("2025-02") == (date(2025, 2, 1), date(2025, 2, 28))
