"""What is told of lag is what a group has yet to process; of a cluster that does not answer, nothing is known."""

import asyncio
from collections.abc import Callable
from math import isnan

import orjson
from aiokafka import TopicPartition

from pipeline import metrics
from pipeline.broker.kafka import free_port
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import create_topics
from pipeline.streams.backlog import Backlog, poll
from pipeline.streams.gate import gate
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.streams.transactional import run_edge
from pipeline.topology import Topic
from tests.integration.line import drained, produce


def article(number: int) -> bytes:
    text = f"Kenya has formally recognised Kosovo, officials said. It was decision number {number} of the cabinet."
    return orjson.dumps({"id": f"a{number}", "source": "Nairobi Post", "text": text, "published": "2025-07-04"})


def told(topic: Topic, name: str = "lag") -> list[float]:
    """By partition."""
    samples = {
        int(sample.labels["partition"]): sample.value
        for family in metrics.families()
        for sample in family.samples
        if sample.name == f"recognition_{name}" and sample.labels["topic"] == topic.name
    }
    return [samples[number] for number in sorted(samples)]


async def test_lag_is_what_a_group_has_yet_to_process(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await create_topics(settings)
    backlog = Backlog(settings)
    async with clients.admin(settings) as admin, clients.consumer(settings, max_partition_fetch_bytes=1) as consumer:
        await produce(settings, topology.articles, [article(number) for number in range(7)])
        await backlog.look(admin, consumer)
        assert sum(told(topology.articles)) == 7
        assert sum(told(topology.documents)) == 0
        assert told(topology.articles, "last_commit_age_seconds") == [0, 0, 0, 0]
        async with (
            clients.producer(settings, transactional_id=f"{settings.topic_prefix}outside") as producer,
            producer.transaction(),
        ):
            await producer.send_and_wait(topology.articles.name, article(7), partition=0)

        stop = asyncio.Event()
        role = asyncio.ensure_future(run_edge(gate(settings), settings, stop))
        await drained(settings, "gate", seconds=30)
        stop.set()
        await role
        await backlog.look(admin, consumer)
        assert sum(told(topology.articles)) == 0
        # The ends of transactions take offsets too: more than eight, and never less.
        assert 8 <= sum(told(topology.documents)) <= 16

        documents = [record async for record in read_to_end(settings, partitions_of(topology.documents))]
        done = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in documents}
        async with clients.consumer(settings, group_id=topology.worker_app) as worker:
            worker.assign(partitions_of(topology.documents))
            await worker.commit(done)
        await backlog.look(admin, consumer)
        assert told(topology.documents) == [0, 0, 0, 0]
        ages = told(topology.documents, "last_commit_age_seconds")
        assert [age == 0 for age in ages] == [partition in done for partition in partitions_of(topology.documents)]


async def test_of_a_cluster_that_does_not_answer_nothing_is_known() -> None:
    settings = Settings(bootstrap=f"127.0.0.1:{free_port()}", topic_prefix="absent-")
    topology = clients.topology_of(settings)
    stop, looks = asyncio.Event(), 0

    def also() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            stop.set()

    async with asyncio.timeout(20):
        await poll(settings, stop, every=0.01, also=also)
    for topic in (topology.articles, topology.documents, topology.claims, topology.changes):
        assert [isnan(left) for left in told(topic)] == [True] * 4
        assert all(map(isnan, told(topic, "last_commit_age_seconds")))
