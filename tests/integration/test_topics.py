"""Topics: made, compared, asked for."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from aiokafka.admin import NewTopic

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import admin, clients


async def test_topics_are_made_once_as_the_topology_says(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(partitions=3)
    with pytest.raises(RecognitionError, match="Run `recognition topics` first"):
        await admin.require_topics(settings)
    assert {finding.state for finding in await admin.examine_topics(settings)} == {"missing"}
    assert {finding.state for finding in await admin.create_topics(settings)} == {"created"}
    assert {finding.state for finding in await admin.create_topics(settings)} == {"right"}
    await admin.require_topics(settings)


async def test_a_topic_that_disagrees_is_named_and_not_changed(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    alerts = clients.topology_of(settings).alerts
    async with clients.admin(settings) as client:
        await client.create_topics([NewTopic(alerts.name, 2, 1, topic_configs={"retention.ms": "1000"})])
    for _ in range(2):
        (finding,) = [finding for finding in await admin.create_topics(settings) if finding.state == "differs"]
        assert finding.topic.name == alerts.name
        assert {(one.setting, one.has, one.should) for one in finding.differences} >= {
            ("partitions", "2", "4"),
            ("retention.ms", "1000", "-1"),
        }
        assert any("retention.ms=-1" in remedy for remedy in finding.remedies)
    with pytest.raises(RecognitionError, match=f"{alerts.name} has 2 partitions and should have 4"):
        await admin.require_topics(settings)


async def test_more_replicas_than_brokers_are_refused_clearly(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(RecognitionError, match="RECOGNITION_REPLICATION_FACTOR=3"):
        await admin.create_topics(make_settings(replication_factor=3))


def command(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "RECOGNITION_BOOTSTRAP": settings.bootstrap,
        "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
        "RECOGNITION_PARTITIONS": str(settings.partitions),
    }
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_command(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    missing = command(settings, "topics", "--check", "--json")
    assert missing.returncode == 1
    assert {topic["state"] for topic in json.loads(missing.stdout)} == {"missing"}
    assert command(settings, "topics").returncode == 0
    assert "right" in command(settings, "topics").stdout

    other = settings.model_copy(update={"partitions": 2})
    differing = command(other, "topics")
    assert differing.returncode == 1
    assert "RECOGNITION_PARTITIONS=4" in differing.stdout


@pytest.mark.parametrize("role", ["gate", "worker", "publish"])
async def test_a_role_without_its_topics_says_what_to_do(make_settings: Callable[..., Settings], role: str) -> None:
    done = command(make_settings(), role)
    assert done.returncode == 1
    assert "Run `recognition topics` first" in done.stderr
    assert "Traceback" not in done.stderr


async def test_nobody_answers(make_settings: Callable[..., Settings]) -> None:
    done = command(make_settings(bootstrap="127.0.0.1:1"), "topics")
    assert done.returncode == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
