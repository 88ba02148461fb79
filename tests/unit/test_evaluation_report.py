"""The figures for people and for programs are the same figures."""

import io
import json
from pathlib import Path

from rich.console import Console

from pipeline.evaluation import report
from pipeline.evaluation.dates import DatedSentence, DateLabel, score_dates
from pipeline.evaluation.gold import GoldLine, LabelledSet, TrapLine
from pipeline.evaluation.plover import PloverSentence, score_plover
from pipeline.evaluation.readings import Outcome
from pipeline.evaluation.scoring import Emission, Score, score
from pipeline.reading.reader import Reading

GOLD = (
    GoldLine(doc="1", subject="taliban", country="RU", predicate="recognized", date="2025-07-03", evidence="It did."),
    GoldLine(doc="2", subject="kosovo", country="PE", predicate="recognized", date="2008", evidence="Peru too."),
)
TRAP = TrapLine(
    doc="1", subject="taliban", country="CN", wrong_predicate="recognized", why="only hoped", evidence="Soon."
)
CLAIMS = (
    Emission("1", "taliban", "RU", "recognized", "2025-07-01", 0.9, "Russia did."),
    Emission("1", "taliban", "CN", "recognized", None, 0.6, "China will."),
)
OUTCOMES = (Outcome("1", "read", reading=Reading()), Outcome("2", "set aside", "not English: es"))


def scored() -> Score:
    return score(LabelledSet(Path(), (), GOLD, (TRAP,)), CLAIMS, {})


def printed(width: int = 80, *, with_errors: bool) -> str:
    out = io.StringIO()
    report.show(Console(file=out, width=width), "a set", scored(), OUTCOMES, with_errors=with_errors)
    return out.getvalue()


def test_programs_get_every_figure() -> None:
    figures = json.loads(json.dumps(report.as_json(scored(), OUTCOMES, with_errors=True)))
    assert figures["documents"] == {"all": 2, "read": 1, "set aside": 1}
    assert figures["overall"] == {"right": 1, "wrong": 1, "missed": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert figures["country_level"]["missed"] == 1
    assert figures["by_subject"]["kosovo"]["recall"] == 0
    assert figures["dates"] == {"compared": 1, "right": 0, "accuracy": 0}
    assert figures["traps"] == {"all": 1, "sprung": 1, "share": 1}
    assert [row["count"] for row in figures["reliability"]["bins"]] == [1, 1]
    assert figures["reliability"]["brier"] == 0.185
    assert "errors" not in report.as_json(scored(), OUTCOMES, with_errors=False)


def test_every_error_comes_with_its_evidence_and_its_cause() -> None:
    errors = {error["kind"]: error for error in report.errors(scored(), OUTCOMES)}
    assert set(errors) == {"wrong", "trap", "date", "missed"}
    assert errors["wrong"]["evidence"] == "China will."
    assert errors["trap"]["why"] == "only hoped"
    assert (errors["date"]["date"], errors["date"]["labelled_date"]) == ("2025-07-01", "2025-07-03")
    assert errors["missed"]["why"] == "set aside: not English: es"


def test_people_get_the_same_in_80_columns() -> None:
    text = printed(with_errors=True)
    assert max(len(line) for line in text.splitlines()) <= 80
    for expected in (
        "a set: 2 documents (1 read, 1 set aside)",
        "all claims",
        "0 of 1 right",
        "1 of 1 sprung",
        "Brier score 0.185",
        "China will.",
        "labelled 2025-07-03",
        "set aside: not English: es",
    ):
        assert expected in text
    first = next(line for line in text.splitlines() if line.startswith("all claims"))
    assert first.split()[2:5] == ["1", "1", "1"]
    assert first.rstrip().endswith("0.50")


def test_without_the_errors_their_number_is_told() -> None:
    text = printed(with_errors=False)
    assert "errors: 4; --errors lists them" in text
    assert "China will." not in text


def test_the_public_sets_are_reported_too() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80)
    sentence = PloverSentence(id="PLOVER-GSR01-THREATEN-0005", text="...", event="THREATEN")
    fired = Emission("THREATEN-0005", "russia", "AZ", "severed_relations", None, 0.9, "...")
    plover = score_plover([sentence], [fired])
    report.show_plover(console, plover)
    dated = DatedSentence(
        text="On 1 May.", reference="2018-03-14", dates=(DateLabel(text="1 may", values=("2018-05-01",)),)
    )
    dates = score_dates([(dated, [])])
    report.show_dates(console, dates, with_errors=True)
    text = out.getvalue()
    assert "not silent where nothing changed: THREATEN-0005" in text
    assert "0 of 1" in text
    assert "1 may: nothing, labelled 2018-05-01" in text
    assert report.plover_as_json(plover)["silence_broken"] == ["THREATEN-0005"]
    assert report.dates_as_json(dates, with_errors=False) == {"labels": 1, "exact": 0, "agreeing": 0, "unlabelled": 0}
