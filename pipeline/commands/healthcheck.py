"""The command `healthcheck`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.commands.options import BOOTSTRAP, load_settings
from pipeline.topology import Role

if TYPE_CHECKING:
    from pipeline.settings import Settings

_ANSWER_SECONDS = 5


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command(rich_help_panel="Roles of a deployment")
    def healthcheck(
        role: Annotated[
            Literal[Role, "serve"], typer.Argument(metavar="ROLE", help="gate, worker, publish, notify or serve")
        ],
        bootstrap: str | None = BOOTSTRAP,
    ) -> None:
        """Exit with 0 when the role does its work on this machine, else with 1.

        Of serve: it answers that it is ready. Of the others: the broker hears their heartbeats.
        """
        import asyncio

        from pipeline.streams.health import members_here
        from pipeline.streams.logs import configure

        configure()
        settings = load_settings(bootstrap)
        if role == "serve":
            _require_ready(settings)
            typer.echo(f"{role}: ready at {settings.api_url}", err=True)
            return
        count = asyncio.run(members_here(settings, role))
        typer.echo(f"{role}: {count} here", err=True)


def _require_ready(settings: "Settings") -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    from pipeline.errors import RecognitionError

    url = f"{settings.api_url}/readyz"
    try:
        urlopen(url, timeout=_ANSWER_SECONDS).close()  # noqa: S310 - it is http, from the settings
    except HTTPError as error:
        error.close()
        raise RecognitionError(f"serve is not ready: {url} answers {error.code} {error.reason}") from error
    except OSError as error:
        raise RecognitionError(f"serve does not answer at {url}: {getattr(error, 'reason', error)}") from error
