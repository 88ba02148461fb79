"""The live alerts, fanned out to subscribers as text of server-sent events.

One bounded ring of encoded alerts is shared by all. A subscriber is a place in it and the offsets that are behind it:
it has no queue, so that a slow one costs what a fast one costs. New alerts are let out in ticks, and what subscribers
with the same filter get in a tick is put together once.

An id is the offset that comes next in each partition, not a place in the order of this replica: it means the same set
of alerts on every replica, whatever their order there, and after the ring is gone. Every alert that an id passed over,
by its filter too, is behind it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

from pipeline.serving.cursors import of_alerts
from pipeline.serving.view import AlertQuery, Offsets, StoredAlert, View

CHUNK_BYTES = 65_536
"""About as much as is handed to a socket at once; one larger alert is not cut."""
RING_BYTES = 64 * 2**20
PAGE = 25
"""Alerts that are read from the view at once for one subscriber: what each of a thousand may hold at a time."""
READERS = 2
"""Threads that read them, for all subscribers."""
STEPS = 100
"""Texts that are kept for the next subscriber with the same filter at the same place."""
PING = b": ping\n"
"""A comment, without the empty line that would make some libraries see an event in it."""
RETRY_MS = (1_000, 3_000)
"""How long a client waits before it connects again: each its own time, lest a thousand come back at once."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Live:
    """An alert in the ring: what filters ask of it, and its event but for the id."""

    seq: int
    partition: int
    offset: int
    kind: str
    subject: str
    country: str
    dimension: str
    event: bytes


class _Step(NamedTuple):
    """What a subscriber gets next: text, the offsets behind it then, and its place in the ring; None: not in it yet."""

    text: bytes
    behind: Offsets
    place: int | None


_Passed = tuple[int, int, bytes | None]
"""Partition and offset of an alert, and its event but for the id; None where the filter holds it back."""


