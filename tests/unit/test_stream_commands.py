"""What the commands of the streams make of their arguments, and what they print."""

from datetime import UTC, datetime

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from pipeline.commands import dlq, watch
from pipeline.commands.options import load_settings
from pipeline.errors import RecognitionError
from pipeline.records import DeadLetter

NOW = datetime(2025, 7, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("2025-07-03", datetime(2025, 7, 3, tzinfo=UTC)),
        ("2025-07-03T10:30:00+02:00", datetime(2025, 7, 3, 8, 30, tzinfo=UTC)),
        ("2h", datetime(2025, 7, 4, 10, tzinfo=UTC)),
        ("7d", datetime(2025, 6, 27, 12, tzinfo=UTC)),
        ("all", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00+14:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("99999w", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_since(when: str, moment: datetime) -> None:
    assert watch._milliseconds(when, NOW) == moment.timestamp() * 1_000


@pytest.mark.parametrize("when", ["yesterday", "2025-13-01", "7", "d", "-2h"])
def test_since_that_is_no_time(when: str) -> None:
    with pytest.raises(typer.BadParameter, match="give a date"):
        watch._milliseconds(when, NOW)


@pytest.mark.parametrize("when", ["999999d", "9" * 20 + "w", "9" * 5_000 + "m"])
def test_since_longer_than_the_calendar(when: str) -> None:
    with pytest.raises(typer.BadParameter, match="longer than the calendar"):
        watch._milliseconds(when, NOW)


@given(st.binary(max_size=200))
def test_whatever_bytes_are_shown_the_terminal_obeys_none(value: bytes) -> None:
    assert all(line.isprintable() for line in dlq.printable(value).split("\n"))


def test_text_is_shown_as_text_even_when_cut_within_a_character() -> None:
    assert dlq.printable("Côte d’Ivoire".encode()[:8]) == "Côte d"
    assert dlq.printable("Côte".encode()[:2]) == "C"


def test_other_bytes_are_shown_in_hexadecimal() -> None:
    assert dlq.printable(b"\xff\xfe\x00broken!") == f"00000000  {'ff fe 00 62 72 6f 6b 65 6e 21':<47}  ...broken!"


def test_the_reason_of_a_dead_letter_is_one_that_people_understand() -> None:
    def letter(error: str) -> DeadLetter:
        return DeadLetter(
            stage="gate", topic="articles", partition=0, offset=7, error=error, message="not English: fr", version="1"
        )

    assert dlq._reason(letter("UnreadableInputError")) == "not English: fr"
    assert dlq._reason(letter("SetAside")) == "set aside: not English: fr"
    assert dlq._reason(letter("KeyError")) == "KeyError: not English: fr"


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOGNITION_PARTITIONS", "none")
    with pytest.raises(RecognitionError, match=r"RECOGNITION_PARTITIONS: .*'none'"):
        load_settings()


def test_an_option_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOGNITION_BOOTSTRAP", "one:9092")
    assert load_settings().bootstrap == "one:9092"
    assert load_settings("two:9092").bootstrap == "two:9092"
