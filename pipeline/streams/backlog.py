"""How far every group is behind, asked of the cluster now and then, for Prometheus."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from math import nan

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from pipeline import metrics
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.lag import behind_with, committed_offsets
from pipeline.streams.stopping import pause
from pipeline.streams.tail import partitions_of
from pipeline.topology import Topic

_LOOK_EVERY_SECONDS = 2.0
_ANSWER_SECONDS = 10.0


async def poll(
    settings: Settings,
    stop: asyncio.Event,
    *,
    every: float = _LOOK_EVERY_SECONDS,
    also: Callable[[], None] = lambda: None,
) -> None:
    """Keep the metrics of lag and of the last commit up to date until ``stop`` is set; ``also`` is called each time.

    While the broker does not answer they are NaN: not known.
    """
    log = logging.getLogger("recognition.backlog")
    backlog = Backlog(settings)
    backlog.unknown()  # nobody has asked yet
    also()
    silent = False
    while not stop.is_set():
        try:
            async with clients.admin(settings) as admin, _consumer(settings) as consumer:
                while not stop.is_set():
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        await backlog.look(admin, consumer)
                    silent = False
                    also()
                    await pause(stop, every)
        except Exception as error:  # noqa: BLE001 - whatever it is, it only means that lag is not known for now
            if not silent:
                log.warning("lag is not known: %s", error if str(error) else repr(error))
            silent = True
            backlog.unknown()
            also()
            await pause(stop, every)


class Backlog:
    """What is left to process on every topic that a group reads, and since when the group has committed nothing."""

    def __init__(self, settings: Settings) -> None:
        topology = clients.topology_of(settings)
        self._clock = asyncio.get_running_loop().time
        self._alerts = topology.alerts
        self._notify = f"{topology.notify_group}."
        self._has_endpoints = False
        self._line = topology.line
        self._moved: dict[tuple[str, TopicPartition], tuple[int | None, float]] = {}
        """What a group had committed when we first saw it, and when that was."""
        self._done: dict[tuple[str, TopicPartition], tuple[int, int]] = {}
        """Committed and end offset between which there is nothing but markers of transactions."""

    async def look(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        """Ask the cluster once, and set the metrics."""
        for step in self._line:
            self._set(await self._lag(admin, consumer, step.group, step.topic))
        endpoints = [name for name, _ in await admin.list_consumer_groups() if name.startswith(self._notify)]
        # Every endpoint has a group of its own: the one that is furthest behind counts.
        found = [await self._lag(admin, consumer, group, self._alerts) for group in endpoints]
        if found:
            self._has_endpoints = True
        if self._has_endpoints:  # when the last one was forgotten, so is its lag
            nothing = (0.0, 0.0)
            partitions = partitions_of(self._alerts)
            self._set({each: max((lags[each] for lags in found), default=nothing) for each in partitions})

    def unknown(self) -> None:
        """Tell that the cluster has not answered."""
        self._set({partition: (nan, nan) for step in self._line for partition in partitions_of(step.topic)})

    @staticmethod
    def _set(lags: "dict[TopicPartition, tuple[float, float]]") -> None:
        for partition, (lag, age) in lags.items():
            metrics.set_lag(partition.topic, partition.partition, lag, age)

    async def _lag(
        self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, group: str, topic: Topic
    ) -> dict[TopicPartition, tuple[float, float]]:
        """By partition: records left, and seconds since the last commit."""
        partitions = partitions_of(topic)
        committed = await committed_offsets(admin, group, partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        places = {
            partition: (max(committed.get(partition, 0), starts[partition]), ends[partition])
            for partition in partitions
        }
        left = {partition: max(0, end - place) for partition, (place, end) in places.items()}
        # Any topic may have been written in transactions, articles by a producer of somebody else's.
        doubtful = {
            partition
            for partition in partitions
            if left[partition] and self._done.get((group, partition)) != places[partition]
        }
        behind = await behind_with(admin, consumer, group, doubtful) if doubtful else set()
        for partition in doubtful - behind:
            self._done[group, partition] = places[partition]
        left |= {partition: 0 for partition in partitions if self._done.get((group, partition)) == places[partition]}
        return {
            partition: (left[partition], self._age((group, partition), committed.get(partition)))
            for partition in partitions
        }

    def _age(self, key: tuple[str, TopicPartition], committed: int | None) -> float:
        now = self._clock()
        known = self._moved.get(key)
        if known is None or known[0] != committed:
            known = self._moved[key] = (committed, now)
        return round(now - known[1], 3)


def _consumer(settings: Settings) -> AbstractAsyncContextManager[AIOKafkaConsumer]:
    # It reads only to see whether there is a record at all.
    return clients.consumer(settings, fetch_max_wait_ms=100, max_partition_fetch_bytes=1)
