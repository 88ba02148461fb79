"""What the roles say on standard error: few lines, one for each kind of event, counters now and then."""

import logging
import math
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from pipeline import metrics
from pipeline.terminal import escaped, safe

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
COUNTERS_EVERY_SECONDS = 10.0


def configure(*, roles: bool = False, form: Literal["text", "json"] = "text") -> None:
    """Log to standard error. ``roles`` also shows what our own long-running loops tell; libraries only warn.

    ``form`` json writes one object a line: time, level, logger, message, process, and what the record says beside it,
    such as the correlation id of the article that it is about.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_news)
        handler.addFilter(Seldom())
        handler.setFormatter(_json_formatter() if form == "json" else _TextFormatter(_FORMAT))
    logging.getLogger("recognition").setLevel(logging.INFO if roles else logging.WARNING)
    # A client that cannot connect says so by an exception, and what it does about a rebalance is no news: the loops
    # tell what partitions they have.
    for library in ("aiokafka", "faust", "mode"):
        logging.getLogger(library).setLevel(logging.ERROR if roles else logging.CRITICAL)


class _TextFormatter(logging.Formatter):
    """What a record quotes can neither begin a line nor be obeyed by a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return safe(super().format(record)).replace("\n", "\n    ")


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.orjson import OrjsonFormatter

    class Formatter(OrjsonFormatter):
        def format(self, record: logging.LogRecord) -> str:
            return escaped(super().format(record))

        def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name
            return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    return Formatter(["asctime", "levelname", "name", "message", "process"], rename_fields=names)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line: a new cluster's coordinator is not there at once, and is asked for again."""
    return "CoordinatorNotAvailableError" not in record.getMessage()


class Seldom(logging.Filter):
    """Lets a library say the same thing once in a while: one that has lost its broker says so ten times a second."""

    def __init__(self, every: float = 30.0, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every = every
        self._now = now
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is ours, or was not said lately. Two messages that differ in their arguments are the same."""
        if record.name.startswith("recognition"):
            return True
        key, now = (record.name, str(record.msg)), self._now()
        if now - self._said.get(key, -math.inf) < self._every:
            return False
        if len(self._said) > 1_000:
            self._said.clear()
        self._said[key] = now
        return True


class Counters:
    """Counts by name of what a stage does, for Prometheus, and logged when they changed and some time has passed.

    The logger's name ends in that of the stage.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self.counts: Counter[str] = Counter()
        self._logger = logger
        self._stage = logger.name.rpartition(".")[2]
        self._logged: Counter[str] = Counter()
        self._at = time.monotonic()

    def add(self, name: str, number: int = 1) -> None:
        """Count."""
        self.counts[name] += number
        metrics.count(self._stage, name, number)

    def log(self, *, now: bool = True) -> None:
        """Log the counts if they changed since the last time; unless ``now``, not more often than every ten seconds."""
        due = now or time.monotonic() - self._at >= COUNTERS_EVERY_SECONDS
        if due and self.counts != self._logged:
            self._logger.info(", ".join(f"{number:,} {name}" for name, number in self.counts.items()))
            self._logged = self.counts.copy()
            self._at = time.monotonic()