class Feed:
    """Alerts for any number of subscribers, on one event loop. ``put`` and ``close`` are called on that loop.

    ``capacity`` and ``capacity_bytes`` bound the ring: a subscriber that falls out of it is told to resume. Alerts wait
    up to ``tick_seconds`` for others; a silent stream gets a comment after ``ping_seconds``, or somewhat later.
    """

    def __init__(
        self,
        view: View,
        *,
        capacity: int = 10_000,
        capacity_bytes: int = RING_BYTES,
        tick_seconds: float = 0.1,
        ping_seconds: float = 15,
    ) -> None:
        self.tick_seconds = tick_seconds
        self._view = view
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._ping_seconds = ping_seconds
        # Places count from 0 for ever; the ring has those from _first up to _end, of which subscribers see up to _out.
        self._ring: dict[int, _Live] = {}
        self._first = self._out = self._end = 0
        self._bytes = 0
        self._dropped: dict[int, int] = {}
        """By partition: the offset of the last alert that has left the ring."""
        self._steps: dict[tuple[AlertQuery, int, Offsets], _Step] = {}
        """What was put together since the last tick, by (filter, place, offsets behind it)."""
        self._news = asyncio.Event()
        self._tick: asyncio.TimerHandle | None = None
        self._ticked = 0.0
        self._beat: asyncio.TimerHandle | None = None
        self.closed = False
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="feed")

    def put(self, alerts: Sequence[StoredAlert]) -> None:
        """Add alerts that are in the view by now, in its order. The last of them are kept, whatever their size."""
        for alert in alerts:
            live = _live(alert)
            if (last := self._ring.get(self._end - 1)) and live.seq != last.seq + 1:
                self._begin_anew()
            self._ring[self._end] = live
            self._end += 1
            self._bytes += len(live.event)
            while len(self._ring) > self._capacity or (self._bytes > self._capacity_bytes and len(self._ring) > 1):
                old = self._ring.pop(self._first)
                self._first += 1
                self._bytes -= len(old.event)
                self._dropped[old.partition] = old.offset
        if alerts and self._tick is None and not self.closed:
            loop = asyncio.get_running_loop()
            self._tick = loop.call_at(max(self._ticked + self.tick_seconds, loop.time()), self._let_out)

    async def subscribe(self, query: AlertQuery, after: Offsets | None) -> AsyncIterator[bytes]:
        """Text of server-sent events: all matching alerts after ``after`` (None: from the next one on), in order, once.

        Begins with the time to wait before connecting again and with an id. Ends with the event ``resume``: at once
        when the view does not reach ``after``, else when the subscriber is too slow for the ring, or at ``close``.
        """
        if self.closed:
            return
        if self._beat is None:
            self._keep_beating()
        end = await self._read(self._end_of_view)
        if after is not None and not _is_behind(after, end):
            yield resume(after)
            return
        if not end:  # there is no place to begin at, nor an id to tell: the client asks again as it asked now
            return
        told = behind = end if after is None else after
        place: int | None = None
        loop = asyncio.get_running_loop()
        yield _opening(behind)
        spoke = loop.time()
        while not self.closed:
            if place is None:  # not in the ring yet
                if (page := await self._page(query, behind)) is None:
                    break
                text, behind, place = page
            elif step := self._step(query, place, behind):
                text, behind, place = step
                if not text and loop.time() - spoke >= self._ping_seconds:
                    text = PING if told == behind else _place(behind)
                if not text:
                    await self._news.wait()
            else:
                break
            if text:
                yield text
                told = behind
                spoke = loop.time()
        yield resume(behind)

    async def reaches(self, offsets: Offsets, *, seconds: float = 0) -> bool:
        """Whether the view has all that is behind these offsets, now or within so many seconds."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.closed:
            if _is_behind(offsets, await self._read(self._end_of_view)):
                return True
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(self.tick_seconds)
        return False

    def close(self) -> None:
        """End every subscription, each after what it is being sent."""
        self.closed = True
        self._news.set()
        for timer in (self._tick, self._beat):
            if timer is not None:
                timer.cancel()
        self._readers.shutdown(wait=False)

    def _let_out(self) -> None:
        self._tick = None
        self._ticked = asyncio.get_running_loop().time()
        self._out = self._end
        self._steps.clear()
        self._wake()

    def _keep_beating(self) -> None:
        """Wake everybody now and then, so that whoever has been silent for long can say something."""
        self._beat = asyncio.get_running_loop().call_later(self._ping_seconds / 4, self._keep_beating)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        if not self.closed:
            self._news.clear()

    async def _page(self, query: AlertQuery, behind: Offsets) -> _Step | None:
        """What a subscriber that is not in the ring gets next, from the view; at its end it joins the ring.

        None when the file is being made anew.
        """
        last = self._ring.get(self._end - 1)
        alerts, reached = await self._read(partial(self._view.alerts, query, after=behind, limit=PAGE))
        if not reached:
            return None
        text = _text(((alert.partition, alert.offset, _event_of(alert)) for alert in alerts), behind, reached)
        if len(alerts) == PAGE:
            return _Step(text, reached, None)
        if last and last.offset >= reached[last.partition]:
            self._begin_anew()
        return _Step(text, reached, self._place_after(reached))

    def _place_after(self, end: Offsets) -> int | None:
        """Where whoever has just read the view to this end joins the ring; None when the ring has passed that already.

        What was in the ring when the view was read was in the view. So what is not behind its end came later, and is
        the last part of the ring, or has left it.
        """
        if any(offset >= end[partition] for partition, offset in self._dropped.items()):
            return None
        place = self._end
        while place > self._first and (last := self._ring[place - 1]).offset >= end[last.partition]:
            place -= 1
        return place

    def _step(self, query: AlertQuery, place: int, behind: Offsets) -> _Step | None:
        """What a subscriber at this place gets next, as far as it has been let out; None when it cannot go on here."""
        if place < self._first:
            return None
        key = (query, place, behind)
        if step := self._steps.get(key):
            return step
        passed: list[_Passed] = []
        offsets, size = list(behind), 0
        while place < self._out and size < CHUNK_BYTES:
            live = self._ring[place]
            place += 1
            if live.offset >= offsets[live.partition]:  # else it was read from the view before it came into the ring
                offsets[live.partition] = live.offset + 1
                event = live.event if _wants(query, live) else None
                passed.append((live.partition, live.offset, event))
                size += len(event or b"")
        if len(self._steps) >= STEPS:
            self._steps.clear()
        end = tuple(offsets)
        step = self._steps[key] = _Step(_text(passed, behind, end), end, place)
        return step

    def _begin_anew(self) -> None:
        """Empty the ring, and have every subscriber come back: what comes now does not follow on what came last.

        So it is when the topic was deleted and made anew under a running serve: then no offset means what it meant.
        """
        self._end += 1
        self._first = self._end
        self._bytes = 0
        for kept in (self._ring, self._dropped):
            kept.clear()

    def _end_of_view(self) -> Offsets:
        return self._view.offsets()["alerts"]

    async def _read(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, read)


def _live(alert: StoredAlert) -> _Live:
    data = alert.alert.data
    return _Live(
        alert.seq,
        alert.partition,
        alert.offset,
        data.kind,
        data.subject,
        data.country,
        data.dimension,
        _event_of(alert),
    )


def _event_of(alert: StoredAlert) -> bytes:
    return b"event: alert\n" + b"".join(b"data: %b\n" % line for line in alert.json.splitlines())


def _is_behind(offsets: Offsets, end: Offsets) -> bool:
    # No end is known while the file is new or being made anew, and that of other partitions is about to be.
    return len(offsets) == len(end) and all(mine <= last for mine, last in zip(offsets, end, strict=True))


def _wants(query: AlertQuery, live: _Live) -> bool:
    return (
        query.kind in (None, live.kind)
        and query.subject in (None, live.subject)
        and query.country in (None, live.country)
        and query.dimension in (None, live.dimension)
    )


def _text(passed: Iterable[_Passed], behind: Offsets, end: Offsets) -> bytes:
    """Events with their ids. Each id takes in what is passed over up to the next event, or up to the end."""
    offsets, parts = list(behind), []
    event: bytes | None = None
    for partition, offset, more in passed:
        if more is not None:
            if event is not None:
                parts.append(_event(event, tuple(offsets)))
            event = more
        offsets[partition] = offset + 1
    if event is not None:
        parts.append(_event(event, end))
    return b"".join(parts)


def _event(event: bytes, behind: Offsets) -> bytes:
    return b"%bid: %b\n\n" % (event, of_alerts(behind).encode())


def _opening(behind: Offsets) -> bytes:
    return b"retry: %d\n%b" % (_retry_ms(), _place(behind))


def _place(behind: Offsets) -> bytes:
    """Tell how far the subscriber has come, where no alert does.

    It has data, though the HTML standard takes an id without: Firefox and some libraries drop an event without data, id
    and all.
    """
    return _event(b"event: place\ndata: {}\n", behind)


def resume(behind: Offsets) -> bytes:
    """The last event of a stream that the server ends: come back with this id, after so long."""
    return b"retry: %d\n%b" % (_retry_ms(), _event(b"event: resume\ndata: {}\n", behind))


def _retry_ms() -> int:
    return random.randint(*RETRY_MS)  # noqa: S311 - spreads load, hides nothing
