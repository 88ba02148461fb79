"""The command `healthcheck`."""

from typing import Annotated

import typer

from pipeline.commands.options import BOOTSTRAP, load_settings
from pipeline.topology import Role


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command(rich_help_panel="Roles of a deployment")
    def healthcheck(
        role: Annotated[Role, typer.Argument(metavar="ROLE", help="gate, worker, publish or notify")],
        bootstrap: str | None = BOOTSTRAP,
    ) -> None:
        """Exit with 0 when the role runs on this machine and the broker hears its heartbeats, else with 1."""
        import asyncio

        from pipeline.streams.health import members_here
        from pipeline.streams.logs import configure

        configure()
        count = asyncio.run(members_here(load_settings(bootstrap), role))
        typer.echo(f"{role}: {count} here", err=True)
