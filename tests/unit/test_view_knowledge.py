"""What was known when: exactly the Status that the judge had then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.judging.fold import RECENT, fold
from pipeline.judging.view import rows
from pipeline.records import Change, Claim, Status
from pipeline.serving import knowledge
from pipeline.serving.knowledge import Allowance, Knowledge, NotYetFoldedError, TooWideError
from pipeline.serving.readers import Readers
from pipeline.serving.store import Store
from pipeline.serving.view import StatusQuery, View
from tests.unit.judging_claims import claim
from tests.unit.test_judging_orders import claims
from tests.unit.view_records import IDENTITY, START_MS, Topics, made, topics_of

KEYS = (("taliban", "RU"), ("taliban", "CN"), ("palestine", "RU"))


@pytest.fixture(scope="module")
def path_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Paths of views to be."""
    folder = tmp_path_factory.mktemp("views")
    numbers = iter(range(1_000_000))
    return lambda: folder / f"{next(numbers)}.sqlite"


@st.composite
def streams(draw: st.DrawFn) -> Topics:
    """Claims on several keys in any order, some again, by clocks that at times stand still."""
    told = [
        one.model_copy(update=dict(zip(("subject", "country"), draw(st.sampled_from(KEYS)), strict=True)))
        for one in draw(st.lists(claims(), min_size=1, max_size=10, unique_by=lambda one: one.id))
    ]
    told += draw(st.lists(st.sampled_from(told), max_size=3))
    topics = Topics()
    ms = START_MS
    for one in draw(st.permutations(told)):
        ms += draw(st.sampled_from((0, 1, 1_000, 86_400_000)))
        topics.add(one, ms)
    return topics


def judged(topics: Topics, key: str, ms: int) -> Status | None:
    return next((status for at, its, status in reversed(topics.known) if its == key and at <= ms), None)


@examples(max_examples=20)
@given(streams(), st.data())
def test_it_is_the_status_that_the_judge_had(path_of: Callable[[], Path], topics: Topics, data: st.DataObject) -> None:
    view = View(made(path_of(), topics.records))
    times = sorted({at + by for at, _, _ in topics.known for by in (-1, 0, 1)})
    for ms in data.draw(st.permutations(times)):
        for subject, country in KEYS:
            expected = judged(topics, f"{subject}|{country}", ms)
            found = view.status_of(subject, country, known_at=ms)
            if expected is None or not expected.ledgers:
                assert found is None
            else:
                assert found == (expected, rows(expected))
        table = view.status(StatusQuery(known_at=ms), after=None, limit=1_000)
        had = [judged(topics, f"{subject}|{country}", ms) for subject, country in sorted(KEYS)]
        assert table == [row for one in had if one for row in sorted(rows(one), key=lambda row: row.dimension)]
    view.close()


def test_a_claim_that_came_again_late_counts_as_the_judge_counted_it(tmp_path: Path) -> None:
    topics = topics_of(claim("recognized", source=f"Paper {at}", dated="2025-07-04") for at in range(RECENT + 10))
    again = Claim.from_json(topics.of("claims")[0].value or b"")
    topics.add(again, START_MS + 10_000_000)
    view = View(made(tmp_path / "view.sqlite", topics.records))
    with pytest.raises(NotYetFoldedError):
        view.status_of("taliban", "RU", known_at=START_MS + 10_000_000)
    found = view.status_of("taliban", "RU", known_at=START_MS + 10_000_000)
    assert found is not None
    assert found[0] == topics.statuses["taliban|RU"]
    assert found[1][0].activity["1d"].claims == RECENT + 11
    view.close()


def test_a_claim_that_the_judge_refused_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topics = topics_of(claim("recognized", source=f"Paper {at}", dated="2025-07-04") for at in range(3))
    refused = claim("recognized", source="Refused", dated="2025-07-04")
    topics.put("claims", refused.key, refused.to_json(), START_MS + 3_000)
    topics.add(claim("recognized", source="Paper 3", dated="2025-07-04"), START_MS + 4_000)

    def refusing(status: Status | None, told: Claim, **more: Any) -> tuple[Status, tuple[Change, ...]]:
        if told.id == refused.id:
            raise OverflowError
        return fold(status, told, **more)

    monkeypatch.setattr(knowledge, "fold", refusing)
    view = View(made(tmp_path / "view.sqlite", topics.records))
    found = view.status_of("taliban", "RU", known_at=START_MS + 5_000)
    assert found is not None
    assert found[0] == topics.statuses["taliban|RU"]
    view.close()


