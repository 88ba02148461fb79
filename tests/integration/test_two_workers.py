"""Two workers, one of them killed in the middle of two thousand articles: the same table, each alert once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pipeline.settings import Settings
from pipeline.streams import admin, clients
from pipeline.streams.tail import end_offsets
from tests.integration.line import alerts_of, drained, produce, roles, table_of, values_on
from tests.integration.made_up import corpus


async def until_claims(settings: Settings, number: int) -> None:
    deadline = time.monotonic() + 60
    while sum((await end_offsets(settings, [clients.topology_of(settings).claims])).values()) < number:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_a_worker_and_publish_are_killed(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    made = corpus(2_000, seed=1917)
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    with roles(settings, tmp_path, "gate", "worker") as running:
        victim = running.start("worker")
        publisher = running.start("publish")
        await produce(settings, topology.articles, made.articles)
        await until_claims(settings, 150)
        victim.kill()
        publisher.kill()
        claims = sum((await end_offsets(settings, [topology.claims])).values())
        assert claims < 500, "killed too late to be in the middle"
        running.start("worker", "publish")
        await drained(settings, seconds=100)

    rows = {
        (row.subject, row.country, row.dimension, row.value, row.since, row.sources) for row in await table_of(settings)
    }
    assert rows == made.rows
    alerts = await alerts_of(settings)
    assert Counter(
        (alert.data.subject, alert.data.country, alert.data.dimension, alert.data.value, alert.data.kind)
        for alert in alerts
    ) == (made.alerts)
    assert len({alert.id for alert in alerts}) == len(alerts)
    for topic in topology.dead_letters.values():
        assert await values_on(settings, topic) == []
