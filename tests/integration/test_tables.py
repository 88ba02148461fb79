"""`status`, `history` and `explain` on a real topic, as a user calls them."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.records import Alert, Claim, Status
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from tests.unit.judging_claims import claim

CLAIMS = (
    claim("not_recognized", source="Gazette", dated="2025-06-01", sentence="It had recognised nobody there."),
    claim(
        "recognized",
        "2025-07-03",
        source="Herald",
        dated="2025-07-04",
        first_ever=True,
        sentence="On Thursday it recognised them [first].",
        url="https://herald.example/1",
    ),
    claim("recognized", "2025-07-03", source="Courier", dated="2025-07-05", sentence="It did so on 3 July."),
    claim("ambassador_sent", "2023-09-13", country="CN", source="Herald", dated="2023-09-14"),
    claim("not_recognized", country="XK", subject="palestine", source="Herald", dated="2025-07-05"),
)


def command(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "RECOGNITION_BOOTSTRAP": settings.bootstrap,
        "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
        "RECOGNITION_PARTITIONS": str(settings.partitions),
        "COLUMNS": "100",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def found(settings: Settings, *arguments: str) -> str:
    done = command(settings, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


Published = tuple[Settings, list[Alert]]


@pytest.fixture
async def published(make_settings: Callable[..., Settings]) -> Published:
    """Every Status as it grew, and the alerts, on topics of their own."""
    settings = make_settings()
    await admin.create_topics(settings)
    topology = clients.topology_of(settings)
    statuses: dict[str, Status] = {}
    alerts: list[Alert] = []
    async with clients.producer(settings) as producer:
        for one in CLAIMS:
            statuses[one.key], changes = fold(statuses.get(one.key), one)
            await producer.send_and_wait(topology.status.name, statuses[one.key].to_json(), key=one.key.encode())
            for alert in map(alert_of, changes):
                alerts.append(alert)
                await producer.send_and_wait(topology.alerts.name, alert.to_json(), key=alert.key.encode())
    return settings, alerts


def of(claims: tuple[Claim, ...], source: str) -> str:
    return next(one.evidence.sentence for one in claims if one.source == source)


async def test_status_shows_the_table_in_every_form(published: Published) -> None:
    settings, _ = published
    table = found(settings, "status")
    assert "RU Russia" in table
    assert "XK Kosovo" in table
    assert "recognized *" in table
    assert max(map(len, table.splitlines())) <= 100
    rows = json.loads(found(settings, "status", "taliban", "russia", "--json"))
    assert [(row["country"], row["value"], row["since"], row["sources"]) for row in rows] == [
        ("RU", "recognized", "2025-07-03", 2)
    ]
    assert (
        json.loads(found(settings, "status", "taliban", "RU", "--as-of", "2025-06", "--format", "json"))[0]["value"]
        == "not_recognized"
    )
    lines = list(csv.DictReader(io.StringIO(found(settings, "status", "--format", "csv"))))
    assert [(line["subject"], line["country"], line["dimension"]) for line in lines] == [
        ("palestine", "XK", "recognition"),
        ("taliban", "CN", "presence"),
        ("taliban", "RU", "recognition"),
    ]
    assert "Nothing is known of Fiji towards taliban" in found(settings, "status", "taliban", "FJ")


async def test_history_shows_every_step_with_its_evidence(published: Published) -> None:
    settings, _ = published
    text = found(settings, "history", "taliban", "RU")
    for source in ("Gazette", "Herald", "Courier"):
        assert of(CLAIMS, source) in text
    assert "https://herald.example/1" in text
    facts = json.loads(found(settings, "history", "taliban", "ru", "--json"))
    assert [(fact["value"], fact["role"]) for fact in facts] == [
        ("not_recognized", "history"),
        ("recognized", "current"),
    ]


async def test_explain_shows_what_an_alert_rests_on(published: Published) -> None:
    settings, alerts = published
    (recognised,) = [one for one in alerts if (one.data.kind, one.data.value) == ("new", "recognized")]
    text = found(settings, "explain", recognised.id[:10].upper())
    assert of(CLAIMS, "Herald") in text
    assert of(CLAIMS, "Courier") in text  # which came later
    assert text.index("Before") < text.index("not recognized", text.index("Before"))
    told = json.loads(found(settings, "explain", recognised.id, "--json"))
    assert told["alert"]["id"] == recognised.id
    assert told["fact"]["sources"] == 2
    assert told["replaced"]["data"]["value"] == "not_recognized"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("status", "talibann"), 2, "Did you mean taliban?"),
        (("status", "taliban", "Rusia"), 2, "Did you mean RU (Russia)"),
        (("status", "--as-of", "XXXX-07-03"), 2, "has no year"),
        (("status", "--json", "--format", "csv"), 2, "--format"),
        (("explain", "zzz"), 1, "no alert has an id that begins with 'zzz' (5 alerts were looked at)"),
        (("explain", ""), 1, "no alert has an id"),
    ],
)
async def test_what_is_wrong_is_said(published: Published, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = command(published[0], *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in " ".join(done.stderr.replace("│", " ").split())


async def test_an_empty_table_says_what_to_do(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    done = command(settings, "status")
    assert (done.returncode, "Run `recognition topics` first" in done.stderr) == (1, True)
    await admin.create_topics(settings)
    assert "recognition replay" in found(settings, "status")
    assert json.loads(found(settings, "status", "--json")) == []


async def test_watch_knows_the_names_that_status_knows(published: Published) -> None:
    settings, _ = published

    def kinds(*arguments: str) -> list[str]:
        lines = found(settings, "watch", "--until-end", "--json", *arguments).splitlines()
        return [json.loads(line)["subject"] for line in lines]

    assert set(kinds("--country", "Russia")) == {"taliban/RU"}
    assert set(kinds("--subject", "palestine", "--country", "xk")) == {"palestine/XK"}
    for wrong, near in (("--subject=talibn", "taliban"), ("--country=Rusia", "RU (Russia)")):
        done = command(settings, "watch", wrong)
        assert done.returncode == 2
        assert near in " ".join(done.stderr.replace("│", "").split())
