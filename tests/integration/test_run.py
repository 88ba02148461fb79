"""`recognition run` leaves nothing behind, however it ends."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

RETOLD = Path(__file__).parents[2] / "seeds"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_was_stopped(ending: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", str(RETOLD)],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(children := _works_for(process)) < 2:  # the broker, and the worker
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(ending)
    _, said = process.communicate(timeout=40)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    deadline = time.monotonic() + 5
    while left := list(tmp_path.iterdir()):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert "Traceback" not in said
    if ending == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted" in said


def test_a_worker_that_is_killed_is_started_anew(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", str(RETOLD), "--json"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (workers := [child for child in _works_for(process) if "worker" in child.cmdline()]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(2)  # it may be loading its model, joining the group, or reading
    workers[0].kill()
    found, said = process.communicate(timeout=90)
    assert process.returncode == 0, said
    articles = json.loads(found)["articles"]
    assert articles["published"] == articles["relevant"] == 5
    assert articles["claims"] > 10
    assert list(tmp_path.iterdir()) == []


def _works_for(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Those that do the work, two generations down: between them and us are their guards."""
    found = []
    for guard in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # what comes and goes while we look, a Java that formats
            for worker in guard.children():
                if "java" in worker.name() or "worker" in worker.cmdline():
                    found.append(worker)
    return found


def test_there_must_be_articles(tmp_path: Path) -> None:
    for path, complaint in ((tmp_path, "no articles"), (tmp_path / "nowhere", "does not exist")):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "run", str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert complaint in done.stderr
