"""The feed, over real files of the view: every alert once to everybody, whatever happens in between."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.records import Alert, AlertData, Dimension, Kind
from pipeline.serving.feed import PAGE, Feed
from pipeline.serving.materialise import Received, apply
from pipeline.serving.store import Identity, Store
from pipeline.serving.view import AlertQuery, Offsets, StoredAlert, View

PARTITIONS = 3
KINDS: tuple[Kind, ...] = ("new", "background", "confirmed")
COUNTRIES = ("RU", "NO", "XK")
DIMENSIONS: tuple[Dimension, ...] = ("recognition", "presence")


def alert(partition: int, offset: int) -> Alert:
    """The alert at this place of the topic; what filters ask of it depends on its place alone."""
    mixed = 7 * partition + 5 * offset + offset // 3
    subject, country = ("taliban", "kosovo")[mixed % 2], COUNTRIES[mixed % 3]
    data = AlertData(
        kind=KINDS[(mixed // 2) % 3],
        subject=subject,
        country=country,
        dimension=DIMENSIONS[(mixed // 3) % 2],
        value="recognized",
        revision=offset + 1,
        confidence="reported",
        sources=1,
        independent=1,
    )
    number = partition * 1_000_000 + offset
    return Alert(id=f"{number:032x}", type=f"recognition.status.{data.kind}", subject=f"{subject}/{country}", data=data)


def wants(query: AlertQuery, data: AlertData) -> bool:
    asked = {name: value for name, value in vars(query).items() if value is not None}
    return all(getattr(data, name) == value for name, value in asked.items())


class LateView(View):
    """A view whose answers are on their way for a while, so that things happen meanwhile."""

    late_seconds = 0.0

    def alerts(self, query: AlertQuery, *, after: Offsets, limit: int) -> tuple[list[StoredAlert], Offsets]:
        answer = super().alerts(query, after=after, limit=limit)
        time.sleep(self.late_seconds)
        return answer


class Replica:
    """One `serve` without Kafka and HTTP: the file, what is read of it, and the feed."""

    def __init__(self, folder: Path, name: str, **options: float) -> None:
        self.store = Store(folder / f"{name}.sqlite")
        self.store.empty(Identity("cluster", "", PARTITIONS))
        self.view = LateView(self.store.path)
        self.options = options
        self.feed = self.new_feed()
        self.next = [0] * PARTITIONS
        self.committed: list[list[StoredAlert]] = []

    def new_feed(self) -> Feed:
        return Feed(self.view, **{"tick_seconds": 0, **self.options})  # type: ignore[arg-type]

    def commit(self, *partitions: int) -> None:
        """Apply the next alert of each of these partitions, in this order, in one transaction."""
        batch = []
        for partition in partitions:
            offset = self.next[partition]
            value = alert(partition, offset).to_json()
            batch.append(Received("alerts", partition, offset, 1_750_000_000_000 + offset, b"key", value))
            self.next[partition] += 1
        with self.store.transaction() as connection:
            self.committed.append(apply(connection, batch).alerts)

    def tell(self) -> None:
        """Hand the feed what was committed."""
        for alerts in self.committed:
            self.feed.put(alerts)
        self.committed.clear()

    def follow(self, *partitions: int) -> None:
        self.commit(*partitions)
        self.tell()

    def restart(self) -> None:
        """As after kill -9: the feed has gone, and what it was not told of it will never be told of."""
        self.feed.close()
        self.committed.clear()
        self.feed = self.new_feed()

    def close(self) -> None:
        self.feed.close()
        self.view.close()
        self.store.close()


@contextmanager
def replicas(number: int = 1, **options: float) -> Iterator[list[Replica]]:
    with TemporaryDirectory() as folder:
        made = [Replica(Path(folder), f"replica-{name}", **options) for name in range(number)]
        try:
            yield made
        finally:
            for one in made:
                one.close()


@dataclass
class Client:
    """A client as the HTML standard describes it: an event counts when its empty line is there."""

    query: AlertQuery = field(default_factory=AlertQuery)
    last_id: str | None = None
    events: list[tuple[str, str, str]] = field(default_factory=list)
    """Type, data and last event id."""
    comments: int = 0
    ended: bool = True
    _text: AsyncIterator[bytes] | None = None
    _coming: asyncio.Task[bytes] | None = None
    _rest: bytes = b""

    def connect(self, feed: Feed) -> None:
        after: Offsets | None = tuple(map(int, self.last_id.split("."))) if self.last_id else None
        self._text = feed.subscribe(self.query, after)
        self._rest, self._coming, self.ended = b"", None, False

    async def read(self, pieces: int = 1_000, seconds: float = 0.01) -> None:
        """Take up to so many pieces of text, unless none comes for some time."""
        for _ in range(pieces):
            if self._text is None:
                return
            self._coming = self._coming or asyncio.ensure_future(anext(self._text))
            done, _ = await asyncio.wait({self._coming}, timeout=seconds)
            if not done:
                return
            try:
                self._take(self._coming.result())
            except StopAsyncIteration:
                self.ended, self._text = True, None
            self._coming = None

    async def begin(self, feed: Feed) -> Offsets:
        """Connect for the first time; where the stream begins."""
        self.connect(feed)
        await self.read(1, seconds=5)
        assert self.last_id is not None
        return tuple(map(int, self.last_id.split(".")))

    async def read_until(self, done: Callable[[], bool], feed: Feed) -> None:
        """Read, and connect again where the server says so, until it is done; then a little on. Gives up in the end."""
        deadline = time.monotonic() + 5
        while not done() and time.monotonic() < deadline:
            if self.ended:
                self.connect(feed)
            await self.read(10)
        await self.read(2)

    async def cut(self, *, after_bytes: int = 0) -> None:
        """Lose the connection, with a piece of what was on the way."""
        if self._coming:
            self._coming.cancel()
            (left,) = await asyncio.gather(self._coming, return_exceptions=True)
            if isinstance(left, bytes):
                self._take(left[:after_bytes])
        if self._text is not None:
            await self._text.aclose()  # type: ignore[attr-defined]
        self._text, self._coming, self.ended = None, None, True

    def _take(self, text: bytes) -> None:
        *whole, self._rest = (self._rest + text).split(b"\n\n")
        for event in whole:
            fields: dict[str, list[str]] = {}
            for line in event.decode().split("\n"):
                name, _, value = line.partition(": ")
                self.comments += line.startswith(":")
                fields.setdefault(name, []).append(value)
            if "id" in fields:
                self.last_id = fields["id"][-1]
            if "data" in fields:
                assert self.last_id is not None
                self.events.append((fields.get("event", ["message"])[-1], "\n".join(fields["data"]), self.last_id))
        self.comments += self._rest.startswith(b":")

    @property
    def places(self) -> list[tuple[int, int]]:
        """Partition and offset of every alert that came, in order."""
        numbers = [int(orjson.loads(data)["id"], 16) for kind, data, _ in self.events if kind == "alert"]
        return [divmod(number, 1_000_000) for number in numbers]

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.events]


def matching(query: AlertQuery, start: Offsets, end: list[int]) -> list[list[int]]:
    """By partition: the offsets that a client with this filter must get."""
    return [
        [offset for offset in range(start[partition], end[partition]) if wants(query, alert(partition, offset).data)]
        for partition in range(PARTITIONS)
    ]


def by_partition(places: list[tuple[int, int]]) -> list[list[int]]:
    return [[offset for partition, offset in places if partition == number] for number in range(PARTITIONS)]


QUERIES = st.builds(
    AlertQuery,
    kind=st.none() | st.sampled_from(KINDS),
    subject=st.none() | st.sampled_from(("taliban", "kosovo")),
    country=st.none() | st.sampled_from(COUNTRIES),
    dimension=st.none() | st.sampled_from(DIMENSIONS),
)
CLIENTS = 3
CLIENT = st.integers(0, CLIENTS - 1)
REPLICA = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), REPLICA, st.lists(st.integers(0, PARTITIONS - 1), min_size=1, max_size=4)),
        st.tuples(st.just("tell"), REPLICA),
        st.tuples(st.just("follow"), REPLICA, st.lists(st.integers(0, PARTITIONS - 1), min_size=1, max_size=4)),
        st.tuples(st.just("connect"), CLIENT, REPLICA),
        st.tuples(st.just("read"), CLIENT, st.integers(1, 3)),
        st.tuples(st.just("cut"), CLIENT, st.integers(0, 2_000)),
        st.tuples(st.just("restart"), REPLICA),
    ),
    min_size=8,
    max_size=40,
)


@given(
    query=QUERIES,
    steps=STEPS,
    before=st.integers(0, PAGE * 2),
    capacity=st.sampled_from((2, 5, 1_000)),
    late_seconds=st.sampled_from((0, 0.02)),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_alert_once_over_any_reconnections_on_any_replica(
    query: AlertQuery, steps: list[tuple[Any, ...]], before: int, capacity: int, late_seconds: float
) -> None:
    async def live() -> None:
        with replicas(2, capacity=capacity, ping_seconds=0.02) as both:
            order = [number % PARTITIONS for number in range(before)]
            for one, its_order in zip(both, (order, sorted(order)), strict=True):  # the same alerts, each in its order
                one.follow(*its_order)
                one.view.late_seconds = late_seconds
            clients = [Client(), Client(), Client(query)]
            starts = [await client.begin(both[0].feed) for client in clients]
            for step in steps:
                match step:
                    case ("commit", which, partitions):
                        both[which].commit(*partitions)
                    case ("tell", which):
                        both[which].tell()
                    case ("follow", which, partitions):
                        both[which].tell()
                        both[which].follow(*partitions)
                    case ("restart", which):
                        both[which].restart()
                    case ("connect", number, which):
                        await clients[number].cut()
                        clients[number].connect(both[which].feed)
                    case ("read", number, pieces):
                        await clients[number].read(pieces)
                    case ("cut", number, after_bytes):
                        await clients[number].cut(after_bytes=after_bytes)
            for one in both:  # at last both have everything
                one.view.late_seconds = 0
                one.tell()
                for partition in range(PARTITIONS):
                    for _ in range(max(both[0].next[partition], both[1].next[partition]) - one.next[partition]):
                        one.follow(partition)
            for number, (client, start) in enumerate(zip(clients, starts, strict=True)):
                expected = matching(client.query, start, both[0].next)
                await client.read_until(lambda: by_partition(client.places) == expected, both[number % 2].feed)  # noqa: B023
                assert by_partition(client.places) == expected
                await client.cut()

    asyncio.run(live())


async def started(replica: Replica, query: AlertQuery | None = None) -> Client:
    """A client that has read all that there is, and waits."""
    client = Client(query or AlertQuery())
    await client.begin(replica.feed)
    await client.read()
    return client


async def test_what_was_read_from_the_file_does_not_come_again_when_the_feed_is_told() -> None:
    with replicas() as (replica,):
        replica.commit(0, 1)
        client = Client(last_id="0.0.0")
        client.connect(replica.feed)
        await client.read()
        assert client.places == [(0, 0), (1, 0)]
        replica.tell()
        replica.follow(2)
        await client.read()
        assert client.places == [(0, 0), (1, 0), (2, 0)]
        await client.cut()


async def test_what_comes_while_the_file_is_read_comes_once() -> None:
    with replicas() as (replica,):
        replica.follow(0)
        replica.view.late_seconds = 0.1
        client = Client(last_id="0.0.0")
        client.connect(replica.feed)
        await client.read(2)  # the beginning; the page is on its way
        assert client.places == []
        replica.follow(0, 1)
        replica.follow(1)
        await client.read(seconds=0.2)
        assert by_partition(client.places) == [[0, 1], [0, 1], []]
        await client.cut()


async def test_more_than_the_ring_holds_comes_while_the_file_is_read() -> None:
    with replicas(capacity=2) as (replica,):
        replica.view.late_seconds = 0.1
        client = Client(last_id="0.0.0")
        client.connect(replica.feed)
        await client.read(2)
        replica.follow(0, 0, 0, 1, 2)
        await client.read(seconds=0.2)
        assert by_partition(client.places) == [[0, 1, 2], [0], [0]]
        assert "resume" not in client.kinds()
        await client.cut()


async def test_history_comes_in_pages_with_ids_that_go_on_from_each_alert() -> None:
    with replicas() as (replica,):
        replica.follow(*[number % PARTITIONS for number in range(2 * PAGE + 1)])
        client = Client(last_id="0.0.0")
        client.connect(replica.feed)
        await client.read()
        every = client.places
        assert len(every) == 2 * PAGE + 1
        for (_, _, last_id), seen in zip(client.events[1:], range(1, len(every) + 1), strict=True):
            assert last_id == ".".join(map(str, map(len, by_partition(every[:seen]))))
        await client.cut()


async def test_a_subscriber_that_is_too_slow_is_told_to_resume_and_misses_nothing() -> None:
    with replicas(capacity=3) as (replica,):
        quick, slow = await started(replica), await started(replica)
        for _ in range(5):
            replica.follow(0)
            await quick.read(1)
        await slow.read()
        assert len(quick.places) == 5
        assert slow.kinds()[-1] == "resume"
        assert slow.ended
        slow.connect(replica.feed)
        await slow.read()
        assert slow.places == quick.places
        for client in (quick, slow):
            await client.cut()


async def test_one_that_does_not_read_costs_no_more_than_the_ring() -> None:
    with replicas(capacity_bytes=5_000) as (replica,):
        client = await started(replica)
        size = 0
        for _ in range(200):
            replica.follow(0)
            size = max(size, sum(len(live.event) for live in replica.feed._ring.values()))
        assert size <= 5_000
        assert len(replica.feed._ring) >= 5
        await client.read()
        assert client.kinds()[-1] == "resume"


async def test_subscribers_with_one_filter_share_one_text() -> None:
    with replicas() as (replica,):
        texts = [replica.feed.subscribe(AlertQuery(), None) for _ in range(3)]
        for text in texts:
            await anext(text)
        coming = [asyncio.ensure_future(anext(text)) for text in texts]
        await asyncio.sleep(0.05)
        replica.follow(0, 1, 1)
        first, *others = await asyncio.gather(*coming)
        assert first.count(b"event: alert") == 3
        assert all(other is first for other in others)


async def test_alerts_of_a_tick_come_together() -> None:
    with replicas(tick_seconds=0.2) as (replica,):
        client = await started(replica)
        pieces = 0
        replica.follow(0)
        await client.read(1, seconds=0.1)
        assert len(client.places) == 1  # the first at once
        for _ in range(4):
            replica.follow(0)
            await client.read(1)
            pieces += len(client.places) > 1
        assert pieces == 0
        await client.read(1, seconds=1)
        assert len(client.places) == 5
        await client.cut()


async def test_silence_is_filled_with_comments_and_once_with_what_the_filter_passed_over() -> None:
    with replicas(ping_seconds=0.05) as (replica,):
        client = await started(replica, AlertQuery(country="RU", kind="confirmed"))
        await client.read(3, seconds=0.2)
        assert client.comments == 3
        assert client.last_id == "0.0.0"
        passed = [0] * 4
        assert not any(wants(client.query, alert(0, offset).data) for offset in range(len(passed)))
        replica.follow(*passed)
        await client.read(3, seconds=0.2)
        assert client.kinds() == ["place", "place"]
        assert client.last_id == "4.0.0"
        await client.cut()


async def test_an_id_that_the_view_does_not_reach_is_not_begun_with() -> None:
    with replicas() as (replica,):
        replica.follow(0, 0)
        client = Client(last_id="2.1.0")
        client.connect(replica.feed)
        await client.read()
        assert client.kinds() == ["resume"]
        assert client.last_id == "2.1.0"
        assert not await replica.feed.reaches((2, 1, 0))
        waiting = asyncio.ensure_future(replica.feed.reaches((2, 1, 0), seconds=5))
        await asyncio.sleep(0.02)
        replica.follow(1)
        assert await waiting


async def test_while_the_file_is_new_or_made_anew_no_id_is_reached_and_none_is_told() -> None:
    with replicas() as (replica,):
        replica.follow(*[0] * 2 * PAGE)
        reading, late, without = Client(last_id="0.0.0"), Client(last_id="0.0.0"), Client()
        reading.connect(replica.feed)
        await reading.read(2)
        assert len(reading.places) == PAGE
        replica.store.empty()
        assert not await replica.feed.reaches((0, 0, 0))
        for client in (late, without):
            client.connect(replica.feed)
            await client.read()
        await reading.read()
        assert (late.kinds(), late.last_id, late.ended) == (["resume"], "0.0.0", True)
        assert (without.kinds(), without.last_id, without.ended) == ([], None, True)
        assert (reading.kinds()[-1], reading.last_id, reading.ended) == ("resume", f"{PAGE}.0.0", True)


@pytest.mark.parametrize("another_comes", [True, False])
async def test_a_topic_that_was_made_anew_ends_the_streams(another_comes: bool) -> None:
    with replicas() as (replica,):
        replica.follow(0, 1, 2, 0)
        waiting, later = await started(replica), Client()
        replica.store.empty(Identity("another cluster", "", PARTITIONS))
        replica.next = [0] * PARTITIONS
        if another_comes:
            await later.begin(replica.feed)
            await later.read()
            assert later.last_id == "0.0.0"
        replica.follow(1)
        await waiting.read()
        await later.read()
        assert waiting.kinds() == ["place", "resume"]
        assert waiting.places == []
        assert later.places == [(1, 0)] * another_comes
        await later.cut()


async def test_alerts_that_the_feed_was_not_told_of_are_not_passed_over() -> None:
    with replicas() as (replica,):
        replica.follow(0)
        client = await started(replica)
        replica.follow(0)
        await client.read()
        replica.commit(0, 1)
        replica.committed.clear()
        replica.follow(0)
        await client.read_until(lambda: len(client.places) == 4, replica.feed)
        assert by_partition(client.places) == [[1, 2, 3], [0], []]
        await client.cut()


async def test_close_ends_every_stream_with_an_id_to_go_on_from() -> None:
    with replicas() as (replica,):
        filtering = AlertQuery(kind="confirmed")
        assert not wants(filtering, alert(0, 0).data)
        waiting, reading = await started(replica, filtering), Client()
        await reading.begin(replica.feed)
        replica.follow(0)
        await waiting.read()
        replica.feed.close()
        for client in (waiting, reading):
            await client.read(seconds=1)
            assert client.ended
            assert client.kinds()[-1] == "resume"
        assert waiting.last_id == "1.0.0"
        late = Client()
        late.connect(replica.feed)
        await late.read()
        assert late.ended
        assert late.events == []


async def test_an_alert_with_line_breaks_is_one_event() -> None:
    with replicas() as (replica,):
        client = await started(replica)
        value = orjson.dumps(orjson.loads(alert(0, 0).to_json()), option=orjson.OPT_INDENT_2).replace(b"\n", b"\r\n")
        with replica.store.transaction() as connection:
            found = apply(connection, [Received("alerts", 0, 0, 1_750_000_000_000, None, value)])
        replica.feed.put(found.alerts)
        await client.read()
        assert client.places == [(0, 0)]
        await client.cut()
