"""A role that stands still though it has work ends, so that it is started anew.

Nothing else is known to help when the Kafka client of a long-running consumer falls silent: it neither fails nor goes
on. The watchdog has a thread and clients of its own, and believes only what the cluster says.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable

from aiokafka import TopicPartition

from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.giving_up import give_up
from pipeline.streams.lag import behind_with, committed_offsets

PATIENCE_SECONDS = 90.0
_LOOK_EVERY_SECONDS = 15.0


def watch(
    settings: Settings,
    group: str,
    assigned: Callable[[], Iterable[TopicPartition]],
    patience: float = PATIENCE_SECONDS,
    look_every: float = _LOOK_EVERY_SECONDS,
) -> threading.Thread:
    """Watch this process's partitions, as ``assigned`` tells them from any thread, until the process ends.

    The process ends with `give_up` when a partition has records to process and its committed offset has not moved for
    ``patience`` seconds.
    """
    watchdog = threading.Thread(
        target=lambda: asyncio.run(_watch(settings, group, assigned, patience, look_every)),
        name="watchdog",
        daemon=True,
    )
    watchdog.start()
    return watchdog


async def _watch(
    settings: Settings,
    group: str,
    assigned: Callable[[], Iterable[TopicPartition]],
    patience: float,
    look_every: float,
) -> None:
    log = logging.getLogger("recognition.watchdog")
    clock = asyncio.get_running_loop().time
    seen: dict[TopicPartition, tuple[int | None, float]] = {}
    while True:
        await asyncio.sleep(look_every)
        try:
            async with clients.admin(settings) as admin, clients.consumer(settings) as consumer:
                partitions = set(assigned())
                committed = await committed_offsets(admin, group, partitions) if partitions else {}
                now = clock()
                for partition in partitions:
                    offset = committed.get(partition)
                    if partition not in seen or seen[partition][0] != offset:
                        seen[partition] = offset, now
                seen = {partition: at for partition, at in seen.items() if partition in partitions}
                still = {partition for partition, (_, since) in seen.items() if now - since >= patience}
                stuck = await behind_with(admin, consumer, group, still) if still else set()
        except Exception as error:  # noqa: BLE001 - a cluster that does not answer is not this role's standstill
            log.warning("cannot look: %r", error)
            seen.clear()
            continue
        if stuck:
            names = ", ".join(f"{partition.topic} {partition.partition}" for partition in sorted(stuck))
            give_up(f"{group} has records to process on {names} and has committed nothing for {patience:.0f} s")
