"""Commands of the family `watch`."""

import typer


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
