"""The regression net: every labelled sentence reads as its label says; every example in the ontology as it says."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import edtf
from pipeline.intake.prepare import Intake
from pipeline.reading.ontology import load_ontology
from pipeline.reading.reader import Reader, english
from pipeline.records import Article, Claim
from pipeline.settings import Settings

DATA = Path(__file__).parents[1] / "data"
Key = tuple[str, str, str]


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@functools.cache
def tools() -> tuple[Intake, Reader]:
    return Intake(Settings()), english(Settings())


@functools.cache
def labelled_subjects() -> frozenset[str]:
    """Claims on other subjects are left out, as in every labelled set."""
    return frozenset(claim["subject"] for line in lines("sentences.jsonl") for claim in (*line["claims"], *line["not"]))


def read(text: str, published: str | None) -> list[Claim]:
    intake, reader = tools()
    article = Article(id="a", source="The Test", text=text, published=published)
    return list(reader(intake.document(article)).claims) if intake.relevant(article) else []


def key(claim: dict[str, Any]) -> Key:
    return claim["subject"], claim["country"], claim["predicate"]


def check(line: dict[str, Any]) -> None:
    """Raise AssertionError where the reading is not the label."""
    claims: dict[Key, Claim] = {
        (claim.subject, claim.country, claim.predicate): claim
        for claim in read(line["text"], line["published"])
        if claim.subject in labelled_subjects()
    }
    required = {key(claim) for claim in line["claims"] if not claim.get("optional")}
    allowed = {key(claim) for claim in line["claims"]}
    assert required <= set(claims), "missed"
    assert set(claims) <= allowed, "made up"
    for label in line["claims"]:
        claim = claims.get(key(label))
        if claim is not None and label["date"] is not None and not label.get("optional"):
            assert claim.date is not None, label
            assert edtf.agree(claim.date, label["date"]), (label, claim.date)


@pytest.mark.parametrize("line", lines("sentences.jsonl"), ids=lambda line: f"{line['id']} {line['construction']}")
def test_a_sentence_reads_as_labelled(line: dict[str, Any]) -> None:
    check(line)


@pytest.mark.parametrize("line", lines("sentences-open.jsonl"), ids=lambda line: f"{line['id']} {line['construction']}")
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a construction that is not read yet")
def test_an_open_sentence_is_still_open(line: dict[str, Any]) -> None:
    check(line)


@pytest.mark.parametrize("example", [example for frame in load_ontology().frames for example in frame.examples])
def test_an_example_of_the_ontology_reads_as_it_says(example: tuple[str, ...]) -> None:
    text, *wanted = example
    found = {f"{claim.subject} {claim.country} {claim.predicate}" for claim in read(text, "2025-07-04")}
    assert set(wanted) <= found if wanted else not found
