"""Tables and alerts as a person reads them."""

import json

import pytest
from rich.console import Console, RenderableType

from pipeline.commands.render import (
    alert_lines,
    country_name,
    fact_table,
    status_table,
    to_json,
)
from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.judging.view import history, rows
from pipeline.records import Activity, Alert, Change, Claim, Status, StatusRow
from tests.unit.judging_claims import claim


def shown(renderable: RenderableType, width: int = 100) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def row(subject: str, country: str, **more: object) -> StatusRow:
    fields = {
        "dimension": "recognition",
        "value": "recognized",
        "since": "2025-07-03",
        "confidence": "corroborated",
        "sources": 5,
        "independent": 5,
        "revision": 1,
        "activity": {"1d": Activity(claims=1), "7d": Activity(claims=12), "30d": Activity(claims=140)},
    }
    return StatusRow.model_validate({"subject": subject, "country": country, **fields, **more})


ROWS = [
    row("taliban", "RU", dimension="terrorism_listing", value="delisted", since="XXXX-04", first_ever=False),
    row("taliban", "RU", first_ever=True, sources=43, independent=12),
    row("moroccan-western-sahara", "GQ", value="not_recognized", since=None, confidence="disputed"),
    row("taliban", "BA"),
]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_and_is_in_order(width: int) -> None:
    lines = shown(status_table(ROWS), width).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    marks = ["moroccan-western-sahara", "GQ Eq", "taliban", "BA Bos", "RU Russia", "terrorism listing"]
    assert [text.index(mark) for mark in marks] == sorted(text.index(mark) for mark in marks)
    assert "not recognized" in text
    assert "…" not in text or width == 80
    assert ("1/12/140" in text) == (width == 160)


def test_notes_explain_what_is_shown() -> None:
    text = shown(status_table(ROWS))
    assert "43/12" in text
    assert "did not copy one another" in text
    assert "* the first country ever" in text
    plain = shown(status_table([row("taliban", "BA")]))
    assert "copy" not in plain
    assert "*" not in plain


def test_an_empty_table_says_what_to_do() -> None:
    assert "recognition run PATH" in shown(status_table([]))
    assert shown(status_table([], empty="Nothing of Fiji.")).strip() == "Nothing of Fiji."


@pytest.mark.parametrize(("code", "name"), [("RU", "Russia"), ("XK", "Kosovo"), ("EU", "European Union"), ("ZZ", "ZZ")])
def test_countries_have_their_usual_names(code: str, name: str) -> None:
    assert country_name(code) == name


def told(*claims: Claim) -> tuple[Status, list[Alert]]:
    status: Status | None = None
    changes: list[Change] = []
    for one in claims:
        status, caused = fold(status, one)
        changes += caused
    assert status is not None
    return status, [alert_of(change) for change in changes]


STORY = (
    claim("considering", "2025-06-10", source="Gazette", dated="2025-06-10", date_basis="published", sentence="Soon."),
    claim(
        "recognized",
        "2025-07-03",
        source="Herald [print]",
        dated="2025-07-04",
        sentence="It recognised\nthem [formally].",
        url="https://herald.example/1",
    ),
    claim("recognized", "2025-07-01", source="Courier", dated="2025-07-05"),
)


def test_an_alert_says_what_is_so_what_was_before_and_who_says_it() -> None:
    _, alerts = told(*STORY)
    first, second, third = (shown(alert_lines([alert])) for alert in alerts)
    assert first.startswith("new        taliban · RU Russia · recognition considering since 2025-06-10")
    assert "considering → recognized since 2025-07-03" in second
    assert "Herald [print], 2025-07-04: “It recognised them [formally].”" in second
    assert f"1 source, id {alerts[1].id[:8]}" in second
    assert "2 sources, corroborated" in third
    assert shown(alert_lines([])).strip() == "No alerts."


def test_facts_show_their_role_their_other_dates_and_every_sentence() -> None:
    status, _ = told(*STORY)
    text = shown(fact_table(history(status)))
    assert text.index("considering  history") < text.index("recognized  current")
    assert "also dated 2025-07-03 by 1" in text or "also dated 2025-07-01 by 1" in text
    assert "https://herald.example/1" in text
    assert "“It recognised them [formally].”" in text


def test_json_is_the_wire_form() -> None:
    status, alerts = told(*STORY)
    table = rows(status)
    assert json.loads(to_json(table)) == [one.model_dump(mode="json") for one in table]
    assert json.loads(to_json({"alert": alerts[0], "replaced": None}))["alert"] == json.loads(alerts[0].to_json())
    with pytest.raises(TypeError):
        to_json(object())
