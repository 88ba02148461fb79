"""A dead letter carries what was refused as it was, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import __version__
from pipeline.streams import dead_letters
from pipeline.streams.dead_letters import Origin, dead_letter, headers_of

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)
OURS = [dead_letters.ATTEMPTS, dead_letters.OFFSET, dead_letters.TIMESTAMP, dead_letters.STAGE, dead_letters.MESSAGE]
ANYTHING = st.none() | st.binary(max_size=30) | st.text("0123456789", max_size=30).map(str.encode)
HUGE = b"9" * 5_000


@given(
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    had=st.lists(st.tuples(NAMES, st.none() | st.binary()), max_size=4),
    offset=st.integers(0, 2**63 - 1),
    timestamp=st.none() | st.integers(0, 2**40),
    message=st.text(),
)
def test_what_is_written_is_read_back(
    *,
    key: bytes | None,
    value: bytes | None,
    had: list[tuple[str, bytes | None]],
    offset: int,
    timestamp: int | None,
    message: str,
) -> None:
    headers = headers_of("judge", Origin("claims", 3, offset, timestamp, had), ValueError(message))
    assert headers[: len(had)] == had
    letter = dead_letter("judge", key, value, headers)
    assert (letter.key, letter.value) == (key, value)
    assert (letter.stage, letter.topic, letter.partition, letter.offset) == ("judge", "claims", 3, offset)
    assert (letter.timestamp, letter.error, letter.version) == (timestamp, "ValueError", __version__)
    assert letter.message == message.encode("utf-8", "replace").decode()[: dead_letters.MAX_MESSAGE_CHARACTERS]


@given(st.lists(st.tuples(st.sampled_from(OURS) | NAMES, ANYTHING | st.just(HUGE)), max_size=8))
def test_whatever_headers_a_message_has_it_becomes_a_dead_letter(had: list[tuple[str, bytes | None]]) -> None:
    headers = headers_of("gate", Origin("articles", 0, 7, 1, had), ValueError("no"))
    letter = dead_letter("gate", None, b"{", headers)
    assert (letter.stage, letter.offset, letter.timestamp, letter.message) == ("gate", 7, 1, "no")
    assert letter.attempts >= 1
    assert [one for one in headers if one in had] == [one for one in had if one[0] not in dead_letters._OURS]
    as_it_lies = dead_letter("gate", None, b"{", had)  # written there by a stranger
    assert as_it_lies.to_json()


@pytest.mark.parametrize("said", [b"x", b"", b"-1", b" 1", "²".encode(), "٣".encode(), HUGE, None])
def test_attempts_that_are_no_number_are_not_counted(said: bytes | None) -> None:
    headers = headers_of("gate", Origin("articles", 0, 7, 1, [(dead_letters.ATTEMPTS, said)]), ValueError("no"))
    assert [value for name, value in headers if name == dead_letters.ATTEMPTS] == [b"1"]


def test_a_message_that_is_refused_again_counts_its_attempts() -> None:
    first = headers_of("gate", Origin("articles", 0, 7, 1, [("trace", b"x")]), ValueError("once"))
    second = headers_of("gate", Origin("articles", 0, 9, 2, first), ValueError("twice"))
    letter = dead_letter("gate", None, b"", second)
    assert (letter.attempts, letter.offset, letter.message) == (2, 9, "twice")
    assert letter.headers == {"trace": "x"}
    assert len({name for name, _ in second}) == len(second)


def test_a_long_message_is_cut() -> None:
    headers = dict(headers_of("gate", Origin("articles", 0, 0, None), ValueError("x" * 10_000)))
    assert len(headers[dead_letters.MESSAGE] or b"") == dead_letters.MAX_MESSAGE_CHARACTERS


def test_a_foreign_message_has_empty_fields() -> None:
    letter = dead_letter("gate", None, b"?", [(dead_letters.OFFSET, b"many"), ("other", b"\xff")])
    assert (letter.stage, letter.offset, letter.error, letter.headers) == ("gate", 0, "", {"other": "�"})
