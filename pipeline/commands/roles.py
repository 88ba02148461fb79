"""The commands `gate`, `worker` and `publish`: one long-running role each."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from pipeline.commands.last_words import last_words
from pipeline.commands.options import BOOTSTRAP, LOG_FORMAT, METRICS_PORT, LogFormat, load_settings

if TYPE_CHECKING:
    import asyncio

    from pipeline.settings import Settings
    from pipeline.streams.transactional import Edge

_PANEL = "Roles of a deployment"


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command(rich_help_panel=_PANEL)
    def gate(
        bootstrap: str | None = BOOTSTRAP,
        log_format: LogFormat | None = LOG_FORMAT,
        metrics_port: int | None = METRICS_PORT,
    ) -> None:
        """Sort the articles: relevant ones become documents, broken ones dead letters.

        Runs until it is stopped (SIGTERM or Ctrl-C). Run as many as there are partitions.
        """
        from pipeline.streams.gate import gate

        _run_edge(gate, bootstrap, log_format, metrics_port)

    @app.command(rich_help_panel=_PANEL)
    def worker(
        bootstrap: str | None = BOOTSTRAP,
        log_format: LogFormat | None = LOG_FORMAT,
        metrics_port: int | None = METRICS_PORT,
    ) -> None:
        """Read the documents and judge their claims: the live table, and its changes.

        Runs until it is stopped (SIGTERM or Ctrl-C). Run as many as there are partitions.
        """
        from pipeline.streams.worker import run_worker

        run_role(run_worker, bootstrap, log_format, metrics_port)

    @app.command(rich_help_panel=_PANEL)
    def publish(
        bootstrap: str | None = BOOTSTRAP,
        log_format: LogFormat | None = LOG_FORMAT,
        metrics_port: int | None = METRICS_PORT,
    ) -> None:
        """Publish every change as an alert, once.

        Runs until it is stopped (SIGTERM or Ctrl-C). Run as many as there are partitions.
        """
        from pipeline.streams.publish import publish

        _run_edge(publish, bootstrap, log_format, metrics_port)


def _run_edge(
    make: "Callable[[Settings], Edge]", bootstrap: str | None, log_format: LogFormat | None, metrics_port: int | None
) -> None:
    from aiokafka import TopicPartition

    from pipeline.streams import watchdog
    from pipeline.streams.admin import require_topics
    from pipeline.streams.transactional import run_edge

    async def role(settings: "Settings", stop: "asyncio.Event") -> None:
        edge = make(settings)
        await require_topics(settings)
        assigned: set[TopicPartition] = set()
        watchdog.watch(settings, edge.group, lambda: tuple(assigned))
        await run_edge(edge, settings, stop, assigned)

    run_role(role, bootstrap, log_format, metrics_port)


def run_role(
    role: "Callable[[Settings, asyncio.Event], Awaitable[None]]",
    bootstrap: str | None,
    log_format: LogFormat | None,
    metrics_port: int | None = None,
) -> None:
    """Run a role of the settings until SIGTERM or SIGINT, logging to standard error, its last words too.

    ``metrics_port`` is where this process answers Prometheus; None: nowhere.
    """
    import asyncio

    from pipeline.streams.logs import configure
    from pipeline.streams.stopping import on_signals

    settings = load_settings(bootstrap, log_format=log_format)
    configure(roles=True, form=settings.log_format)

    async def main() -> None:
        await role(settings, on_signals())

    with last_words():
        if metrics_port is not None:
            from pipeline import metrics

            metrics.listen(settings.api_host, metrics_port)
        asyncio.run(main())
