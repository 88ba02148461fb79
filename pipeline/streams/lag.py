"""How far a consumer group is behind.

The difference of two offsets does not tell: the end of a partition that is written in transactions is a marker, which
no group ever commits, and a batch that was aborted is none of its business. So a partition counts as behind only when
a record can be read that is not committed yet.
"""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from pipeline.settings import Settings
from pipeline.streams import clients

_RETRY_SECONDS = 0.1


async def behind(settings: Settings, group: str, partitions: Iterable[TopicPartition]) -> set[TopicPartition]:
    """Those of the partitions on which the group has committed records left to process."""
    async with clients.admin(settings) as admin, clients.consumer(settings, fetch_max_wait_ms=100) as consumer:
        return await behind_with(admin, consumer, group, set(partitions))


async def behind_with(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, group: str, partitions: set[TopicPartition]
) -> set[TopicPartition]:
    """The same with clients that are there already. The consumer belongs to no group."""
    committed = await committed_offsets(admin, group, partitions)
    ends = await consumer.end_offsets(partitions)
    starts = await consumer.beginning_offsets(partitions)
    left = {partition: max(committed.get(partition, 0), starts[partition]) for partition in partitions}
    left = {partition: offset for partition, offset in left.items() if offset < ends[partition]}
    found: set[TopicPartition] = set()
    if left:  # aiokafka's fetcher does not survive an assignment to nothing
        consumer.assign(list(left))
    for partition, offset in left.items():
        consumer.seek(partition, offset)
    while left:
        fetched = await consumer.getmany(*left, timeout_ms=100, max_records=len(left))
        found |= {partition for partition, records in fetched.items() if records}
        # Past its end a partition had nothing but markers and what was aborted.
        past = [partition for partition in left if await consumer.position(partition) >= ends[partition]]
        for partition in {*past, *found} & set(left):
            del left[partition]
            consumer.pause(partition)
    return found


async def committed_offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """What the group has committed; partitions without a commit are left out."""
    asked = list(partitions)
    while True:
        try:
            offsets = await admin.list_consumer_group_offsets(group, partitions=asked)
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(_RETRY_SECONDS)  # on a new cluster the groups' coordinator is not there at once
        else:
            return {partition: found.offset for partition, found in offsets.items() if found.offset >= 0}
