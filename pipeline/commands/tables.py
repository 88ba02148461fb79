"""The commands `status` and `history`: the live table as people and programs read it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, load_settings

if TYPE_CHECKING:
    from pipeline.records import Fact, Status, StatusRow
    from pipeline.settings import Settings

_SUBJECT: Any = typer.Argument(help="Identifier on the watchlist, such as taliban; see `recognition subjects`.")
_COUNTRY: Any = typer.Argument(help="ISO 3166-1 code or English name, such as RU or Russia.")


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(status)
    app.command()(history)


def status(
    subject: str | None = typer.Argument(None, help="Only this subject, such as taliban."),
    country: str | None = typer.Argument(None, help="Only this country: ISO code or English name."),
    *,
    as_of: str | None = typer.Option(
        None, "--as-of", metavar="DATE", help="What held by the end of DATE: 2025-07-03, 2025-07 or 2025."
    ),
    form: Literal["table", "json", "csv"] = typer.Option("table", "--format", help="How to print it."),
    as_json: bool = JSON,
    bootstrap: str | None = BOOTSTRAP,
) -> None:
    """Show the live table: every country's stance towards every watched subject."""
    when = _date(as_of)
    if as_json and form == "csv":
        raise typer.BadParameter("asks for CSV, and --json for JSON", param_hint="'--format'")
    settings = load_settings(bootstrap)
    code = code_of(country)
    known = statuses(settings)
    check_subject(settings, subject, lambda: known)
    found = _rows(known, subject, code, when)
    if as_json or form == "json":
        from pipeline.commands.render import to_json

        typer.echo(to_json(found))
    elif form == "csv":
        _print_csv(found)
    else:
        _print(found, subject, code, when, anything=bool(known))


def history(
    subject: str = _SUBJECT, country: str = _COUNTRY, as_json: bool = JSON, bootstrap: str | None = BOOTSTRAP
) -> None:
    """Show every step between one country and one subject, with the sentences that tell it."""
    settings = load_settings(bootstrap)
    code = code_of(country)
    known = statuses(settings)
    check_subject(settings, subject, lambda: known)
    found = _history(known.get(f"{subject}|{code}"))
    from pipeline.commands.render import country_name, fact_table, to_json
    from pipeline.commands.screen import Screen

    if as_json:
        typer.echo(to_json(found))
    elif found:
        Screen().print(f"[bold]{subject}[/] · {code} {country_name(code or '')}\n", fact_table(found))
    else:
        Screen().print(_nothing(subject, code, None, anything=bool(known)), style="yellow")


# --- asking the topics ---


def statuses(settings: "Settings") -> "dict[str, Status]":
    """The live table as it stands now, by ``subject|country``."""
    from pipeline.records import Status
    from pipeline.streams.clients import topology_of
    from pipeline.streams.logs import configure
    from pipeline.streams.snapshot import latest

    configure()
    found = asyncio.run(latest(settings, topology_of(settings).status))
    return {key: Status.from_json(value) for key, value in sorted(found.items())}


# --- what is asked for ---


def _date(text: str | None) -> str | None:
    from pipeline import edtf

    if text is None:
        return None
    try:
        edtf.span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--as-of'") from None
    return text


def code_of(country: str | None, hint: str = "'COUNTRY'") -> str | None:
    """The code of a country given by code or name. Raises BadParameter, which names those that are like it."""
    from pipeline.reading.countries import load_countries
    from pipeline.reading.naming import country_names, most_like

    if country is None:
        return None
    countries = load_countries().by_code
    if country.upper() in countries:
        return country.upper()
    names = country_names(countries)
    if country.casefold() in names:
        return names[country.casefold()]
    near = [f"{code} ({countries[code].name})" for code in most_like(country, names)]
    raise typer.BadParameter(
        _unknown("country", country, near) + " Give an ISO 3166-1 code or an English name.", param_hint=hint
    )


def check_subject(
    settings: "Settings", subject: str | None, known: "Callable[[], Iterable[str]]", hint: str = "'SUBJECT'"
) -> None:
    """Raise BadParameter for a subject that is neither watched nor, as ``known`` gives its keys, in the live table."""
    from pipeline.reading.naming import most_like, subject_names
    from pipeline.reading.watchlist import load_watchlist

    if subject is None:
        return
    watched = load_watchlist(settings.watchlist)
    if subject in watched:
        return
    subjects = {key.partition("|")[0] for key in known()}
    if subject in subjects:
        return
    near = most_like(subject, subject_names(watched) | {name: name for name in subjects})
    raise typer.BadParameter(_unknown("subject", subject, near) + " `recognition subjects` lists all.", param_hint=hint)


def _unknown(what: str, given: str, near: Sequence[str]) -> str:
    return f"no {what} is called {given!r}." + (f" Did you mean {' or '.join(near)}?" if near else "")


def _rows(known: "dict[str, Status]", subject: str | None, code: str | None, as_of: str | None) -> "list[StatusRow]":
    from pipeline.judging.view import rows

    return [
        row
        for one in known.values()
        if subject in (None, one.subject) and code in (None, one.country)
        for row in rows(one, as_of=as_of)
    ]


def _history(found: "Status | None") -> "list[Fact]":
    from pipeline.judging.view import history

    return history(found) if found else []


# --- printing ---


def _print(
    found: "list[StatusRow]", subject: str | None, code: str | None, as_of: str | None, *, anything: bool
) -> None:
    from pipeline.commands.render import status_table
    from pipeline.commands.screen import Screen

    Screen().print(status_table(found, empty=_nothing(subject, code, as_of, anything=anything)))


def _nothing(subject: str | None, code: str | None, as_of: str | None, *, anything: bool) -> str:
    from pipeline.commands.render import NO_STATUS, country_name

    if not anything:
        return NO_STATUS
    about = [f"of {country_name(code)}"] if code else []
    about += [f"towards {subject}"] if subject else []
    then = f" as of {as_of}" if as_of else ""
    return f"Nothing is known {' '.join(about) or 'at all'}{then}. `recognition status` shows what is known."


def _print_csv(found: "list[StatusRow]") -> None:
    import csv
    import sys

    from pipeline.records import StatusRow

    columns = [name for name in StatusRow.model_fields if name != "activity"]
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in found:
        values = row.model_dump(mode="json")
        writer.writerow([values[name] for name in columns])
