"""What faust-streaming 0.15.3 does wrong and can be put right from outside. Look here first when it is upgraded."""

from collections.abc import Awaitable
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.transports import ConsumerT


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


class GapAwareConsumer(driver.Consumer):
    """A consumer whose commits keep up with topics that are written in transactions."""

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust counts the message that comes after a gap as part of it; acknowledged, it is there twice, and the
        # search for the offset to commit ends at it. Every marker of a transaction then costs one commit interval:
        # the commits fall behind for ever. `offset_to` is that message's.
        await super()._add_gap(tp, offset_from, offset_to - 1)


class Transport(driver.Transport):
    """Faust's Kafka transport, with that consumer."""

    Consumer: ClassVar[type[ConsumerT]] = GapAwareConsumer
