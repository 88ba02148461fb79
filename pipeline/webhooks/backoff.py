"""How long to wait after a try that failed: exponential, with full jitter, and what the receiver asks for."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Backoff:
    """A wait is drawn evenly from nothing to ``base`` seconds, ``factor`` times more after each failure.

    With eight tries these defaults span three hours at most and half of that on average: a receiver can be away for
    a while before its alerts become dead letters.
    """

    base: float = 2.0
    factor: float = 4.0
    longest: float = 21_600.0

    def ceiling(self, failures: int) -> float:
        """The longest wait after this many failures (one or more) of the same alert, in seconds."""
        steps = math.log(self.longest / self.base, self.factor)
        return self.longest if failures - 1 >= steps else self.base * self.factor ** (failures - 1)

    def wait(self, failures: int, chance: random.Random) -> float:
        """A wait after this many failures, in seconds."""
        return chance.uniform(0, self.ceiling(failures))

    def span(self, attempts: int) -> float:
        """How long so many tries take at most, in seconds, their own time aside."""
        return sum(self.ceiling(failures) for failures in range(1, attempts))


def retry_after(header: str | None, now: float, longest: float) -> float:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds, or a date), ``longest`` at most.

    ``now`` is in seconds since 1970. A header that is missing, unreadable or of the past asks for nothing.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), longest)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter of numbers that no date has
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0), longest)
