"""Rows and alerts for people (rich) and for programs (JSON): the same in every command."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.records import Alert, Fact, Record, StatusRow

_GOOD = {"recognized", "established", "ambassador", "embassy", "mission", "delisted", "lifted"}
_BAD = {"withdrawn", "severed", "downgraded", "closed", "listed", "imposed"}
_KIND_STYLE = {"new": "bold green", "confirmed": "cyan", "background": "dim"}
_CONFIDENCE_STYLE = {"corroborated": "green", "reported": "", "disputed": "bold red"}


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The usual English name of a country code, the code itself where it has none."""
    import pycountry

    special = {"XK": "Kosovo", "EU": "European Union"}
    if code in special:
        return special[code]
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return code
    name: str = getattr(country, "common_name", country.name)
    return name.split(",")[0]


def as_json(found: Record | Sequence[Record]) -> str:
    """Records as JSON, indented, keys in the order of the record."""
    whole: Any = (
        found.model_dump(mode="json") if isinstance(found, Record) else [one.model_dump(mode="json") for one in found]
    )
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode()


def status_table(rows: Sequence[StatusRow], *, title: str | None = None) -> RenderableType:
    """The live table: one line per subject, country and dimension. Says what to do when it is empty."""
    if not rows:
        return Text("No status is known yet. Publish articles with `recognition replay PATH...`.", style="yellow")
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", title_justify="left")
    table.add_column("Subject", no_wrap=True)
    table.add_column("Country", max_width=24, no_wrap=True, overflow="ellipsis")
    table.add_column("Dimension", no_wrap=True)
    table.add_column("Value", no_wrap=True)
    table.add_column("Since", no_wrap=True)
    table.add_column("Confidence", no_wrap=True)
    table.add_column("Sources", justify="right", no_wrap=True)
    seen: tuple[str, str] | None = None
    for row in rows:
        first = seen != (row.subject, row.country)
        seen = (row.subject, row.country)
        table.add_row(
            row.subject if first else "",
            Text.assemble((row.country, "bold"), " ", country_name(row.country)) if first else "",
            row.dimension,
            value_text(row.value, first_ever=row.first_ever),
            row.since or "-",
            Text(row.confidence, style=_CONFIDENCE_STYLE[row.confidence]),
            sources_text(row.sources, row.independent),
        )
    return table


def alert_lines(alerts: Sequence[Alert]) -> RenderableType:
    """Alerts as they came: what became so, since when, by whose word."""
    if not alerts:
        return Text("No alerts.", style="dim")
    return Group(*(part for alert in alerts for part in _alert(alert)))


def _alert(alert: Alert) -> Iterable[RenderableType]:
    data = alert.data
    since = f" since {data.since}" if data.since else ""
    before = f", was {data.previous}" if data.previous not in (None, data.value) else ""
    first = ", the first ever" if data.first_ever else ""
    yield Text.assemble(
        (f"{data.kind:<10}", _KIND_STYLE[data.kind]),
        " ",
        (f"{data.subject}/{data.country}", "bold"),
        f" {country_name(data.country)}: {data.dimension} ",
        value_text(data.value),
        f"{since}{before}{first}",
        (f"  {data.confidence}, {sources_text(data.sources, data.independent)}", "dim"),
    )
    if data.evidence:
        best = data.evidence[0]
        yield Text.from_markup(f"[dim]{'':<10} {escape(best.source)}: “{escape(best.sentence)}”[/]")


def value_text(value: str, *, first_ever: bool = False) -> Text:
    """A value in its colour, starred when it was the first ever."""
    style = "green" if value in _GOOD else "red" if value in _BAD else "yellow"
    return Text(value.replace("_", " ") + (" *" if first_ever else ""), style=style)


def sources_text(sources: int, independent: int) -> str:
    """How many outlets, and how many of them are independent where that differs."""
    return str(sources) if sources == independent else f"{sources} ({independent} indep.)"


def fact_dates(fact: Fact) -> str:
    """The other dates that are given for a Fact, with their support."""
    return ", ".join(f"{given.date} ({given.independent})" for given in fact.dates[1:])
