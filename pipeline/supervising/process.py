"""One process of ours, started anew whenever it ends by itself. It ends with us, however we end."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Literal

import psutil

from pipeline.broker import guard
from pipeline.errors import RecognitionError
from pipeline.settings import Settings

Hear = Callable[[str, str], None]
"""Told what a process says: its name, and one line. Called from a thread of its own."""
State = Literal["new", "running", "waiting", "stopped"]
_LAST_LINES = 20
_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Patience:
    """When a process that ended by itself is started anew, and when it is not any more. Seconds."""

    first: float = 0.5
    longest: float = 30
    healthy: float = 30
    """A life this long forgives the short ones before it."""
    alarm: int = 3
    """So many short lives in a row are complained of."""
    most: int = 9
    """Short lives in a row: after one more it is given up, where that may be. With these pauses, after two minutes."""

    def pause(self, failures: int) -> float:
        """How long to wait after so many short lives in a row: after one not at all, then twice as long each time."""
        return min(self.longest, self.first * 2.0 ** min(failures - 2, 30)) if failures > 1 else 0.0


@dataclass(frozen=True)
class End:
    """A process has ended by itself."""

    pid: int | None
    code: int
    lived: float
    pause: float
    """Seconds until it is started anew."""
    complaint: str | None = None
    """What to tell people when it has ended again and again: once, until it has lived well."""

    @property
    def how(self) -> str:
        """In words."""
        return _how(self.code)


class Supervised:
    """One process under a guard. `check` it now and then: it starts what has ended.

    ``name`` is what people call it. ``private_as`` names an environment variable that gets a directory of its own for
    each life of the process, which is removed with it. ``inherit`` are open files that it shall have.
    ``grace``: so many seconds it has to end in order when we have ended, or have asked it to. ``essential`` is what
    nothing can do without: when it ends again and again it is given up; anything else is tried on for ever.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        hear: Hear = lambda name, line: None,
        patience: Patience = Patience(),
        private_as: str | None = None,
        inherit: Sequence[int] = (),
        grace: float = guard.GRACE_SECONDS,
        essential: bool = True,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.pid: int | None = None
        """Of the process itself; None while it is not known."""
        self.last: deque[str] = deque(maxlen=_LAST_LINES)
        """What it said last in this life."""
        self._command = list(command)
        self._environment = {**os.environ, **environment}
        self._hear = hear
        self._patience = patience
        self._private_as = private_as
        self._inherit = tuple(inherit)
        self.essential = essential
        self._guarding = [sys.executable, "-I", "-S", guard.__file__, "--grace", str(grace)]
        self._guard: subprocess.Popen[bytes] | None = None
        self._listener: Thread
        self._since = 0.0
        self._failures = 0
        self._due: float | None = None

    @property
    def state(self) -> State:
        """Whether it was never started, runs, waits to be started anew, or was stopped."""
        if self._guard:
            return "running"
        if self._due is not None:
            return "waiting"
        return "stopped" if self._since else "new"

    @property
    def seconds(self) -> float:
        """How long it has been running, or how long it has yet to wait."""
        now = time.monotonic()
        return now - self._since if self._guard else max(0.0, (self._due or now) - now)

    def start(self) -> None:
        """Start it for the first time, or again after `stop`."""
        discard, environment = "", self._environment
        if self._private_as:
            discard = tempfile.mkdtemp(prefix="recognition-")
            environment = {**environment, self._private_as: discard}
        process = subprocess.Popen(
            [*self._guarding, str(os.getpid()), discard, *self._command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us alone
            pass_fds=self._inherit,
        )
        self._guard, self._due, self.pid, self._since = process, None, None, time.monotonic()
        self.last.clear()
        self._listener = Thread(target=self._listen, args=(process,), name=f"hears {self.name}", daemon=True)
        self._listener.start()

    def check(self, *, excused: bool = False) -> End | None:
        """Start it anew when its pause is over; tell when it has just ended.

        ``excused``: what it needs is not there. Then it is not started, and that it ended is not held against it.

        Raises RecognitionError, with what it said last, when it is essential and has ended again and again.
        """
        if self._guard is None:
            if self._due is not None and not excused and time.monotonic() >= self._due:
                self.restarts += 1
                self.start()
            return None
        code = self._guard.poll()
        if code is None:
            return None
        self._listener.join(1)  # what it said last is still on its way
        pid, lived = self.pid, time.monotonic() - self._since
        self._guard = self.pid = None
        if lived >= self._patience.healthy:
            self._failures = 0
        self._failures += not excused
        what = (
            f"{self.name} was started {self._failures} times in a row and ended each time within "
            f"{self._patience.healthy:g} s (the last time {_how(code)}). It said last:"
        )
        if self.essential and not excused and self._failures > self._patience.most:
            raise RecognitionError("\n".join([what, *self.last]))
        again = not excused and self._failures == self._patience.alarm
        complaint = " ".join([what, *list(self.last)[-1:]]) if again else None
        pause = self._patience.pause(max(1, self._failures))
        self._due = time.monotonic() + pause
        return End(pid, code, lived, pause, complaint)

    def terminate(self) -> None:
        """Ask it to end; it is not started anew."""
        self._due = None
        if self._guard:
            self._guard.terminate()

    def kill(self) -> None:
        """End it and all that it has started, at once. Its guard sees that, tidies up and ends too."""
        self._due = None
        if self._guard:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in psutil.Process(self._guard.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()

    def ended(self) -> bool:
        """Whether there is nothing left of it, after it was told to end."""
        if self._guard and self._guard.poll() is not None:
            self._listener.join(1)
            self._guard = self.pid = None
        return self._guard is None

    def stop(self, seconds: float) -> None:
        """End it, in order if it does so within these seconds, and return when it is gone."""
        self.terminate()
        if not wait([self], seconds):
            self.kill()
            wait([self], guard.GRACE_SECONDS)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        with process.stdout, process.stderr:
            if (number := process.stdout.readline().strip()) and self._guard is process:
                self.pid = int(number)
            for raw in process.stderr:
                line = raw.decode("utf-8", "replace").rstrip()
                if line:
                    self.last.append(line)
                    self._hear(self.name, line)


def wait(processes: Sequence[Supervised], seconds: float, hurry: Callable[[], bool] = lambda: False) -> bool:
    """Wait until all of them have ended, no longer than these seconds nor when ``hurry``. Tells whether they have."""
    deadline = time.monotonic() + seconds
    while not all(process.ended() for process in processes):
        if time.monotonic() >= deadline or hurry():
            return False
        time.sleep(_LOOK_EVERY_SECONDS)
    return True


def as_variables(settings: Settings) -> dict[str, str]:
    """The settings that were given otherwise than by the environment, for a process of ours."""
    given = settings.model_dump(include=settings.model_fields_set)
    return {
        f"RECOGNITION_{name.upper()}": str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
        for name, value in given.items()
        if value is not None
    }


def _how(code: int) -> str:
    # A guard hands on the signal that ended its command as a number below 0, of which the system keeps eight bits.
    number = -code if code < 0 else 256 - code if code > 192 else 0
    return f"by {signal.Signals(number).name}" if number in signal.valid_signals() else f"with exit code {code}"
