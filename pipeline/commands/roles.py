"""Commands of the family `roles`."""

import typer


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
