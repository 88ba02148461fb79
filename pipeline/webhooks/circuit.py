"""When an endpoint is left alone: after failures in a row, for a time that grows until it answers again.

    closed      tries go through
    open        none does, until the cool-off is over
    half-open   one goes through, as a probe; what comes of it closes the circuit or opens it for longer

Times are seconds of whatever clock the caller has; it never goes back.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True)
class Limits:
    """``failures`` in a row open a circuit for ``cool_off`` seconds, ``factor`` times longer after each probe."""

    failures: int = 5
    cool_off: float = 30.0
    factor: float = 2.0
    longest: float = 600.0


class Circuit:
    """The circuit of one endpoint, shared by all that try it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures = 0
        self._openings = 0
        self._open_until: float | None = None
        self._held_until = float("-inf")
        self._probe: int | None = None  # the number of the one under way
        self._probes = 0

    def state(self, now: float) -> State:
        """Which of the three it is in."""
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half-open"

    def wait(self, now: float) -> float:
        """Seconds until a try may begin: 0 is now; infinity is until the probe that is under way has ended."""
        held = max(self._held_until - now, 0.0)
        if self._open_until is None:
            return held
        if self._probe is not None:
            return float("inf")
        return max(self._open_until - now, held, 0.0)

    def begin(self, now: float) -> int | None:
        """A try begins. Gives its number when it is a probe. Raises ValueError when none may begin now."""
        if self.wait(now) > 0:
            raise ValueError("the circuit lets no try through now")
        if self._open_until is not None:
            self._probes += 1
            self._probe = self._probes
        return self._probe

    def succeeded(self) -> bool:
        """A try succeeded: the endpoint is well, whichever try it was. Tells whether that closed the circuit."""
        closed = self._open_until is not None
        self._failures = self._openings = 0
        self._open_until = self._probe = None
        return closed

    def failed(self, now: float, probe: int | None) -> bool:
        """A try failed. ``probe`` is what `begin` gave it. Tells whether that opened the circuit.

        While it is open, failures of tries that began before are no news.
        """
        if probe is not None and probe == self._probe:
            self._probe = None
            return self._open(now)
        self._failures += 1
        if self._open_until is None and self._failures >= self._limits.failures:
            return self._open(now)
        return False

    def abandoned(self, probe: int | None) -> None:
        """A try was broken off, and tells nothing. If it was the probe, another may take its place."""
        if probe == self._probe:
            self._probe = None

    def hold(self, now: float, seconds: float) -> None:
        """The endpoint asks to be left alone for so long."""
        self._held_until = max(self._held_until, now + seconds)

    def _open(self, now: float) -> bool:
        grown = self._limits.cool_off * self._limits.factor ** min(self._openings, 64)
        self._open_until = now + min(grown, self._limits.longest)
        self._openings += 1
        return True
