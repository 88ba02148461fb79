"""What is marked in the evidence: the words that say it."""

from collections.abc import Callable

import pytest

from pipeline.reading.load import load_reader
from pipeline.reading.reader import Reader
from pipeline.records import Document
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader(Settings())


@pytest.fixture(scope="module")
def marked(reader: Reader) -> Callable[[str], set[str]]:
    def mark(text: str) -> set[str]:
        document = Document(digest="0" * 32, signature="", article_id="one", source="Kestrel", text=text)
        found = set()
        for claim in reader(document).claims:
            assert claim.evidence.trigger is not None
            start, end = claim.evidence.trigger
            assert text[claim.evidence.start :].startswith(claim.evidence.sentence)
            found.add(claim.evidence.sentence[start:end])
        return found

    return mark


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("On 3 July 2025 Russia recognised the Taliban government.", {"recognised"}),
        ("Spain has granted formal recognition to Palestine.", {"granted formal recognition"}),
        ("It was cold. Nauru severed diplomatic relations with Taiwan.", {"severed diplomatic relations"}),
        ("«Ça y est» 🇷🇺 🎉: Moscow accepted the credentials of the Taliban ambassador.", {"accepted the credentials"}),
    ],
)
def test_the_words_that_say_it_are_marked(marked: Callable[[str], set[str]], text: str, words: set[str]) -> None:
    assert words <= marked(text)
