"""What a text names: the examples of tests/data/mentions.yaml, and what holds for every text."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.folding import fold
from pipeline.reading.gazetteer import Gazetteer, Mention, is_headline

EXAMPLES = yaml.safe_load((Path(__file__).parent.parent / "data" / "mentions.yaml").read_text("utf-8"))
NAMED = {
    *(
        "taliban",
        "venezuela",
        "guaido",
        "myanmar",
        "niger",
        "mali",
        "burkina-faso",
        "sudan",
        "libya",
        "syria",
        "belarus",
    ),
    *("palestine", "israel", "kosovo", "taiwan", "china", "western-sahara", "somaliland", "abkhazia", "south-ossetia"),
    *("northern-cyprus", "transnistria", "donetsk", "luhansk", "nagorno-karabakh", "north-korea", "south-sudan"),
    *(
        "north-macedonia",
        "armenia",
        "vatican",
        "cook-islands",
        "niue",
        "bougainville",
        "catalonia",
        "ukraine",
        "russia",
    ),
    *("iran", "qatar", "saudi-arabia"),
    *("moroccan-western-sahara", "russian-crimea", "jerusalem-capital", "golan-israeli"),
}
SEEDS = Path(__file__).parents[2].parent / "shared" / "seeds"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def notation(mention: Mention) -> str:
    """A mention as tests/data/mentions.yaml writes it."""
    parts = [
        mention.country or "-",
        mention.form,
        *mention.subjects,
        *(f"@{name}" for name in mention.territory),
        *(f"{name}?" for name in mention.contextual),
    ]
    if mention.group:
        members = f": {' '.join(mention.members)}" if mention.members else ""
        parts.append(f"[{mention.group}{members}]")
    return f"{mention.text} = {' '.join(parts)}"


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["text"][:60] for example in EXAMPLES])
def test_example(gazetteer: Gazetteer, example: dict[str, list[str]]) -> None:
    assert [notation(mention) for mention in gazetteer.mentions(str(example["text"]))] == example["mentions"]


def check(text: str, mentions: list[Mention]) -> None:
    reach = 0
    for mention in mentions:
        assert reach <= mention.start < mention.end <= len(text)
        assert mention.text == text[mention.start : mention.end]
        assert mention.country or mention.subjects or mention.contextual or mention.territory or mention.group
        reach = mention.end


@given(st.text())
def test_any_text_gives_mentions_in_order_and_apart(text: str) -> None:
    check(text, _LOADED.mentions(text))


_LOADED = Gazetteer.load()
_GLUE = """Georgia|Jordan|US|Taiwan|Crimea|Juan Guaidó|Sánchez|the|of|'s|and|as|part|,|.|(|)|DPR|(DPR)|minister
|president|Foreign Minister|former|-led|pro-|sovereignty over|as part of Russia|government|\u2019s|in exile"""
_WORDS = st.sampled_from([*list(_LOADED.terms)[:: len(_LOADED.terms) // 300], *_GLUE.split("|")])


@given(st.lists(_WORDS, max_size=25), st.sampled_from([" ", "", "  ", "\n", ", "]))
def test_any_heap_of_names_and_offices_gives_mentions_in_order_and_apart(words: list[str], between: str) -> None:
    text = between.join(words)
    mentions = _LOADED.mentions(text)
    check(text, mentions)
    for mention in mentions:
        for subject in (*mention.subjects, *mention.territory, *mention.contextual):
            assert _LOADED.subject(subject).id == subject
        if mention.country:
            assert mention.country in _LOADED.countries.by_code
    assert mentions == _LOADED.mentions(text)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(text, "?").isascii()


def test_folding_makes_spellings_equal() -> None:
    assert fold("Côte d\u2019Ivoire") == "Cote d'Ivoire"
    assert fold("United\nStates") == fold("United\u00a0States") == "United States"
    assert fold("Guinea\u2011Bissau, İzmir, Łódź") == "Guinea-Bissau, Izmir, Lodz"


def test_every_id_that_claims_may_use_is_there(gazetteer: Gazetteer) -> None:
    assert set(gazetteer.watchlist) >= NAMED


def test_subjects_know_their_opposite(gazetteer: Gazetteer) -> None:
    assert gazetteer.subject("taiwan").opposite == "china"
    assert gazetteer.subject("china").opposite == "taiwan"
    assert gazetteer.subject("western-sahara").opposite == "moroccan-western-sahara"
    assert gazetteer.subject("moroccan-western-sahara").kind == "claim"
    with pytest.raises(KeyError):
        gazetteer.subject("atlantis")


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Spain, Norway and Ireland Recognise Palestinian State", True),
        ("RUSSIA RECOGNISES TALIBAN GOVERNMENT", True),
        ("Russia recognises Taliban government", False),
        ("Israel Katz Met Jordan Peterson.", False),
        ("Kosovo", False),
    ],
)
def test_headlines_are_told_by_their_capitals(text: str, headline: bool) -> None:
    assert is_headline(text, 0) is headline
    assert is_headline(f"One line before.\n{text}\nAnother line after it.", 18) is headline
