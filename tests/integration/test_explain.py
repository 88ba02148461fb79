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
    assert (missing.returncode, "nothing is at" in missing.stderr) == (1, True)


async def test_the_way_of_a_message_that_came_of_no_article_begins_with_itself(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings(partitions=2)
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    with roles(settings, tmp_path, "worker"):
        await produce(settings, topology.documents, [b"{}"])
        await drained(settings, "read", seconds=60)

    (letter,) = json.loads(found(settings, "dlq", "list", "--json"))
    place = letter["headers"]["recognition.correlation"]
    assert place.startswith(f"{topology.documents.name}/")
    (way,) = json.loads(found(settings, "explain", place, "--json"))
    assert [step["topic"] for step in way["steps"]] == [topology.documents.name, topology.dead_letters["read"].name]
    of_letter = f"{topology.dead_letters['read'].name}/{way['steps'][1]['partition']}/{way['steps'][1]['offset']}"
    assert json.loads(found(settings, "explain", of_letter, "--json")) == [way]
    assert "Nothing followed" not in found(settings, "explain", place)
    nowhere = command(settings, "explain", f"{topology.status.name}/0/0")
    assert (nowhere.returncode, "is no place on the way of an article" in nowhere.stderr) == (1, True)

    # What is wrong with it takes several lines; the log has one for each event.
    assert "\n" in letter["message"]
    log = (tmp_path / "roles.log").read_text().splitlines()
    (at,) = (number for number, line in enumerate(log) if "dead letter: " in line)
    assert "ValidationError: " in log[at]
    assert all(line.startswith("20") for line in log[at + 1 : at + 2])
