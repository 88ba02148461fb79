"""Workers as processes of ours, for as long as we live: `recognition run` uses them."""

import os
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import IO, Self

from pipeline.broker import guard
from pipeline.errors import RecognitionError
from pipeline.settings import Settings

_RESTARTS = 3
_STOP_SECONDS = guard.GRACE_SECONDS + 5
_LOG_LINES = 20


class Workers:
    """Some worker processes, started anew when one ends by itself. They end with this process, however it ends.

    ``private`` workers leave no tables behind: they are for a cluster that ends with them.
    """

    def __init__(self, settings: Settings, number: int, *, private: bool) -> None:
        self._settings = settings
        self._number = number
        self._private = private
        self._restarts = 0
        self._running: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []

    def __enter__(self) -> Self:
        for _ in range(self._number):
            self._running.append(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process, _ in self._running:
            process.terminate()
        for process, log in self._running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()
            log.close()

    def check(self) -> int:
        """Start those anew that have ended; tell how many have been started anew so far.

        Raises RecognitionError, with the end of its log, when one has ended too often.
        """
        for position, (process, log) in enumerate(self._running):
            if process.poll() is None:
                continue
            self._restarts += 1
            if self._restarts > _RESTARTS:
                log.seek(0)
                said = log.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES:]
                raise RecognitionError(
                    f"the worker ended {self._restarts} times by itself (exit code {process.returncode}). "
                    "It said last:\n" + "\n".join(said)
                )
            log.close()
            self._running[position] = self._start()
        return self._restarts

    def _start(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        environment = os.environ | _as_variables(self._settings)
        discard = ""
        if self._private:
            discard = tempfile.mkdtemp(prefix="recognition-worker-")
            environment["RECOGNITION_DATA_DIR"] = discard
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its process
        worker = [sys.executable, "-m", "pipeline", "worker"]
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), discard, *worker],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us alone
        )
        return process, log


def _as_variables(settings: Settings) -> dict[str, str]:
    """The settings that were given to us otherwise than by the environment, for a process of ours."""
    given = settings.model_dump(include=settings.model_fields_set)
    return {
        f"RECOGNITION_{name.upper()}": str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
        for name, value in given.items()
        if value is not None
    }
