"""Reading a Status: as of a day, its history, its activity; and a Change as an Alert."""

import json
import re

import jsonschema
import pytest

from pipeline.judging.alerts import alert_of
from pipeline.judging.announcing import EVIDENCE
from pipeline.judging.fold import fold
from pipeline.judging.view import history, rows
from pipeline.records import Activity, Alert, Change, Claim, Status
from tests.unit.judging_claims import claim


def told(*claims: Claim) -> tuple[Status, list[Change]]:
    status: Status | None = None
    changes: list[Change] = []
    for one in claims:
        status, caused = fold(status, one)
        changes += caused
    assert status is not None
    return status, changes


STORY = (
    claim("not_recognized", source="A", dated="2011-03-01"),
    claim("recognized", "2012-05-10", source="B", dated="2012-05-11"),
    claim("withdrew_recognition", "2019-11", source="C", dated="2019-12-03"),
    claim("considering", source="D", dated="2024-02-01"),
    claim("recognized", "2025-07-03", source="E", dated="2025-07-04"),
    claim("recognized", "XXXX-07-03", source="F"),
    claim("embassy_opened", "2025-09-01", source="G", dated="2025-09-02"),
)


@pytest.mark.parametrize(
    ("as_of", "value"),
    [
        ("2010", None),
        ("2011-03-01", "not_recognized"),
        ("2012-05-09", "not_recognized"),
        ("2012-05-10", "recognized"),
        ("2012-05", "recognized"),
        ("2019-11-15", "recognized"),
        ("2019-11", "withdrawn"),
        ("2024-12", "withdrawn"),
        ("2025-07-02", "withdrawn"),
        ("2025", "recognized"),
        (None, "recognized"),
    ],
)
def test_as_of_tells_what_was_true_then(as_of: str | None, value: str | None) -> None:
    found = [row.value for row in rows(told(*STORY)[0], as_of=as_of) if row.dimension == "recognition"]
    assert found == ([] if value is None else [value])


def test_as_of_leaves_out_other_dimensions_that_began_later() -> None:
    status, _ = told(*STORY)
    assert [row.dimension for row in rows(status, as_of="2025-08")] == ["recognition"]
    assert [row.dimension for row in rows(status, as_of="2025-09-01")] == ["recognition", "presence"]


def test_as_of_between_two_stances() -> None:
    status, _ = told(
        claim("not_recognized", source="A", dated="2023-01-01"),
        claim("considering", source="B", dated="2024-01-01"),
        claim("not_recognized", source="C", dated="2025-01-01"),
    )
    assert [rows(status, as_of=year)[0].value for year in ("2023", "2024", "2025")] == [
        "not_recognized",
        "considering",
        "not_recognized",
    ]


def test_as_of_what_has_no_year_is_left_out() -> None:
    status, _ = told(claim("recognized", "XXXX-07-03"))
    assert rows(status, as_of="2025") == []
    assert rows(status)[0].since == "XXXX-07-03"


@pytest.mark.parametrize("as_of", ["XXXX-07-03", "yesterday", "2025-13"])
def test_as_of_wants_a_date_with_a_year(as_of: str) -> None:
    with pytest.raises(ValueError, match=as_of):
        rows(told(*STORY)[0], as_of=as_of)


def test_history_is_in_order_of_time_with_its_evidence() -> None:
    found = history(told(*STORY)[0], "recognition")
    assert [(fact.value, fact.since, fact.role) for fact in found] == [
        ("not_recognized", None, "history"),
        ("recognized", "2012-05-10", "history"),
        ("withdrawn", "2019-11", "history"),
        ("considering", None, "history"),
        ("recognized", "2025-07-03", "current"),
    ]
    assert [support.source for support in found[-1].support] == ["E", "F"]
    assert {fact.dimension for fact in history(told(*STORY)[0])} == {"presence", "recognition"}


def test_a_row_is_flat_and_tells_the_revision_that_last_told_of_it() -> None:
    status, changes = told(*STORY)
    recognition, presence = rows(status)
    assert (presence.revision, presence.value) == (changes[-1].revision, "embassy")
    assert (recognition.revision, recognition.updated, recognition.precision) == (5, "2025-07-04", "day")


def test_updated_is_the_latest_publication_whatever_its_form() -> None:
    moments = ("2025-07-04T23:30:00-05:00", "2025-07-05T01:00:00+02:00", "2025-07-05", None)
    claims = [claim("recognized", "2025-07-03", source=str(moment), published=moment) for moment in moments]
    assert rows(told(*claims)[0])[0].updated == "2025-07-04T23:30:00-05:00"


