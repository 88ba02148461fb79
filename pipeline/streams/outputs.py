"""What a stage sends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.topology import Topic

_ENVELOPE_BYTES = 1_000
"""What a batch adds to the one message in it."""


@dataclass(frozen=True)
class Output:
    """One message to produce. ``partition`` None leaves it to the key."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


def check_sizes(outputs: Iterable[Output]) -> None:
    """Raise ValueError when a message is larger than its topic takes: to find that out from Kafka would be too late."""
    for output in outputs:
        size = len(output.key or b"") + len(output.value or b"")
        if size > output.topic.max_message_bytes - _ENVELOPE_BYTES:
            raise ValueError(f"it makes a message of {size:,} bytes, and {output.topic.name} takes no larger ones")
