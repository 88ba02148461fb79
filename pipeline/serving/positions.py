"""The position of a claim: one integer that orders all claims by when they were learned.

It depends on the topic and on nothing else, so every replica and every rebuild gives a claim the same one, and a cursor
that holds one stays valid. 63 bits: milliseconds since 2020-01-01 (41), partition (10), offset modulo 4,096 (12).
"""

EPOCH_MS = 1_577_836_800_000
"""2020-01-01T00:00:00Z in milliseconds since 1970."""

_PARTITION_BITS = 10
_OFFSET_BITS = 12
_LOW_BITS = _PARTITION_BITS + _OFFSET_BITS
_LAST_MS = (1 << 41) - 1  # in the year 2089

LAST = (1 << 63) - 1
"""No position is greater."""


def position_after(last: int | None, timestamp_ms: int, partition: int, offset: int) -> int:
    """The position of the claim at this offset, given that of the claim before it on its partition.

    It is always greater than ``last``: where a timestamp goes back, or 4,096 claims share a millisecond, the claim
    counts as learned when the one before it was, or a millisecond later. So the claims that were learned by a given
    time are a beginning of each partition: a state that the judge was in.

    Args:
        last: of the claim before it on the partition; None for the first.
        timestamp_ms: Kafka's, in milliseconds since 1970; the years 2020 to 2089 are told apart.
        partition: at most 1,023.
        offset: on the partition.
    """
    low = partition << _OFFSET_BITS | offset % (1 << _OFFSET_BITS)
    ms = min(max(timestamp_ms - EPOCH_MS, 0), _LAST_MS)
    if last is None:
        return ms << _LOW_BITS | low
    ms = max(ms, last >> _LOW_BITS)
    found = ms << _LOW_BITS | low
    return found if found > last else (ms + 1) << _LOW_BITS | low


def learned_ms(position: int) -> int:
    """When the claim at a position was learned, in milliseconds since 1970."""
    return (position >> _LOW_BITS) + EPOCH_MS


def first_after(known_at_ms: int) -> int:
    """The smallest position that a claim learned later than this can have."""
    return min(max((known_at_ms - EPOCH_MS + 1) << _LOW_BITS, 0), LAST)
