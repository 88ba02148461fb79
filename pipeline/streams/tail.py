"""Reading topics: from somewhere to where they end now, or on and on."""

from collections.abc import AsyncIterator, Iterable, Mapping

from aiokafka import ConsumerRecord, TopicPartition

from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Topic


def partitions_of(topic: Topic) -> list[TopicPartition]:
    """All partitions of a topic."""
    return [TopicPartition(topic.name, number) for number in range(topic.partitions)]


async def read_to_end(
    settings: Settings, partitions: Iterable[TopicPartition], start: Mapping[TopicPartition, int] | None = None
) -> AsyncIterator[ConsumerRecord]:
    """Every committed record from ``start`` (the beginning where not named) to where the partitions end now.

    Within a partition in order. An open transaction ends a partition: what it holds is not there yet.
    """
    async with clients.consumer(settings, fetch_max_wait_ms=100) as consumer:
        asked = list(partitions)
        ends = await consumer.end_offsets(asked)  # of read_committed: the last stable offsets
        starts = await consumer.beginning_offsets(asked) | dict(start or {})
        left = {partition for partition in asked if starts[partition] < ends[partition]}
        if not left:
            return
        consumer.assign(left)
        for partition in left:
            consumer.seek(partition, starts[partition])
        while left := {partition for partition in left if await consumer.position(partition) < ends[partition]}:
            for partition, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                for record in records:
                    if record.offset < ends[partition]:
                        yield record


async def end_offsets(settings: Settings, topics: Iterable[Topic]) -> dict[TopicPartition, int]:
    """Where the topics end now, for a reader of what is committed."""
    async with clients.consumer(settings) as consumer:
        partitions = [partition for topic in topics for partition in partitions_of(topic)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends
