"""The command `extract`: files, folders and standard input in, claims out, nothing else on standard output."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pipeline.commands.app import app

RUNNER = CliRunner()
# Of two sentences: the language of five words with names in them cannot be told.
FIJI = "Fiji recognised Kosovo in 2012. The ministry said so again on Monday in a short note."


def run(*arguments: str, given: str | None = None) -> tuple[list[dict[str, Any]], str, int]:
    """The rows on standard output, what standard error tells, and the exit code."""
    result = RUNNER.invoke(app, ["extract", "--no-pretty", *arguments], input=given)
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr, result.exit_code


def article(text: str, **fields: str) -> str:
    return json.dumps({"id": "a1", "source": "The Test", "text": text, "published": "2025-03-04", **fields})


def test_a_claim_is_a_line_with_its_evidence() -> None:
    text = "Kenya formally recognised Kosovo on 3 March 2025. The weather was fine."
    rows, told, code = run("-", given=article(text))
    assert code == 0
    [row] = [row for row in rows if row["subject"] == "kosovo"]
    assert (row["article_id"], row["country"], row["predicate"], row["date"]) == (
        "a1",
        "KE",
        "recognized",
        "2025-03-03",
    )
    assert row["asserted"] is True
    assert 0 < row["confidence"] <= 1
    evidence = row["evidence"]
    assert text[evidence["start"] : evidence["end"]] == evidence["sentence"] == text.partition(" The weather")[0]
    assert "1 read" in told


def test_what_is_not_asserted_comes_with_all_and_its_reason() -> None:
    given = article("Norway urged Chad to recognise Kosovo on Monday.")
    assert run("-", given=given)[0] == []
    rows, _, _ = run("-", "--all", given=given)
    assert {(row["country"], row["asserted"]) for row in rows} == {("TD", False)}
    assert all(row["reason"] for row in rows)


def test_plain_text_comes_in_too() -> None:
    rows, _, code = run("-", given=FIJI + "\n")
    assert code == 0
    assert [(row["country"], row["date"]) for row in rows] == [("FJ", "2012")]


def test_irrelevant_articles_are_counted_and_explained_with_all() -> None:
    given = article("The harbour needs a new wall.")
    rows, told, code = run("-", given=given)
    assert (rows, code) == ([], 0)
    assert "1 irrelevant" in told
    assert run("-", "--all", given=given)[0] == [{"article_id": "a1", "asserted": False, "reason": "irrelevant"}]


def test_a_broken_line_stops_nothing() -> None:
    rows, told, code = run("-", given='{"id": 7\n' + article(FIJI))
    assert [row["country"] for row in rows] == ["FJ"]
    assert "1 unreadable" in told
    assert code == 0


def test_nothing_readable_fails() -> None:
    assert run("-", given='{"id": 7\n')[2] == 1


def test_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(article(FIJI) + "\n", "utf-8")
    assert [row["country"] for row in run(str(tmp_path))[0]] == ["FJ"]


def test_the_readable_view_shows_the_sentence() -> None:
    result = RUNNER.invoke(app, ["extract", "--pretty", "-"], input=article(FIJI))
    assert "Fiji recognised Kosovo in 2012." in result.stdout
    assert "kosovo FJ recognized" in result.stdout
