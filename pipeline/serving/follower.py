"""The write side of the view: follows the topics status, claims and alerts into the file, inside `serve`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.serving.view import Offsets, StoredAlert
from pipeline.settings import Settings

STALE_SECONDS = 10.0


@dataclass(frozen=True)
class Freshness:
    """How fresh the view is."""

    as_of_offset: Mapping[str, Offsets]
    """By "status", "claims", "alerts": the next offset of each partition. What is before is in the file."""
    lag: int
    """Offsets up to the committed end of the three topics that are not applied yet."""
    stale: bool
    """Behind, or the broker silent, for more than ``STALE_SECONDS``."""
    ready: bool
    """Whether it has caught up once since the start, or since the file was last made anew."""


class Follower:
    """Applies what is committed on the topics to the file at ``path``."""

    def __init__(
        self,
        settings: Settings,
        path: Path,
        *,
        on_alerts: Callable[[Sequence[StoredAlert]], None] | None = None,
        on_latency: Callable[[float], None] | None = None,
    ) -> None: ...

    def open(self) -> None:
        """Lock the file and bring it to this schema. ``run`` does it where it was not done.

        Raises RecognitionError when another process writes it, or when it is no view.
        """

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topics until ``stop``; while no broker answers, try again and again.

        Raises RecognitionError as ``open``.
        """

    @property
    def freshness(self) -> Freshness:
        """How far it has come."""
        raise NotImplementedError

    @property
    def failure(self) -> str | None:
        """What keeps it from the topics now, for people; None when nothing does."""
        raise NotImplementedError
