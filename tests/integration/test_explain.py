"""`explain` of an article: its way through all topics, on a real broker with every role running."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from tests.integration.line import drained, produce, roles
from tests.integration.test_tables import command, found

TEXT = "Peru formally recognised Kosovo on Friday, the foreign ministry said in Lima."


def article(name: str, source: str, text: str) -> bytes:
    return Article(id=name, source=source, text=text, published="2026-11-20").to_json()


async def test_the_way_of_an_article_is_told(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings(partitions=2)
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    with roles(settings, tmp_path, "worker", "gate", "publish"):
        values = [
            article("told", "Herald", TEXT),
            article("copied", "Courier", TEXT),
            article("weather", "Herald", "It rained."),
            b"{broken",
        ]
        for value in values:
            await produce(settings, topology.articles, [value])
        await drained(settings, seconds=60)

    def ways(what: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = json.loads(found(settings, "explain", what, "--json"))
        return told

    def topics(way: dict[str, Any]) -> list[str]:
        assert way["pending"] is None
        return [step["topic"].removeprefix(settings.topic_prefix) for step in way["steps"]]

    (told,) = ways("told")
    assert topics(told) == ["articles", "documents", "claims", "changes", "alerts"]
    times = [step["time"] for step in told["steps"]]
    assert times == sorted(times)
    alert = told["steps"][-1]["says"]
    assert (alert["subject"], alert["value"]) == ("kosovo", "recognized")
    assert ways(told["correlation"]) == [told]
    assert json.loads(found(settings, "explain", alert["id"], "--json"))["way"] == told

    (copied,) = ways("copied")
    assert topics(copied)[:3] == ["articles", "documents", "claims"]
    assert copied["correlation"] != told["correlation"]

    (weather,) = ways("weather")
    assert topics(weather) == ["articles"]
    assert "the gate found it not relevant" in found(settings, "explain", "weather")

    listed = json.loads(found(settings, "dlq", "list", "--json"))
    (broken,) = ways(listed[0]["headers"]["recognition.correlation"])
    assert topics(broken) == ["articles", "articles.dlq"]
    assert broken["steps"][1]["says"]["error"] == "UnreadableInputError"

    text = found(settings, "explain", "told")
    assert "The way of article" in text
    assert " ms " in text
    missing = command(settings, "explain", f"{topology.articles.name}/0/999")
    assert (missing.returncode, "no article is at" in missing.stderr) == (1, True)
