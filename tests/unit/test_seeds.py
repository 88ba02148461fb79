"""The seed corpus: retellings that keep the facts of five articles and none of their sentences."""

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
ORIGINALS = ROOT.parent / "shared" / "seeds"

needs_originals = pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the original articles are not here")


def manifest() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((SEEDS / "manifest.json").read_text())
    return entries


def words(path: Path) -> list[str]:
    return re.findall(r"\w+", path.read_text().lower())


def test_the_manifest_names_every_article_and_nothing_else() -> None:
    assert [entry["file"] for entry in manifest()] == sorted(path.name for path in SEEDS.glob("*.txt"))
    assert all(set(entry) == {"file", "id", "source", "published", "sha256"} for entry in manifest())
    assert len({entry["source"] for entry in manifest()}) == len(manifest()) == 5


def test_a_publication_date_stands_in_the_text_or_nowhere() -> None:
    for entry in manifest():
        if entry["published"] is not None:
            day = date.fromisoformat(entry["published"])
            first_line = (SEEDS / entry["file"]).read_text().splitlines()[0]
            assert f"{day:%m/%d/%Y}" in first_line or f"{day:%B %d, %Y}" in first_line


@needs_originals
def test_every_original_has_its_retelling() -> None:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(ORIGINALS.glob("*.txt"))]
    assert [entry["sha256"] for entry in manifest()] == digests


@needs_originals
def test_no_sentence_is_copied() -> None:
    for retold, original in zip(sorted(SEEDS.glob("*.txt")), sorted(ORIGINALS.glob("*.txt")), strict=True):
        there = words(original)
        spans = {tuple(there[at : at + 10]) for at in range(len(there) - 9)}
        here = words(retold)
        assert not [here[at : at + 10] for at in range(len(here) - 9) if tuple(here[at : at + 10]) in spans]
