"""The command `notify`: alerts to webhooks."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, LOG_FORMAT, METRICS_PORT, LogFormat, load_settings

if TYPE_CHECKING:
    import asyncio

    from pipeline.settings import Settings
    from pipeline.webhooks.delivery import Message, Outcome
    from pipeline.webhooks.destinations import Address
    from pipeline.webhooks.endpoints import Endpoint

_SHOWN_BYTES = 2_000


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command(rich_help_panel="Roles of a deployment")(notify)


def notify(
    *,
    endpoints: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file that names the endpoints; else RECOGNITION_WEBHOOKS."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only check the file and where its URLs lead; send nothing.")
    ] = False,
    test: Annotated[
        str | None,
        typer.Option(metavar="ENDPOINT", help="Only send this endpoint a signed test event, and tell what it answers."),
    ] = None,
    forget: Annotated[
        str | None,
        typer.Option(
            metavar="ENDPOINT",
            help="Only forget how far this endpoint was: for one that was taken out of the file.",
        ),
    ] = None,
    bootstrap: str | None = BOOTSTRAP,
    log_format: LogFormat | None = LOG_FORMAT,
    metrics_port: int | None = METRICS_PORT,
    as_json: bool = JSON,
) -> None:
    """Send every alert, signed, to the webhooks that want it.

    Runs until it is stopped (SIGTERM or Ctrl-C). Run as many as there are partitions.
    """
    from pipeline.commands.roles import run_role
    from pipeline.webhooks.role import run_notify

    if sum([check, test is not None, forget is not None]) > 1:
        raise typer.BadParameter("give only one of --check, --test and --forget")
    settings = load_settings(bootstrap, webhooks=endpoints)
    if forget is not None:
        _forget(forget, settings)
        return
    found = _load(settings)
    if check:
        _check(found, settings, as_json)
    elif test is not None:
        _test(found, test, settings, as_json)
    elif as_json:
        raise typer.BadParameter(
            "it goes with --check or --test; for logs there is --log-format json", param_hint="--json"
        )
    else:

        async def role(settings: "Settings", stop: "asyncio.Event") -> None:
            await run_notify(settings, found, stop)

        run_role(role, bootstrap, log_format, metrics_port)


def _load(settings: "Settings") -> "tuple[Endpoint, ...]":
    from pipeline.errors import RecognitionError
    from pipeline.webhooks.endpoints import load_endpoints

    if settings.webhooks is None:
        raise RecognitionError(
            "there is nobody to notify: name a file of endpoints with --endpoints FILE or RECOGNITION_WEBHOOKS"
        )
    return load_endpoints(settings.webhooks, allow_private=settings.webhook_allow_private)


def _forget(endpoint: str, settings: "Settings") -> None:
    import asyncio

    from pipeline.streams.clients import topology_of
    from pipeline.streams.groups import forget
    from pipeline.streams.logs import configure

    configure()
    asyncio.run(forget(settings, f"{topology_of(settings).notify_group}.{endpoint}"))
    typer.echo(f"{endpoint} is forgotten: should it come back, it is new")


def _check(endpoints: "Sequence[Endpoint]", settings: "Settings", as_json: bool) -> None:
    import asyncio

    from pipeline.commands.render import to_json
    from pipeline.webhooks.backoff import Backoff

    async def examine() -> list[dict[str, Any]]:
        return await asyncio.gather(*(_examined(endpoint, settings) for endpoint in endpoints))

    rows = asyncio.run(examine())
    if as_json:
        typer.echo(to_json(rows))
    else:
        for row in rows:
            _print_row(row)
        span = Backoff().span(settings.webhook_attempts)
        tries = f"up to {settings.webhook_attempts} times within {_duration(span)}" if span else "once"
        typer.echo(f"An alert is tried {tries}, then it is a dead letter.")
    if any(row["problem"] for row in rows if row["enabled"]):
        raise typer.Exit(1)


async def _examined(endpoint: "Endpoint", settings: "Settings") -> dict[str, Any]:
    from pipeline.webhooks.connecting import allowed_addresses
    from pipeline.webhooks.destinations import RefusedDestinationError

    where, filters = endpoint.destination, endpoint.filters
    addresses: list[Address] = []
    state, problem = "ready" if endpoint.enabled else "disabled", None
    try:
        addresses = await allowed_addresses(where.host, where.port, allow_private=settings.webhook_allow_private)
    except RefusedDestinationError as error:
        state, problem = "refused", str(error)
    except OSError as error:
        state, problem = "not found", f"{where.host} cannot be resolved: {error.strerror or error}"
    return {
        "id": endpoint.id,
        "state": state,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "from": endpoint.start,
        "secrets": len(endpoint.secrets),
        "filters": {
            "kinds": sorted(filters.kinds),
            "subjects": sorted(filters.subjects),
            "countries": sorted(filters.countries),
            "dimensions": sorted(filters.dimensions),
        },
        "addresses": [str(address) for address in addresses],
        "problem": problem,
        "unknown": _unknown(filters.subjects, filters.countries, settings),
    }


def _unknown(subjects: Iterable[str], countries: Iterable[str], settings: "Settings") -> list[str]:
    """What a filter asks for that no alert can be about."""
    from pipeline.reading.countries import load_countries
    from pipeline.reading.watchlist import load_watchlist

    watched = load_watchlist(settings.watchlist)
    known = load_countries().by_code
    return sorted(
        {name for name in subjects if name not in watched} | {code for code in countries if code not in known}
    )


def _print_row(row: dict[str, Any]) -> None:
    from pipeline.commands.screen import Screen

    console = Screen(soft_wrap=True)
    console.print(row["id"], style="bold", end=": ", markup=False)
    console.print(row["state"], style={"ready": "green", "disabled": "dim"}.get(row["state"], "bold red"))
    wanted = [f"{name} {', '.join(values)}" for name, values in row["filters"].items() if values]
    lines = {
        "url": row["url"],
        "address": ", ".join(row["addresses"]),
        "problem": row["problem"],
        "alerts": "; ".join(wanted) or "all",
        "unknown": f"{', '.join(row['unknown'])}: no alert is about that" if row["unknown"] else None,
        "secrets": f"{row['secrets']}, each signs" if row["secrets"] > 1 else None,
        "from": "the next alert on" if row["from"] == "now" else "the first alert there is",
    }
    for name, value in lines.items():
        if value:
            console.print(f"  {name:<9}{value}", markup=False)


def _duration(seconds: float) -> str:
    for unit, length in (("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _test(endpoints: "Sequence[Endpoint]", name: str, settings: "Settings", as_json: bool) -> None:
    import asyncio
    from datetime import UTC, datetime
    from uuid import uuid4

    from pipeline.commands.render import to_json
    from pipeline.webhooks.delivery import trial

    endpoint = next((one for one in endpoints if one.id == name), None)
    if endpoint is None:
        raise typer.BadParameter(
            f"{settings.webhooks} names no endpoint {name!r}; it names {', '.join(one.id for one in endpoints)}",
            param_hint="--test",
        )
    message = trial(endpoint, f"test_{uuid4().hex}", datetime.now(UTC).isoformat(timespec="seconds"))
    outcome = asyncio.run(_send(endpoint, message, settings))
    if as_json:
        told = {
            "endpoint": endpoint.id,
            "id": message.id,
            "outcome": outcome.verdict,
            "status": outcome.status,
            "reason": outcome.reason,
            "error": outcome.error,
            "ms": outcome.milliseconds,
            "answer": outcome.answer.decode("utf-8", "replace"),
        }
        typer.echo(to_json(told))
    else:
        _print_outcome(endpoint, message, outcome)
    if outcome.verdict != "delivered":
        raise typer.Exit(1)


async def _send(endpoint: "Endpoint", message: "Message", settings: "Settings") -> "Outcome":
    from pipeline.webhooks.connecting import new_pool
    from pipeline.webhooks.delivery import Delivery

    async with new_pool(allow_private=settings.webhook_allow_private) as pool:
        return await Delivery(endpoint, pool, settings.webhook_timeout_seconds).attempt(message)


def _print_outcome(endpoint: "Endpoint", message: "Message", outcome: "Outcome") -> None:
    from pipeline.commands.dlq import printable
    from pipeline.commands.screen import Screen
    from pipeline.webhooks.delivery import TEST_TYPE

    console = Screen(soft_wrap=True)
    console.print(endpoint.id, style="bold", end=": ", markup=False)
    console.print(outcome.verdict, style="green" if outcome.verdict == "delivered" else "bold red")
    if outcome.verdict != "refused":
        console.print(f"  sent     {message.id}, {len(message.body):,} bytes, {TEST_TYPE}", markup=False)
        console.print(f"  took     {outcome.milliseconds:,} ms", markup=False)
    console.print(f"  {'reason' if outcome.status is None else 'answer'}   {outcome.reason}", markup=False)
    if outcome.verdict == "delivered" and outcome.answer:
        console.print(printable(outcome.answer[:_SHOWN_BYTES]), markup=False)
    if not endpoint.enabled:
        console.print("It is not enabled: alerts are not sent there.", style="dim")
