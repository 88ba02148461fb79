"""The command `recognition`: assembles the command families; each imports its heavy parts when it is called."""

import typer

from pipeline import __version__
from pipeline.commands import (
    broker,
    dlq,
    evaluate,
    explain,
    extract,
    healthcheck,
    notify,
    replay,
    roles,
    run,
    schemas,
    serve,
    subjects,
    tables,
    topics,
    up,
    watch,
)

app = typer.Typer(
    name="recognition",
    help="Recognition Watch: which country recognises which government or state, read from the news.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"recognition {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


_FAMILIES = (
    run,
    up,
    replay,
    watch,
    tables,
    explain,
    extract,
    evaluate,
    subjects,
    dlq,
    topics,
    roles,
    serve,
    notify,
    healthcheck,
    broker,
    schemas,
)
for _family in _FAMILIES:
    _family.register(app)
