"""Being asked to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Asked:
    """How often we were asked: by Ctrl-C, by SIGTERM, or by the end of our terminal."""

    def __init__(self) -> None:
        self._times = 0

    def to_stop(self) -> bool:
        """Whether we were asked."""
        return self._times > 0

    def to_hurry(self) -> bool:
        """Whether we were asked again."""
        return self._times > 1

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count the signals; in here they interrupt nothing."""

        def hear(number: int, frame: object) -> None:
            self._times += 1

        before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
