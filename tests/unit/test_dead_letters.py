"""A dead letter carries what was refused as it was, and why."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline import __version__
from pipeline.streams import dead_letters
from pipeline.streams.dead_letters import Origin, dead_letter, headers_of

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    had=st.lists(st.tuples(NAMES, st.binary()), max_size=4),
    offset=st.integers(0, 2**63 - 1),
    timestamp=st.none() | st.integers(0, 2**40),
    message=st.text(),
)
def test_what_is_written_is_read_back(
    *,
    key: bytes | None,
    value: bytes | None,
    had: list[tuple[str, bytes]],
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


def test_a_message_that_is_refused_again_counts_its_attempts() -> None:
    first = headers_of("gate", Origin("articles", 0, 7, 1, [("trace", b"x")]), ValueError("once"))
    second = headers_of("gate", Origin("articles", 0, 9, 2, first), ValueError("twice"))
    letter = dead_letter("gate", None, b"", second)
    assert (letter.attempts, letter.offset, letter.message) == (2, 9, "twice")
    assert letter.headers == {"trace": "x"}
    assert len({name for name, _ in second}) == len(second)


def test_a_long_message_is_cut() -> None:
    headers = dict(headers_of("gate", Origin("articles", 0, 0, None), ValueError("x" * 10_000)))
    assert len(headers[dead_letters.MESSAGE]) == dead_letters.MAX_MESSAGE_CHARACTERS


def test_a_foreign_message_has_empty_fields() -> None:
    letter = dead_letter("gate", None, b"?", [(dead_letters.OFFSET, b"many"), ("other", b"\xff")])
    assert (letter.stage, letter.offset, letter.error, letter.headers) == ("gate", 0, "", {"other": "�"})
