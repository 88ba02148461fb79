"""All processes of a deployment: none runs before its broker, and they stop in the order in which data flow."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.supervising.process import End, Supervised, wait

STOP_SECONDS = 9.0
"""For all to end in order: with what comes before and after, ten at most for whoever pressed Ctrl-C."""


@dataclass(frozen=True)
class Rank:
    """Processes that are stopped at the same time. They are left at least ``seconds`` of the time there is."""

    processes: Sequence[Supervised]
    seconds: float = 1.0


class Supervisor:
    """Keeps the broker and, while it is ready, every rank of the others running.

    ``ranks`` are in the order of stopping: what brings new work first, what shows the results last; the broker after
    them all. ``on_end`` is told of everyone that ended by itself, ``on_restart`` of everyone that was started anew.
    """

    def __init__(
        self,
        broker: Supervised,
        ready: Callable[[], bool],
        ranks: Sequence[Rank],
        on_end: Callable[[Supervised, End], None],
        on_restart: Callable[[Supervised], None],
    ) -> None:
        self.broker = broker
        self.others = [process for rank in ranks for process in rank.processes]
        self.ready = ready
        self._ranks = [*ranks, Rank([broker], 3.0)]
        self._on_end = on_end
        self._on_restart = on_restart

    @property
    def all(self) -> list[Supervised]:
        """In the order in which they start, and in which people want to see them."""
        return [self.broker, *self.others]

    def check(self) -> None:
        """Start anew what has ended. Raises RecognitionError when an essential one has ended again and again."""
        self._look([self.broker], excused=False)
        # Without a broker the others end in vain, again and again: they wait until it is back.
        self._look(self.others, excused=not self.ready())

    def _look(self, processes: Iterable[Supervised], *, excused: bool) -> None:
        for process in processes:
            restarts = process.restarts
            if end := process.check(excused=excused):
                self._on_end(process, end)
            elif process.restarts > restarts:
                self._on_restart(process)

    def start_others(self) -> None:
        """Start all but the broker."""
        for process in self.others:
            process.start()

    def stop(self, seconds: float = STOP_SECONDS, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop rank by rank, all within these seconds; kill what does not end in its time. ``hurry`` kills the rest."""
        for process in self.others:
            if process.state == "waiting":
                process.terminate()
        deadline = time.monotonic() + seconds
        for number, rank in enumerate(self._ranks):
            reserved = sum(later.seconds for later in self._ranks[number + 1 :])
            for process in rank.processes:
                process.terminate()
            if not wait(rank.processes, deadline - time.monotonic() - reserved, hurry):
                self._kill(rank.processes)
            if hurry():
                self._kill([*self.others, self.broker])
                return

    @staticmethod
    def _kill(processes: Sequence[Supervised]) -> None:
        for process in processes:
            process.kill()
        wait(processes, 2.0)
