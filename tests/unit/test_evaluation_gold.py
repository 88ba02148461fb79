"""Labelled articles as files, good and broken."""

import json
from pathlib import Path

import pytest

from pipeline.errors import RecognitionError
from pipeline.evaluation import gold

DOCUMENT = {"id": "1", "source": "An Outlet", "title": "A title", "text": "A text."}
LINE = {"doc": "1", "subject": "taliban", "country": "RU", "predicate": "recognized", "date": "2025-07-03"}
TRAP = {"doc": "1", "subject": "taliban", "country": "CN", "wrong_predicate": "recognized", "why": "a hope"}


def write(folder: Path, documents: list[object], gold_lines: list[object], traps: list[object] | None = None) -> Path:
    (folder / "docs").mkdir()
    for number, document in enumerate(documents):
        (folder / "docs" / f"{number}.json").write_text(json.dumps(document))
    (folder / "gold.jsonl").write_text("\n".join(json.dumps(line) for line in gold_lines) + "\n\n")
    if traps is not None:
        (folder / "traps.jsonl").write_text("\n".join(json.dumps(line) for line in traps))
    return folder


def test_a_set_is_read_whole(tmp_path: Path) -> None:
    labelled = gold.load(write(tmp_path, [DOCUMENT], [LINE, {**LINE, "optional": True}], [TRAP]))
    assert [doc for doc, _ in labelled.documents] == ["1"]
    assert [line.optional for line in labelled.gold] == [False, True]
    assert labelled.traps[0].why == "a hope"
    assert labelled.subjects == {"taliban"}


def test_traps_may_be_absent(tmp_path: Path) -> None:
    assert gold.load(write(tmp_path, [DOCUMENT], [LINE])).traps == ()


@pytest.mark.parametrize(
    ("documents", "lines", "message"),
    [
        ([], [LINE], "no documents in"),
        ([{"title": "no id"}], [LINE], "has no id"),
        ([DOCUMENT], [LINE, {**LINE, "country": "Russia"}], "line 2: country: "),
        ([DOCUMENT], [{**LINE, "predicate": "praised"}], "line 1: predicate: "),
        ([DOCUMENT], [{**LINE, "date": "July"}], "line 1: date: "),
        ([DOCUMENT], [{**LINE, "doc": "9"}], "docs/ does not have: 9"),
    ],
)
def test_a_broken_set_is_refused_with_its_place(
    tmp_path: Path, documents: list[object], lines: list[object], message: str
) -> None:
    with pytest.raises(RecognitionError, match=message):
        gold.load(write(tmp_path, documents, lines))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, [DOCUMENT], [LINE])
    (tmp_path / "gold.jsonl").unlink()
    with pytest.raises(RecognitionError, match=r"cannot read .*gold\.jsonl: No such file"):
        gold.load(tmp_path)
