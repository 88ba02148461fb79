"""The look that every article pays: nothing that can be read is dropped, ordinary news is, and it costs little."""

from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.reading.gazetteer import Gazetteer
from pipeline.reading.scan import Scanner

DATA = Path(__file__).parent.parent / "data"
ORDINARY = (DATA / "ordinary.txt").read_text("utf-8").split("\n\n")
GAZETTEER = Gazetteer.load()
TRIGGERS = ("recogni", "embass", "ambassador", "diplomat", "sanction", "ties", "relations", "terror")
SCANNER = Scanner(GAZETTEER, TRIGGERS)


@pytest.mark.parametrize(
    "text",
    [
        "Russia recognised the Taliban.",
        "RUSSIA RECOGNIZES TALIBAN",
        "Nauru De-Recognises Taiwan",
        "The United\nStates has moved its embassy to Jerusalem.",
        "T\u00fcrkiye\u2019s ambassador left Damascus.",
        "Somaliland welcomed Israel's recognition.",
        "<p>Kosovo</p><p>North&nbsp;Macedonia renewed their ties</p>",
        "The E3 kept their sanctions on Tehran.",
        "Sudan broke off diplomatic relations with the Emirates.",
        "Juan Guaidó was recognised by Peru.",
        "Moscow recognises the Donetsk and Luhansk republics.",
        "The Baltic states recognise Kosovo.",
    ],
)
def test_lets_through_what_can_be_read(text: str) -> None:
    assert SCANNER.relevant(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Russia and the Taliban met.",  # no trigger
        "He was recognised in Russia, as a Russian, by Russians in Moscow.",  # one country
        "The Taliban government of Afghanistan sent an ambassador from Kabul.",  # the same party
        "They recognised a turkey, a china plate and chad, they told us.",  # no names
        "Chadwick and Omanipour recognised Nigerianism.",  # parts of words
        "Parties in cities of Spain and Italy.",  # "ties" does not begin a word
    ],
)
def test_drops_what_cannot(text: str) -> None:
    assert not SCANNER.relevant(text)


def test_drops_ordinary_news() -> None:
    assert [text[:40] for text in ORDINARY if SCANNER.relevant(text)] == []


def test_lets_through_every_labelled_text_that_names_two_parties_and_a_trigger() -> None:
    rows = [orjson.loads(line) for line in (DATA / "sentences.jsonl").read_bytes().splitlines()]
    texts = [row["text"] for row in rows if row["claims"] and _readable(row["text"])]
    assert len(texts) > 100
    assert [text for text in texts if not SCANNER.relevant(text)] == []


_TERMS = st.sampled_from(list(GAZETTEER.terms)[:: len(GAZETTEER.terms) // 400])
_FILLERS = st.sampled_from(["recognised", "Embassies", "TIES", "the", "of", "and", ".", "\u2019s", "\n", "said"])


@given(st.lists(_TERMS | _FILLERS, max_size=12))
@example(["Turkiye", "TIES", "Kosovo"])
def test_never_drops_what_the_gazetteer_finds_two_parties_in(words: list[str]) -> None:
    text = " ".join(words)
    if _readable(text):
        assert SCANNER.relevant(text)


def _readable(text: str) -> bool:
    """Whether a reader has, in what the gazetteer finds, a country, a subject that is not its own, and a trigger."""
    mentions = GAZETTEER.mentions(text)
    subjects = {name for one in mentions for name in (*one.subjects, *one.territory, *one.contextual)}
    countries = {code for one in mentions for code in (one.country, *one.members) if code}
    return any(GAZETTEER.subject(name).acts_for != code for name in subjects for code in countries) and any(
        word.startswith(TRIGGERS) for word in text.lower().replace("-", " ").split()
    )


@given(st.text())
def test_takes_any_text(text: str) -> None:
    assert SCANNER.relevant(text) in (True, False)
