"""A role that stands still ends, so that it is started anew."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

from aiokafka import TopicPartition

from pipeline.settings import Settings
from pipeline.streams import admin, clients
from pipeline.streams.giving_up import EX_TEMPFAIL
from tests.integration.line import produce

STANDS_STILL = """
import sys, time
from pipeline.settings import Settings
from pipeline.streams import clients, watchdog
from pipeline.streams.tail import partitions_of
settings = Settings.model_validate_json(sys.argv[1])
topology = clients.topology_of(settings)
articles = partitions_of(topology.articles)
watchdog.watch(settings, topology.gate_group, lambda: articles, patience=1.5, look_every=0.3)
time.sleep(float(sys.argv[2]))
"""


def stand_still(settings: Settings, seconds: float) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", STANDS_STILL, settings.model_dump_json(), str(seconds)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_with_work_to_do_it_ends(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    await admin.create_topics(settings)
    await produce(settings, clients.topology_of(settings).articles, [b"{}"])
    done = await asyncio.to_thread(stand_still, settings, 20)
    assert done.returncode == EX_TEMPFAIL
    assert "has committed nothing for 2 s" in done.stderr


async def test_without_work_it_may_stand_still(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    partition = TopicPartition(topology.articles.name, 0)
    async with clients.producer(settings, transactional_id=f"{settings.topic_prefix}t") as producer:
        async with producer.transaction():  # a marker at the end, which nobody ever commits
            await producer.send_and_wait(topology.articles.name, b"{}", partition=0)
            await producer.send_offsets_to_transaction({partition: 1}, topology.gate_group)
        await producer.begin_transaction()
        await producer.send_and_wait(topology.articles.name, b"{}", partition=0)
        await producer.abort_transaction()  # what was aborted is no work
    done = await asyncio.to_thread(stand_still, settings, 5)
    assert done.returncode == 0, done.stderr


async def test_work_that_has_just_come_is_no_standstill(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    await admin.create_topics(settings)
    standing = asyncio.create_task(asyncio.to_thread(stand_still, settings, 4.5))
    await asyncio.sleep(4)
    await produce(settings, clients.topology_of(settings).articles, [b"{}"])
    done = await standing
    assert done.returncode == 0, done.stderr
