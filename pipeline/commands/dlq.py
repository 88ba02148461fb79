"""The commands `dlq list` and `dlq show`."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, load_settings
from pipeline.terminal import one_line, safe
from pipeline.topology import Stage

if TYPE_CHECKING:
    from pipeline.records import DeadLetter
    from pipeline.settings import Settings

_SHOWN_BYTES = 4_096
_SHOWN_CHARACTERS = 300
_HEX_WIDTH = 16

StageOption = Annotated[Stage | None, typer.Option(help="Only what this stage refused.")]


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    family = typer.Typer(no_args_is_help=True)
    app.add_typer(family, name="dlq", help="Dead letters: what was refused, and why.")
    family.command("list")(list_letters)
    family.command("show")(show_letter)


def list_letters(stage: StageOption = None, bootstrap: str | None = BOOTSTRAP, as_json: bool = JSON) -> None:
    """List the messages that a stage has refused, with the reason of each."""
    import asyncio

    from pipeline.streams.logs import configure

    configure()
    letters = asyncio.run(_letters(load_settings(bootstrap), stage))
    if as_json:
        _print_json([_summary(name, letter) for name, letter in letters])
    else:
        _print_table(letters)


def show_letter(
    letter_id: Annotated[
        str, typer.Argument(metavar="ID", help="As listed: stage/partition/offset, such as gate/0/7.")
    ],
    raw: Annotated[bool, typer.Option("--raw", help="Write the message's bytes, untouched, and nothing else.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show all of a long message.")] = False,
    bootstrap: str | None = BOOTSTRAP,
    as_json: bool = JSON,
) -> None:
    """Show one dead letter: its headers, and its bytes as text or, where they are none, in hexadecimal."""
    import asyncio

    from pipeline.errors import RecognitionError
    from pipeline.streams.logs import configure

    configure()
    stage = letter_id.split("/")[0]
    if stage not in get_args(Stage):
        raise typer.BadParameter(f"{letter_id!r}: give an id as `recognition dlq list` prints it, such as gate/0/7")
    letters = dict(asyncio.run(_letters(load_settings(bootstrap), stage)))
    letter = letters.get(letter_id)
    if letter is None:
        raise RecognitionError(f"there is no dead letter {letter_id}; `recognition dlq list` names those that are")
    if raw:
        sys.stdout.buffer.write(letter.value or b"")
    elif as_json:
        _print_json({"id": letter_id} | letter.model_dump(mode="json"))
    else:
        _print_letter(letter_id, letter, full)


async def _letters(settings: "Settings", stage: str | None) -> "list[tuple[str, DeadLetter]]":
    from pipeline.streams.admin import require_topics
    from pipeline.streams.clients import topology_of
    from pipeline.streams.dead_letters import dead_letter
    from pipeline.streams.tail import partitions_of, read_to_end

    topics = {name: topic for name, topic in topology_of(settings).dead_letters.items() if stage in (None, name)}
    await require_topics(settings, *topics.values())
    found = []
    for name, topic in topics.items():
        records = [record async for record in read_to_end(settings, partitions_of(topic))]
        records.sort(key=lambda record: (record.timestamp, record.partition, record.offset))
        found += [
            (
                f"{name}/{record.partition}/{record.offset}",
                dead_letter(name, record.key, record.value, record.headers),
            )
            for record in records
        ]
    return found


def _summary(letter_id: str, letter: "DeadLetter") -> dict[str, Any]:
    """A dead letter without its content, which can be large."""
    shown = letter.model_dump(mode="json", exclude={"key", "value"})
    return {"id": letter_id, **shown, "bytes": len(letter.value or b"")}


def _print_json(found: Any) -> None:
    from pipeline.commands.render import to_json

    typer.echo(to_json(found))


def _print_table(letters: "list[tuple[str, DeadLetter]]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from pipeline.commands.screen import Screen

    console = Screen()
    if not letters:
        console.print("No dead letters.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("ID", no_wrap=True)
    table.add_column("Sent (UTC)", no_wrap=True)
    table.add_column("Bytes", justify="right", no_wrap=True)
    table.add_column("Reason", overflow="fold")
    for name, letter in letters:
        sent = _moment(letter.timestamp)
        table.add_row(name, sent, f"{len(letter.value or b''):,}", Text(_short(one_line(_reason(letter)))))
    console.print(table)
    console.print("Look at one with `recognition dlq show ID`.", style="dim")


def _reason(letter: "DeadLetter") -> str:
    """Why it was refused, in a line. An error that is not one of ours says little without its class."""
    if letter.error in ("UnreadableInputError", "UndeliveredError", "RefusedDestinationError"):
        return letter.message
    if letter.error == "SetAside":
        return f"set aside: {letter.message}"
    return f"{letter.error}: {letter.message}"


def _print_letter(letter_id: str, letter: "DeadLetter", full: bool) -> None:
    from pipeline.commands.screen import Screen

    console = Screen(soft_wrap=True)

    def line(name: str, value: object) -> None:
        console.print(f"{name:<10}", style="bold", end="")
        console.print(one_line(str(value)), markup=False)

    line("id", letter_id)
    line("stage", letter.stage)
    line("error", letter.error)
    line("message", letter.message)
    line("from", f"{letter.topic}, partition {letter.partition}, offset {letter.offset}")
    line("sent", f"{_moment(letter.timestamp)} UTC")
    line("refused", "once" if letter.attempts == 1 else f"{letter.attempts} times")
    line("version", letter.version)
    for name, value in letter.headers.items():
        line("header", f"{name}: {value}")
    line("key", printable(letter.key or b""))
    value = letter.value or b""
    shown = value if full else value[:_SHOWN_BYTES]
    line(
        "value", f"{len(value):,} bytes" + (f", the first {len(shown):,} of them:" if len(shown) < len(value) else ":")
    )
    console.print(printable(shown), markup=False)
    if len(shown) < len(value):
        console.print("All of it with --full, untouched with --raw.", style="dim")


def _moment(timestamp: int | None) -> str:
    from pipeline.commands.render import moment

    at = moment(timestamp)
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def printable(value: bytes) -> str:
    """Bytes as text where they are UTF-8 (a cut character at the end aside), else as a hexadecimal dump."""
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        if error.start < len(value) - 3:
            return "\n".join(
                f"{start:08x}  {value[start : start + _HEX_WIDTH].hex(' '):<47}  "
                + "".join(chr(byte) if 32 <= byte < 127 else "." for byte in value[start : start + _HEX_WIDTH])
                for start in range(0, len(value), _HEX_WIDTH)
            )
        text = value[: error.start].decode()
    return safe(text)
