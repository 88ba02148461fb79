"""One set of processes on a data directory: who holds it, and where they are reached.

up.lock    held by `recognition up` and by every process that it has started, for as long as one of them lives
up.json    its process id, when it was started, and its addresses, while it runs
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from pipeline.errors import RecognitionError

_LEFTOVER_SECONDS = 30


@dataclass(frozen=True)
class Up:
    """A running `recognition up`."""

    pid: int
    started: float
    """When its process was started: seconds since 1970. With the id it tells this process from a later one."""
    url: str
    bootstrap: str


@contextmanager
def keeping_in(directory: Path) -> Iterator[None]:
    """Raise RecognitionError where a file of ours cannot be made or written: the directory, why, and what to do."""
    try:
        yield
    except OSError as error:
        raise RecognitionError(
            f"nothing can be kept in {directory} ({error.strerror}). Make room or put right what is in the way there, "
            "or name another directory with --data-dir."
        ) from error


@contextmanager
def hold(data_dir: Path, tell: Callable[[str], None]) -> Iterator[int]:
    """Hold the directory; gives the open file that carries the lock, for our processes to inherit.

    Waits for what is left of an `up` that was killed. Raises RecognitionError when another one runs on the directory.
    """
    with keeping_in(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, data_dir, tell)
        try:
            yield lock
        finally:
            (data_dir / "up.json").unlink(missing_ok=True)
    finally:
        os.close(lock)


def save(data_dir: Path, url: str, bootstrap: str) -> None:
    """Note that we run on the directory, whole or not at all. Raises RecognitionError when it cannot be written."""
    us = Up(os.getpid(), psutil.Process().create_time(), url, bootstrap)
    new = data_dir / "up.json.new"
    with keeping_in(data_dir):
        new.write_text(json.dumps(asdict(us)) + "\n", "utf-8")
        new.replace(data_dir / "up.json")


def running(data_dir: Path) -> Up | None:
    """The `up` that runs on a directory; None where there is none, or where it has not come so far."""
    try:
        up = Up(**json.loads((data_dir / "up.json").read_bytes()))
        # The number of a process that has ended may be another program's by now.
        return up if abs(psutil.Process(up.pid).create_time() - up.started) < 1 else None
    except (OSError, ValueError, TypeError, psutil.Error):
        return None


def _take(lock: int, data_dir: Path, tell: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return
        if up := running(data_dir):
            raise RecognitionError(
                f"`recognition up` runs on {data_dir} already: process {up.pid}, {up.url}. "
                "Use that one, stop it (Ctrl-C, or SIGTERM to that process), or name another directory with --data-dir."
            )
        if time.monotonic() > deadline:
            raise RecognitionError(
                f"{data_dir} is held by another `recognition up` that is starting, or by what one that was killed has "
                "left. Try again in a moment, or name another directory with --data-dir."
            )
        if not told:
            tell("waiting for the processes of an earlier `recognition up` to end")
            told = True
        time.sleep(0.2)
