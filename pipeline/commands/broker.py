"""`recognition broker`: a Kafka of one node on this machine."""

import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

_USUAL_PORT = 9092

broker = typer.Typer(
    help="A Kafka on this machine: start, stop and look at it. Nothing has to be installed for it.",
    no_args_is_help=True,
)

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Where the broker keeps its data; the same directory again is the same cluster. "
        "By default `broker` in RECOGNITION_DATA_DIR, or in the user's data folder.",
        file_okay=False,
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.add_typer(broker, name="broker")


@broker.command()
def start(
    data_dir: DataDir = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Where clients connect, on 127.0.0.1. By default the port of last time; for a new cluster "
            f"{_USUAL_PORT}, or a free one where that is taken.",
            show_default=False,
        ),
    ] = None,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay until Ctrl-C or SIGTERM, and stop the broker then.")
    ] = False,
) -> None:
    """Start the broker and print its bootstrap address when it serves.

    It runs on in the background until `recognition broker stop`.
    """
    from pipeline.broker import Broker
    from pipeline.broker.directory import DataDirectory
    from pipeline.broker.kafka import is_free

    directory = _directory(data_dir)
    if port is None and DataDirectory(directory).cluster() is None and is_free(_USUAL_PORT):
        port = _USUAL_PORT
    a_broker = Broker(data_dir=directory, port=port)
    if not foreground:
        a_broker.start(detached=True)
        typer.echo(a_broker.bootstrap)
        stop_it = "recognition broker stop" + (f" --data-dir {shlex.quote(str(data_dir))}" if data_dir else "")
        typer.echo(f"Kafka serves from {directory} (process {a_broker.pid}). Stop it with: {stop_it}", err=True)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with a_broker:
            typer.echo(a_broker.bootstrap)
            by_hand = " Ctrl-C stops it." if sys.stderr.isatty() else ""  # not where `up` reads it
            typer.echo(f"Kafka serves from {directory} (process {a_broker.pid}).{by_hand}", err=True)
            a_broker.wait()
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)


@broker.command()
def stop(data_dir: DataDir = None) -> None:
    """Stop the broker; its data stay."""
    from pipeline.broker import stop_broker

    directory = _directory(data_dir)
    stopped = stop_broker(directory)
    if stopped:
        typer.echo(f"stopped the broker at {stopped.bootstrap} (process {stopped.pid})", err=True)
    else:
        typer.echo(f"no broker runs on {directory}", err=True)


@broker.command()
def status(
    data_dir: DataDir = None, as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False
) -> None:
    """Say whether the broker runs, and where."""
    from pipeline.broker.directory import DataDirectory
    from pipeline.broker.jars import kafka_version, locked_jars

    directory = DataDirectory(_directory(data_dir))
    cluster = directory.cluster()
    running = directory.running()
    state = "stopped" if running is None else "running" if directory.has_started() else "starting"
    report = {
        "state": state,
        "bootstrap": running.bootstrap if running else None,
        "pid": running.pid if running else None,
        "cluster_id": cluster.cluster_id if cluster else None,
        "kafka": kafka_version(locked_jars()),
        "data_dir": str(directory.path),
        "log": str(directory.kafka_log),
    }
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report.items():
        typer.echo(f"{name.replace('_', ' '):11} {'-' if value is None else value}")


@broker.command()
def fetch() -> None:
    """Fetch the jars of Kafka into the cache, verify them, and print their folder."""
    from pipeline.broker.jars import folder
    from pipeline.broker.kafka import fetch_jars
    from pipeline.settings import Settings

    cache_dir = Settings().cache_dir
    fetch_jars(cache_dir)
    typer.echo(folder(cache_dir))


def _directory(data_dir: Path | None) -> Path:
    from pipeline.settings import Settings

    return data_dir or Settings().data_dir / "broker"
