"""What the five seed articles assert, as hand-made claims, in all 120 orders: one end state, one new recognition."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.judging.view import history, rows
from pipeline.records import Alert, Claim, Status
from tests.unit.judging_claims import claim

EXPECTED = Path(__file__).parents[3] / "shared" / "seeds-expected.json"
FOUR = ("CN", "AE", "PK", "UZ")


def _article(source: str, dated: str | None, basis: str, *asserted: dict[str, Any]) -> tuple[Claim, ...]:
    return tuple(
        claim(
            source=source,
            dated=dated,
            dated_basis=basis,
            sentence=f"Sentence {number} of {source}.",
            **({"date": None} | one),
        )
        for number, one in enumerate(asserted)
    )


def _none_of_four(predicate: str, **more: Any) -> list[dict[str, Any]]:
    return [{"predicate": predicate, "country": country, **more} for country in FOUR]


# Five articles as a reader takes them: two with a publication date, three without; one with a year nowhere.
ARTICLES = (
    _article(
        "National",
        "2025-07-07",
        "published",
        {"predicate": "credentials_accepted", "date": "2025-07", "date_basis": "published"},
        {"predicate": "recognized", "date": "2025-07", "date_basis": "published", "first_ever": True},
        {"predicate": "recognized", "date": "2025-07-03"},
        {"predicate": "credentials_accepted", "date": "2025-07-03"},
        {"predicate": "terrorist_delisted", "date": "2025-04"},
        {"predicate": "terrorist_designated"},
    ),
    _article(
        "Agencies",
        "2025-04",
        "text",
        {"predicate": "recognized", "first_ever": True},
        {"predicate": "credentials_accepted"},
        *_none_of_four("mission_maintained"),
        *_none_of_four("not_recognized"),
        {"predicate": "terrorist_designated", "date": "2003"},
        {"predicate": "terrorist_delisted", "date": "2025-04"},
    ),
    _article(
        "Report",
        "2025-07-04",
        "published",
        {"predicate": "recognized", "date": "2025-07", "date_basis": "published", "first_ever": True},
        {"predicate": "credentials_accepted", "date": "2025-07-03"},
        {"predicate": "recognized", "date": "2025-07-03"},
        *_none_of_four("ambassador_sent", date="2025-07", date_basis="published"),
        *_none_of_four("not_recognized"),
        {"predicate": "sanctions_imposed", "country": "US", "aspect": "state"},
        {"predicate": "terrorist_delisted", "date": "2025-04"},
        {"predicate": "terrorist_designated", "date": "2003"},
    ),
    _article(
        "Newswire",
        None,
        "none",
        {"predicate": "recognized", "aspect": "state"},
        {"predicate": "credentials_accepted", "date": "XXXX-07-01"},
        {"predicate": "recognized", "date": "XXXX-07-03", "date_basis": "relative"},
        {"predicate": "terrorist_delisted", "date": "XXXX-04"},
        {"predicate": "terrorist_designated"},
        {"predicate": "mission_maintained", "date": "2021"},
    ),
    _article(
        "Tribune",
        "2025-01",
        "text",
        {"predicate": "recognized", "date": "XXXX-07-03"},
        {"predicate": "recognized", "first_ever": True},
        {"predicate": "credentials_accepted"},
        {"predicate": "terrorist_delisted", "date": "XXXX-04"},
        {"predicate": "mission_maintained"},
    ),
)
State = tuple[dict[str, Status], tuple[Alert, ...]]


def _fold(state: State, claims: Sequence[Claim]) -> State:
    statuses, alerts = dict(state[0]), list(state[1])
    for one in claims:
        statuses[one.key], changes = fold(statuses.get(one.key), one)
        alerts += [alert_of(change) for change in changes]
    return statuses, tuple(alerts)


def _orders(state: State, left: Sequence[int]) -> Iterator[State]:
    if not left:
        yield state
    for number in left:
        yield from _orders(_fold(state, ARTICLES[number]), [other for other in left if other != number])


@pytest.fixture(scope="module")
def ends() -> list[State]:
    return list(_orders(({}, ()), range(5)))


def test_all_orders_end_alike(ends: list[State]) -> None:
    def timeless(state: State) -> dict[str, Any]:
        return {key: status.model_dump(include={"facts", "ledgers", "witnesses"}) for key, status in state[0].items()}

    first = timeless(ends[0])
    assert len(ends) == 120
    assert all(timeless(end) == first for end in ends)


def test_one_alert_tells_of_the_recognition(ends: list[State]) -> None:
    for _, alerts in ends:
        (alert,) = [one for one in alerts if one.data.kind == "new" and one.data.value == "recognized"]
        assert (alert.subject, alert.type) == ("taliban/RU", "recognition.status.new")
        assert alert.data.previous is None
        assert len({one.id for one in alerts}) == len(alerts)


def test_history_is_not_told_as_new(ends: list[State]) -> None:
    for _, alerts in ends:
        assert all(one.data.kind != "new" for one in alerts if one.data.dimension == "terrorism_listing")
        assert all(one.data.kind != "new" for one in alerts if one.data.value in ("not_recognized", "mission"))


def test_the_end_state_is_the_expected_one(ends: list[State]) -> None:
    if not EXPECTED.exists():
        pytest.skip("../shared/seeds-expected.json is not there")
    statuses = ends[0][0]
    found = {(row.country, row.dimension): row for status in statuses.values() for row in rows(status)}
    expected = json.loads(EXPECTED.read_text())["status"]
    assert set(found) == {(row["country"], row["dimension"]) for row in expected}
    for row in expected:
        mine = found[row["country"], row["dimension"]]
        assert mine.subject == row["subject"]
        assert mine.value in [row["value"], *row.get("also_right", [])]
        assert mine.since == row.get("since", mine.since)
        assert mine.sources == row.get("sources", mine.sources)
        assert mine.first_ever == row.get("first_ever", mine.first_ever)
        told = {(fact.value, fact.since) for fact in history(statuses[f"{mine.subject}|{mine.country}"])}
        assert told >= {(one["value"], one["since"]) for one in row.get("history", [])}


def test_the_less_supported_date_stays_visible(ends: list[State]) -> None:
    (fact,) = history(ends[0][0]["taliban|RU"], "accreditation")
    assert [(given.date, given.independent) for given in fact.dates] == [("2025-07-03", 2), ("2025-07-01", 1)]
    assert fact.sources == 5


def test_later_rereading_repeats_the_same_alerts(ends: list[State]) -> None:
    for end in ends[::17]:
        statuses, alerts = _fold(end, [one for article in ARTICLES for one in article])
        assert {key: one.to_json() for key, one in statuses.items()} == {
            key: one.to_json() for key, one in end[0].items()
        }
        assert {one.id for one in alerts} == {one.id for one in end[1]}
