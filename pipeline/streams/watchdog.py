"""A role that stands still though it has work ends, so that it is started anew.

Nothing else is known to help when the Kafka client of a long-running consumer falls silent: it neither fails nor goes
on. The watchdog has a thread and clients of its own, and believes only what the cluster says.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Hashable, Iterable

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
    *,
    headway: Callable[[], Hashable] = lambda: None,
    patience: float = PATIENCE_SECONDS,
    look_every: float = _LOOK_EVERY_SECONDS,
) -> threading.Thread:
    """Watch this process's partitions, as ``assigned`` tells them from any thread, until the process ends.

    The process ends with `give_up` when for ``patience`` seconds a partition has had records to process, and neither
    its committed offset nor ``headway``, which tells of work that leads to no commit yet, has changed.
    """

    def run() -> None:
        asyncio.run(_watch(settings, group, assigned, headway, patience=patience, look_every=look_every))

    watchdog = threading.Thread(target=run, name="watchdog", daemon=True)
    watchdog.start()
    return watchdog


async def _watch(
    settings: Settings,
    group: str,
    assigned: Callable[[], Iterable[TopicPartition]],
    headway: Callable[[], Hashable],
    *,
    patience: float,
    look_every: float,
) -> None:
    log = logging.getLogger("recognition.watchdog")
    clock = asyncio.get_running_loop().time
    waiting: dict[TopicPartition, tuple[Hashable, float]] = {}
    """Partitions with records to process: where they stood, and since when."""
    while True:
        await asyncio.sleep(look_every)
        try:
            async with clients.admin(settings) as admin, clients.consumer(settings) as consumer:
                partitions = set(assigned())
                committed = await committed_offsets(admin, group, partitions) if partitions else {}
                behind = await behind_with(admin, consumer, group, partitions) if partitions else set()
        except Exception as error:  # noqa: BLE001 - a cluster that does not answer is not this role's standstill
            log.warning("cannot look: %r", error)
            waiting.clear()
            continue
        now, made = clock(), headway()
        before, waiting = waiting, {}
        for partition in behind:
            state = (committed.get(partition), made)
            known = before.get(partition)
            waiting[partition] = known if known and known[0] == state else (state, now)
        stuck = sorted(partition for partition, (_, since) in waiting.items() if now - since >= patience)
        if stuck:
            names = ", ".join(f"{partition.topic} {partition.partition}" for partition in stuck)
            give_up(f"{group} has records to process on {names} and has committed nothing for {patience:.0f} s")
