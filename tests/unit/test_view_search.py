"""A question is any text: it is answered, and never an error."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.serving.search import WORDS, match, says_nothing, wrong

SENTENCES = (
    "On Thursday Moscow recognised the Taliban.",
    'The "Islamic Emirate" NEAR Kabul thanked al-Qaida OR nobody.',
    "Côte d'Ivoire, São Tomé and Ελλάδα AND Россия did not.",
)
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\"*^:(){}[]+-\\/'` \t\n\0\x1c\ufeff"),
        st.sampled_from("abemoscow"),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def searched() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE found USING fts5 (sentence, filters, tokenize = 'unicode61 remove_diacritics 2')"
    )
    connection.executemany("INSERT INTO found VALUES (?, 's74 c5255')", [(one,) for one in SENTENCES])
    yield connection
    connection.close()


def places(searched: sqlite3.Connection, text: str | None, *filters: tuple[str, str]) -> list[int]:
    expression = match(text, filters)
    return [row for (row,) in searched.execute("SELECT rowid FROM found WHERE found MATCH ? ORDER BY 1", (expression,))]


@examples(max_examples=300)
@given(HOSTILE)
@example('"')
@example('""')
@example('" "*')
@example("NEAR(a b, 2)")
@example("{sentence filters} : a")
@example("^moscow + taliban")
@example("a" * 40_000)
@example("( " * 3_000)
@example("word " * 3_000)
@example("\u0301")
@example("a\u0301\u200d")
@example("\U000e0100x")
def test_every_text_is_a_legal_question(searched: sqlite3.Connection, text: str) -> None:
    if match(text, ()) is not None:
        places(searched, text)
    places(searched, text, ("s", text))
    assert says_nothing(text) == (bool(text.strip()) and match(text, ()) is None)


@examples(max_examples=200)
@given(st.sampled_from(SENTENCES), st.data())
def test_a_sentence_is_found_by_its_words_whole_or_begun(
    searched: sqlite3.Connection, sentence: str, data: st.DataObject
) -> None:
    words = sentence.replace('"', "").split()
    start = data.draw(st.integers(0, len(words) - 1))
    phrase = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])
    some = " ".join(data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=4)))
    row = SENTENCES.index(sentence) + 1
    assert row in places(searched, f'"{phrase}"')
    assert row in places(searched, some.upper())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("taliban moscow", [1]),
        ('"taliban moscow"', []),
        ('"moscow recognised', [1]),  # a quotation mark that is not closed
        ("cote sao", [3]),
        ("d'ivoire", [3]),
        ("россия", [3]),
        ("tali*", [1]),
        ("ta*", []),  # too short to be a beginning
        ("taliban*", [1]),
        ("al-qai*", [2]),
        ("or", [2]),
        ("AND", [3]),
        ("moscow OR kabul", []),
        ("moscow -taliban", [1]),
        ("sentence:moscow", []),
        ("s74", []),
        ("c5255", []),
    ],
)
def test_what_a_question_means(searched: sqlite3.Connection, text: str, found: list[int]) -> None:
    assert places(searched, text) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("re*", "'re*' has too few letters before its asterisk; give at least 3"),
        ("moscow al-q*", "'al-q*' has too few letters"),
        ("word " * 33, "has 33 words; give at most 32"),
        ('"' + "a-b " * 17 + '"', "has 34 words"),
        ("rec*", None),
        ("word " * 32, None),
        ('"re*"', None),
        ("*", None),
        ("", None),
    ],
)
def test_what_is_not_looked_for_is_told(text: str, told: str | None) -> None:
    detail = wrong(text)
    assert detail is None if told is None else detail is not None and detail.startswith(told)


@examples(max_examples=200)
@given(st.lists(st.from_regex(r"\A[a-z]{1,8}\*?\Z"), max_size=40))
def test_of_what_is_not_told_every_word_is_looked_for(words: list[str]) -> None:
    text = " ".join(words)
    expected = [f'"{word[:-1]}"*' if word.endswith("*") else f'"{word}"' for word in words]
    found = match(text, ())
    assert wrong(text) or found == (f"sentence : ({' AND '.join(expected)})" if words else None)


def test_filters_are_words_of_their_own(searched: sqlite3.Connection) -> None:
    assert places(searched, None, ("s", "t")) == [1, 2, 3]
    assert places(searched, "moscow", ("s", "t"), ("c", "RU")) == [1]
    assert places(searched, "moscow", ("s", "RU")) == []
    assert match(None, ()) is None
    assert match("!?", ()) is None


def test_only_so_many_words_are_looked_for(searched: sqlite3.Connection) -> None:
    assert places(searched, "moscow " * WORDS + "unheard") == [1]
    assert places(searched, "moscow " * (WORDS - 1) + "unheard") == []
