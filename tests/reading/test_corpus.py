"""The labelled texts of tests/data are what their README says they are."""

import html
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pycountry
import pytest
import yaml

from pipeline import edtf
from pipeline.evaluation import gold
from pipeline.records import Article, Predicate

DATA = Path(__file__).parents[1] / "data"
SETS = ("feeds", "articles")
WATCHLIST = Path(__file__).parents[2] / "pipeline" / "reading" / "data" / "watchlist.yaml"
SHARED = Path(__file__).parents[3] / "shared"

PREDICATES = frozenset(get_args(Predicate))
COUNTRIES = frozenset({country.alpha_2 for country in pycountry.countries} | {"XK", "EU"})
RUN = 8  # words in a row that two texts share only by copying

Line = dict[str, Any]


def read_lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@cache
def sentences() -> list[Line]:
    return read_lines(DATA / "sentences.jsonl")


@cache
def open_sentences() -> list[Line]:
    return read_lines(DATA / "sentences-open.jsonl")


@cache
def documents(name: str) -> dict[str, Line]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (DATA / name / "docs").glob("*.json")}


def labels(name: str) -> list[Line]:
    return read_lines(DATA / name / "gold.jsonl") + read_lines(DATA / name / "traps.jsonl")


@cache
def watched() -> frozenset[str]:
    return frozenset(subject["id"] for subject in yaml.safe_load(WATCHLIST.read_text(encoding="utf-8")))


def plain(text: str) -> str:
    """The words as a reader sees them: no mark-up, no entities, straight quotes, single spaces."""
    text = re.sub(r"<[^>]+>", "", html.unescape(text))
    return re.sub(r"\s+", " ", text.translate(str.maketrans("’‘“”", "''\"\"")))


def key(line: Line, predicate: str = "predicate") -> tuple[str, str, str]:
    return line["subject"], line["country"], gold.canonical(line["subject"], line[predicate])


def runs(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+", re.sub("['’]", "", text.lower()))
    return {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def assert_labelled(line: Line, predicate: str = "predicate", date: str = "date") -> None:
    assert line["subject"] in watched(), line
    assert line["country"] in COUNTRIES, line
    assert line[predicate] in PREDICATES, line
    if line.get(date) is not None:
        edtf.parse(line[date])
    assert line.get("optional", True) is True, line


def test_there_are_at_least_400_sentences_and_enough_traps_among_them() -> None:
    lines = sentences()
    assert len(lines) >= 400
    assert sum(bool(line["not"]) for line in lines) >= 0.45 * len(lines)
    # Half of a trap corpus must also be claims, or silence would pass it.
    required = [any("optional" not in claim for claim in line["claims"]) for line in lines]
    assert sum(required) >= 0.45 * len(lines)


def test_a_sentence_is_known_by_its_id() -> None:
    ids = [line["id"] for line in sentences() + open_sentences()]
    assert len(set(ids)) == len(ids)
    assert all(sorted(part) == part for part in (ids[: len(sentences())], ids[len(sentences()) :]))


def test_no_sentence_is_there_twice() -> None:
    assert [
        text for text, times in Counter(line["text"] for line in sentences() + open_sentences()).items() if times > 1
    ] == []


@pytest.mark.parametrize("line", sentences() + open_sentences(), ids=lambda line: line["id"])
def test_a_sentence_is_labelled_in_full(line: Line) -> None:
    assert set(line) == {"id", "text", "published", "claims", "not", "construction"}
    assert line["text"].strip() == line["text"]
    assert line["construction"]
    assert line["claims"] or line["not"]
    if line["published"] is not None:
        assert edtf.precision(line["published"]) == "day"
    for claim in line["claims"]:
        assert set(claim) - {"optional"} == {"subject", "country", "predicate", "date"}
        assert_labelled(claim)
    for wrong in line["not"]:
        assert set(wrong) - {"date"} == {"subject", "country", "predicate"}
        assert_labelled(wrong)
    always_wrong = {key(wrong) for wrong in line["not"] if "date" not in wrong}
    assert always_wrong.isdisjoint(key(claim) for claim in line["claims"])


def test_every_predicate_is_claimed() -> None:
    claimed = {claim["predicate"] for line in sentences() for claim in line["claims"] if "optional" not in claim}
    assert claimed == PREDICATES


@pytest.mark.parametrize("name", SETS)
def test_the_evaluation_reads_the_set(name: str) -> None:
    labelled = gold.load(DATA / name)
    for _, raw in labelled.documents:
        Article.model_validate_json(raw)


@pytest.mark.parametrize("name", SETS)
def test_documents_are_complete_and_named_by_their_id(name: str) -> None:
    for stem, document in documents(name).items():
        assert set(document) == {"id", "url", "title", "published", "source", "text"}
        assert document["id"] == stem
        assert document["url"].startswith("https://example.org/")
        assert document["text"].strip()
        if document["published"] is not None:
            assert edtf.precision(document["published"]) == "day"


@pytest.mark.parametrize("name", SETS)
def test_labels_are_well_formed_and_their_evidence_is_in_the_document(name: str) -> None:
    for line in labels(name):
        if "wrong_predicate" in line:
            assert_labelled(line, "wrong_predicate", "wrong_date")
            assert line["why"]
        else:
            assert_labelled(line)
        document = documents(name)[line["doc"]]
        assert plain(line["evidence"]) in plain(f"{document['title']}\n{document['text']}"), line


@pytest.mark.parametrize("name", SETS)
def test_no_trap_is_a_claim(name: str) -> None:
    claimed = {(line["doc"], *key(line)) for line in read_lines(DATA / name / "gold.jsonl")}
    for trap in read_lines(DATA / name / "traps.jsonl"):
        if "wrong_date" not in trap:
            assert (trap["doc"], *key(trap, "wrong_predicate")) not in claimed, trap


def test_there_are_at_least_ten_long_articles() -> None:
    sizes = {name: len(document["text"].split()) for name, document in documents("articles").items()}
    assert len(sizes) >= 10
    assert {name: size for name, size in sizes.items() if not 600 <= size <= 1500} == {}


def test_a_third_of_the_240_feed_entries_claims_nothing() -> None:
    assert sorted(documents("feeds")) == [f"{number:03d}" for number in range(1, 241)]
    claiming = {line["doc"] for line in read_lines(DATA / "feeds" / "gold.jsonl") if "optional" not in line}
    assert 0.25 <= 1 - len(claiming) / 240 <= 0.45


def test_nothing_is_copied_from_the_shared_articles() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared articles are not beside this checkout")
    theirs: set[str] = set()
    for path in SHARED.rglob("*"):
        if path.suffix in {".txt", ".json", ".jsonl", ".md"}:
            theirs |= runs(path.read_text(encoding="utf-8", errors="ignore").replace("\\n", " "))
    assert theirs
    ours = {line["id"]: line["text"] for line in sentences()}
    for name in SETS:
        ours |= {f"{name}/{stem}": f"{text['title']}\n{text['text']}" for stem, text in documents(name).items()}
    copied = {where: sorted(runs(text) & theirs) for where, text in ours.items()}
    assert {where: shared for where, shared in copied.items() if shared} == {}
