"""`recognition evaluate` on a set of two articles, with the real reader."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.commands.app import app
from pipeline.errors import RecognitionError


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for doc, text in (("1", "Peru recognised Kosovo on 22 February 2008."), ("2", "The harbour got a new crane.")):
        article = {"id": doc, "source": "An Outlet", "published": "2008-02-23", "text": text}
        (tmp_path / "docs" / f"{doc}.json").write_text(json.dumps(article))
    gold = {"doc": "1", "subject": "kosovo", "country": "PE", "predicate": "recognized", "date": "2008-02-22"}
    missed = {"doc": "2", "subject": "kosovo", "country": "BR", "predicate": "not_recognized"}
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold) + "\n" + json.dumps(missed) + "\n")
    return tmp_path


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments])


def test_json_alone_is_on_standard_output_and_a_limit_that_is_broken_fails(labelled: Path) -> None:
    result = evaluate(str(labelled), "--json", "--errors", "--min-precision", "1", "--min-recall", "0.8")
    figures = json.loads(result.stdout)
    assert figures["documents"] == {"all": 2, "read": 1, "irrelevant": 1}
    assert figures["overall"]["precision"] == 1
    assert figures["overall"]["recall"] == 0.5
    assert figures["dates"]["accuracy"] == 1
    assert [error["why"].partition(":")[0] for error in figures["errors"]] == ["irrelevant"]
    assert isinstance(result.exception, RecognitionError)
    assert str(result.exception) == "recall is 0.500, less than 0.8"


def test_limits_that_hold_do_not_fail(labelled: Path) -> None:
    result = evaluate(str(labelled), "--min-precision", "1", "--min-recall", "0.5", "--max-traps", "0")
    assert result.exit_code == 0
    assert "2 documents (1 irrelevant, 1 read)" in result.stdout


def test_a_folder_with_nothing_to_evaluate_on_is_refused(tmp_path: Path) -> None:
    result = evaluate(str(tmp_path))
    assert isinstance(result.exception, RecognitionError)
    assert "expected gold.jsonl, plover-gold.jsonl or dates.jsonl" in str(result.exception)


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "dates.jsonl").write_text("")
    assert evaluate(str(tmp_path), "--min-recall", "0.5").exit_code == 2
    assert evaluate(str(tmp_path), "--min-recall", "1.5").exit_code == 2
    assert evaluate(str(tmp_path / "absent")).exit_code == 2
