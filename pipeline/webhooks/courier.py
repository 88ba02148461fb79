"""One alert after another to one endpoint: try, wait, try again, and give up in the end.

Alerts of different partitions are under way at once and share the endpoint's circuit. A wait after a failure is cut
short when the endpoint turns out to be well again; what the endpoint itself asked for is not.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pipeline.streams.logs import Counters
from pipeline.webhooks.backoff import Backoff
from pipeline.webhooks.circuit import Circuit, Limits
from pipeline.webhooks.delivery import Message, Outcome
from pipeline.webhooks.membership import StoppedError

Attempt = Callable[[Message], Awaitable[Outcome]]


@dataclass(frozen=True)
class Patience:
    """How an endpoint that fails is treated."""

    attempts: int
    backoff: Backoff = field(default_factory=Backoff)
    limits: Limits = field(default_factory=Limits)


class Courier:
    """Brings alerts to one endpoint. Every clock here counts seconds and never goes back."""

    def __init__(
        self,
        endpoint_id: str,
        attempt: Attempt,
        patience: Patience,
        counters: Counters,
        *,
        at_once: int = 10,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._id = endpoint_id
        self._attempt = attempt
        self._patience = patience
        self._counters = counters
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter
        self._circuit = Circuit(patience.limits)
        self._slots = asyncio.Semaphore(at_once)
        self._changed = asyncio.Event()
        self._recoveries = 0
        self._log = logging.getLogger("recognition.notify")

    async def bring(self, message: Message, stop: asyncio.Event) -> tuple[Outcome, int]:
        """Try until it is delivered, can never be, or was tried often enough: the last outcome, and how many tries.

        Raises StoppedError when ``stop`` is set between two tries (call `wake` after setting it).
        """
        failures = 0
        while True:
            async with self._slots:
                outcome = await self._through_circuit(message, stop, failures + 1)
            if outcome.verdict != "failed":
                return outcome, failures + 1
            failures += 1
            if failures >= self._patience.attempts:
                return outcome, failures
            await self._pause(self._patience.backoff.wait(failures, self._chance), stop)

    def wake(self) -> None:
        """Let all that wait look again at what they wait for."""
        # Those who wait hold this event; who waits next gets a new one, so that none is ever cleared under anybody.
        self._changed.set()
        self._changed = asyncio.Event()

    async def _through_circuit(self, message: Message, stop: asyncio.Event, number: int) -> Outcome:
        while (seconds := self._circuit.wait(self._clock())) > 0:
            await self._wait(seconds, stop)
        if stop.is_set():
            raise StoppedError
        probe = self._circuit.begin(self._clock())
        try:
            outcome = await self._attempt(message)
        except BaseException:
            self._circuit.abandoned(probe)
            self.wake()
            raise
        self._tell(message, outcome, number)
        self._learn(outcome, probe)
        return outcome

    def _learn(self, outcome: Outcome, probe: int | None) -> None:
        now = self._clock()
        if outcome.verdict == "delivered":
            if self._circuit.succeeded():
                self._recoveries += 1
                self._log.info("%s answers again", self._id, extra={"endpoint": self._id})
        elif outcome.verdict == "failed":
            if outcome.retry_after:
                self._circuit.hold(now, outcome.retry_after)
            if self._circuit.failed(now, probe):
                seconds = self._circuit.wait(now)
                self._counters.add("circuits opened")
                self._log.warning(
                    "%s fails again and again: left alone for %.0f s", self._id, seconds, extra={"endpoint": self._id}
                )
        else:  # says nothing about whether the endpoint is well
            self._circuit.abandoned(probe)
        self.wake()

    def _tell(self, message: Message, outcome: Outcome, number: int) -> None:
        level = logging.INFO if outcome.verdict == "delivered" else logging.WARNING
        self._log.log(
            level,
            "%s: alert %s %s at try %d: %s (%d ms)",
            *(self._id, message.id, outcome.verdict, number, outcome.reason, outcome.milliseconds),
            extra={
                "endpoint": self._id,
                "alert": message.id,
                "attempt": number,
                "outcome": outcome.verdict,
                "status": outcome.status,
                "error": outcome.error,
                "ms": outcome.milliseconds,
                **message.about,
            },
        )
        self._counters.add("delivered" if outcome.verdict == "delivered" else "tries failed")

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait for so long, or until the endpoint is well again: any other change is slept through."""
        due = self._clock() + seconds
        recoveries = self._recoveries
        while (left := due - self._clock()) > 0 and self._recoveries == recoveries:
            await self._wait(left, stop)

    async def _wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait for so long, or until anything has changed: whoever calls looks whether it is what it waits for."""
        if stop.is_set():
            raise StoppedError
        changed = self._changed
        try:
            async with asyncio.timeout(None if seconds == float("inf") else seconds):
                await changed.wait()
        except TimeoutError:
            pass
        if stop.is_set():
            raise StoppedError