def test_activity_counts_back_from_the_latest_publication() -> None:
    status, _ = told(
        *(claim("considering", source=f"S{day}", dated=f"2025-07-{day:02d}") for day in (1, 10, 24, 25, 30)),
        claim("considering", source="S30", text="other", dated="2025-07-30"),
        claim("considering", source="copy", text="other", dated="2025-07-30"),
        claim("mission_maintained", source="S31", dated="2025-07-31"),
    )
    recognition, presence = rows(status)
    assert recognition.activity == {
        "1d": Activity(),
        "7d": Activity(claims=4, sources=3, independent=3),
        "30d": Activity(claims=6, sources=5, independent=5),
    }
    assert presence.activity["1d"] == Activity(claims=1, sources=1, independent=1)


def test_activity_expires_and_late_articles_do_not_bring_it_back() -> None:
    old = claim("considering", source="A", dated="2025-05-01")
    now = claim("considering", source="B", dated="2025-07-31")
    for claims in ((old, now), (now, old)):
        status, _ = told(*claims)
        assert rows(status)[0].activity["30d"].claims == 1
        assert len(status.ledgers["recognition"].days) == 1


def test_redelivery_does_not_count_as_activity() -> None:
    one = claim("considering", dated="2025-07-31")
    assert rows(told(one, one, one)[0])[0].activity["1d"] == Activity(claims=1, sources=1, independent=1)


# --- alerts ---


def test_an_alert_leaves_out_a_time_that_nobody_knows() -> None:
    _, (change,) = told(claim("recognized", None, dated=None))
    envelope = json.loads(alert_of(change).to_json())
    assert "time" not in envelope
    assert all(re.fullmatch("[a-z0-9]+", name) for name in envelope)  # what CloudEvents allows


def test_an_alert_is_a_cloud_event_of_its_change() -> None:
    _, (change,) = told(
        claim("recognized", "2025-07-03", dated="2025-07-04", url="https://example.org/1", first_ever=True)
    )
    alert = alert_of(change)
    assert (alert.id, alert.type, alert.subject, alert.time) == (
        change.id,
        "recognition.status.new",
        "taliban/RU",
        "2025-07-04T00:00:00Z",
    )
    assert alert.data.model_dump(exclude={"evidence"}) == {
        "schema_version": 1,
        "kind": "new",
        "subject": "taliban",
        "country": "RU",
        "dimension": "recognition",
        "value": "recognized",
        "previous": None,
        "since": "2025-07-03",
        "precision": "day",
        "revision": 1,
        "confidence": "reported",
        "sources": 1,
        "independent": 1,
        "first_ever": True,
    }
    (evidence,) = alert.data.evidence
    assert (evidence.source, evidence.url, evidence.published, evidence.sentence) == (
        "Daily",
        "https://example.org/1",
        "2025-07-04",
        "It said so.",
    )
    assert Alert.from_json(alert.to_json()) == alert


CLOUDEVENTS = {  # what CloudEvents 1.0.2 asks of an envelope in JSON; an attribute that is null counts as not set
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": ["string", "null"], "minLength": 1},
        "subject": {"type": ["string", "null"], "minLength": 1},
        "time": {
            "type": ["string", "null"],
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
        },
    },
}


@pytest.mark.parametrize(
    ("published", "time"),
    [
        (None, None),
        ("2025-07-04", "2025-07-04T00:00:00Z"),
        ("2025-07-04T09:30:00", "2025-07-04T09:30:00Z"),
        ("2025-07-04T09:30:00Z", "2025-07-04T09:30:00Z"),
        ("2025-07-04T09:30:00.250+04:30", "2025-07-04T09:30:00.250000+04:30"),
    ],
)
def test_its_time_is_that_of_the_article(published: str | None, time: str | None) -> None:
    _, (change,) = told(claim("recognized", "2025-07-03", published=published))
    alert = alert_of(change)
    assert alert.time == time
    jsonschema.validate(alert.model_dump(mode="json"), CLOUDEVENTS)


def test_the_article_that_caused_it_comes_first_in_its_evidence() -> None:
    names = [f"S{number}" for number in range(8)]
    _, changes = told(
        *(claim("recognized", source=name, text="wire", dated="2025-07-04") for name in names),
        claim("recognized", source="last", confidence=0.1, dated="2025-07-04"),
    )
    assert [change.kind for change in changes] == ["background", "confirmed"]
    assert len(alert_of(changes[1]).data.evidence) <= EVIDENCE
