"""Runs one command for exactly as long as its owner lives. A script of its own, standard library only.

    guard.py [--grace SECONDS] OWNER DISCARD COMMAND...

When the owner (a process id: our parent) is gone, in whatever way, SIGKILL included, or when this guard gets SIGTERM,
the command is stopped: by SIGTERM, and by SIGKILL when that does not help within the grace, 20 s. DISCARD, where not
empty, is a directory whose content is worthless then: the command is killed at once and the directory removed. The
first line on standard output is the command's process id. Exits with the command's exit code.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 20
LOOK_EVERY_SECONDS = 0.25


def _die_with_the_guard() -> None:
    """Have Linux kill the command when this guard is killed: then nobody would be left to stop it."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _stop(command: subprocess.Popen[bytes], grace: float) -> None:
    if command.poll() is None and grace:
        command.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(grace)
    if command.poll() is None:
        command.kill()
    command.wait()


def main(owner: int, discard: str, arguments: list[str], grace: float = GRACE_SECONDS) -> int:
    """Run the command until it or its owner ends."""

    def leave(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    # The lock on the data directory is an open file that the command inherits: it lasts as long as the command does.
    command = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        close_fds=False,
        preexec_fn=_die_with_the_guard,  # noqa: PLW1509 - this process has one thread
    )
    try:
        sys.stdout.write(f"{command.pid}\n")
        sys.stdout.close()
        while command.poll() is None and os.getppid() == owner:
            time.sleep(LOOK_EVERY_SECONDS)
    finally:
        _stop(command, 0 if discard else grace)
        if discard:
            shutil.rmtree(discard, ignore_errors=True)
    return command.returncode


if __name__ == "__main__":
    given = sys.argv[1:]
    patience = float(given[1]) if given[0] == "--grace" else GRACE_SECONDS
    number, worthless, *what = given[2:] if given[0] == "--grace" else given
    sys.exit(main(int(number), worthless, what, patience))
