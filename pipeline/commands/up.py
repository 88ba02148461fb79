"""The command `up`."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.last_words import last_words
from pipeline.commands.options import LOG_FORMAT, LogFormat, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(up)


def up(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Where everything is kept; the same directory again goes on where it stopped. "
            "By default RECOGNITION_DATA_DIR, or the user's data folder.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes read and judge.")] = 1,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Where the API and the dashboard listen; 0 takes a free port. Else RECOGNITION_API_PORT, else 8640.",
            show_default=False,
        ),
    ] = None,
    broker_port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Where Kafka listens, on 127.0.0.1. By default 9092, or where that is taken the port of last time or "
            "a free one.",
            show_default=False,
        ),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="On a terminal too, lines instead of the start page.")] = False,
    log_format: LogFormat | None = LOG_FORMAT,
) -> None:
    """Run it all, and keep it running: Kafka, every role, the API and the dashboard.

    What ends by itself is started anew. Ctrl-C or SIGTERM stops all in order; again, at once.
    """
    from pipeline.commands.screen import Screen
    from pipeline.streams.logs import configure
    from pipeline.supervising import lock
    from pipeline.supervising.deployment import Deployment
    from pipeline.supervising.plan import make_plan
    from pipeline.supervising.signals import Asked
    from pipeline.webhooks.endpoints import load_endpoints

    settings = load_settings(None, data_dir=data_dir and data_dir.absolute(), api_port=port, log_format=log_format)
    if workers > settings.partitions:
        raise typer.BadParameter(
            f"{workers} workers cannot share {settings.partitions} partitions; RECOGNITION_PARTITIONS sets how many "
            "there are in a new directory",
            param_hint="--workers",
        )
    configure(form=settings.log_format)
    in_json = settings.log_format == "json"  # then nothing else is said
    console = Screen(stderr=True)
    paged = console.is_terminal and not (console.is_dumb_terminal or plain or in_json)
    log = logging.getLogger("recognition.up")
    tell = log.warning if in_json else lambda message: typer.echo(message, err=True)
    with last_words() if in_json else nullcontext():
        if settings.webhooks is not None:  # what is wrong with it is told now, and not by notify again and again
            load_endpoints(settings.webhooks, allow_private=settings.webhook_allow_private)
        with lock.hold(settings.data_dir, tell) as held:
            plan = make_plan(settings, workers, broker_port)
            _fetch_kafka(settings)
            asked = Asked()
            with asked.listening():
                Deployment(plan, held, console, paged=paged, dismiss=_dismiss).run(_make_topics, asked)


def _fetch_kafka(settings: "Settings") -> None:
    from pipeline.broker.java import find_java
    from pipeline.broker.kafka import fetch_jars

    find_java()
    fetch_jars(settings.cache_dir)


def _make_topics(settings: "Settings", stop: "Callable[[], bool]") -> None:
    import asyncio

    from pipeline.streams.admin import create_topics, require_topics

    async def make() -> None:
        await create_topics(settings)
        await require_topics(settings)

    async def make_unless_stopped() -> None:
        work = asyncio.ensure_future(make())
        while not work.done() and not stop():
            await asyncio.wait([work], timeout=0.1)
        if not work.done():
            work.cancel()
            await asyncio.wait([work])
            return
        work.result()

    asyncio.run(make_unless_stopped())


def _dismiss(settings: "Settings", role: str, client_id: str) -> None:
    import asyncio
    from contextlib import suppress
    from typing import cast, get_args

    from aiokafka.errors import KafkaError

    from pipeline.errors import RecognitionError
    from pipeline.streams.groups import dismiss
    from pipeline.topology import Role

    if role in get_args(Role):
        with suppress(RecognitionError, KafkaError, TimeoutError):  # then Kafka finds out by itself, in some seconds
            asyncio.run(dismiss(settings, cast("Role", role), client_id))
