"""From records to rows: each once, whatever the batches, nothing stopped by a bad one."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.records import Alert, Claim
from pipeline.serving import materialise
from pipeline.serving.materialise import Received
from pipeline.serving.store import Source, Store, offsets_of
from tests.unit.judging_claims import claim
from tests.unit.test_judging_orders import claims
from tests.unit.view_records import IDENTITY, Topics, apply_to, content, topics_of

CLAIMS = (
    claim("not_recognized", source="Gazette", dated="2025-06-01", sentence="It had recognised nobody."),
    claim("recognized", "2025-07-03", source="Herald", dated="2025-07-04", first_ever=True, attribution="a minister"),
    claim("recognized", "2025-07-03", source="Courier", dated="2025-07-05", url="https://courier.example/1"),
    claim("ambassador_sent", "2023-09", country="CN", dated="2023-09-14"),
    claim("recognized", "XXXX-05-28", country="ES", subject="palestine", dated=None),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "view.sqlite")
    opened.empty(IDENTITY)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Store]:
    """Makes empty views, many of them."""
    folder = tmp_path_factory.mktemp("views")
    numbers = iter(range(1_000_000))

    def make() -> Store:
        opened = Store(folder / f"{next(numbers)}.sqlite")
        opened.connection.execute("PRAGMA synchronous = OFF")
        opened.empty(IDENTITY)
        return opened

    return make


def rows(store: Store, question: str) -> list[tuple[object, ...]]:
    return store.connection.execute(question).fetchall()


def test_the_tables_tell_what_the_records_say(store: Store) -> None:
    made = topics_of(CLAIMS)
    applied = apply_to(store, made.records)
    assert rows(store, "SELECT subject, country, dimension, value, since, precision, sources FROM status") == [
        ("palestine", "ES", "recognition", "recognized", "XXXX-05-28", "day", 1),
        ("taliban", "CN", "presence", "ambassador", "2023-09", "month", 1),
        ("taliban", "RU", "recognition", "recognized", "2025-07-03", "day", 2),
    ]
    assert rows(store, "SELECT value, role, since, since_first, since_last FROM facts WHERE country = 'CN'") == [
        ("ambassador", "current", "2023-09", "2023-09-01", "2023-09-30")
    ]
    assert rows(
        store, "SELECT source, attribution, url FROM fact_support WHERE country = 'RU' AND fact = 2 ORDER BY source"
    ) == [("Courier", None, "https://courier.example/1"), ("Herald", "a minister", None)]
    assert rows(store, "SELECT first_ever, learned FROM claims WHERE source = 'Herald'") == [
        (1, "2025-07-04T03:33:21.000Z")
    ]
    told = [Alert.from_json(one.value or b"") for one in made.of("alerts")]
    assert {one.alert for one in applied.alerts} == set(told)
    assert [one.seq for one in applied.alerts] == list(range(1, len(told) + 1))
    assert applied.counts["unreadable"] == 0


def test_what_held_when_is_one_row_for_each_stretch(store: Store) -> None:
    made = topics_of(
        [
            claim("recognized", "2008-02-20", dated="2008-02-21"),
            claim("withdrew_recognition", "2017-10-31", source="Herald", dated="2017-11-02"),
        ]
    )
    apply_to(store, made.records)
    assert rows(store, "SELECT from_date, to_date, value FROM status_as_of ORDER BY from_date") == [
        ("2008-02-20", "2017-10-31", "recognized"),
        ("2017-10-31", None, "withdrawn"),
    ]


@examples(max_examples=25)
@given(st.lists(claims(), min_size=1, max_size=10), st.data())
def test_the_same_records_in_any_batches_give_the_same_tables(
    views: Callable[[], Store], told: list[Claim], data: st.DataObject
) -> None:
    records = topics_of(told).records
    if data.draw(st.booleans(), "a status that goes"):
        made = topics_of(told)
        made.put("status", told[0].key, None)
        made.put("status", told[-1].key, b"{not json")
        made.put("claims", told[0].key, told[0].to_json())
        records = made.records
    once, cut = views(), views()
    apply_to(once, records)
    order = data.draw(st.permutations(list({(one.source, one.partition) for one in records})))
    arrived = sorted(records, key=lambda one: order.index((one.source, one.partition)))  # stable
    ends = sorted({0, len(arrived), *data.draw(st.lists(st.integers(0, len(arrived)), max_size=6))})
    for start, end in pairwise(ends):
        again = data.draw(st.integers(0, start))  # what was applied before comes again
        apply_to(cut, arrived[start - again : end])
    assert content(cut) == content(once)
    once.close()
    cut.close()


@pytest.mark.parametrize("dies_in", ["_claims", "_statuses", "_alerts", "rfc3339"])
def test_what_is_cut_short_leaves_no_trace(store: Store, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    made = topics_of(CLAIMS)
    apply_to(store, made.records[:6])
    before = content(store)
    original = getattr(materialise, dies_in)

    def dies(*arguments: object) -> None:
        original(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(materialise, dies_in, dies)
        with pytest.raises(KeyboardInterrupt):
            apply_to(store, made.records[6:])
    assert content(store) == before
    apply_to(store, made.records)
    assert offsets_of(store.connection) == {
        source: tuple(
            sum(one.source == source and one.partition == number for one in made.records) for number in range(3)
        )
        for source in ("status", "claims", "alerts")
    }


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"id": "\\ud800"}', None])
@pytest.mark.parametrize("source", ["status", "claims", "alerts"])
def test_a_bad_record_is_left_out_and_counted(
    store: Store, caplog: pytest.LogCaptureFixture, source: Source, value: bytes | None
) -> None:
    made = topics_of(CLAIMS[:2])
    bad = made.put(source, CLAIMS[0].key, value)
    made.add(CLAIMS[2], 1_751_700_000_000)
    applied = apply_to(store, made.records)
    if (source, value) == ("status", None):  # a status that is deleted, and told again
        assert applied.counts["unreadable"] == 0
        return
    assert applied.counts["unreadable"] == 1 or source == "status"  # one that is followed by a good one is not read
    assert rows(store, "SELECT count(*) FROM claims") == [(3,)]
    assert rows(store, "SELECT value, sources FROM status") == [("recognized", 2)]
    if source != "status":
        assert f"left out: {source} {bad.partition}/{bad.offset}" in caplog.text


@pytest.mark.parametrize("part", ["witnesses", "revision"])
def test_a_status_of_which_no_rows_can_be_made_is_left_out(store: Store, part: str) -> None:
    made = topics_of(CLAIMS[:2])
    status = orjson.loads(made.of("status")[-1].value or b"")
    status[part] = {"witnesses": {}, "revision": 2**63 - 1}[part]  # nothing behind what it counts; a number to enlarge
    spoilt = orjson.dumps(status).replace(str(2**63 - 1).encode(), b"9" * 30)
    made.put("status", CLAIMS[0].key, spoilt)
    made.add(CLAIMS[2].model_copy(update={"country": "CN"}), 1_751_700_000_000)
    assert apply_to(store, made.records).counts["unreadable"] == 1
    assert rows(store, "SELECT country FROM status ORDER BY country") == [("CN",), ("RU",)]


def test_a_bad_last_status_does_not_hide_the_good_one_before_it(store: Store) -> None:
    made = topics_of(CLAIMS[:2])
    made.put("status", CLAIMS[0].key, b"{")
    made.put("status", "other|XX", made.of("status")[0].value)  # under a key that is not its own
    assert apply_to(store, made.records).counts["unreadable"] == 2
    assert rows(store, "SELECT value FROM status") == [("recognized",)]


def test_a_status_without_a_value_is_deleted_with_all_that_was_told_of_it(store: Store) -> None:
    made = topics_of(CLAIMS)
    apply_to(store, made.records)
    made.put("status", "taliban|RU", None)
    made.put("status", "nobody|XX", None)
    apply_to(store, made.records)
    for table in ("statuses", "status", "status_as_of", "facts", "fact_support"):
        assert {country for (country,) in rows(store, f"SELECT country FROM {table}")} <= {"CN", "ES"}  # noqa: S608
    assert rows(store, "SELECT count(*) FROM claims") == [(len(CLAIMS),)]


def test_within_a_batch_only_the_last_status_of_a_key_is_applied(store: Store) -> None:
    applied = apply_to(store, topics_of(CLAIMS).records)
    assert (applied.counts["statuses"], applied.counts["statuses passed over"]) == (3, 2)


def test_of_claims_with_one_id_the_first_counts(store: Store) -> None:
    made = Topics()
    made.add(CLAIMS[1], 1_751_600_000_000)
    made.add(CLAIMS[1].model_copy(update={"confidence": 0.1}), 1_751_600_000_001)
    applied = apply_to(store, made.records)
    assert rows(store, "SELECT confidence FROM claims") == [(0.9,)]
    assert applied.counts["claims again"] == 1


def test_alerts_keep_the_order_of_their_partition_where_clocks_go_back(store: Store) -> None:
    made = topics_of(CLAIMS, every_ms=-1_000)
    apply_to(store, made.records)
    for number in range(3):
        found = rows(store, f"SELECT kafka_offset FROM alerts WHERE kafka_partition = {number} ORDER BY seq")  # noqa: S608
        assert found == sorted(found)


def test_latencies_are_told_where_the_record_tells(store: Store) -> None:
    made = topics_of(CLAIMS[1:2])
    told = [
        replace(one, received_ms=one.timestamp_ms - 1_500) if one.source == "alerts" else one for one in made.records
    ]
    assert apply_to(store, told).latencies == [1.5]


def test_children_without_a_parent_are_refused(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.connection.execute("INSERT INTO facts VALUES ('a','b','c',1,'','','',NULL,NULL,NULL,'','',0,0,0)")


def test_a_digest_tells_records_apart() -> None:
    one = Received("claims", 0, 0, 1, b"a", b"b")
    others = (
        replace(one, timestamp_ms=2),
        replace(one, key=b"ab", value=b""),
        replace(one, key=None),
        replace(one, value=None),
        replace(one, value=b""),
    )
    assert len({other.digest() for other in (one, *others)}) == 6
