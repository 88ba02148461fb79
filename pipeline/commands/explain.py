"""The command `explain`: what an alert rests on, and the way of one article through all topics."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, load_settings
from pipeline.errors import RecognitionError
from pipeline.terminal import one_line

if TYPE_CHECKING:
    from pipeline.records import Alert, Fact, Status
    from pipeline.settings import Settings
    from pipeline.streams.correlation import Place
    from pipeline.streams.journey import Journey

_MOST_PLACES = 5


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(explain)


def explain(
    what: str = typer.Argument(
        metavar="ALERT|ARTICLE",
        help="Identifier of an alert, or its beginning; identifier of an article; or a correlation id, such as "
        "articles/0/7, as logs and dead letters name it.",
    ),
    as_json: bool = JSON,
    bootstrap: str | None = BOOTSTRAP,
) -> None:
    """Show what an alert rests on, or what became of an article: its way through all topics, with times.

    Of an alert: its fact by now, every sentence that supports it, what it replaced, and the way of the article that
    caused it.
    """
    from pipeline.streams.correlation import Place
    from pipeline.streams.logs import configure

    configure()
    settings = load_settings(bootstrap)
    if place := Place.parse(what):
        _show_ways(settings, [place], as_json)
        return
    alerts = asyncio.run(_alerts(settings))
    matching = [pair for pair in alerts if what and pair[0].id.startswith(what.lower())]
    if len(matching) > 1:
        listed = ", ".join(one.id[:12] for one, _ in matching[:5])
        raise RecognitionError(f"{len(matching)} alerts have an id that begins with {what!r}: {listed} ...")
    if matching:
        _show_alert(settings, *matching[0], [one for one, _ in alerts], as_json)
    elif places := asyncio.run(_places(settings, what)) if what else []:
        _show_ways(settings, places[-_MOST_PLACES:], as_json)
    else:
        raise RecognitionError(
            f"no alert has an id that begins with {what!r} ({len(alerts)} alerts were looked at), and no article has "
            "this id. `recognition watch --until-end` shows the alerts with their ids."
        )


def _show_alert(
    settings: "Settings", alert: "Alert", place: "Place | None", alerts: "Sequence[Alert]", as_json: bool
) -> None:
    from pipeline.commands.render import to_json
    from pipeline.commands.screen import Screen
    from pipeline.commands.tables import statuses
    from pipeline.streams.journey import journey

    fact = _fact_of(alert, statuses(settings).get(alert.key))
    earlier = _before(alert, alerts)
    way: Journey | None = None
    gone = ""
    if place is not None:
        try:
            way = asyncio.run(journey(settings, place))
        except RecognitionError as error:  # articles are not kept as long as alerts
            gone = str(error)
    if as_json:
        typer.echo(to_json({"alert": alert, "fact": fact, "replaced": earlier, "way": _plain(way) if way else None}))
        return
    _print_explanation(alert, fact, earlier)
    if way:
        _print_way(way)
    elif gone:
        Screen().print(f"\nIts way can no longer be told: {gone}.", style="dim", markup=False)


def _show_ways(settings: "Settings", places: "Sequence[Place]", as_json: bool) -> None:
    from pipeline.commands.render import to_json
    from pipeline.streams.journey import journey

    ways = [asyncio.run(journey(settings, place)) for place in places]
    if as_json:
        typer.echo(to_json([_plain(way) for way in ways]))
    else:
        for way in ways:
            _print_way(way)


# --- asking the topics ---


async def _alerts(settings: "Settings") -> "list[tuple[Alert, Place | None]]":
    """Every alert, with the place of the article that caused it."""
    from pipeline.records import Alert
    from pipeline.streams.admin import require_topics
    from pipeline.streams.clients import topology_of
    from pipeline.streams.correlation import Place, correlation
    from pipeline.streams.tail import partitions_of, read_to_end

    topic = topology_of(settings).alerts
    await require_topics(settings, topic)
    return [
        (Alert.from_json(record.value), Place.parse(correlation(record.headers) or ""))
        async for record in read_to_end(settings, partitions_of(topic))
    ]


async def _places(settings: "Settings", article_id: str) -> "list[Place]":
    """Where articles of this id stand, in the order in which they came."""
    import orjson

    from pipeline.streams.admin import require_topics
    from pipeline.streams.clients import topology_of
    from pipeline.streams.correlation import Place
    from pipeline.streams.tail import partitions_of, read_to_end

    topic = topology_of(settings).articles
    await require_topics(settings, topic)
    quoted = orjson.dumps(article_id)
    found = []
    async for record in read_to_end(settings, partitions_of(topic)):
        if record.key == article_id.encode() or (record.value and quoted in record.value and _id(record) == article_id):
            found.append((record.timestamp, record.partition, record.offset))
    return [Place(topic.name, partition, offset) for _, partition, offset in sorted(found)]


def _id(record: Any) -> str | None:
    import orjson

    try:
        article = orjson.loads(record.value)
    except ValueError:
        return None
    return article.get("id") if isinstance(article, dict) else None


def _before(alert: "Alert", alerts: "Sequence[Alert]") -> "Alert | None":
    """The alert before it on the same value."""
    mine = (alert.key, alert.data.dimension)
    earlier = [
        one for one in alerts if (one.key, one.data.dimension) == mine and one.data.revision < alert.data.revision
    ]
    return max(earlier, key=lambda one: one.data.revision, default=None)


def _fact_of(alert: "Alert", known: "Status | None") -> "Fact | None":
    """The Fact that the alert tells of as it is known by now: that of its value which shares most of its evidence."""
    from pipeline.judging.view import history

    told = {(one.article_id, one.start) for one in alert.data.evidence}
    likely = [
        fact
        for fact in (history(known) if known else [])
        if (fact.dimension, fact.value) == (alert.data.dimension, alert.data.value)
    ]
    return max(
        likely,
        key=lambda fact: (
            sum((one.article_id, one.evidence.start) in told for one in fact.support),
            fact.since == alert.data.since,
            fact.role == "current",
        ),
        default=None,
    )


# --- printing ---


def _print_explanation(alert: "Alert", fact: "Fact | None", earlier: "Alert | None") -> None:
    from pipeline.commands.render import alert_line, fact_table, support_text
    from pipeline.commands.screen import Screen

    screen = Screen()
    screen.print(*alert_line(alert), sep="\n")
    screen.print(
        f"{one_line(alert.id)}, revision {alert.data.revision}, {alert.time or 'from an article without a date'}\n",
        style="dim",
        markup=False,
    )
    if fact is None:
        screen.print("[bold]Told by[/]")
        for evidence in alert.data.evidence:
            screen.print(support_text(evidence))
    else:
        screen.print("[bold]What is known of it by now[/]")
        screen.print(fact_table([fact]))
    screen.print("\n[bold]Before[/]")
    if earlier is None:
        screen.print(f"Nothing had been told of {alert.data.dimension.replace('_', ' ')}.")
    else:
        screen.print(*alert_line(earlier), sep="\n")


def _print_way(way: "Journey") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from pipeline.commands.screen import Screen

    start = way.steps[0].time_ms
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("After", justify="right")
    table.add_column("Topic")
    table.add_column("Place", style="dim")
    table.add_column("What", overflow="fold")
    for step in way.steps:
        after = step.time_ms - start
        table.add_row(
            _clock(start) if step is way.steps[0] else f"{after:,} ms",
            step.topic,
            f"{step.partition}/{step.offset}",
            Text(one_line(_told(step.says) or step.key)),
        )
    screen = Screen()
    screen.print(f"\n[bold]The way of article[/] {way.place}\n", table, sep="\n")
    if way.pending:
        screen.print(f"[yellow]{way.pending} has still to take it[/]")
    elif len(way.steps) == 1 and way.place.topic.endswith("articles"):
        screen.print("[dim]Nothing followed: the gate found it not relevant.[/]")
    elif len(way.steps) == 2 and way.steps[1].topic.endswith("documents"):
        screen.print("[dim]Nothing followed: it says nothing that is watched, or this source printed it before.[/]")


def _told(says: Any) -> str:
    """One line for one message."""
    if "error" in says:
        return f"{says['error']}: {says['message']}"
    if "kind" in says:
        change = (
            f"{says['previous']} → {says['value']}"
            if says.get("previous") not in (None, says["value"])
            else says["value"]
        )
        return f"{says['kind']} {says['subject']} · {says['country']} {says['dimension']} {change} ({says['id'][:8]})"
    if "predicate" in says:
        date = f" {says['date']}" if "date" in says else ""
        return f"{says['subject']} · {says['country']} {says['predicate']}{date} ({says['id'][:8]})"
    if "digest" in says:
        return f"{says['digest'][:8]} {says.get('title') or ''}".strip()
    return " · ".join(str(says[name]) for name in ("id", "source", "title") if name in says)


def _clock(milliseconds: int) -> str:
    from pipeline.commands.render import moment

    at = moment(milliseconds)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z" if at else "-"


def _time(milliseconds: int) -> str | None:
    from pipeline.commands.render import moment

    at = moment(milliseconds)
    return at.isoformat(timespec="milliseconds") if at else None


def _plain(way: "Journey") -> dict[str, Any]:
    return {
        "correlation": str(way.place),
        "pending": way.pending,
        "steps": [
            {
                "topic": step.topic,
                "partition": step.partition,
                "offset": step.offset,
                "time": _time(step.time_ms),
                "key": step.key,
                "says": dict(step.says),
            }
            for step in way.steps
        ],
    }
