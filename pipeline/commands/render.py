"""Rows and alerts for people (rich) and for programs (JSON): the same in every command. Fits 100 columns.

What strangers have written is on one line each, so that it cannot pass for a line of ours.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.records import DIMENSIONS, Alert, Fact, Record, StatusRow, Support
from pipeline.terminal import escaped, one_line

if TYPE_CHECKING:
    from pipeline.records import AlertEvidence

_WIDE = 108
"""Columns from which on the status table shows activity."""

_COME = {"recognized", "established", "ambassador", "embassy", "mission", "delisted", "lifted"}
_GONE = {"withdrawn", "severed", "downgraded", "closed", "listed", "imposed"}
_KIND_STYLES = {"new": "bold green", "confirmed": "cyan", "background": "dim"}
_CONFIDENCE_STYLES = {"corroborated": "green", "reported": "none", "disputed": "bold red"}
_ROLE_STYLES = {"current": "bold", "history": "dim", "dissent": "red"}
NO_STATUS = (
    "No status is known yet. Publish articles with `recognition replay PATH...` while the roles run, "
    "or do all of it in one go with `recognition run PATH...`."
)


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The usual English name of a country, its code where it has none."""
    from pipeline.reading.countries import load_countries

    country = load_countries().by_code.get(code)
    return country.name if country else code


