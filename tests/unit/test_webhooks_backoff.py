"""Waits between tries."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.webhooks.backoff import Backoff, retry_after

BACKOFFS = st.builds(
    Backoff,
    base=st.floats(0.001, 100),
    factor=st.floats(1.01, 10),
    longest=st.floats(100, 1e6),
)


@given(BACKOFFS, st.integers(1, 10_000), st.randoms(use_true_random=False))
def test_a_wait_is_within_its_ceiling(backoff: Backoff, failures: int, chance: random.Random) -> None:
    ceiling = backoff.ceiling(failures)
    assert 0 <= backoff.wait(failures, chance) <= ceiling <= backoff.longest
    assert ceiling <= backoff.ceiling(failures + 1) * (1 + 1e-9)
    try:
        grown = backoff.base * backoff.factor ** (failures - 1)
    except OverflowError:
        grown = backoff.longest
    assert ceiling == pytest.approx(min(grown, backoff.longest))


def test_the_jitter_is_full() -> None:
    chance = random.Random(7)
    waits = [Backoff().wait(4, chance) for _ in range(2_000)]
    assert min(waits) < 0.01 * 128
    assert max(waits) > 0.99 * 128
    assert sum(waits) / len(waits) == pytest.approx(64, rel=0.05)


def test_what_the_defaults_are_said_to_span() -> None:
    hours = Backoff().span(8) / 3_600
    assert 3 < hours < 3.1
    assert Backoff().span(1) == 0


@given(st.integers(0, 10**30), st.integers(0, 400), st.floats(0, 1e6))
def test_seconds_are_taken_up_to_a_bound(seconds: int, width: int, longest: float) -> None:
    assert retry_after(str(seconds).zfill(width), 0, longest) == min(seconds, longest)


@given(st.integers(-100_000, 100_000))
def test_a_date_is_taken_up_to_a_bound(ahead: int) -> None:
    now = datetime(2025, 7, 4, 12, tzinfo=UTC)
    header = format_datetime(now + timedelta(seconds=ahead), usegmt=True)
    assert retry_after(header, now.timestamp(), 3_600) == min(max(ahead, 0), 3_600)


NUMBERS = st.integers() | st.sampled_from([0, 1, 31, 2025, 9_999, 10**20, 10**400])
ALMOST_DATES = st.tuples(
    st.sampled_from(["", "Mon, "]),
    NUMBERS,
    st.sampled_from([" Jan ", "-Jan-", " ", ", "]),
    NUMBERS,
    st.builds(" {}:{}:{}".format, NUMBERS, NUMBERS, NUMBERS) | st.just(" 00:00:00"),
    st.sampled_from([" GMT", ""]) | st.builds(" {:+d}".format, NUMBERS),
).map(lambda parts: "".join(map(str, parts)))


@given(st.none() | st.text() | ALMOST_DATES)
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
def test_nothing_else_breaks_it(header: str | None) -> None:
    assert 0 <= retry_after(header, 1e9, 60) <= 60


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "Fri, 99 Jul 2025 12:00:00 GMT", "٣"])
def test_what_cannot_be_read_asks_for_nothing(header: str | None) -> None:
    assert retry_after(header, 1e9, 60) == 0
