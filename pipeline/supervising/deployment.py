"""A whole deployment on one machine, from its broker to its page."""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

from rich.console import Console
from rich.live import Live

from pipeline import metrics
from pipeline.broker.guard import GRACE_SECONDS
from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.supervising import lock
from pipeline.supervising.figures import figures
from pipeline.supervising.log import Log
from pipeline.supervising.order import Rank, Supervisor
from pipeline.supervising.page import Page, Row
from pipeline.supervising.plan import Plan
from pipeline.supervising.process import End, Supervised, as_variables
from pipeline.supervising.signals import Asked

_LOOK_EVERY_SECONDS = 0.2
_SHOW_EVERY_SECONDS = 1.0
_GRACE_SECONDS = 5.0
"""When we are killed, Kafka ends with the roles, and they might wait for it in vain. To kill them loses nothing."""

MakeTopics = Callable[[Settings, Callable[[], bool]], None]
"""Makes the topics; ends early when the function that it is given says so."""
Dismiss = Callable[[Settings, str, str], None]
"""Tells Kafka that a process is dead: its role, and the client id that it had."""


class Deployment:
    """Everything that `recognition up` runs. ``paged`` shows the start page, else the log's lines are shown.

    ``held`` is the open file that holds the data directory.
    """

    def __init__(self, plan: Plan, held: int, console: Console, *, paged: bool, dismiss: Dismiss) -> None:
        self._plan = plan
        self._dismiss = dismiss
        self._console = console
        self._paged = paged
        self._live: Live | None = None
        self._shown = 0.0
        self._began = time.monotonic()
        self._doing = "starting"
        shutil.rmtree(plan.metrics, ignore_errors=True)  # counters start with us
        with lock.keeping_in(plan.metrics):
            plan.metrics.mkdir(parents=True, exist_ok=True)
        metrics.share(plan.metrics)
        self._log = Log(plan.log, plan.settings.log_format, None if paged else console)
        self._supervisor = self._lay_out(held)

    def run(self, make_topics: MakeTopics, asked: Asked) -> None:
        """Run until asked to stop.

        Raises RecognitionError when something cannot start or, but for notify, ends again and again.
        """
        page = Live(console=self._console, screen=True, auto_refresh=False) if self._paged else nullcontext()
        try:
            with page as self._live:
                try:
                    lock.save(self._plan.settings.data_dir, self._plan.url, self._plan.settings.bootstrap)
                    self._start(make_topics, asked)
                    while not asked.to_stop():
                        self._supervisor.check()
                        self._wait()
                except Exception as error:
                    reason = str(error) if isinstance(error, RecognitionError) else f"a fault: {error!r}"
                    # On the console it is said last, by whoever catches it.
                    self._log.tell(f"giving up: {reason}", "CRITICAL", on_console=False)
                    raise
                finally:
                    self._stop(asked)
        finally:
            self._log.close()
        if self._paged:
            message = f"stopped after {self._age()}; all that is known stays in {self._plan.settings.data_dir}"
            self._console.print(message, soft_wrap=True, markup=False)

    def _lay_out(self, held: int) -> Supervisor:
        plan = self._plan
        common = as_variables(plan.settings) | {metrics.DIRECTORY: str(plan.metrics)}

        def process(name: str, *arguments: str, grace: float = _GRACE_SECONDS, essential: bool = True) -> Supervised:
            metrics.count_restarts(_role(name), 0)
            command = [sys.executable, "-m", "pipeline", *(arguments or (name,))]
            environment = common | {"RECOGNITION_CLIENT_ID": self._client_id(name)}
            return Supervised(
                name, command, environment, hear=self._log.hear, inherit=[held], grace=grace, essential=essential
            )

        kafka = plan.broker
        start = ("broker", "start", "--foreground", "--data-dir", str(kafka.path), "--port", str(plan.broker_port))
        workers = [f"worker {number}" for number in range(1, plan.workers + 1)] if plan.workers > 1 else ["worker"]
        ranks = [
            Rank([process("gate")]),
            Rank([process(name, "worker") for name in workers]),
            Rank([process("publish")]),
            # Nobody else needs it, and what it needs is beyond us: a file of endpoints, and secrets.
            Rank([process("notify", essential=False)] if plan.settings.webhooks else [], 0.5),
            Rank([process("serve")]),
        ]
        return Supervisor(
            process("broker", *start, grace=GRACE_SECONDS),
            lambda: kafka.running() is not None and kafka.has_started(),
            ranks,
            self._on_end,
            lambda process: metrics.count_restarts(_role(process.name)),
        )

    def _start(self, make_topics: MakeTopics, asked: Asked) -> None:
        broker = self._supervisor.broker
        self._log.tell("starting Kafka")
        broker.start()
        while not self._supervisor.ready():
            if broker.check():
                raise RecognitionError("Kafka did not start. It said last:\n" + "\n".join(broker.last))
            self._wait()
            if asked.to_stop():
                return
        self._log.tell("making the topics")
        make_topics(self._plan.settings, asked.to_stop)
        if asked.to_stop():
            return
        self._log.tell("starting the roles")
        self._supervisor.start_others()
        self._doing = "up"
        for name, address in self._plan.addresses:
            self._log.tell(f"{name}: {address}")

    def _stop(self, asked: Asked) -> None:
        self._doing = "stopping"
        self._log.tell("stopping")
        self._shown = 0.0  # the terminal has written ^C over the page

        def hurry() -> bool:
            self._show()
            return asked.to_hurry()

        self._supervisor.stop(hurry=hurry)
        self._log.tell("stopped")

    def _on_end(self, process: Supervised, end: End) -> None:
        if end.pid is not None:
            metrics.forget_process(end.pid, self._plan.metrics)
        when = f"in {end.pause:g} s" if end.pause else "now"
        self._log.tell(f"{process.name} ended {end.how}; started anew {when}", "WARNING")
        if end.complaint:
            without = f"all else goes on without {process.name}, and it is tried on"
            then = "it is tried for two minutes, then all stops" if process.essential else without
            self._log.tell(f"{then}: {end.complaint}", "ERROR")
        if self._supervisor.ready():
            # Nobody is looked after meanwhile, two seconds at most: one who died now is started anew that much later.
            self._dismiss(self._plan.settings, _role(process.name), self._client_id(process.name))

    def _client_id(self, name: str) -> str:
        return f"{self._plan.settings.client_id}-{name.replace(' ', '-')}"

    def _wait(self) -> None:
        self._show()
        time.sleep(_LOOK_EVERY_SECONDS)

    def _show(self) -> None:
        now = time.monotonic()
        if self._live is None or now - self._shown < _SHOW_EVERY_SECONDS:
            return
        self._shown = now
        page = Page(
            heading=f"{self._doing} {self._age()}",
            hint="Ctrl-C again kills the rest" if self._doing == "stopping" else "Ctrl-C stops all",
            addresses=self._plan.addresses,
            rows=[Row(each.name, each.state, each.pid, each.restarts, each.seconds) for each in self._supervisor.all],
            figures=figures(metrics.families()),
            last=list(self._log.last),
        )
        self._live.update(page, refresh=True)

    def _age(self) -> timedelta:
        return timedelta(seconds=int(time.monotonic() - self._began))


def _role(name: str) -> str:
    return name.partition(" ")[0]  # all workers are one role
