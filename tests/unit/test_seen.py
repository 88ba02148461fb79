"""What was read before: nothing is read twice, and a crash anywhere loses no claim."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Claim, Document, Evidence, claim_id
from pipeline.streams import seen
from pipeline.streams.seen import Seen, Step, take

DAY = 86_400_000
START = 1_751_500_800_000


def document(text: str, source: str, article: str = "a1") -> Document:
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return Document(
        digest=digest,
        signature="",
        article_id=article,
        source=source,
        text=text,
        dated="2025-07-04",
        title=f"{source}: {text}",
    )


def read(unread: Document) -> tuple[Claim, ...]:
    """One claim for each word of the text."""
    return tuple(
        Claim(
            id=claim_id(
                digest=unread.digest,
                source=unread.source,
                sentence=word,
                subject="kosovo",
                country="KE",
                predicate="recognized",
            ),
            subject="kosovo",
            country="KE",
            predicate="recognized",
            aspect="event",
            evidence=Evidence(sentence=word, start=0, end=len(word)),
            confidence=0.9,
            digest=unread.digest,
            signature="",
            article_id=unread.article_id,
            source=unread.source,
            title=unread.title,
            dated=unread.dated,
            reader="words/1",
        )
        for word in unread.text.split()
    )


def step(row: Seen | None, document: Document, offset: int, time_ms: int = START) -> Step:
    return take(row, document, offset=offset, time_ms=time_ms, seen_days=30, read=read)


def test_a_new_text_is_read() -> None:
    taken = step(None, document("one two", "Nairobi Post"), 7)
    assert taken.outcome == "read"
    assert [claim.evidence.sentence for claim in taken.claims] == ["one", "two"]
    assert taken.row is not None
    assert taken.row.printed == {"Nairobi Post": 7}


def test_the_same_text_from_the_same_source_is_dropped_whatever_its_article_id() -> None:
    row = step(None, document("one", "Nairobi Post"), 7).row
    taken = step(row, document("one", "Nairobi Post", "a2"), 8)
    assert (taken.outcome, taken.claims) == ("dropped", ())


def test_the_same_message_delivered_again_sends_the_same_claims_again() -> None:
    first = step(None, document("one two", "Nairobi Post"), 7)
    again = step(first.row, document("one two", "Nairobi Post"), 7)
    assert again.outcome == "sent again"
    assert again.claims == first.claims
    assert again.row == first.row


def test_another_source_is_another_claim_without_another_reading() -> None:
    row = step(None, document("one", "Nairobi Post"), 7).row
    taken = take(
        row,
        document("one", "Accra Times", "b1"),
        offset=9,
        time_ms=START,
        seen_days=30,
        read=lambda _: (_ for _ in ()).throw(AssertionError("read again")),
    )
    assert taken.outcome == "carried over"
    (claim,) = taken.claims
    assert (claim.source, claim.article_id, claim.dated) == ("Accra Times", "b1", "2025-07-04")
    assert (claim,) == read(document("one", "Accra Times", "b1"))


def test_a_date_that_was_the_articles_becomes_that_of_the_other_article() -> None:
    (claim,) = read(document("one", "Nairobi Post"))
    dated = claim.model_copy(update={"date": "2025-07-01", "date_basis": "published"})
    copy = document("one", "Accra Times").model_copy(update={"dated": "2025-07-09", "dated_basis": "published"})
    assert seen.carry_over(dated, copy).date == "2025-07-09"
    stated = claim.model_copy(update={"date": "2025-07-01", "date_basis": "stated"})
    assert seen.carry_over(stated, copy).date == "2025-07-01"


def test_a_text_is_forgotten_after_its_days_without_a_print() -> None:
    row = step(None, document("one", "Nairobi Post"), 7).row
    assert step(row, document("one", "Nairobi Post"), 8, START + 31 * DAY).outcome == "read"


def test_a_text_that_is_still_printed_is_remembered() -> None:
    row = step(None, document("one", "Nairobi Post"), 7).row
    for day in range(1, 100, 10):
        taken = step(row, document("one", "Nairobi Post"), 7 + day, START + day * DAY)
        assert taken.outcome == "dropped"
        row = taken.row or row


def test_a_row_stays_bounded() -> None:
    many = document(" ".join(f"word{number}" for number in range(4_000)), "Nairobi Post")
    taken = step(None, many, 7)
    assert len(taken.claims) == 4_000
    assert taken.row is not None
    assert taken.row.claims is None
    assert step(taken.row, many.model_copy(update={"source": "Accra Times"}), 8).outcome == "read"

    row = step(None, document("one", "source 0"), 0).row
    for number in range(1, seen.MAX_SOURCES + 10):
        row = step(row, document("one", f"source {number}"), number).row
    assert row is not None
    assert len(row.printed) == seen.MAX_SOURCES
    assert "source 9" not in row.printed


TEXTS = st.sampled_from(["one", "one two", "three"])
SOURCES = st.sampled_from(["Nairobi Post", "Accra Times", "Lima Diario"])
CRASHES = st.sampled_from(["before the row", "after the row", "after the changelog", "after some claims", "after all"])


@given(
    printed=st.lists(st.tuples(TEXTS, SOURCES), min_size=1, max_size=12),
    crashes=st.dictionaries(st.integers(0, 30), st.tuples(CRASHES, st.booleans()), max_size=6),
)
def test_crashes_lose_no_claim_and_make_none_up(
    printed: list[tuple[str, str]], crashes: dict[int, tuple[str, bool]]
) -> None:
    """Deliver documents to a worker that crashes; its successor has its local table, or only the changelog."""
    documents = [document(text, source, f"a{number}") for number, (text, source) in enumerate(printed)]
    expected = {claim.id for each in documents for claim in read(each)}

    local: dict[str, Seen] = {}
    changelog: dict[str, Seen] = {}
    sent: list[Claim] = []
    position, turn = 0, 0
    while position < len(documents):
        current = documents[position]
        taken = step(local.get(current.digest), current, position)
        crash, same_worker = crashes.get(turn, (None, True))
        turn += 1
        if crash != "before the row":
            if taken.row:
                local[current.digest] = taken.row
            if crash != "after the row":
                if taken.row:
                    changelog[current.digest] = taken.row
                if crash != "after the changelog":
                    sent += taken.claims[:1] if crash == "after some claims" else taken.claims
        if crash is None:
            position += 1  # committed
        elif same_worker:
            local = local | {digest: row for digest, row in changelog.items() if digest not in local}
        else:
            local = dict(changelog)
    assert {claim.id for claim in sent} == expected
    by_id = {claim.id: claim for claim in sent}
    assert all(replace_article(claim) == replace_article(by_id[claim.id]) for claim in sent)


def replace_article(claim: Claim) -> Claim:
    """What is folded of a claim does not hang on which print of a source carried it."""
    return claim.model_copy(update={"article_id": ""})
