"""How the jars arrive is shown on standard error alone."""

import pytest

from pipeline.broker.progress import show_progress


def test_shows_how_many_jars_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("4.4.0") as tell:
        tell(0, 45)
        tell(45, 45)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "fetching Kafka 4.4.0" in shown.err
    assert "45/45 jars" in shown.err


def test_is_silent_when_nothing_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("4.4.0"):
        pass
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
