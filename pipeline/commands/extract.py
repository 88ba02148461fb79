"""The command `extract`: articles in, claims out, offline and one article at a time."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from pipeline.commands.options import load_settings
from pipeline.terminal import escaped, one_line

if TYPE_CHECKING:
    from pipeline.intake.files import Unreadable
    from pipeline.reading.reader import Reading
    from pipeline.records import Article, Claim

_STANDARD_INPUT = Path("-")
Row = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""
    app.command()(extract)


def extract(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|-]...",
            help="Files or folders (.txt, .html, .json, .jsonl); - or nothing: standard input, "
            "JSON Lines or one plain text.",
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also what was weighed and not asserted, with the reason.")
    ] = False,
    pretty: Annotated[
        bool | None, typer.Option("--pretty/--no-pretty", help="A readable view; the default on a terminal.")
    ] = None,
) -> None:
    """Say what articles assert: who recognised whom, when, and the sentence that says so.

    One JSON object a line and claim, as soon as its article is read; no broker is needed.
    How many articles were irrelevant, not English or unreadable is told on standard error.
    """
    from pipeline.commands.screen import Screen
    from pipeline.intake.prepare import Intake
    from pipeline.reading.load import load_reader

    given = paths or [_STANDARD_INPUT]
    if given == [_STANDARD_INPUT] and not paths and sys.stdin.isatty():
        raise typer.BadParameter("name files or folders, or pipe articles in: recognition extract seeds")
    settings = load_settings()
    intake, reader = Intake(settings), load_reader(settings)
    write = _readable() if (sys.stdout.isatty() if pretty is None else pretty) else _json_lines
    fates: Counter[str] = Counter()
    claims = 0
    for article in _articles(given):
        fate, reading = _read(article, intake, reader)
        fates[fate if reading is None else "read"] += 1
        rows = _rows(article, fate, reading, all_=all_)
        claims += sum(row["asserted"] for row in rows)
        write(article, rows)
    told = ", ".join(f"{count} {fate}" for fate, count in fates.most_common()) or "no article"
    Screen(stderr=True).print(f"{told}; {claims} claim{'' if claims == 1 else 's'}", soft_wrap=True)
    if fates and set(fates) == {"unreadable"}:
        raise typer.Exit(1)


def _articles(paths: Iterable[Path]) -> "Iterator[Article | Unreadable]":
    from pipeline.intake.files import read_articles

    for path in paths:
        if path == _STANDARD_INPUT:
            yield from _from_stream(sys.stdin.buffer)
        else:
            yield from read_articles([path])


def _from_stream(stream: BinaryIO) -> "Iterator[Article | Unreadable]":
    """Articles as they come in: JSON Lines, or one plain text, told apart by the first character."""
    from pydantic import ValidationError

    from pipeline.intake.files import Unreadable
    from pipeline.intake.prepare import what_is_wrong
    from pipeline.records import Article

    number = 0
    for line in stream:
        number += 1
        if not line.strip():
            continue
        if number == 1 and not line.lstrip().startswith(b"{"):
            text = (line + stream.read()).decode("utf-8", errors="replace")
            yield Article(id="stdin", source="stdin", text=text)
            return
        try:
            yield Article.model_validate_json(line)
        except ValidationError as error:
            reason = what_is_wrong(line, error)
            yield Unreadable(_STANDARD_INPUT, number, reason, "give one Article as JSON on each line")


def _read(article: "Article | Unreadable", intake: Any, reader: Any) -> "tuple[str, Reading | None]":
    """What became of an article, and its reading when it was read."""
    from pipeline.errors import SetAside
    from pipeline.records import Article

    if not isinstance(article, Article):
        return "unreadable", None
    if not intake.relevant(article):
        return "irrelevant", None
    try:
        document = intake.document(article)
    except SetAside as error:
        return error.reason, None
    return "read", reader(document)


def _rows(article: "Article | Unreadable", fate: str, reading: "Reading | None", *, all_: bool) -> list[Row]:
    if reading is None:
        reason = fate if fate != "unreadable" else str(article)
        return [{"article_id": getattr(article, "id", None), "asserted": False, "reason": reason}] if all_ else []
    rows = [_row(claim, asserted=True) for claim in reading.claims]
    if all_:
        rows += [_row(one.claim, asserted=False) | {"reason": one.reason} for one in reading.weighed]
    return rows


def _row(claim: "Claim", *, asserted: bool) -> Row:
    keep = ("subject", "country", "predicate", "date", "date_basis", "aspect", "polarity", "modality", "attribution")
    row: Row = {"article_id": claim.article_id, "asserted": asserted, **{name: getattr(claim, name) for name in keep}}
    row |= {"first_ever": claim.first_ever, "confidence": round(claim.confidence, 3)}
    row |= {
        "evidence": claim.evidence.model_dump(),
        "source": claim.source,
        "url": claim.url,
        "published": claim.published,
    }
    return row


def _json_lines(_article: "Article | Unreadable", rows: list[Row]) -> None:
    import orjson

    for row in rows:
        sys.stdout.buffer.write(escaped(orjson.dumps(row).decode()).encode() + b"\n")
    if rows:
        sys.stdout.buffer.flush()


def _readable() -> Callable[["Article | Unreadable", list[Row]], None]:
    """A writer for people: each article with its claims, the sentence below with its parties and triggers marked."""
    import re

    from rich.padding import Padding
    from rich.text import Text

    from pipeline.commands.screen import Screen
    from pipeline.reading.gazetteer import Gazetteer
    from pipeline.reading.ontology import load_ontology

    console = Screen()
    gazetteer = Gazetteer.load(load_settings().watchlist)
    triggers = re.compile(rf"\b(?:{'|'.join(map(re.escape, load_ontology().scan_terms))})[\w-]*", re.IGNORECASE)

    def marked(sentence: str) -> Text:
        text = Text(sentence, style="dim")
        for mention in gazetteer.mentions(sentence):
            text.stylize("bold not dim", mention.start, mention.end)
        for trigger in triggers.finditer(sentence):
            text.stylize("underline not dim", trigger.start(), trigger.end())
        return text

    def line(row: Row) -> Text:
        text = Text.assemble((f"{row['subject']} ", "bold"), (f"{row['country']} ", "bold cyan"))
        text.append(row["predicate"], style="green" if row["asserted"] else "yellow")
        text.append(f"  {row['date'] or 'no date'} ({row['date_basis']})" if row["date"] else "  no date")
        text.append(
            f"  {row['confidence']:.2f}" if row["asserted"] else f"  not asserted: {row['reason']}", style="dim"
        )
        if row["attribution"]:
            text.append(f"  according to {one_line(row['attribution'])}", style="dim")
        return text

    def write(article: "Article | Unreadable", rows: list[Row]) -> None:
        if not rows:
            return
        about = " · ".join(filter(None, (getattr(article, "source", None), getattr(article, "published", None))))
        name = getattr(article, "id", None) or str(article)
        console.print(Text.assemble((one_line(name), "bold magenta"), f"  {one_line(about)}"))
        for row in rows:
            if "subject" not in row:
                console.print(Padding(Text(one_line(row["reason"]), style="yellow"), (0, 0, 0, 2)))
                continue
            console.print(Padding(line(row), (0, 0, 0, 2)))
            console.print(Padding(marked(one_line(row["evidence"]["sentence"])), (0, 0, 0, 6)))
        console.print()

    return write
