"""The command `run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import JSON, load_settings
from pipeline.terminal import one_line

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.streams.drain import Outcome, Tell


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(run)


def run(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files or folders: .txt as scraped, .html, .json, .jsonl.")
    ],
    bootstrap: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Use a running Kafka and keep what is found there; else a private one."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes read and judge.")] = 1,
    as_json: bool = JSON,
) -> None:
    """Do it all in one go: start a private Kafka and every role, publish the articles, print what follows from them.

    Prints the articles, the alerts and the status table. Leaves nothing behind.
    """
    from pipeline.commands.screen import Screen
    from pipeline.streams.logs import configure

    configure()
    settings = load_settings(bootstrap)
    console = Screen(stderr=True)
    try:
        with console.status("starting") as status:
            outcome = _run(settings, paths, workers, private=bootstrap is None, tell=status.update)
    except KeyboardInterrupt:
        console.print("interrupted; all that was started is stopped")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(_as_json(outcome))
    else:
        _print(outcome)
    if not outcome.published:
        raise typer.Exit(1)


def _run(settings: "Settings", paths: list[Path], workers: int, *, private: bool, tell: "Tell") -> "Outcome":
    import asyncio
    from contextlib import ExitStack

    from pipeline.errors import RecognitionError
    from pipeline.intake.files import SUFFIXES, count_articles, read_articles

    if not count_articles(paths):
        raise RecognitionError(
            f"no articles in {', '.join(map(str, paths))}: files ending in {', '.join(SUFFIXES)} are read"
        )
    with ExitStack() as stack:
        if private:
            from pipeline.broker import Broker

            tell("starting Kafka")
            broker = stack.enter_context(Broker(cache_dir=settings.cache_dir))
            settings = settings.model_copy(update={"bootstrap": broker.bootstrap, "security_protocol": "PLAINTEXT"})
            if "partitions" not in settings.model_fields_set:
                # One worker reads one partition: the articles in the order they are given, the same at every run.
                settings = settings.model_copy(update={"partitions": workers})
        tell("making the topics")
        asyncio.run(_make_topics(settings))
        from pipeline.streams.drain import run_articles
        from pipeline.streams.workers import Workers

        started = stack.enter_context(Workers(settings, workers, private=private))
        return asyncio.run(run_articles(settings, read_articles(paths), started, tell))


async def _make_topics(settings: "Settings") -> None:
    from pipeline.streams.admin import create_topics, require_topics

    await create_topics(settings)
    await require_topics(settings)


def _as_json(outcome: "Outcome") -> str:
    from pipeline.commands.render import to_json

    return to_json({"status": outcome.status, "alerts": outcome.alerts, "articles": outcome.counts()})


def _print(outcome: "Outcome") -> None:
    from rich.markup import escape

    from pipeline.commands.render import alert_lines, status_table
    from pipeline.commands.screen import Screen

    console = Screen()
    console.print(f"[bold]{outcome.published:,}[/] articles published")
    for unreadable in outcome.unreadable:
        console.print(f"  [red]unreadable:[/] {escape(one_line(str(unreadable)))}", soft_wrap=True)
    console.print(f"[bold]{outcome.relevant:,}[/] documents relevant")
    if outcome.set_aside or outcome.dead_letters:
        console.print(
            f"  {outcome.set_aside:,} set aside, {outcome.dead_letters:,} dead letters (recognition dlq list)"
        )
    console.print(f"[bold]{outcome.claims:,}[/] claims")
    console.print()
    console.print(alert_lines(outcome.alerts))
    console.print()
    console.print(status_table(outcome.status))
