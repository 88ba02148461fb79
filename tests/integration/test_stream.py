"""`GET /v1/alerts/stream`, real Kafka, real servers: kill -9, other replicas, clients that do not read, the end."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from pipeline.records import Alert, AlertData, AlertEvidence
from pipeline.serving import server
from pipeline.serving.connection import Connection
from pipeline.serving.feed import Feed
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from tests.integration.served import serving

STREAM = "/v1/alerts/stream"
BEGINNING = "0.0.0.0"  # noqa: S104 - offsets, no address


def alert(number: int, *, country: str = "RU", sentence: str = "It was recognised.") -> bytes:
    """An alert whose revision tells it from the others."""
    evidence = AlertEvidence(article_id="a", source="Hill Post", sentence=sentence, start=0, end=len(sentence))
    data = AlertData(
        kind="new",
        subject="taliban",
        country=country,
        dimension="recognition",
        value="recognized",
        revision=number,
        confidence="reported",
        sources=1,
        independent=1,
        evidence=(evidence,),
    )
    return Alert(id=f"{number:032x}", type="recognition.status.new", subject=f"taliban/{country}", data=data).to_json()


class Publisher:
    """Alerts on the topic, numbered from 1 on, on all partitions in turn."""

    def __init__(self, settings: Settings) -> None:
        self.number = 0
        self._settings = settings
        self._topic = clients.topology_of(settings).alerts

    async def __aenter__(self) -> "Publisher":
        await admin.create_topics(self._settings)
        self._producer = await clients.connect(clients.new_producer(self._settings, linger_ms=0), self._settings)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def publish(self, count: int = 1, **of: Any) -> None:
        for _ in range(count):
            self.number += 1
            partition = self.number % self._topic.partitions
            await self._producer.send_and_wait(self._topic.name, alert(self.number, **of), partition=partition)

    async def publish_on(self, per_second: float) -> None:
        while True:
            await self.publish()
            await asyncio.sleep(1 / per_second)


class Serve:
    """`recognition serve` as a process, with a file of its own."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self._environment = os.environ | {
            "RECOGNITION_BOOTSTRAP": settings.bootstrap,
            "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
            "RECOGNITION_DATA_DIR": str(settings.data_dir),
            "RECOGNITION_DATABASE": str(file),
        }
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "pipeline", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        assert found
        self.port = int(found[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Settings], Serve]]:
    started: list[Serve] = []

    def start(settings: Settings) -> Serve:
        started.append(Serve(settings, tmp_path / f"view-{len(started)}.sqlite"))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@dataclass
class Client:
    """What a client has got so far, over all its connections."""

    last_id: str | None = None
    numbers: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    times: dict[int, float] = field(default_factory=dict)

    async def read(self, url: str, **query: str) -> httpx.Headers:
        """Connect, and read until the stream ends or breaks. Raises httpx.TransportError when it breaks."""
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        timeout = httpx.Timeout(5, read=30)
        async with (
            httpx.AsyncClient(timeout=timeout) as http,
            http.stream("GET", url + STREAM, params=query, headers=headers) as response,
        ):
            assert response.status_code == 200, await response.aread()
            self.headers = response.headers
            event: dict[str, str] = {}
            async for line in response.aiter_lines():
                if line.startswith(":"):
                    self.comments.append(line)
                elif line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif event:
                    self._take(event)
                    event = {}
        return self.headers

    async def follow(self, *urls: Callable[[], str]) -> None:
        """Read for ever: from one server after the other, whatever they do."""
        for attempt in range(1_000):
            try:
                await self.read(urls[attempt % len(urls)]())
            except httpx.TransportError:
                await asyncio.sleep(0.1)

    def _take(self, event: dict[str, str]) -> None:
        self.last_id = event.get("id", self.last_id)
        self.events.append(event["event"])
        if event["event"] == "alert":
            number = orjson.loads(event["data"])["data"]["revision"]
            self.numbers.append(number)
            self.times[number] = time.monotonic()


