"""Cursors: there and back, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving import cursors

words = st.text()
keys = st.tuples(words, words, words)
positions = st.integers(0, 2**63 - 1)
offsets = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=12).map(tuple)


@given(keys)
def test_a_cursor_of_the_status_holds_its_key(key: tuple[str, str, str]) -> None:
    assert cursors.status_key(cursors.of_status(key)) == key


@given(positions)
def test_a_cursor_of_the_claims_holds_its_position(position: int) -> None:
    cursor = cursors.of_claim(position)
    assert cursors.claim_position(cursor) == position
    with pytest.raises(cursors.CursorError, match="is no cursor of the status"):
        cursors.status_key(cursor)


@given(offsets)
def test_a_cursor_of_the_alerts_is_its_offsets(found: tuple[int, ...]) -> None:
    cursor = cursors.of_alerts(found)
    assert cursor == ".".join(map(str, found))
    assert cursors.alert_offsets(cursor, len(found)) == found
    with pytest.raises(cursors.CursorError, match=rf"each of {len(found) + 1} partitions"):
        cursors.alert_offsets(cursor, len(found) + 1)


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.hex()), st.from_regex(r"[A-Za-z0-9_-]{0,60}")))
def test_what_is_no_cursor_says_so(text: str) -> None:
    for read in (cursors.status_key, cursors.claim_position, lambda cursor: cursors.alert_offsets(cursor, 3)):
        with pytest.raises(cursors.CursorError):
            read(text)


@pytest.mark.parametrize(
    "text", ["WyJjIiwtMV0", "WyJjIix0cnVlXQ", "WyJjIiwxXQ==", "WyJjIiwgMV0", "WyJjIiw5MjIzMzcyMDM2ODU0Nzc1ODA4XQ"]
)
def test_near_misses_of_a_cursor_are_none(text: str) -> None:
    with pytest.raises(cursors.CursorError):
        cursors.claim_position(text)


@pytest.mark.parametrize(
    "text", ["1.2.-3", "1.2.", "1.2.+3", "1.2.٣", "1.2.3 ", "1.2.9223372036854775808", "a.b.c", ""]
)
def test_near_misses_of_offsets_are_none(text: str) -> None:
    with pytest.raises(cursors.CursorError, match="is no cursor of the alerts"):
        cursors.alert_offsets(text, 3)
