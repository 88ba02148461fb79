"""The reliability table on outcomes with known answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.reliability import reliability


def test_bins_hold_their_claims_and_what_was_observed() -> None:
    table = reliability([(0.95, True), (0.9, True), (0.92, False), (0.55, True), (0.5, False)])
    assert [(row.low, row.high, row.count) for row in table.bins] == [(0.5, 0.6, 2), (0.9, 1.0, 3)]
    assert [row.observed for row in table.bins] == [0.5, pytest.approx(2 / 3)]
    assert [row.confidence for row in table.bins] == [pytest.approx(0.525), pytest.approx(2.77 / 3)]


def test_brier_and_calibration_error_by_hand() -> None:
    table = reliability([(1.0, True), (1.0, False), (0.0, False), (0.0, False)])
    assert table.brier == pytest.approx(1 / 4)
    assert table.expected_calibration_error == pytest.approx(2 / 4 * 0.5)


def test_a_perfect_reader_has_no_error() -> None:
    table = reliability([(1.0, True), (0.0, False)])
    assert (table.brier, table.expected_calibration_error) == (0, 0)
    assert [(row.low, row.high) for row in table.bins] == [(0.0, 0.1), (0.9, 1.0)]


def test_no_claims_have_no_reliability() -> None:
    table = reliability([])
    assert (table.bins, table.brier, table.expected_calibration_error) == ((), None, None)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 20))
def test_every_claim_is_in_exactly_one_bin_that_covers_it(pairs: list[tuple[float, bool]], bins: int) -> None:
    table = reliability(pairs, bins)
    assert sum(row.count for row in table.bins) == len(pairs)
    assert all(row.low - 1e-9 <= row.confidence <= row.high + 1e-9 for row in table.bins)
    assert table.brier is not None
    assert table.expected_calibration_error is not None
    assert 0 <= table.brier <= 1
    assert 0 <= table.expected_calibration_error <= 1 + 1e-9
