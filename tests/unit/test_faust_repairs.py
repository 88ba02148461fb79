"""What is repaired of Faust."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from intervaltree import IntervalTree  # type: ignore[import-untyped]

from pipeline.streams.faust_repairs import GapAwareConsumer

PARTITION = TP("documents", 0)


async def committable(kind: type[Consumer], offsets: Sequence[int]) -> int | None:
    """What a consumer that has committed 10 would commit after it has processed the messages at these offsets."""
    consumer = kind.__new__(kind)  # its bookkeeping alone: the whole has threads and needs a broker
    consumer._gap, consumer._acked, consumer._acked_index = (
        defaultdict(IntervalTree),
        defaultdict(list),
        defaultdict(set),
    )
    consumer._committed_offset = defaultdict(lambda: 10)
    read = 10
    for offset in offsets:
        if offset - read > 1:
            await consumer._add_gap(PARTITION, read + 1, offset)  # as Consumer._drain_messages does
        consumer._acked[PARTITION].append(offset)
        read = offset
    return consumer._new_offset(PARTITION)


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ((10, 11, 12), 13),
        ((11, 13, 14, 17, 19), 20),  # markers of transactions at 10, 12, 15, 16 and 18
        ((12, 13), 14),
        ((20, 30), 31),
    ],
)
async def test_markers_of_transactions_do_not_hold_up_the_commits(offsets: Sequence[int], expected: int) -> None:
    assert await committable(GapAwareConsumer, offsets) == expected


async def test_the_repair_is_still_needed() -> None:
    assert await committable(Consumer, (11, 13, 14, 17, 19)) != 20, "Faust has mended it: drop GapAwareConsumer"
