"""Workers as processes of ours, for as long as we live: `recognition run` uses them."""

import sys
from types import TracebackType
from typing import Self

from pipeline.broker import guard
from pipeline.settings import Settings
from pipeline.supervising.process import Patience, Supervised, as_variables

_STOP_SECONDS = guard.GRACE_SECONDS + 5
_PATIENCE = Patience(first=0.1, most=3)


class Workers:
    """Some worker processes, started anew when one ends by itself. They end with this process, however it ends.

    ``private`` workers leave no tables behind: they are for a cluster that ends with them.
    """

    def __init__(self, settings: Settings, number: int, *, private: bool) -> None:
        self._workers = [
            Supervised(
                "the worker",
                [sys.executable, "-m", "pipeline", "worker"],
                as_variables(settings),
                patience=_PATIENCE,
                private_as="RECOGNITION_DATA_DIR" if private else None,
            )
            for _ in range(number)
        ]

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.stop(_STOP_SECONDS)

    def check(self) -> None:
        """Start those anew that have ended.

        Raises RecognitionError, with what it said last, when one has ended too often.
        """
        for worker in self._workers:
            worker.check()
