"""What ends a long-running command is in its log: one record, whatever it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipeline.commands.last_words import last_words
from pipeline.errors import RecognitionError


@pytest.mark.parametrize(
    ("error", "message", "traceback"),
    [
        (RecognitionError("no broker\nanswers"), "no broker\nanswers", False),
        (KeyError("x"), "ended by a fault: KeyError('x')", True),
    ],
)
def test_an_error_is_one_record(
    error: Exception, message: str, traceback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(typer.Exit) as ended, last_words():
        raise error
    assert ended.value.exit_code == 1
    (record,) = caplog.records
    assert (record.levelname, record.getMessage(), bool(record.exc_info)) == ("CRITICAL", message, traceback)


def test_a_tidy_end_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with last_words():
        pass
    with pytest.raises(KeyboardInterrupt), last_words():
        raise KeyboardInterrupt
    assert caplog.records == []


@pytest.mark.parametrize("role", ["gate", "serve"])
def test_a_role_that_fails_says_so_in_json_alone(role: str, tmp_path: Path) -> None:
    (tmp_path / "watchlist.yaml").write_text("[no watchlist")
    environment = os.environ | {
        "RECOGNITION_WATCHLIST": str(tmp_path / "watchlist.yaml"),
        "RECOGNITION_DATA_DIR": str(tmp_path),
        "RECOGNITION_API_PORT": "0",
    }
    command = [sys.executable, "-m", "pipeline", role, "--log-format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    records = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert records[-1]["level"] == "CRITICAL"
    assert "watchlist.yaml" in records[-1]["message"]
