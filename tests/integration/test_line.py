"""The five seed articles through every role, on a real broker, in any order and any number of times."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.intake.files import read_articles
from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from tests.integration.line import SEEDS, alerts_of, drained, produce, roles, table_of, values_on

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the original seed articles are not on this machine")


async def test_any_order_three_times_over_ends_the_same(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    articles = [article for article in read_articles([SEEDS]) if isinstance(article, Article)]
    assert len(articles) == 5
    tables = []
    for seed in (1, 2, 3):
        settings = make_settings()
        topology = clients.topology_of(settings)
        await admin.create_topics(settings)
        shuffled = articles * 3
        random.Random(seed).shuffle(shuffled)
        with roles(settings, tmp_path, "worker", "gate", "publish"):
            await produce(settings, topology.articles, [article.to_json() for article in shuffled])
            await drained(settings, seconds=60)
        tables.append([row.model_dump(exclude={"revision"}) for row in await table_of(settings)])
        alerts = await alerts_of(settings)
        assert max(Counter(alert.id for alert in alerts).values()) == 1
        recognized = [
            alert.subject
            for alert in alerts
            if alert.data.kind == "new" and (alert.data.dimension, alert.data.value) == ("recognition", "recognized")
        ]
        assert recognized == ["taliban/RU"]
        for topic in topology.dead_letters.values():
            assert await values_on(settings, topic) == []
    assert tables[0] == tables[1] == tables[2]
    (row,) = [row for row in tables[0] if (row["country"], row["dimension"]) == ("RU", "recognition")]
    assert (row["value"], row["since"], row["sources"]) == ("recognized", "2025-07-03", 5)


def run(*arguments: str, **variables: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run", str(SEEDS), "--json", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_run_on_a_broker_of_its_own() -> None:
    found = run()
    assert set(found) == {"status", "alerts", "articles"}
    assert found["articles"]["published"] == found["articles"]["relevant"] == 5
    assert found["articles"]["dead_letters"] == found["articles"]["unreadable"] == 0
    new = [alert for alert in found["alerts"] if alert["type"] == "recognition.status.new"]
    assert [
        (alert["subject"], alert["data"]["since"])
        for alert in new
        if (alert["data"]["dimension"], alert["data"]["value"]) == ("recognition", "recognized")
    ] == [("taliban/RU", "2025-07-03")]


async def test_running_it_again_on_the_same_broker_changes_nothing(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    variables = {"RECOGNITION_TOPIC_PREFIX": settings.topic_prefix, "RECOGNITION_DATA_DIR": str(tmp_path)}
    first = run("--bootstrap", settings.bootstrap, **variables)
    assert len(first["alerts"]) > 0
    second = run("--bootstrap", settings.bootstrap, **variables)
    assert second["alerts"] == []
    assert second["status"] == first["status"]
    assert second["articles"]["published"] == 5
    assert second["articles"]["claims"] == 0

    def watch(*arguments: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", "pipeline", "watch", "--until-end", "--json", *arguments]
        environment = variables | {"RECOGNITION_BOOTSTRAP": settings.bootstrap}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert watch() == first["alerts"]
    assert watch("--since", "2h", "--max", "3") == first["alerts"][:3]
    new = [alert for alert in first["alerts"] if alert["data"]["kind"] == "new"]
    assert watch("--kind", "new") == new
    assert watch("--country", "ru") == [alert for alert in first["alerts"] if alert["subject"] == "taliban/RU"]
    assert watch("--subject", "kosovo") == []
