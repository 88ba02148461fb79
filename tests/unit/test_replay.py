"""Replay without a broker: the pace, what an interrupted replay goes on from, and the command's errors."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.commands.app import app
from pipeline.errors import RecognitionError
from pipeline.intake.files import Unreadable
from pipeline.records import Article
from pipeline.streams.replay import Pace, Progress


def article(name: str, published: str | None = None) -> Article:
    return Article(id=name, source="x", text="y", published=published)


def test_without_a_pace_everything_is_due_at_once() -> None:
    articles = [article("b"), article("a", "2025-07-04")]
    assert list(Pace().schedule(articles)) == [(0.0, articles[0]), (0.0, articles[1])]


@given(rate=st.floats(0.01, 1000), count=st.integers(0, 50))
def test_a_rate_spaces_articles_evenly(rate: float, count: int) -> None:
    due = [seconds for seconds, _ in Pace(rate=rate).schedule([article("a")] * count)]
    assert due == pytest.approx([number / rate for number in range(count)])


def test_a_speed_keeps_the_rhythm_of_publication() -> None:
    bad = Unreadable(Path("z.txt"), None, "empty file", "remove it")
    articles: list[Article | Unreadable] = [
        article("second", "2025-07-04T01:00:00"),
        bad,
        article("third", "2025-07-04T04:00:00+02:00"),
        article("undated"),
        article("first", "2025-07-04"),
    ]
    scheduled = [
        (seconds, each.id if isinstance(each, Article) else each) for seconds, each in Pace(speed=60).schedule(articles)
    ]
    assert scheduled == [(0.0, bad), (0.0, "undated"), (0.0, "first"), (60.0, "second"), (120.0, "third")]


def test_what_was_published_is_skipped_by_a_resumed_replay_alone(tmp_path: Path) -> None:
    path = tmp_path / "replay" / "state"
    progress = Progress(path, resume=False)
    progress.add(article("a"))
    progress.close(finished=False)
    resumed = Progress(path, resume=True)
    assert article("a") in resumed
    assert article("a", "2025-07-04") not in resumed  # another article under the same name
    assert article("b") not in resumed
    resumed.close(finished=True)
    assert not path.exists()
    anew = Progress(path, resume=False)
    assert article("a") not in anew
    anew.close(finished=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rate", "fast"], "give a rate such as 50/s"),
        (["--rate", "0/s"], "give a rate such as 50/s"),
        (["--speed", "slow"], "give a factor such as 60x"),
        (["--speed", "2x", "--rate", "1/s"], "exclude each other"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, options: list[str], message: str) -> None:
    arguments = [str(tmp_path)] if options else []
    result = CliRunner().invoke(app, ["replay", *options, *arguments])
    assert result.exit_code == 2
    assert message in result.output


def test_nothing_to_read_and_no_broker_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOGNITION_DATA_DIR", str(tmp_path / "data"))
    run = CliRunner().invoke
    assert isinstance(run(app, ["replay", str(tmp_path)]).exception, RecognitionError)
    (tmp_path / "a.txt").write_text("Some report.", "utf-8")
    error = run(app, ["replay", "--bootstrap", "127.0.0.1:1", str(tmp_path)]).exception
    assert isinstance(error, RecognitionError)
    assert "no Kafka broker answers at 127.0.0.1:1" in str(error)


def test_help_comes_without_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "aiokafka", raising=False)
    result = CliRunner().invoke(app, ["replay", "--help"])
    assert result.exit_code == 0
    assert "aiokafka" not in sys.modules
