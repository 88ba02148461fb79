"""The feed, over real files of the view: every alert once to everybody, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
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


class Replica:
    """One `serve` without Kafka and HTTP: the file, what is read of it, and the feed."""

    def __init__(self, folder: Path, name: str, **options: float) -> None:
        self.store = Store(folder / f"{name}.sqlite")
        self.store.empty(Identity("cluster", "", PARTITIONS))
        self.view = View(self.store.path)
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
WHICH = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), WHICH, st.lists(st.integers(0, PARTITIONS - 1), min_size=1, max_size=6)),
        st.tuples(st.just("tell"), WHICH),
        st.tuples(st.just("restart"), WHICH),
        st.tuples(st.just("connect"), WHICH),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("cut"), st.integers(0, 2_000)),
    ),
    max_size=25,
)


@given(query=QUERIES, steps=STEPS, behind=st.integers(0, PAGE * 2), capacity=st.sampled_from((1, 3, 1_000)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_alert_once_over_any_reconnections_on_any_replica(
    query: AlertQuery, steps: list[tuple[str, int] | tuple[str, int, list[int]]], behind: int, capacity: int
) -> None:
    async def live() -> None:
        with replicas(2, capacity=capacity, ping_seconds=0.02) as both:
            for one in both:  # the same alerts, in another order on each
                order = [number % PARTITIONS for number in range(behind)]
                one.follow(*(order if one is both[0] else sorted(order)))
            client = Client(query)
            client.connect(both[0].feed)
            await client.read(1, seconds=5)
            assert client.last_id is not None
            start: Offsets = tuple(map(int, client.last_id.split(".")))
            for step in steps:
                match step:
                    case ["commit", int(which), list(partitions)]:
                        both[which].commit(*partitions)
                    case ["tell", int(which)]:
                        both[which].tell()
                    case ["restart", int(which)]:
                        both[which].restart()
                    case ["connect", int(which)]:
                        await client.cut()
                        client.connect(both[which].feed)
                    case ["read", int(pieces)]:
                        await client.read(pieces)
                    case ["cut", int(after_bytes)]:
                        await client.cut(after_bytes=after_bytes)
            for one in both:  # at last both have everything
                one.tell()
                for partition in range(PARTITIONS):
                    for _ in range(max(both[0].next[partition], both[1].next[partition]) - one.next[partition]):
                        one.follow(partition)
            expected = matching(query, start, both[0].next)
            for _ in range(200):
                if client.ended:
                    client.connect(both[len(steps) % 2].feed)
                await client.read()
                if by_partition(client.places) == expected:
                    break
            await client.read(3, seconds=0.03)  # and nothing more
            assert by_partition(client.places) == expected
            await client.cut()

    asyncio.run(live())
