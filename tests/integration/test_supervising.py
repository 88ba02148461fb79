"""Processes that must run: started anew, given up, stopped in order. With processes of a few lines."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.supervising.order import Rank, Supervisor
from pipeline.supervising.process import End, Patience, Supervised, as_variables, wait

AT_ONCE = Patience(first=0.01, longest=0.05, healthy=60, most=2)
STAYS = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('here', flush=True); time.sleep(60)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
FAILS = "import sys; print('cannot', file=sys.stderr); print('go on', file=sys.stderr); sys.exit(3)"
FORKS = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('here', child.pid, flush=True); time.sleep(60)"
)


class Heard:
    """What processes have said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))


@pytest.fixture
def heard() -> Heard:
    return Heard()


Make = Callable[..., Supervised]


@pytest.fixture
def make(heard: Heard) -> Iterator[Make]:
    """Makes supervised processes out of Python code; ends them after the test."""
    with ExitStack() as stack:

        def make(code: str, name: str = "gate", **options: object) -> Supervised:
            command = [sys.executable, "-c", code]
            process = Supervised(name, command, {}, **{"hear": heard, "patience": AT_ONCE, **options})  # type: ignore[arg-type]
            stack.callback(process.stop, 0)
            return process

        yield make


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def end_of(process: Supervised) -> End:
    """Check it until it has ended by itself."""
    deadline = time.monotonic() + 20
    while (end := process.check()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return end


def started(process: Supervised, heard: Heard) -> int:
    """Start it, wait until it has said so, and give its process id."""
    said = len(heard.lines)
    process.start()
    until(lambda: len(heard.lines) > said and process.pid)
    assert process.pid is not None
    return process.pid


@given(st.integers(2, 5_000))
def test_the_first_restart_is_at_once_then_pauses_grow_twofold_up_to_the_longest(failures: int) -> None:
    patience = Patience(first=0.5, longest=30)
    assert (patience.pause(1), patience.pause(2)) == (0, 0.5)
    pause = patience.pause(failures)
    assert 0.5 <= pause <= 30
    assert patience.pause(failures + 1) == min(30, 2 * pause)


def test_what_is_killed_is_started_anew(make: Make, heard: Heard) -> None:
    process = make(STAYS)
    assert str(process.state) == "new"
    first = started(process, heard)
    assert (process.state, process.restarts) == ("running", 0)
    os.kill(first, signal.SIGKILL)
    end = end_of(process)
    assert (end.pid, end.how) == (first, "by SIGKILL")
    assert process.state == "waiting"
    until(lambda: process.check() or process.state == "running")
    until(lambda: len(heard.lines) == 2 and process.pid)
    assert process.restarts == 1
    assert process.pid != first


def test_what_fails_again_and_again_is_given_up_with_its_last_words(make: Make, heard: Heard) -> None:
    process = make(FAILS)
    process.start()
    with pytest.raises(RecognitionError, match=r"(?s)gate was started 3 times .*exit code 3.*:\ncannot\ngo on$"):
        until(lambda: process.check() and False)
    assert heard.lines == [("gate", "cannot"), ("gate", "go on")] * 3


def test_what_is_not_essential_is_tried_on_and_complained_of_once(make: Make) -> None:
    process = make(FAILS, essential=False)
    process.start()
    complaints = [end_of(process).complaint for _ in range(6)]
    told = "gate was started 3 times in a row and ended each time within 60 s (the last time with exit code 3). "
    assert complaints == [None, None, told + "It said last: go on", None, None, None]
    until(lambda: process.check() or process.restarts == 6)


def test_what_is_essential_is_complained_of_long_before_it_is_given_up(make: Make) -> None:
    process = make(FAILS, patience=Patience(first=0.01, longest=0.01, healthy=60, alarm=3, most=4))
    process.start()
    complaints = [end_of(process).complaint for _ in range(4)]
    assert [complaint is not None for complaint in complaints] == [False, False, True, False]
    with pytest.raises(RecognitionError, match="5 times in a row"):
        end_of(process)


def test_a_fault_of_a_minute_is_outlived() -> None:
    patience = Patience()
    assert [patience.pause(failures) for failures in range(1, patience.most + 1)] == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_healthy_life_forgives_the_failures_before_it(make: Make) -> None:
    process = make(FAILS, patience=Patience(first=0.01, longest=0.01, healthy=0, most=2))
    process.start()
    ends = 0
    deadline = time.monotonic() + 20
    while ends < 5:
        assert time.monotonic() < deadline
        ends += process.check() is not None


def test_what_its_broker_lacks_is_not_held_against_it(make: Make) -> None:
    process = make(FAILS, patience=Patience(first=0.01, longest=0.01, most=0))
    process.start()
    until(lambda: process.check(excused=True))
    time.sleep(0.05)
    assert process.check(excused=True) is None
    assert process.state == "waiting"  # it is not started either
    until(lambda: process.check() or process.state == "running")
    with pytest.raises(RecognitionError):
        until(lambda: process.check() and False)


def test_what_is_stopped_stays_so(make: Make, heard: Heard) -> None:
    process = make(STAYS)
    pid = started(process, heard)
    process.stop(20)
    assert (process.state, process.pid, process.check()) == ("stopped", None, None)
    assert not psutil.pid_exists(pid)
    waiting = make(FAILS)
    waiting.start()
    end_of(waiting)
    waiting.terminate()
    assert waiting.ended()
    assert waiting.check() is None
    assert waiting.state == "stopped"


def test_what_does_not_end_in_time_is_killed_with_its_children(make: Make, heard: Heard) -> None:
    deaf, forking = make(DEAF), make(FORKS)
    alone, parent = started(deaf, heard), started(forking, heard)
    child = int(heard.lines[-1][1].split()[1])
    before = time.monotonic()
    deaf.stop(0.2)
    forking.kill()
    assert wait([forking], 10)
    assert time.monotonic() - before < 30  # they would stay for a minute
    until(lambda: not any(psutil.pid_exists(pid) for pid in (alone, parent, child)))


def test_a_private_directory_goes_with_its_process(
    make: Make, heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    process = make("import os, time; print(os.environ['OWN'], flush=True); time.sleep(60)", private_as="OWN")
    first = started(process, heard)
    own = Path(heard.lines[0][1])
    assert own.parent == tmp_path
    assert own.is_dir()
    os.kill(first, signal.SIGKILL)
    end_of(process)
    assert not own.exists()
    until(lambda: process.check() or len(heard.lines) == 2)
    assert heard.lines[1][1] != str(own)
    process.stop(20)
    assert list(tmp_path.iterdir()) == []


def test_lines_that_are_no_utf_8_are_heard(make: Make, heard: Heard) -> None:
    process = make("import sys, time; sys.stderr.buffer.write(b'caf\\xe9\\n\\n'); sys.stderr.flush(); time.sleep(60)")
    started(process, heard)
    assert heard.lines == [("gate", "caf\N{REPLACEMENT CHARACTER}")]


class Line:
    """A broker and two others; which of them ended, in the order in which they did."""

    def __init__(self, make: Make, heard: Heard, codes: dict[str, str]) -> None:
        self.ready = True
        self.ends: list[str] = []
        self.restarts: list[str] = []
        self.processes = {name: make(code, name) for name, code in codes.items()}
        broker, *others = self.processes.values()
        self.supervisor = Supervisor(
            broker,
            lambda: self.ready,
            [Rank([process], 0.2) for process in others],
            lambda process, end: self.ends.append(process.name),
            lambda process: self.restarts.append(process.name),
        )
        broker.start()
        self.supervisor.start_others()
        until(lambda: len(heard.lines) == len(codes) and all(process.pid for process in self.supervisor.all))

    def check_until(self, happened: Callable[[], object]) -> None:
        def checked() -> object:
            self.supervisor.check()
            return happened()

        until(checked)


SAYS_WHEN_STOPPED = (
    "import signal, sys, time\n"
    "def leave(*_): print('bye', flush=True); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, leave); print('here', flush=True); time.sleep(60)"
)


def test_all_stop_in_order_the_broker_last(make: Make, heard: Heard) -> None:
    line = Line(make, heard, dict.fromkeys(("broker", "gate", "publish"), SAYS_WHEN_STOPPED))
    line.supervisor.stop()
    assert [name for name, said in heard.lines if said == "bye"] == ["gate", "publish", "broker"]
    assert {process.state for process in line.supervisor.all} == {"stopped"}


def test_one_that_does_not_stop_takes_no_time_from_the_others(make: Make, heard: Heard) -> None:
    line = Line(make, heard, {"broker": SAYS_WHEN_STOPPED, "gate": DEAF, "publish": SAYS_WHEN_STOPPED})
    before = time.monotonic()
    line.supervisor.stop(4)
    assert time.monotonic() - before < 30
    assert [name for name, said in heard.lines if said == "bye"] == ["publish", "broker"]


def test_whoever_hurries_waits_for_nothing(make: Make, heard: Heard) -> None:
    line = Line(make, heard, dict.fromkeys(("broker", "gate", "publish"), DEAF))
    before = time.monotonic()
    line.supervisor.stop(60, hurry=lambda: time.monotonic() - before > 0.3)
    assert time.monotonic() - before < 30
    assert {process.state for process in line.supervisor.all} == {"stopped"}


def test_nothing_runs_before_its_broker(make: Make, heard: Heard) -> None:
    line = Line(make, heard, dict.fromkeys(("broker", "gate"), STAYS))
    line.ready = False
    for process in line.supervisor.all:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    line.check_until(lambda: len(line.ends) == 2)
    broker, gate = line.supervisor.all
    line.check_until(lambda: broker.state == "running")
    time.sleep(0.1)
    line.supervisor.check()
    assert gate.state == "waiting"
    line.ready = True
    line.check_until(lambda: gate.state == "running")
    assert (broker.restarts, gate.restarts) == (1, 1)
    assert line.restarts == ["broker", "gate"]


def test_settings_go_to_a_process_as_they_came_to_us(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = SecretStr("no one's")
    given = Settings(bootstrap="127.0.0.1:1", data_dir=tmp_path, partitions=2, api_token=secret, api_port=0)
    for name, value in as_variables(given).items():
        monkeypatch.setenv(name, value)
    assert Settings() == given
