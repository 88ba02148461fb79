"""Connections of clients that send too much, too slowly or no HTTP: a real server, which needs no broker for it."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from pathlib import Path
from typing import Any

import h11
import httpx
import orjson
import pytest
from pydantic import SecretStr

from pipeline.serving import articles, problems
from pipeline.serving.connection import Connection
from pipeline.serving.envelope import SECURITY_HEADERS
from pipeline.settings import Settings
from tests.integration.served import TOKEN, Served, serving

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = (
    f"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    "Content-Type: application/json\r\n"
).encode()
STREAM = b"GET /v1/alerts/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
ENDLESS = 400 * b"X-Filling: and more of it\r\n"
Connect = Callable[[], Any]


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """Connections to a server; its broker is away."""
    settings = Settings(bootstrap="127.0.0.1:1", data_dir=tmp_path, api_token=SecretStr(TOKEN))
    async with serving(settings) as (url, _, _):
        at = httpx.URL(url)

        @asynccontextmanager
        async def opened() -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
            reader, writer = await asyncio.open_connection(at.host, at.port)
            try:
                yield reader, writer
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

        yield opened


async def told(reader: StreamReader) -> tuple[h11.Response, Any]:
    """The reply after which the server has closed the connection, as another library understands it; its problem."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(await reader.read())
    parser.receive_data(b"")
    response, body = parser.next_event(), b""
    assert isinstance(response, h11.Response)
    while isinstance(event := parser.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    headers = {name.decode(): value.decode() for name, value in response.headers}
    assert headers["connection"] == "close"
    assert headers["content-type"] == problems.MEDIA_TYPE
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    problem = orjson.loads(body)
    assert problem["status"] == response.status_code
    return response, problem


async def flood(writer: StreamWriter, parts: Iterator[bytes]) -> None:
    """Send until the server has had enough of it."""
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()


@pytest.mark.parametrize("endless", [ENDLESS, b"x" * 10_000], ids=["lines", "a line"])
async def test_a_head_without_an_end_is_refused(connect: Connect, endless: bytes) -> None:
    async with connect() as (reader, writer):
        writer.write(GET + b"X-Filling: ")
        sending = asyncio.ensure_future(flood(writer, repeat(endless)))
        response, problem = await told(reader)
        assert (response.status_code, problem["type"]) == (431, "/problems/head-too-large")
        assert "65,536 bytes" in problem["detail"]
        await sending


@pytest.mark.parametrize(
    "endless", [ENDLESS, b"x" * 10_000, b"\r\n" * 5_000], ids=["lines", "a line", "nothing but line ends"]
)
@pytest.mark.parametrize("request_", [GET, POST], ids=["answered", "not yet answered"])
async def test_what_comes_after_a_body_has_an_end_too(connect: Connect, request_: bytes, endless: bytes) -> None:
    async with connect() as (_, writer):
        writer.write(request_ + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Filling: ")
        await flood(writer, repeat(endless))  # it returns when the connection is closed


async def test_large_heads_that_end_are_read(connect: Connect) -> None:
    head = GET + b"Connection: close\r\nX-Filling: "
    rest = b"\r\n\r\n"
    async with connect() as (reader, writer):
        writer.write(head + b"x" * (Connection.head_bytes - len(head + rest)) + rest)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    async with connect() as (reader, writer):
        writer.write(head + b"x" * (Connection.head_bytes - len(head + rest) + 1) + rest)
        response, _ = await told(reader)
        assert response.status_code == 431


async def test_small_requests_one_after_the_other_are_as_many_as_one_likes(connect: Connect) -> None:
    count = 2 * Connection.head_bytes // len(GET)
    async with connect() as (reader, writer):
        writer.write((GET + b"\r\n") * (count - 1) + GET + b"Connection: close\r\n\r\n")
        assert (await reader.read()).count(b"HTTP/1.1 200 ") == count


async def test_who_says_nothing_is_let_go(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.2)
    async with connect() as (reader, _):
        assert await reader.read() == b""


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"], ids=["first", "second"])
@pytest.mark.parametrize("pause", [0.05, 60], ids=["a line now and then", "half a head"])
async def test_a_head_that_does_not_come_in_time(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, before: bytes, pause: float
) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.3)

    async def lines() -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"X-Filling: and more of it\r\n")
                await asyncio.sleep(pause)

    async with connect() as (reader, writer):
        if before:
            writer.write(before)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"}\n")
        writer.write(GET)
        sending = asyncio.ensure_future(lines())
        response, problem = await told(reader)
        assert (response.status_code, problem["type"]) == (408, "/problems/too-slow")
        sending.cancel()


async def test_a_body_that_does_not_come_in_time(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "BODY_SECONDS", 0.2)
    async with connect() as (reader, writer):
        writer.write(POST + b"Content-Length: 1000\r\n\r\n[")
        response, problem = await told(reader)
        assert (response.status_code, problem["type"]) == (408, "/problems/too-slow")
        assert problem["instance"] == "/v1/articles"


async def test_a_body_that_nobody_reads_is_not_waited_for(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.3)
    async with connect() as (reader, writer):
        writer.write(GET + b"Content-Length: 1000000000\r\n\r\n")
        await reader.readuntil(b"}\n")

        async def drops() -> None:
            with suppress(ConnectionError):
                while True:
                    writer.write(b"x")
                    await asyncio.sleep(0.05)

        sending = asyncio.ensure_future(drops())
        assert await reader.read() == b""
        sending.cancel()


async def test_a_body_may_take_longer_than_a_head(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.2)
    async with connect() as (reader, writer):
        writer.write(POST + b"Content-Length: 10\r\nConnection: close\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.05)
            writer.write(b"[")
        response, problem = await told(reader)
        assert (response.status_code, problem["type"]) == (422, "/problems/invalid-request")


@pytest.mark.parametrize("more", [b"", b"\r\n", GET], ids=["nothing", "a line end", "half a head"])
async def test_a_stream_has_no_time_limit(connect: Connect, monkeypatch: pytest.MonkeyPatch, more: bytes) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.2)
    async with connect() as (reader, writer):
        writer.write(STREAM)
        await reader.readuntil(b": catching up\n")
        writer.write(more)
        for _ in range(2):  # a second apart
            await reader.readuntil(b": catching up\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["TLS", "two lengths", "no chunk", "HTTP/2"],
)
async def test_what_is_no_http_is_told_so(connect: Connect, sent: bytes) -> None:
    async with connect() as (reader, writer):
        writer.write(sent)
        response, problem = await told(reader)
        assert (response.status_code, problem["type"]) == (400, "/problems/not-http")


async def test_what_is_no_http_does_not_get_into_a_stream(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(STREAM)
        await reader.readuntil(b": catching up\n")
        writer.write(b"\x16\x03\x01")
        assert b"HTTP/1.1" not in await reader.read()


async def test_a_flood_of_headers_takes_no_memory(tmp_path: Path) -> None:
    settings = Settings(bootstrap="127.0.0.1:1", data_dir=tmp_path / "data")
    with Served(settings, tmp_path) as served, served.client() as client:
        assert client.get("/healthz").status_code == 200
        before = _resident(served)
        at = httpx.URL(served.url)
        for _ in range(3):
            _, writer = await asyncio.open_connection(at.host, at.port)
            writer.write(GET)
            await flood(writer, repeat(b"a: b\r\n" * 10_000, 300))  # 18 MB: as headers ten times that
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        assert client.get("/healthz").status_code == 200
        assert _resident(served) - before < 20_000_000


def _resident(served: Served) -> int:
    assert served.process is not None
    lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kilobytes) * 1024
