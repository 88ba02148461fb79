"""Whatever strangers have written, a terminal obeys none of it, and no line of ours can be made up."""

import contextlib
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.commands import dlq, explain
from pipeline.commands.render import alert_lines, fact_table, moment, to_json
from pipeline.commands.screen import Screen
from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.judging.view import history
from pipeline.records import DeadLetter
from pipeline.streams.correlation import Place
from pipeline.streams.journey import Journey, Step
from pipeline.streams.logs import configure
from pipeline.terminal import escaped, one_line, safe
from tests.unit.judging_claims import claim

PACKAGE = Path(__file__).parents[2] / "pipeline"
EVIL = "\x1b[2J\x1b]0;pwned\x07\x1b]8;;http://evil/\x1b\\\x9b31m\r\n\u202eyad\u2066\u2028\x85\x7f\t[bold]"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
foreign = st.text() | st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Zs", "Lu"])) | st.just(EVIL)


def is_harmless(shown: str) -> bool:
    return all(line.isprintable() for line in shown.split("\n"))


def printed(renderable: RenderableType, **options: object) -> str:
    screen = Screen(file=io.StringIO(), width=200, **options)
    screen.print(renderable)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def said(show: Callable[..., None], *arguments: object) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        show(*arguments)
    return out.getvalue()


@given(foreign)
@example("caf\udce9.txt")  # a file's name that is not UTF-8
def test_safe_text_has_no_control_characters_but_line_ends(text: str) -> None:
    assert is_harmless(safe(text))
    assert safe(text).count("\n") == text.count("\n")
    assert one_line(text).isprintable()
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M"])))
def test_what_can_be_printed_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@given(st.recursive(foreign, st.lists))
def test_json_stays_exact(value: object) -> None:
    for option in (None, orjson.OPT_INDENT_2):
        document = escaped(orjson.dumps(value, option=option).decode())
        assert is_harmless(document)
        assert json.loads(document) == value
    assert json.loads(to_json({"value": value})) == {"value": value}


@given(foreign)
@example("caf\udce9.txt")  # a file's name that is not UTF-8
def test_a_screen_obeys_no_text_however_it_is_printed(text: str) -> None:
    table = Table(title=Text(text))
    table.add_column(Text(text), overflow="fold")
    table.add_row(Text(text, style="bold red"))
    for renderable in (Text(text), Padding(Text(text), (1, 2)), Group(table, Text(text))):
        assert is_harmless(printed(renderable))
        coloured = printed(renderable, force_terminal=True, color_system="truecolor")
        assert is_harmless(COLOURS.sub("", coloured))


def test_every_command_prints_to_a_screen() -> None:
    modules = [PACKAGE / "cli.py", *(PACKAGE / "commands").glob("*.py")]
    assert len(modules) > 15
    assert [path.name for path in modules if re.search(r"\bConsole\(", path.read_text())] == []


@given(source=foreign.filter(str.strip), url=foreign.filter(bool), sentence=foreign)
@example(source=f"{EVIL}\nnew  fake", url=EVIL, sentence=EVIL)
def test_an_article_cannot_make_up_a_line_of_a_listing(source: str, url: str, sentence: str) -> None:
    status, changes = fold(None, claim("recognized", "2025-07-03").model_copy(update={"source": source, "url": url}))
    (alert,) = (alert_of(change) for change in changes)
    (evidence,) = alert.data.evidence
    evidence = evidence.model_copy(update={"sentence": sentence})
    alert = alert.model_copy(update={"data": alert.data.model_copy(update={"evidence": (evidence,)})})
    assert is_harmless(printed(alert_lines([alert])))
    screen = Screen(width=1_000_000)
    assert len(screen.render_lines(alert_lines([alert]), pad=False)) == 3
    facts = history(status)
    assert is_harmless(printed(fact_table(facts)))
    assert len(screen.render_lines(fact_table(facts), pad=False)) == 4


@given(st.dictionaries(st.sampled_from(["id", "source", "title", "url"]), foreign), foreign)
def test_the_way_of_an_article_obeys_none_of_it(says: dict[str, str | int | None], key: str) -> None:
    way = Journey(Place("articles", 0, 1), (Step("articles", 0, 1, 1_750_000_000_000, key, says),), None)
    assert is_harmless(said(explain._print_way, way))


@given(foreign, foreign, st.binary(), st.none() | st.integers(-(10**18), 10**19 - 1))
def test_a_dead_letter_obeys_nobody(text: str, name: str, value: bytes, timestamp: int | None) -> None:
    letter = DeadLetter(
        **dict.fromkeys(("stage", "topic", "error", "message", "version"), text),
        partition=0,
        offset=1,
        timestamp=timestamp,
        headers={name: text},
        key=value,
        value=value,
    )
    assert is_harmless(said(dlq._print_table, [("gate/0/1", letter)]))
    assert is_harmless(said(dlq._print_letter, "gate/0/1", letter, True))


@pytest.mark.parametrize("milliseconds", [None, 10**15, 10**19, -(10**18)])
def test_a_time_that_no_calendar_has_is_none(milliseconds: int | None) -> None:
    assert moment(milliseconds) is None
    assert moment(0) is not None


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capfd.readouterr().err
    configure()
    root.handlers[:] = handlers
    root.setLevel(level)


FORGED = f"no\n2025-07-04 12:00:00,000 INFO    recognition.publish: alert\n{EVIL}"


def test_nothing_that_is_logged_makes_up_a_line_or_is_obeyed(logged: Callable[[], str]) -> None:
    configure(roles=True)
    log = logging.getLogger("recognition.gate")
    log.warning("dead letter: %s", FORGED)
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("failed")
    lines = logged().rstrip("\n").split("\n")
    assert all(line.isprintable() for line in lines)
    ours = [line for line in lines if not line.startswith("    ")]
    assert [line.split(" ", 2)[2] for line in ours] == [
        "WARNING recognition.gate: dead letter: no",
        "ERROR   recognition.gate: failed",
    ]


def test_json_logs_say_exactly_what_was_said_and_are_not_obeyed(logged: Callable[[], str]) -> None:
    configure(roles=True, form="json")
    logging.getLogger("recognition.gate").warning("dead letter: %s", FORGED, extra={"endpoint": FORGED})
    (line,) = logged().rstrip("\n").split("\n")
    assert line.isprintable()
    told = json.loads(line)
    assert (told["message"], told["endpoint"]) == (f"dead letter: {FORGED}", FORGED)