def test_questions_at_any_times_are_answered_from_what_was_saved_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = topics_of(claim("recognized", source=f"Paper {at}", dated="2025-07-04") for at in range(60))
    readers = Readers(made(tmp_path / "view.sqlite", topics.records))
    monkeypatch.setattr(knowledge, "SAVE_EVERY", 10)
    folded: list[Claim] = []

    def counted(status: Status | None, one: Claim, **more: int) -> tuple[Status, object]:
        folded.append(one)
        return fold(status, one, **more)

    monkeypatch.setattr(knowledge, "fold", counted)
    told = Knowledge()
    for at, most in ((59, 60), (59, 0), (34, 5), (35, 1), (9, 0), (0, 1)):
        folded.clear()
        with readers.reading() as connection:
            found = told.status(connection, "taliban", "RU", START_MS + at * 1_000, allowance=Allowance())
        assert found == topics.known[at][2]
        assert len(folded) == most
    readers.close()


def test_what_is_saved_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topics = topics_of(claim("recognized", source=f"Paper {at}", dated="2025-07-04") for at in range(40))
    readers = Readers(made(tmp_path / "view.sqlite", topics.records))
    monkeypatch.setattr(knowledge, "SAVE_EVERY", 2)
    told = Knowledge(cache_bytes=8_000)
    with readers.reading() as connection:
        for at in (39, 5, 20, 1):
            found = told.status(connection, "taliban", "RU", START_MS + at * 1_000, allowance=Allowance())
            assert found == topics.known[at][2]
            assert sum(map(len, told._saved._records.values())) == told._saved._size <= 8_000
    readers.close()


def test_nothing_is_told_from_another_files_claims(tmp_path: Path) -> None:
    path = made(tmp_path / "view.sqlite", topics_of([claim("recognized", dated="2025-07-04")]).records)
    view = View(path)
    assert view.status_of("taliban", "RU", known_at=START_MS) is not None
    store = Store(path)
    store.empty(IDENTITY)
    assert view.status_of("taliban", "RU", known_at=START_MS) is None
    store.close()
    view.close()


def test_a_wide_question_is_refused_and_a_narrow_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        claim("recognized", source=f"Paper {at}", country=country, dated="2025-07-04")
        for country in ("CN", "RU")
        for at in range(6)
    ]
    topics = topics_of(told)
    view = View(made(tmp_path / "view.sqlite", topics.records))
    monkeypatch.setattr(knowledge, "WIDEST", 11)
    end = START_MS + 60_000
    with pytest.raises(TooWideError, match="12 of them, and at most 11; name a subject, a country, or both"):
        view.status(StatusQuery(known_at=end), after=None, limit=1)
    assert len(view.status(StatusQuery(known_at=end - 50_000), after=None, limit=9)) == 2
    assert len(view.status(StatusQuery(known_at=end, country="RU"), after=None, limit=9)) == 1
    monkeypatch.setattr(knowledge, "WIDEST", 5)
    assert len(view.status(StatusQuery(known_at=end, country="RU", subject="taliban"), after=None, limit=9)) == 1
    view.close()


def test_a_long_answer_is_prepared_over_several_questions(tmp_path: Path) -> None:
    topics = topics_of(claim("recognized", source=f"Paper {at}", dated="2025-07-04") for at in range(25))
    readers = Readers(made(tmp_path / "view.sqlite", topics.records))
    told, answers = Knowledge(), []
    with readers.reading() as connection:
        for _ in range(3):
            try:
                answers.append(told.status(connection, "taliban", "RU", START_MS + 60_000, allowance=Allowance(10)))
            except NotYetFoldedError:
                answers.append(None)
    assert answers == [None, None, topics.statuses["taliban|RU"]]
    readers.close()
