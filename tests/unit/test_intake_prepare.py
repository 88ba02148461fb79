"""From bytes to Documents: refusals, relevance, language, digest, signature."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SetAside, UnreadableInputError
from pipeline.intake.digest import content_digest, signature, similarity
from pipeline.intake.language import other_language
from pipeline.intake.prepare import Intake
from pipeline.records import Article, Document
from pipeline.settings import Settings

RELEVANT = (
    "Ruritania has long looked on. On Thursday Russia formally recognised the Taliban government of Afghanistan, "
    "its foreign ministry said, and accepted the credentials of an ambassador whom the group had sent to Moscow."
)
ORDINARY = (
    "The council of the harbour town approved a budget for new roads and two schools on Tuesday. Shops in the town "
    "centre stay open late. Farmers in France and Spain said the harvest was better than feared. "
)


@pytest.fixture(scope="module")
def intake() -> Intake:
    return Intake(Settings())


def article(text: str, **fields: str) -> Article:
    return Article(**{"id": "a", "source": "x", "title": "A mission in the islands", "text": text, **fields})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty message"),
        (b" \n", "empty message"),
        (b"{oops", "not JSON: "),
        (b'{"id": "a"', "not JSON: "),
        (b"\xff\xfe", "not UTF-8: byte 0xff at position 0"),
        (b'{"id": "caf\xe9"}', "not UTF-8: byte 0xe9 at position 11"),
        (b"[1]", "not an Article: a JSON object is expected, this is a list"),
        (b"null", "not an Article: a JSON object is expected, this is a null"),
        (b'{"id": "a", "text": "b"}', "not an Article: field source is missing"),
        (
            b'{"id": 7, "source": "b", "text": ["c"]}',
            "not an Article: field id: should be a valid string; field text: ",
        ),
        (b'{"id": "a", "source": "b"}', "not an Article: an article needs a title, text or html"),
        (b'{"id": "a", "source": "b", "text": "c", "published": "soon"}', "not an Article: field published: "),
        (b'{"id": "a", "source": "b", "text": "c", "schema_version": 2}', "not an Article: field schema_version: "),
    ],
)
def test_what_is_no_article_is_refused_with_its_reason(intake: Intake, raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableInputError) as refusal:
        intake.parse(raw)
    assert str(refusal.value).startswith(reason)
    assert "\n" not in str(refusal.value)


def test_too_large_is_refused_by_the_setting() -> None:
    raw = article("y" * 2000).to_json()
    assert Intake(Settings(max_article_bytes=5_000)).parse(raw).text == "y" * 2000
    with pytest.raises(UnreadableInputError, match=r"too large: 2,\d\d\d bytes, the limit is 1,000"):
        Intake(Settings(max_article_bytes=1_000)).parse(raw)


@given(raw=st.binary() | st.text().map(str.encode) | st.builds(orjson.dumps, st.dictionaries(st.text(), st.text())))
def test_any_bytes_are_an_article_or_refused(raw: bytes) -> None:
    try:
        found = Intake(Settings()).parse(raw)
    except UnreadableInputError as refusal:
        assert str(refusal)  # noqa: PT017
    else:
        assert isinstance(found, Article)


def test_only_what_may_hold_a_claim_is_relevant(intake: Intake) -> None:
    assert intake.relevant(article(RELEVANT))
    assert intake.relevant(Article(id="a", source="x", html=f"<p>{RELEVANT}</p>"))
    assert intake.relevant(Article(id="a", source="x", title="Russia recognises the Taliban"))
    assert not intake.relevant(article(ORDINARY))


def test_a_document_is_cleaned_dated_and_signed(intake: Intake) -> None:
    raw = article(f"July 4, 2025Harbour Post\n{RELEVANT}\nComments", url="https://x.test")
    document = intake.document(raw)
    assert document == Document(
        digest=content_digest(f"A mission in the islands\n\n{RELEVANT}"),
        signature=signature(RELEVANT),
        article_id="a",
        source="x",
        url="https://x.test",
        title="A mission in the islands",
        text=f"A mission in the islands\n\n{RELEVANT}",
        language="en",
        published="2025-07-04",
        dated="2025-07-04",
        dated_basis="published",
    )


def test_what_is_not_read_is_set_aside_with_its_reason(intake: Intake) -> None:
    with pytest.raises(SetAside) as aside:
        intake.document(Article(id="a", source="x", text="© 2025 Harbour Post"))
    assert aside.value.reason == "nothing left after cleaning"
    with pytest.raises(SetAside) as aside:
        intake.document(
            Article(id="a", source="x", text="Le gouvernement russe a reconnu jeudi les talibans, selon Moscou.")
        )
    assert aside.value.reason == "not English: fr"


# Language


@pytest.mark.parametrize(
    "text",
    [
        RELEVANT,
        "Nauru recognises China",
        "Kosovo, Israel establish ties",
        "Spain, Norway",
        "Fiji recognised Kosovo in 2012.",
        "Chargé d'affaires of Niger leaves Paris",
        "UN postpones vote on envoys from Myanmar, Libya",
        "Erdoğan: Türkiye to reopen embassy in Damascus",
        "Bolivia's Luis Arce cuts ties with Israel",
        "“La République du Kosovo” has been recognised by Malawi, its ministry said in English on Friday.",
        "12345",
        "",
    ],
)
def test_english_and_what_is_too_short_to_tell(text: str) -> None:
    assert other_language(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "El gobierno de Colombia reanudó el martes sus relaciones diplomáticas con Venezuela, dijo el canciller.",
            "es",
        ),
        ("La Russie a officiellement reconnu jeudi le gouvernement des talibans, a annoncé Moscou.", "fr"),
        ("Russland hat am Donnerstag als erstes Land die Regierung der Taliban anerkannt.", "de"),
        ("Россия официально признала правительство талибов в Афганистане.", "ru"),
        ("روسيا تعترف رسميا بحكومة طالبان في أفغانستان", "ar"),
        ("俄罗斯正式承认阿富汗塔利班政府", "zh"),
        ("Norge, Spania og Irland anerkjenner Palestina som en egen stat, sier statsministeren.", "nb"),
    ],
)
def test_other_languages_are_named(text: str, language: str) -> None:
    assert other_language(text) in {language, "no" if language == "nb" else language}


def test_the_publishers_word_decides_nothing() -> None:
    assert other_language(RELEVANT, "fr") is None


# Digest and signature


def test_a_digest_forgets_kinds_of_quotation_marks_and_case_alone() -> None:
    assert content_digest("“We met” – twice") == content_digest('"we met" - Twice')
    assert content_digest("We met twice") != content_digest("We met thrice")


words = st.lists(st.sampled_from(RELEVANT.split() + ORDINARY.split()), min_size=1, max_size=200).map(" ".join)


@given(text=words)
def test_a_signature_knows_its_text(text: str) -> None:
    mark = signature(text)
    assert len(mark) == 344  # 64 values of 32 bits in base64
    assert similarity(mark, signature(text)) == 1.0
    assert similarity(mark, signature(text.upper() + "!")) == 1.0


def test_a_signature_tells_an_edited_text_from_another() -> None:
    sentences = [
        f"Sentence {number} tells of the harbour and of {number * 7} ships that came in." for number in range(30)
    ]
    whole = " ".join(sentences)
    edited = " ".join([*sentences[:28], "The end was written anew by the second paper that printed the story."])
    other = " ".join(f"Paragraph {number} is about farms, {number * 3} of them, in the hills." for number in range(30))
    assert similarity(signature(whole), signature(edited)) > 0.7
    assert similarity(signature(whole), signature(other)) < 0.2


def test_digest_and_signature_last() -> None:
    """They are compared with those of other days: another version of a library must not change them."""
    assert signature("one two three four five").startswith("i6ZNi2fdXKoDl+1GuUJeOfNHSBRuyOoQP8nYGiubxmb")
    assert content_digest("one two three four five") == "3f66a598092287c27ec82c4b5de195ef"
