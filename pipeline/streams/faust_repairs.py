"""What faust-streaming 0.15.3 does wrong and can be put right from outside. Look here first when it is upgraded."""

from collections.abc import Awaitable
from typing import Any, ClassVar

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.tables import recovery
from faust.tables.manager import TableManager as FaustTableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.transports import ConsumerT

_FETCH_MAX_WAIT_MS = 200


class Table(faust.Table[bytes, bytes]):
    """A table that can tell when its changelog has what was written.

    Faust's producer flush, on which it relies before it commits, gives up waiting after 0.1 s, and does not wait at
    all for the message that is on its way from Faust's buffer into aiokafka's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sent: list[Awaitable[Any]] = []

    def send_changelog(self, *args: Any, **kwargs: Any) -> Any:
        """As in Faust, and remembered."""
        future = super().send_changelog(*args, **kwargs)
        self._sent.append(future)
        return future

    def unacknowledged(self) -> list[Awaitable[Any]]:
        """What was sent to the changelog since the last call, to be awaited."""
        sent, self._sent = self._sent, []
        return sent


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that has the aiokafka consumer of a worker.

    It overrides `_create_worker_consumer`, where Faust makes that consumer, because Faust has no setting for how long
    Kafka may take to answer a fetch that finds nothing: 1.5 s. Kafka answers one request of a connection after the
    other, so a partition that has no commit was read that much later.
    """

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _FETCH_MAX_WAIT_MS
        return consumer


class GapAwareConsumer(driver.Consumer):
    """A consumer that neither skips a message after a rebalance, nor falls behind with its commits."""

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust counts the message that comes after a gap as part of it; acknowledged, it is there twice, and the
        # search for the offset to commit ends at it. Every marker of a transaction then costs one commit interval:
        # the commits fall behind for ever. `offset_to` is that message's.
        await super()._add_gap(tp, offset_from, offset_to - 1)

    async def perform_seek(self) -> None:
        """Put all partitions back to where they are committed, or to their beginning.

        aiokafka alone puts back only those that have a commit. What was fetched of another one, and thrown away in
        the course of a rebalance, would never come again.
        """
        await super().perform_seek()
        changelogs = self.app.tables.changelog_topics
        new = [
            TopicPartition(*tp)
            for tp in self.assignment()
            if self._read_offset[tp] is None and tp.topic not in changelogs
        ]
        if new:
            await self._thread.seek_to_beginning(*new)


class Transport(driver.Transport):
    """Faust's Kafka transport, with that consumer."""

    Consumer: ClassVar[type[ConsumerT]] = GapAwareConsumer


class _Recovery(recovery.Recovery):
    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        # Faust lets messages flow before it has put the consumer back to the committed offsets. What is delivered in
        # between is thrown away when it then "resumes" the flow, and what comes after it makes a gap, which counts as
        # processed: some dozens of messages lost at about every third rebalance under load.
        self.app.consumer.stop_flow()
        self.app.flow_control.suspend()
        await super().on_recovery_completed(generation_id)


class TableManager(FaustTableManager):
    """Faust's table manager, with a recovery that loses no messages."""

    async def on_start(self) -> None:
        """Call when table manager is starting."""
        # Faust waits a second for tables to be declared: ours were, when the app was made.
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> recovery.Recovery:
        """The service that reads the changelogs after a rebalance."""
        if self._recovery is None:
            self._recovery = _Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
