"""Commands of the family `schemas`."""

import typer


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
