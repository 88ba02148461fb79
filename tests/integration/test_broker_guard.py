"""A guarded command ends with its owner, however the owner ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline.broker import guard

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(600)")


def _guard(owner: int, discard: str, *command: str, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-I", "-S", guard.__file__, *options, str(owner), discard, *command]
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def _pid(guarding: subprocess.Popen[bytes]) -> int:
    assert guarding.stdout is not None
    with guarding.stdout as said:
        return int(said.readline())


def _soon(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.02)
    return False


def _ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_ends_as_its_command_ends() -> None:
    guarding = _guard(os.getpid(), "", sys.executable, "-S", "-c", "raise SystemExit(7)")
    _pid(guarding)
    assert guarding.wait(10) == 7


def test_a_command_that_does_not_end_when_asked_is_killed_after_its_grace(tmp_path: Path) -> None:
    script = "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    script += "pathlib.Path(sys.argv[1], 'ready').touch(); time.sleep(600)"
    guarding = _guard(os.getpid(), "", sys.executable, "-S", "-c", script, str(tmp_path), options=("--grace", "0.5"))
    pid = _pid(guarding)
    assert _soon((tmp_path / "ready").exists)
    guarding.terminate()
    assert guarding.wait(10) == 0
    assert _ended(pid)


def test_on_sigterm_the_command_is_asked_to_end(tmp_path: Path) -> None:
    # The command says that it is ready, and, when asked to end, that it was.
    script = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): pathlib.Path(sys.argv[1], 'asked').touch(); raise SystemExit\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "pathlib.Path(sys.argv[1], 'ready').touch()\n"
        "time.sleep(600)\n"
    )
    guarding = _guard(os.getpid(), "", sys.executable, "-S", "-c", script, str(tmp_path))
    pid = _pid(guarding)
    assert _soon((tmp_path / "ready").exists)
    guarding.terminate()
    guarding.wait(10)
    assert _ended(pid)
    assert (tmp_path / "asked").exists()


def test_what_is_to_be_discarded_is_removed(tmp_path: Path) -> None:
    discard = tmp_path / "cluster"
    (discard / "topics").mkdir(parents=True)
    guarding = _guard(os.getpid(), str(discard), *SLEEP)
    pid = _pid(guarding)
    guarding.terminate()
    guarding.wait(10)
    assert _ended(pid)
    assert not discard.exists()
    assert tmp_path.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_the_owner_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    discard = tmp_path / "cluster"
    discard.mkdir()
    script = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-I', '-S', sys.argv[1], str(os.getpid()), *sys.argv[2:]])\n"
        "time.sleep(600)\n"
    )
    arguments = [sys.executable, "-S", "-c", script, guard.__file__, str(discard), *SLEEP]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not _ended(pid)
        owner.send_signal(number)
    assert _soon(lambda: _ended(pid))
    assert _soon(lambda: not discard.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_the_command_ends_when_the_guard_is_killed() -> None:
    guarding = _guard(os.getpid(), "", *SLEEP)
    pid = _pid(guarding)
    guarding.kill()
    guarding.wait(10)
    assert _soon(lambda: _ended(pid))
