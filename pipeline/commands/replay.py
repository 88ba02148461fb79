"""The command `replay`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, load_settings
from pipeline.terminal import one_line

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.streams.replay import Pace, ReplaySummary

_SECONDS = {"s": 1, "min": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    app.command()(replay)


def replay(
    *,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files or folders: .txt as scraped, .html, .json, .jsonl.")
    ],
    rate: Annotated[
        str | None, typer.Option(metavar="N/s", help="So many articles a second (also N/min, N/h).")
    ] = None,
    speed: Annotated[
        str | None, typer.Option(metavar="60x", help="In the rhythm of their publication, so many times as fast.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted replay of these paths stopped.")
    ] = False,
    bootstrap: str | None = BOOTSTRAP,
    as_json: bool = JSON,
) -> None:
    """Publish articles, as fast as the broker takes them or at a pace.

    Publishing the same articles again changes nothing downstream.
    What cannot be read is listed with its reason, and the rest is published.
    Exits with 1 when nothing could be read.
    """
    pace = _pace(rate, speed)
    summary = _replay(load_settings(bootstrap), paths, pace, resume=resume)
    if as_json:
        _print_json(summary)
    else:
        _print(summary)
    if not summary.published and not summary.skipped:
        raise typer.Exit(1)


def _pace(rate: str | None, speed: str | None) -> "Pace":
    from pipeline.streams.replay import Pace

    if rate is not None and speed is not None:
        raise typer.BadParameter("--rate and --speed exclude each other")
    if rate is not None:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(s|min|h))?", rate.strip())
        if not found or not float(found[1]):
            raise typer.BadParameter(f"{rate!r}: give a rate such as 50/s, 600/min or 1000/h", param_hint="--rate")
        return Pace(rate=float(found[1]) / _SECONDS[found[2] or "s"])
    if speed is not None:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)x?", speed.strip())
        if not found or not float(found[1]):
            raise typer.BadParameter(f"{speed!r}: give a factor such as 60x", param_hint="--speed")
        return Pace(speed=float(found[1]))
    return Pace()


def _replay(settings: "Settings", paths: list[Path], pace: "Pace", *, resume: bool) -> "ReplaySummary":
    import asyncio
    from hashlib import blake2b

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from pipeline.commands.screen import Screen
    from pipeline.errors import RecognitionError
    from pipeline.intake.files import SUFFIXES, count_articles, read_articles
    from pipeline.streams import replay
    from pipeline.streams.logs import configure

    configure()
    total = count_articles(paths)
    if not total:
        raise RecognitionError(
            f"no articles in {', '.join(map(str, paths))}: files ending in {', '.join(SUFFIXES)} are read"
        )
    places = "\n".join([settings.bootstrap, settings.topic_prefix, *sorted(str(path.resolve()) for path in paths)])
    state = settings.data_dir / "replay" / blake2b(places.encode(), digest_size=8).hexdigest()
    published = replay.Progress(state, resume=resume)
    finished = False
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Screen(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=total)
            summary = asyncio.run(
                replay.publish_articles(
                    settings,
                    read_articles(paths),
                    pace=pace,
                    progress=published,
                    on_article=lambda: bar.advance(task),
                )
            )
        finished = True
    except KeyboardInterrupt:
        typer.echo("interrupted; the same command with --resume goes on from here", err=True)
        raise typer.Exit(130) from None
    finally:
        published.close(finished=finished)
    return summary


def _print(summary: "ReplaySummary") -> None:
    from pipeline.commands.screen import Screen

    console = Screen()
    skipped = f", {summary.skipped:,} were published before" if summary.skipped else ""
    articles = "article" if summary.published == 1 else "articles"
    console.print(f"[bold]{summary.published:,}[/] {articles} published in {summary.seconds:.1f} s{skipped}")
    if summary.unreadable:
        console.print(f"[bold red]{len(summary.unreadable):,}[/] unreadable:")
        for each in summary.unreadable:
            console.print(f"  {one_line(str(each))}", soft_wrap=True, markup=False)


def _print_json(summary: "ReplaySummary") -> None:
    from pipeline.commands.render import to_json

    unreadable = [
        {"path": str(each.path), "line": each.line, "reason": each.reason, "remedy": each.remedy}
        for each in summary.unreadable
    ]
    figures = {"published": summary.published, "skipped": summary.skipped, "seconds": round(summary.seconds, 3)}
    typer.echo(to_json({**figures, "unreadable": unreadable}))
