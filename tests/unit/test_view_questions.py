"""What the view answers: rows and pages, searches, alerts in order, histories with their origins."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.judging.view import history, rows
from pipeline.records import Claim, StatusRow
from pipeline.serving.positions import learned_ms
from pipeline.serving.readers import UnavailableError
from pipeline.serving.store import Store
from pipeline.serving.view import AlertQuery, ClaimQuery, Offsets, StatusQuery, View
from tests.unit.judging_claims import claim, signature
from tests.unit.test_judging_orders import claims
from tests.unit.view_records import IDENTITY, PARTITIONS, START_MS, Topics, apply_to, made, topics_of

TOLD = (
    claim("not_recognized", source="Gazette", dated="2025-06-01", sentence="Moscow had recognised nobody there."),
    claim(
        "recognized", "2025-07-03", source="Herald", dated="2025-07-04", sentence="On Thursday Moscow recognised it."
    ),
    claim(
        "recognized", "2025-07-03", source="Courier", dated="2025-07-05", sentence="The Kremlin recognised al-Qaeda."
    ),
    claim("ambassador_sent", "2023-09", country="CN", dated="2023-09-14", sentence="Peking sent an envoy to Kābul."),
    claim("recognized", "2024-05-28", country="ES", subject="palestine", dated="2024-05-29", sentence="Madrid did so."),
    claim("recognized", "XXXX-05-28", country="NO", subject="palestine", sentence="Oslo recognised it on 28 May."),
)


@pytest.fixture
def topics() -> Topics:
    return topics_of(TOLD)


@pytest.fixture
def view(tmp_path: Path, topics: Topics) -> Iterator[View]:
    opened = View(made(tmp_path / "view.sqlite", topics.records))
    yield opened
    opened.close()


def said(view: View, **query: str) -> list[str]:
    """The sentences of the claims that are found."""
    found = view.claims(ClaimQuery(**query), before=None, limit=100)
    return [orjson.loads(one.json)["evidence"]["sentence"] for one in found]


# --- the live table ---


def table(topics: Topics, as_of: str | None = None) -> list[StatusRow]:
    found = [row for one in topics.statuses.values() for row in rows(one, as_of=as_of)]
    return sorted(found, key=lambda row: (row.subject, row.country, row.dimension))


def test_the_rows_are_those_of_the_statuses(view: View, topics: Topics) -> None:
    assert view.status(StatusQuery(), after=None, limit=100) == table(topics)


@examples(max_examples=20)
@given(st.lists(claims(), min_size=1, max_size=10), st.sampled_from((None, "2003", "2024-12", "2025-07-02", "2025-07")))
def test_the_rows_as_of_a_date_are_those_of_the_statuses(
    tmp_path_factory: pytest.TempPathFactory, told: list[Claim], as_of: str | None
) -> None:
    topics = topics_of(told)
    view = View(made(tmp_path_factory.mktemp("as-of") / "view.sqlite", topics.records))
    assert view.status(StatusQuery(as_of=as_of), after=None, limit=100) == table(topics, as_of)
    found = view.status_of("taliban", "RU", as_of=as_of)
    status = topics.statuses["taliban|RU"]
    assert found == ((status, rows(status, as_of=as_of)) if status.ledgers else None)
    view.close()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("known_at", [None, START_MS + 10_000])
def test_pages_of_rows_join_without_gap_or_repetition(view: View, limit: int, known_at: int | None) -> None:
    whole = view.status(StatusQuery(known_at=known_at), after=None, limit=100)
    paged, after = [], None
    while page := view.status(StatusQuery(known_at=known_at), after=after, limit=limit):
        assert len(page) <= limit
        paged += page
        after = (page[-1].subject, page[-1].country, page[-1].dimension)
    assert paged == whole
    assert len(whole) == 4


@pytest.mark.parametrize("known_at", [None, START_MS + 10_000])
@pytest.mark.parametrize(
    ("query", "countries"),
    [
        ({"subject": "palestine"}, ["ES", "NO"]),
        ({"country": "CN"}, ["CN"]),
        ({"dimension": "recognition", "value": "recognized"}, ["ES", "NO", "RU"]),
        ({"subject": "palestine", "as_of": "2024-05-28"}, ["ES"]),
        ({"as_of": "2024"}, ["ES", "CN"]),
        ({"as_of": "2024", "value": "ambassador"}, ["CN"]),
        ({"as_of": "2001"}, []),
        ({"subject": "nobody"}, []),
    ],
)
def test_filters_of_rows(view: View, known_at: int | None, query: dict[str, str], countries: list[str]) -> None:
    found = view.status(StatusQuery(known_at=known_at, **query), after=None, limit=100)  # type: ignore[arg-type]
    assert [row.country for row in found] == countries


@pytest.mark.parametrize("as_of", ["XXXX-05-28", "soon", ""])
def test_as_of_wants_a_date_with_a_year(view: View, as_of: str) -> None:
    with pytest.raises(ValueError, match=r"date|year"):
        view.status(StatusQuery(as_of=as_of), after=None, limit=1)
    with pytest.raises(ValueError, match=r"date|year"):
        view.status_of("nobody", "XX", as_of=as_of)


def test_subjects_with_what_is_known_of_them(view: View) -> None:
    found = view.subjects()
    assert list(found) == ["palestine", "taliban"]
    assert (found["taliban"].countries, found["taliban"].rows, found["taliban"].updated) == (2, 2, "2025-07-05")
    assert found["taliban"].earliest == "2023-09-14"


def test_nothing_is_known_of_somebody_else(view: View) -> None:
    assert view.status_of("taliban", "FR") is None
    assert view.history("taliban", "FR") == []


def test_a_status_in_which_nothing_is_asserted_is_nothing(tmp_path: Path) -> None:
    view = View(made(tmp_path / "view.sqlite", topics_of([claim("recognized", modality="hoped")]).records))
    assert view.status_of("taliban", "RU") is None
    assert view.status_of("taliban", "RU", known_at=START_MS) is None
    assert len(said(view)) == 1
    view.close()


# --- histories ---


def test_history_names_the_first_print_of_every_text(tmp_path: Path) -> None:
    wire = claim("recognized", "2025-07-03", source="Wire", text="wire", dated="2025-07-03", sentence="One.")
    copy = claim("recognized", "2025-07-03", source="Copier", text="wire", dated="2025-07-04", sentence="One.")
    near = claim("recognized", "2025-07-03", source="Editor", dated="2025-07-04", sentence="Edited.",
                 signature=signature("Editor", like="wire", share=0.9))  # fmt: skip
    own = claim("recognized", "2025-07-03", source="Own", dated="2025-07-04", sentence="Seen myself.")
    topics = topics_of((own, wire, near, copy))
    view = View(made(tmp_path / "view.sqlite", topics.records))
    (found,) = view.history("taliban", "RU")
    assert found.fact == history(topics.statuses["taliban|RU"])[0]
    origins = {one.source: origin for one, origin in zip(found.fact.support, found.origins, strict=True)}
    assert {source: origin.claim_id for source, origin in origins.items()} == {
        "Wire": wire.id,
        "Copier": wire.id,
        "Editor": wire.id,
        "Own": own.id,
    }
    assert origins["Copier"].learned_ms == START_MS + 3_000
    (earlier,) = view.history("taliban", "RU", known_at=START_MS + 1_000)
    assert {one.source for one in earlier.fact.support} == {"Wire", "Own"}
    view.close()


def test_texts_whose_signature_cannot_be_read_copy_nobody_but_by_their_digest(tmp_path: Path) -> None:
    told = [
        claim("recognized", source=source, text=text, dated="2025-07-04", signature="none")
        for source, text in (("One", "a"), ("Other", "b"), ("Copier", "a"))
    ]
    view = View(made(tmp_path / "view.sqlite", topics_of(told).records))
    (found,) = view.history("taliban", "RU")
    origins = {one.source: origin.claim_id for one, origin in zip(found.fact.support, found.origins, strict=True)}
    assert origins == {"One": told[0].id, "Other": told[1].id, "Copier": told[0].id}
    view.close()


def test_history_goes_on_where_the_claims_have_not_come_yet(tmp_path: Path, topics: Topics) -> None:
    view = View(made(tmp_path / "view.sqlite", topics.of("status")))
    found = view.history("taliban", "RU")
    assert [(origin.claim_id, origin.learned_ms) for one in found for origin in one.origins] == [
        (support.claim_id, None) for one in found for support in one.fact.support
    ]
    view.close()


# --- claims ---


def test_a_claim_is_told_as_it_came_but_for_its_signature(view: View, topics: Topics) -> None:
    found = view.claims(ClaimQuery(), before=None, limit=100)
    expected = []
    for record in reversed(topics.of("claims")):
        whole = orjson.loads(record.value or b"")
        del whole["signature"]
        expected.append(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS))
    assert [one.json for one in found] == expected
    assert [one.learned_ms for one in found] == [record.timestamp_ms for record in reversed(topics.of("claims"))]
    assert [learned_ms(one.position) for one in found] == [one.learned_ms for one in found]


@examples(max_examples=20)
@given(st.lists(claims(), min_size=1, max_size=6, unique_by=lambda one: one.id))
def test_no_field_of_a_claim_is_lost(tmp_path_factory: pytest.TempPathFactory, told: list[Claim]) -> None:
    view = View(made(tmp_path_factory.mktemp("fields") / "view.sqlite", topics_of(told).records))
    found = view.claims(ClaimQuery(), before=None, limit=100)
    for one, record in zip(found, reversed(told), strict=True):
        assert Claim.model_validate(orjson.loads(one.json) | {"signature": record.signature}) == record
    view.close()


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"q": "recognised"}, "Oslo The On Moscow"),
        ({"q": "MOSCOW recognised"}, "On Moscow"),
        ({"q": '"moscow recognised"'}, "On"),
        ({"q": "al-qaeda"}, "The"),
        ({"q": "qaeda al"}, "The"),
        ({"q": '"qaeda al"'}, ""),
        ({"q": "kabul"}, "Peking"),
        ({"q": "recog*"}, "Oslo The On Moscow"),
        ({"q": "recog"}, ""),
        ({"q": "sentence: Madrid"}, ""),
        ({"q": "Madrid OR Oslo"}, ""),
        ({"q": "NOT"}, ""),
        ({"q": "s74616c6962616e"}, ""),  # a filter's word is none of the sentence
        ({"q": "!!"}, ""),
        ({"q": "  "}, "Oslo Madrid Peking The On Moscow"),
        ({"subject": "palestine"}, "Oslo Madrid"),
        ({"subject": "taliban", "country": "RU"}, "The On Moscow"),
        ({"subject": "taliban", "country": "RU", "predicate": "recognized"}, "The On"),
        ({"source": "Herald"}, "On"),
        ({"source": "herald"}, ""),
        ({"source": "Daily", "q": "envoy"}, "Peking"),
        ({"subject": "palestine", "q": "recognised"}, "Oslo"),
        ({"subject": ""}, ""),
        ({"subject": "\ud800"}, ""),
    ],
)
def test_searching_claims(view: View, query: dict[str, str], places: str) -> None:
    assert [sentence.split()[0] for sentence in said(view, **query)] == places.split()


@pytest.mark.parametrize("query", [{}, {"q": "recognised"}, {"subject": "taliban"}])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_claims_join_while_claims_arrive(
    tmp_path: Path, topics: Topics, query: dict[str, str], limit: int
) -> None:
    path = made(tmp_path / "view.sqlite", topics.records)
    view, store = View(path), Store(path)
    whole = said(view, **query)
    paged, before, days = [], None, 10
    while page := view.claims(ClaimQuery(**query), before=before, limit=limit):
        paged += [orjson.loads(one.json)["evidence"]["sentence"] for one in page]
        before = page[-1].position
        days += 1
        topics.add(claim(source=f"Paper {days}", sentence="Since then it recognised."), START_MS + days * 86_400_000)
        apply_to(store, topics.records)
    assert paged == whole
    store.close()
    view.close()


# --- alerts ---


def test_alerts_come_in_order_and_say_where_to_go_on(view: View, topics: Topics) -> None:
    whole, end = view.alerts(AlertQuery(), after=(0,) * PARTITIONS, limit=100)
    assert [one.json for one in whole] == [one.value for one in topics.of("alerts")]
    assert end == view.offsets()["alerts"]
    assert view.alerts(AlertQuery(), after=end, limit=100) == ([], end)
    assert view.last_alerts(AlertQuery(), 2) == (whole[-2:], end)
    assert view.last_alerts(AlertQuery(kind="new"), 100)[0] == [one for one in whole if one.alert.data.kind == "new"]


@examples(max_examples=15)
@given(st.lists(claims(), min_size=1, max_size=12), st.integers(1, 3), st.data())
def test_pages_of_alerts_join_across_replicas(
    tmp_path_factory: pytest.TempPathFactory, told: list[Claim], limit: int, data: st.DataObject
) -> None:
    """Two replicas got the partitions in other orders; a reader who changes over loses nothing and sees none twice."""
    told = [one.model_copy(update={"country": data.draw(st.sampled_from(("RU", "CN", "ES", "NO")))}) for one in told]
    topics = topics_of(told)
    folder = tmp_path_factory.mktemp("replicas")
    by_partition = sorted(topics.records, key=lambda one: one.partition)
    store = Store(folder / "other.sqlite")
    store.empty(IDENTITY)
    for record in by_partition:
        apply_to(store, [record])
    store.close()
    replicas = View(made(folder / "one.sqlite", topics.records)), View(folder / "other.sqlite")
    query = AlertQuery(kind=data.draw(st.sampled_from((None, "new", "background"))))
    found: list[str] = []
    after: Offsets = (0,) * PARTITIONS
    end = replicas[0].offsets()["alerts"]
    while after != end:
        page, after = replicas[data.draw(st.integers(0, 1))].alerts(query, after=after, limit=limit)
        found += [one.alert.id for one in page]
    expected = [one.alert for one in replicas[0].alerts(AlertQuery(), after=(0,) * PARTITIONS, limit=1_000)[0]]
    assert sorted(found) == sorted(one.id for one in expected if query.kind in (None, one.data.kind))
    for view in replicas:
        view.close()


def test_what_a_query_leaves_out_counts_as_seen(view: View) -> None:
    nobody = AlertQuery(subject="nobody")
    assert view.alerts(nobody, after=(0,) * PARTITIONS, limit=1) == ([], view.offsets()["alerts"])
    _, after = view.alerts(AlertQuery(country="NO"), after=(0,) * PARTITIONS, limit=1)
    assert sum(after) == len(view.alerts(AlertQuery(), after=(0,) * PARTITIONS, limit=100)[0])


def test_a_cursor_from_a_replica_that_is_ahead_stays(view: View) -> None:
    ahead = tuple(offset + 5 for offset in view.offsets()["alerts"])
    assert view.alerts(AlertQuery(), after=ahead, limit=10) == ([], ahead)
    assert len(view.alerts(AlertQuery(), after=(), limit=100)[0]) == 6  # a short one is from the beginning


# --- the file ---


def test_without_a_file_every_question_says_so(tmp_path: Path) -> None:
    view = View(tmp_path / "missing.sqlite")
    with pytest.raises(UnavailableError, match="missing"):
        view.subjects()
    sqlite3.connect(tmp_path / "missing.sqlite").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(UnavailableError, match="not made yet"):
        view.offsets()
    store = Store(made(tmp_path / "there.sqlite", []))
    assert View(tmp_path / "there.sqlite").subjects() == {}
    store.close()


def test_a_view_cannot_write(view: View) -> None:
    with view._readers.reading() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM claims")


def test_many_threads_ask_while_the_file_is_written_and_made_anew(tmp_path: Path, topics: Topics) -> None:
    path = made(tmp_path / "view.sqlite", topics.records)
    store, view = Store(path), View(path)
    done = threading.Event()
    wrong: list[object] = []

    def ask(question: Callable[[], int], right: set[int]) -> None:
        while not done.is_set():
            try:
                found = question()
                if found not in right:
                    wrong.append(found)
            except Exception as error:  # noqa: BLE001 - it is what is looked for
                wrong.append(error)

    whole = len(view.claims(ClaimQuery(q="recognised"), before=None, limit=100))
    questions: tuple[Callable[[], int], ...] = (
        lambda: len(view.claims(ClaimQuery(q="recognised"), before=None, limit=100)),
        lambda: len(view.status(StatusQuery(as_of="2025"), after=None, limit=100)),
        lambda: len(view.alerts(AlertQuery(), after=(), limit=100)[0]),
    )
    rights = [{0, question()} for question in questions]
    threads = [threading.Thread(target=ask, args=pair) for pair in zip(questions, rights, strict=True) for _ in (1, 2)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        store.empty(IDENTITY)
        apply_to(store, topics.records)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert whole == 4
    view.close()
    store.close()
