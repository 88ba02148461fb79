"""The command `subjects`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.commands.options import JSON, load_settings

if TYPE_CHECKING:
    from pipeline.reading.watchlist import Subject

_KINDS = ("government", "state", "claim")
_WIDE = 110
_WATCHLIST = typer.Option(
    None,
    "--watchlist",
    metavar="FILE",
    help="A YAML file of subjects that are added, or that replace those of the same id. "
    "RECOGNITION_WATCHLIST names one for every command.",
)


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command()
    def subjects(
        subject: str | None = typer.Argument(None, metavar="[SUBJECT]", help="An id: show all that is known of it."),
        kind: str | None = typer.Option(None, "--kind", help="Only these: government, state or claim."),
        every: bool = typer.Option(False, "--all", help="Also the states that are watched under their own names only."),
        watchlist: Path | None = _WATCHLIST,
        as_json: bool = JSON,
    ) -> None:
        """Whose standing is watched: governments, states and territorial claims.

        Every other state of ISO 3166-1 is watched too, under its own name; --all lists them.
        """
        from pipeline.reading.watchlist import load_watchlist

        if kind is not None and kind not in _KINDS:
            raise typer.BadParameter(f"{kind!r} is none of {', '.join(_KINDS)}", param_hint="--kind")
        watched = load_watchlist(watchlist or load_settings(None).watchlist)
        if subject is not None and subject not in watched:
            raise typer.BadParameter(
                f"nothing on the watchlist is called {subject!r}{_similar(subject, list(watched))}",
                param_hint="SUBJECT",
            )
        chosen = [
            one
            for one in watched.values()
            if (subject is None or one.id == subject)
            and (kind is None or one.kind == kind)
            and (every or one.listed or one.id == subject)
        ]
        if as_json:
            typer.echo(_as_json(chosen))
        elif subject is not None:
            _print_one(chosen[0])
        else:
            _print_table(chosen, others=sum(not one.listed for one in watched.values()) if not every else 0)


def _similar(word: str, ids: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, ids, n=3)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _as_json(chosen: "Sequence[Subject]") -> str:
    from dataclasses import asdict

    import orjson

    return orjson.dumps([asdict(one) for one in chosen], option=orjson.OPT_INDENT_2).decode()


def _print_table(chosen: "Sequence[Subject]", others: int) -> None:
    from rich import box
    from rich.table import Table

    from pipeline.commands.screen import Screen

    console = Screen()
    wide = console.width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("id", "kind", "ISO", "name", *(["also called"] if wide else [])):
        table.add_column(heading, no_wrap=heading in ("id", "kind", "ISO"))
    for one in sorted(chosen, key=lambda one: (_KINDS.index(one.kind), one.id)):
        row = [one.id, one.kind, one.holder or one.territory or "", one.name]
        table.add_row(*row, *([_some((*one.leaders, *one.aliases, *one.over))] if wide else []))
    console.print(table)
    if others:
        console.print(f"{len(chosen)} subjects; {others} other states are watched under their own names (--all).")


def _print_one(one: "Subject") -> None:
    from dataclasses import fields

    from rich.table import Table

    from pipeline.commands.screen import Screen

    table = Table(box=None, show_header=False, pad_edge=False)
    for field in fields(one):
        value = getattr(one, field.name)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if value:
            table.add_row(field.name.replace("_", " "), ", ".join(value) if isinstance(value, tuple) else value)
    Screen().print(table)


def _some(words: Sequence[str], most: int = 3) -> str:
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
