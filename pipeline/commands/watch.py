"""The command `watch`."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.commands.options import BOOTSTRAP, load_settings

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.streams.watching import Wanted

_SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(watch)


def watch(
    *,
    kind: Annotated[
        Literal["new", "background", "confirmed"] | None, typer.Option(help="Only alerts of this kind.")
    ] = None,
    subject: Annotated[str | None, typer.Option(metavar="SUBJECT", help="Only this subject, such as taliban.")] = None,
    country: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="Only this country, such as RU or Russia.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Start with alerts published since then: 2025-07-03, 2025-07-03T12:00+00:00, 2h, 7d, or all.",
        ),
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop after the last alert that is there now; --since all by default.")
    ] = False,
    maximum: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="Stop after so many alerts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one CloudEvent a line.")] = False,
    bootstrap: str | None = BOOTSTRAP,
) -> None:
    """Print alerts as they are published. Stop with Ctrl-C."""
    import asyncio

    from pipeline.commands.tables import check_subject, code_of, statuses
    from pipeline.streams.logs import configure
    from pipeline.streams.watching import Wanted

    configure()
    settings = load_settings(bootstrap)
    since_ms = _milliseconds(since, datetime.now(UTC)) if since else 0 if until_end else None
    wanted = Wanted(kind, subject, code_of(country, "'--country'"))
    check_subject(settings, subject, lambda: statuses(settings), "'--subject'")
    try:
        asyncio.run(
            _watch(
                settings,
                wanted,
                since_ms=since_ms,
                until_end=until_end,
                maximum=maximum,
                as_json=as_json,
            )
        )
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _watch(
    settings: "Settings",
    wanted: "Wanted",
    *,
    since_ms: int | None,
    until_end: bool,
    maximum: int | None,
    as_json: bool,
) -> None:
    from contextlib import aclosing

    from pipeline.commands.render import alert_lines, to_json
    from pipeline.commands.screen import Screen
    from pipeline.streams.watching import alerts

    screen = Screen()
    printed = 0
    async with aclosing(alerts(settings, wanted, since_ms=since_ms, until_end=until_end)) as found:
        async for alert in found:
            if as_json:
                print(to_json(alert, indent=False), flush=True)  # noqa: T201
            else:
                screen.print(alert_lines([alert]))
            printed += 1
            if printed == maximum:
                return
    if not printed and not as_json:
        screen.print("No such alerts.", style="dim")


def _milliseconds(when: str, now: datetime) -> int:
    """Read a date, a date-time (UTC where it names no zone), a span before now, or `all`; not before 1970."""
    if when == "all":
        return 0
    if span := re.fullmatch(r"(\d+)\s*([mhdw])", when):
        try:
            moment = now - timedelta(**{_SPANS[span[2]]: int(span[1])})
        except (OverflowError, ValueError):
            raise typer.BadParameter(
                f"{when!r} is longer than the calendar; `all` is all", param_hint="--since"
            ) from None
    else:
        try:
            moment = datetime.fromisoformat(when)
        except ValueError:
            raise typer.BadParameter(
                f"{when!r}: give a date (2025-07-03), a date-time, a span (30m, 2h, 7d, 4w) or all",
                param_hint="--since",
            ) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp() * 1_000))