def moment(milliseconds: int | None) -> datetime | None:
    """A time of Kafka's in UTC, milliseconds since 1970; None for one that no calendar has."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def to_json(value: Any, *, indent: bool = True) -> str:
    """JSON of records, and of lists and dictionaries of records, each as it is on the wire.

    It can be shown on a terminal: what cannot be printed is escaped.
    """

    def plain(other: Any) -> Any:
        if isinstance(other, Record):
            return other.model_dump(mode="json")
        raise TypeError(f"no JSON for {type(other).__name__}")

    return escaped(orjson.dumps(value, default=plain, option=orjson.OPT_INDENT_2 if indent else None).decode())


def status_table(rows: Sequence[StatusRow], *, empty: str = NO_STATUS) -> RenderableType:
    """The live table, a line per country and dimension under each subject; ``empty`` is said when there is none.

    The claims of the last 1, 7 and 30 days are shown where the terminal is wide enough.
    """
    return _StatusTable(rows) if rows else Text(empty, style="yellow")


class _StatusTable:
    def __init__(self, rows: Sequence[StatusRow]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.subject, row.country, DIMENSIONS.index(row.dimension)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        headers = ["Country", "Dimension", "Value", "Since", "Confidence", "Sources", "1/7/30 d"]
        if options.max_width < _WIDE:
            del headers[-1]
        cells = [_cells(row)[: len(headers)] for row in self._rows]
        widths = [max(len(cell) for cell in column) for column in zip(map(Text, headers), *cells, strict=True)]
        widths[0] = max(10, min(widths[0], options.max_width - sum(widths[1:]) - 2 * (len(headers) - 1)))
        for subject, group in groupby(zip(self._rows, cells, strict=True), key=lambda pair: pair[0].subject):
            table = Table(
                box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim"
            )
            table.title, table.title_style, table.title_justify = Text(one_line(subject), style="bold"), "none", "left"
            for name, width in zip(headers, widths, strict=True):
                right = name in ("Sources", "1/7/30 d")
                table.add_column(
                    name, width=width, justify="right" if right else "left", no_wrap=True, overflow="ellipsis"
                )
            shown = ""
            for row, line in group:
                table.add_row("" if row.country == shown else line[0], *line[1:])
                shown = row.country
            yield table
        if len(headers) == 7:
            yield Text("1/7/30 d: claims in the last 1, 7 and 30 days of publication", style="dim")
        if any(row.sources != row.independent for row in self._rows):
            yield Text("sources 5/3: 5 outlets printed it, 3 of them did not copy one another", style="dim")
        if any(row.first_ever for row in self._rows):
            yield Text("* the first country ever to do so", style="dim")


def _cells(row: StatusRow) -> list[Text]:
    return [
        Text.assemble((row.country, "bold"), " ", country_name(row.country)),
        Text(_spoken(row.dimension)),
        value_text(row.value, first_ever=row.first_ever),
        Text(row.since or "-"),
        Text(row.confidence, style=_CONFIDENCE_STYLES[row.confidence]),
        Text(counts(row.sources, row.independent)),
        Text("/".join(str(window.claims) for window in row.activity.values())),
    ]


def alert_lines(alerts: Sequence[Alert]) -> RenderableType:
    """Alerts in the order they came: what is so by now, what was before, and the sentence that told it."""
    if not alerts:
        return Text("No alerts.", style="dim")
    return Group(*(part for alert in alerts for part in alert_line(alert)))


def alert_line(alert: Alert) -> list[RenderableType]:
    """One alert: a line that tells it, and a line of evidence."""
    data = alert.data
    head = Text.assemble(
        (f"{data.kind:<10} ", _KIND_STYLES[data.kind]),
        (one_line(data.subject), "bold"),
        f" · {one_line(data.country)} {country_name(data.country)} · {_spoken(data.dimension)} ",
    )
    if data.previous not in (None, data.value):
        head.append(f"{_spoken(data.previous or '')} → ", style="dim")
    head.append_text(value_text(data.value))
    head.append(f" since {data.since}" if data.since else "")
    head.append(", the first country ever" if data.first_ever else "")
    told = [f"{counts(data.sources, data.independent)} {'source' if data.sources == 1 else 'sources'}"]
    told += [data.confidence] if data.confidence != "reported" else []
    told += [f"id {one_line(alert.id[:8])}"]
    parts: list[RenderableType] = [head]
    if data.evidence:
        parts.append(Padding(_quote(data.evidence[0]), (0, 0, 0, 11)))
    parts.append(Padding(Text(", ".join(told), style="dim"), (0, 0, 0, 11)))
    return parts


def fact_table(facts: Sequence[Fact]) -> RenderableType:
    """Facts in order of time, each with its evidence below it."""
    parts: list[RenderableType] = []
    shown: str | None = None
    for fact in facts:
        if fact.dimension != shown:
            parts.append(Text(_spoken(fact.dimension), style="bold underline"))
            shown = fact.dimension
        line = Text.assemble(f"  {fact.since or 'undated':<11}", value_text(fact.value, first_ever=fact.first_ever))
        line.append(f"  {fact.role}", style=_ROLE_STYLES[fact.role])
        line.append(f"  {fact.confidence}", style=_CONFIDENCE_STYLES[fact.confidence])
        line.append(f", {counts(fact.sources, fact.independent)} {'source' if fact.sources == 1 else 'sources'}")
        others = ", ".join(f"{given.date} by {given.independent}" for given in fact.dates if given.date != fact.since)
        line.append(f"; also dated {others}" if others else "", style="dim")
        parts.append(line)
        parts += [Padding(support_text(support), (0, 0, 0, 13)) for support in fact.support]
    return Group(*parts)


def support_text(support: "Support | AlertEvidence") -> Text:
    """One sentence of evidence with its source, publication date and address."""
    text = _quote(support)
    if support.url:
        text.append(f"\n{one_line(support.url)}", style="blue")
    return text


def value_text(value: str, *, first_ever: bool = False) -> Text:
    """A value in its colour, starred when it was the first ever."""
    style = "green" if value in _COME else "red" if value in _GONE else "yellow"
    return Text(_spoken(value) + (" *" if first_ever else ""), style=style)


def counts(sources: int, independent: int) -> str:
    """How many outlets, and after a stroke how many are independent where that differs."""
    return str(sources) if sources == independent else f"{sources}/{independent}"


def _quote(evidence: "Support | AlertEvidence") -> Text:
    sentence = evidence.evidence.sentence if isinstance(evidence, Support) else evidence.sentence
    text = Text.assemble((one_line(evidence.source), "bold"))
    text.append(f", {one_line(evidence.published[:10])}" if evidence.published else ", undated", style="dim")
    return text.append(f": “{one_line(sentence)}”", style="italic")


def _spoken(name: str) -> str:
    return name.replace("_", " ")