@asynccontextmanager
async def going_on(*coroutines: Any) -> AsyncIterator[list["asyncio.Task[Any]"]]:
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(done: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_alerts_come_as_they_happen_and_filters_choose(
    make_settings: Callable[..., Settings], serve: Callable[[Settings], Serve]
) -> None:
    settings = make_settings()
    async with Publisher(settings) as publisher:
        await publisher.publish(3)
        url = serve(settings).url
        client, filtering, history = Client(), Client(), Client(last_id=BEGINNING)
        reading = (client.read(url), filtering.read(url, country="NO", kind="new"), history.read(url))
        async with going_on(*reading):
            await until(lambda: all(one.events for one in (client, filtering)) and len(history.numbers) == 3)
            for country in ("RU", "NO", "RU"):
                await publisher.publish(country=country)
                await until(lambda: publisher.number in client.times)
            await until(lambda: len(history.numbers) == 6)
        assert client.numbers == [4, 5, 6]
        assert filtering.numbers == [5]
        assert sorted(history.numbers) == [1, 2, 3, 4, 5, 6]
        assert client.comments
        assert client.headers["content-type"].startswith("text/event-stream")
        assert client.headers["cache-control"] == "no-store"
        assert client.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in client.headers  # httpx asks for gzip


async def test_kill_9_under_a_stream_and_other_replicas_lose_and_repeat_nothing(
    make_settings: Callable[..., Settings], serve: Callable[[Settings], Serve]
) -> None:
    settings = make_settings()
    async with Publisher(settings) as publisher:
        one, other = serve(settings), serve(settings)
        staying, roaming = Client(), Client()
        streams = (staying.follow(lambda: one.url), roaming.follow(lambda: one.url, lambda: other.url))
        async with going_on(*streams):
            await until(lambda: bool(staying.events and roaming.events))
            async with going_on(publisher.publish_on(per_second=40)):
                for killed in (one, other, one):
                    await asyncio.sleep(1)
                    killed.kill()
                    await asyncio.to_thread(killed.start)
                await asyncio.sleep(1)
            for client in (staying, roaming):
                await until(lambda: len(client.numbers) >= publisher.number)  # noqa: B023
            await asyncio.sleep(0.5)
    for client in (staying, roaming):
        assert sorted(client.numbers) == list(range(1, publisher.number + 1))
        for partition in range(settings.partitions):
            of_it = [number for number in client.numbers if number % settings.partitions == partition]
            assert of_it == sorted(of_it)


async def test_what_cannot_be_asked_is_a_problem(
    make_settings: Callable[..., Settings], serve: Callable[[Settings], Serve]
) -> None:
    settings = make_settings()
    async with Publisher(settings) as publisher:
        await publisher.publish(2)
        async with httpx.AsyncClient(base_url=serve(settings).url, timeout=15) as http:
            ready = http.get("/readyz")
            while (await ready).status_code != 200:
                await asyncio.sleep(0.1)
                ready = http.get("/readyz")
            for query, named in (
                ({"kind": "old"}, "kind"),
                ({"subject": "talibann"}, "taliban"),
                ({"country": "QQ"}, "country"),
                ({"dimension": "height"}, "dimension"),
                ({"subjet": "taliban"}, "subject"),
                ({"after": "1.2"}, "after"),
                ({"after": "1.2.x.4"}, "after"),
            ):
                reply = await http.get(STREAM, params=query)
                assert reply.status_code == 422, query
                assert reply.headers["content-type"] == "application/problem+json"
                assert named in reply.text
            reply = await http.get(STREAM, headers={"Last-Event-ID": "-1.0.0.0"})
            assert reply.status_code == 422
            assert "Last-Event-ID" in reply.text
            for path in (STREAM, "/v1/alerts"):
                reply = await http.get(path, params={"after": "0.0.0.99"})
                assert reply.status_code == 409
                assert reply.json()["type"] == "/problems/unknown-id"


@pytest.mark.parametrize("last_id", [None, BEGINNING])
async def test_without_a_broker_the_stream_is_held_and_ends_with_the_server(
    last_id: str | None, tmp_path: Path, serve: Callable[[Settings], Serve]
) -> None:
    one = serve(Settings(bootstrap="127.0.0.1:1", data_dir=tmp_path))
    client = Client(last_id)
    async with going_on(client.read(one.url)) as (reading,):
        await until(lambda: ": catching up" in client.comments)
        one.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(one.process.wait, 5) == 0
        await reading
    assert "alert" not in client.events


# --- servers in this process ---


@contextmanager
def unread(url: str) -> Iterator[socket.socket]:
    """A client that asks for the stream and takes next to nothing of it."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect((host, int(port)))
        peer.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        yield peer


def read_all(peer: socket.socket) -> bytes:
    """What is still on the way, until the server has closed or reset the connection."""
    peer.settimeout(10)
    text = b""
    try:
        while piece := peer.recv(65_536):
            text += piece
    except ConnectionResetError:
        pass
    return text


def assert_no_gap(seen: list[int], partitions: int) -> None:
    """On each partition none is missing before the last; of two partitions neither waits for the other."""
    for number in range(1, partitions + 1):
        mine = [one for one in seen if one % partitions == number % partitions]
        assert mine == list(range(number, number + partitions * len(mine), partitions))


LONG = "It was recognised, said the ministry, and said so again. " * 400


async def test_who_does_not_read_is_let_go_and_delays_nobody(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "stuck_seconds", 1)
    settings = make_settings()
    async with Publisher(settings) as publisher, serving(settings) as (url, _, _):
        client = Client()
        async with going_on(client.read(url)):
            await until(lambda: bool(client.events))
            with unread(url) as peer:
                await asyncio.sleep(0.5)
                for _ in range(300):  # 7 MB: more than all buffers on the way
                    await publisher.publish(sentence=LONG)
                await until(lambda: len(client.numbers) == 300)
                await asyncio.sleep(1.5)
                text = await asyncio.to_thread(read_all, peer)
        assert client.events.count("resume") == 0
        seen = sorted(map(int, re.findall(rb'"revision":(\d+)', text)))
        assert_no_gap(seen, settings.partitions)
        assert 0 < len(seen) < 300
        # What was cut off is no event: it goes on from the last whole one.
        last_id = re.findall(rb"\nid: ([0-9.]+)\n\n", text)[-1].decode()
        whole = len(re.findall(rb"event: alert\n[^\n]*\nid: [0-9.]+\n\n", text))
        again = Client(last_id=last_id)
        async with going_on(again.read(url)):
            await until(lambda: len(again.numbers) == 300 - whole)
        assert len(again.numbers) == 300 - whole


async def test_who_reads_too_slowly_for_the_ring_is_told_to_resume(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "Feed", partial(Feed, capacity=10))
    settings = make_settings()
    async with Publisher(settings) as publisher, serving(settings) as (url, _, _):
        client = Client()
        async with going_on(client.follow(lambda: url)):
            await until(lambda: bool(client.events))
            with unread(url) as peer:
                await asyncio.sleep(0.5)
                for _ in range(300):
                    await publisher.publish(sentence=LONG)
                peer.settimeout(10)
                text = b""
                while b"event: resume" not in text or not text.endswith(b"\r\n0\r\n\r\n"):
                    text += await asyncio.to_thread(peer.recv, 65_536)
            await until(lambda: len(client.numbers) == 300)
        assert sorted(client.numbers) == list(range(1, 301))
        assert re.search(rb"retry: \d+\nevent: resume\ndata: {}\nid: [0-9.]+\n\n", text)
        seen = list(map(int, re.findall(rb'"revision":(\d+)', text)))
        assert_no_gap(seen, settings.partitions)
        assert len(seen) < 300


async def test_the_end_of_the_server_is_the_end_of_its_streams(
    make_settings: Callable[..., Settings], serve: Callable[[Settings], Serve]
) -> None:
    settings = make_settings()
    async with Publisher(settings) as publisher:
        one = serve(settings)
        client = Client()
        async with going_on(client.read(one.url)) as (reading,):
            await until(lambda: bool(client.events))
            with unread(one.url):
                await asyncio.sleep(0.5)
                for _ in range(300):
                    await publisher.publish(sentence=LONG)
                await until(lambda: len(client.numbers) == 300)
                one.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(one.process.wait, 30) == 0
            await reading  # its body has come to its end: else httpx would have raised
        assert client.events[-1] == "resume"
