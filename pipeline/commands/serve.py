"""The command `serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.last_words import last_words
from pipeline.commands.options import BOOTSTRAP, LOG_FORMAT, LogFormat, load_settings

if TYPE_CHECKING:
    from pipeline.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command(rich_help_panel="Roles of a deployment")(serve)


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; else RECOGNITION_API_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="0 takes a free one; else RECOGNITION_API_PORT, else 8640."),
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="SQLite file of the tables; else view.sqlite in the data folder."
        ),
    ] = None,
    bootstrap: str | None = BOOTSTRAP,
    log_format: LogFormat | None = LOG_FORMAT,
) -> None:
    """Answer over HTTP: the tables, the alerts as they come, the dashboard; take articles in.

    Runs until it is stopped (SIGTERM or Ctrl-C). Run as many as you like, each with a file of its own.
    """
    from pipeline.streams.logs import configure

    settings = load_settings(bootstrap, api_host=host, api_port=port, database=database, log_format=log_format)
    configure(roles=True, form=settings.log_format)
    with last_words():
        _serve(settings)


def _serve(settings: "Settings") -> None:
    import uvloop

    from pipeline.serving import server
    from pipeline.streams.stopping import on_signals

    server.raise_file_limit()
    listening = server.listen(settings.api_host, settings.api_port)
    url = server.url_of(listening)
    if not (settings.api_token and settings.api_token.get_secret_value()) and not server.is_loopback(listening):
        typer.secho(
            "Other machines can read everything here, and send nothing: POST /v1/articles refuses all until "
            "RECOGNITION_API_TOKEN is set.",
            err=True,
            fg="yellow",
        )

    async def main() -> None:
        await server.serve(
            settings, listening, on_signals(), on_start=lambda: typer.echo(f"Recognition Watch is at {url}")
        )

    uvloop.run(main())
