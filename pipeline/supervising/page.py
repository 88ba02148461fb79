"""The start page of `recognition up` in a terminal: where it is reached, how it does, what was said last."""

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from pipeline.supervising.figures import Figures
from pipeline.supervising.log import colour
from pipeline.supervising.process import State

_STYLES: dict[State, str] = {"new": "dim", "running": "green", "waiting": "bold yellow", "stopped": "dim"}
_STATES: dict[State, str] = {"new": "not started yet"}
_LINE = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ ([A-Z]+) +[\w.]+: (.*)")
_LEVELS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
_FEWEST_LOG_LINES = 3
_NAMES = 10
"""Columns for what a line is about."""


@dataclass(frozen=True)
class Row:
    """One process: ``seconds`` are those it has been running, or has yet to wait."""

    name: str
    state: State
    pid: int | None
    restarts: int
    seconds: float


@dataclass(frozen=True)
class Page:
    """All of the start page, as tall as the terminal: what was said last fills what is left."""

    heading: str
    hint: str
    """What Ctrl-C does now."""
    addresses: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    figures: Figures
    last: Sequence[tuple[str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        above = Group(_heading(self.heading, self.hint, options.max_width), *_addresses(self.addresses), Text(""))
        figures = Group(Text(""), *_figures(self.figures, options.max_width), Text(""))
        parts: list[RenderableType] = [above, _table(self.rows), figures]
        height = sum(len(console.render_lines(part, options)) for part in parts)
        left = max(_FEWEST_LOG_LINES, (options.height or console.height) - height)
        yield Group(*parts, *(log_line(name, line) for name, line in self.last[-left:] if left))


def log_line(name: str, line: str) -> Text:
    """One line of the log, short: the time of day, and no name of a logger beside that of the process."""
    text = Text(f"{name:<9} ", style=colour(name), no_wrap=True, overflow="ellipsis")
    if found := _LINE.fullmatch(line):
        at, level, message = found.groups()
        return text.append(f"{at} ", style="dim").append(message, style=_LEVELS.get(level, "default"))
    return text.append(line, style="default")


def _heading(heading: str, hint: str, width: int) -> Text:
    name = "Recognition Watch"
    return Text.assemble((name, "bold"), f"  {heading}".ljust(width - len(name) - len(hint)), (hint, "dim"))


def _addresses(addresses: Sequence[tuple[str, str]]) -> list[Table]:
    return [_two_columns(name, value) for name, value in addresses]


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("role", width=10)
    table.add_column("state", width=18)
    for name in ("pid", "restarts", "up"):
        table.add_column(name, justify="right", min_width=8)
    for row in rows:
        state = f"starts in {row.seconds:.0f} s" if row.state == "waiting" else _STATES.get(row.state, row.state)
        since = str(timedelta(seconds=int(row.seconds))) if row.state == "running" else "-"
        table.add_row(
            Text(row.name, style=colour(row.name)),
            Text(state, style=_STYLES[row.state]),
            str(row.pid or "-"),
            Text(str(row.restarts), style="yellow" if row.restarts else "default"),
            since,
        )
    return table


def _figures(figures: Figures, width: int) -> list[Table]:
    counts = [f"{number:,} {name}".replace("_", " ") for name, number in figures.counts.items()]
    lag = [f"{'?' if math.isnan(left) else f'{left:,.0f}'} {name}" for name, left in figures.lag.items()]
    return [
        _two_columns("so far", _listed(counts, width - _NAMES)),
        _two_columns("to do", _listed(lag, width - _NAMES) or "not known yet"),
    ]


def _listed(parts: Sequence[str], width: int) -> str:
    """The parts in lines of their own breaking: rich would part a number from its word."""
    joined = ", ".join(part.replace(" ", "\xa0") for part in parts)
    return textwrap.fill(joined, max(width, 1), break_long_words=False, break_on_hyphens=False).replace("\xa0", " ")


def _two_columns(name: str, value: str) -> Table:
    table = Table.grid()
    table.add_column(width=_NAMES, style="dim")
    table.add_column()
    table.add_row(name, Text(value))
    return table
