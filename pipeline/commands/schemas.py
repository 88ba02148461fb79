"""The command `schemas`."""

from pathlib import Path
from typing import Any

import typer

from pipeline.errors import RecognitionError

_OUT: Any = typer.Option("schemas", "--out", metavar="DIR", file_okay=False, help="The folder they are in.")


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command()
    def schemas(
        out: Path = _OUT,
        check: bool = typer.Option(False, "--check", help="Write nothing; exit with 1 when a file is not current."),
    ) -> None:
        """Write the JSON Schema of each record, asyncapi.yaml of the topics, openapi.json of the HTTP API."""
        from pipeline.schemas import files

        generated = files()
        stale = sorted(name for name, text in generated.items() if _content(out / name) != text)
        if check and stale:
            raise RecognitionError(f"not current in {out}: {', '.join(stale)}; run `recognition schemas --out {out}`")
        out.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (out / name).write_text(generated[name], encoding="utf-8")
        typer.echo(f"{out}: {len(generated)} files, {len(stale)} of them written anew", err=True)


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
