"""One try, against real servers on this machine: what is sent, what comes of it, and what is never connected to."""

import asyncio
import base64
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Literal

import httpcore
import pytest
import trustme
from standardwebhooks.webhooks import Webhook

from pipeline.webhooks.connecting import GuardedBackend, Resolve, allowed_addresses, new_pool, resolve
from pipeline.webhooks.delivery import MAX_ANSWER_BYTES, Delivery, Message, Outcome, trial
from pipeline.webhooks.destinations import Address, RefusedDestinationError, destination
from pipeline.webhooks.endpoints import Endpoint
from pipeline.webhooks.signing import Secret

KEYS = [bytes(range(32)), bytes(32)]
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]
MESSAGE = Message("a1", '{"id": "a1", "über":  "Öl"}'.encode())
Answer = Callable[[BaseHTTPRequestHandler], None]


def endpoint(url: str) -> Endpoint:
    return Endpoint("desk", url, destination(url, allow_private=True), tuple(Secret(key) for key in KEYS))


@contextmanager
def server(answer: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """A server on this machine; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server((host, 0), Handler) as running:
        if context is not None:
            running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, args=[0.02], daemon=True).start()
        yield running.server_address[1]
        running.shutdown()


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["content-length"]))
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def resolving_to(*answers: list[str]) -> Resolve:
    """A resolver that gives these answers one after another, and the last one from then on."""
    left = list(answers)

    async def find(host: str, port: int) -> list[Address]:
        return [ip_address(text) for text in (left.pop(0) if len(left) > 1 else left[0])]

    return find


async def attempt(url: str, *, seconds: float = 5, allow_private: bool = True, **options: Any) -> Outcome:
    async with new_pool(allow_private=allow_private, **options) as pool:
        return await Delivery(endpoint(url), pool, seconds).attempt(MESSAGE)


async def test_what_is_sent() -> None:
    seen: dict[str, Any] = {}

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.update(path=request.path, headers=dict(request.headers.items()))
        seen["body"] = request.rfile.read(int(request.headers["content-length"]))
        request.send_response(202)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    with server(answer) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/hook?room=7")
    assert (outcome.verdict, outcome.status, outcome.reason, outcome.answer) == (
        "delivered",
        202,
        "202 Accepted",
        b"ok",
    )
    assert outcome.seconds > 0
    assert seen["path"] == "/hook?room=7"
    assert seen["body"] == MESSAGE.body
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == "a1"
    assert headers["host"] == f"127.0.0.1:{port}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    for secret in SECRETS:
        assert Webhook(secret).verify(seen["body"], headers) == json.loads(MESSAGE.body)


@pytest.mark.parametrize("target", ["/params;key=abc?x=1", "/a;b/../c;d?", "/?x=%3B;y", "//x"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_url_is_sent_as_it_stands_in_the_file(host: str, target: str) -> None:
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.extend((request.requestline, request.headers["host"]))
        answering(204)(request)

    with server(answer, host=host) as port:
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        assert (await attempt(f"http://{authority}{target}")).verdict == "delivered"
    assert seen == [f"POST {target} HTTP/1.1", authority]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answering(200), Outcome("delivered", "200 OK", status=200)),
        (answering(299), Outcome("delivered", "299", status=299)),
        (answering(410), Outcome("gone", "410 Gone", status=410)),
        (answering(404), Outcome("failed", "404 Not Found", status=404)),
        (
            answering(500, b"\x1b[31mout\r\nof\x00 order\xff"),
            Outcome("failed", "500 Internal Server Error: [31mout of order�", status=500),
        ),
        (answering(400, b"x" * 5_000), Outcome("failed", f"400 Bad Request: {'x' * 200}…", status=400)),
        (
            answering(429, Retry_After="7"),
            Outcome("failed", "429 Too Many Requests", status=429, retry_after=7),
        ),
        (
            answering(503, Retry_After="9" * 40),
            Outcome("failed", "503 Service Unavailable", status=503, retry_after=3_600),
        ),
    ],
    ids=["200", "299", "410", "404", "500", "400", "429", "503"],
)
async def test_what_an_answer_means(answer: Answer, expected: Outcome) -> None:
    with server(answer) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/")
    found = (outcome.verdict, outcome.reason, outcome.error, outcome.status, outcome.retry_after)
    assert found == (expected.verdict, expected.reason, None, expected.status, expected.retry_after)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    asked: list[str] = []

    def target(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)

    with server(target) as inner, server(answering(status, Location=f"http://127.0.0.1:{inner}/x")) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.status) == ("failed", status)
    assert f"redirects are not followed; it points to http://127.0.0.1:{inner}/x" in outcome.reason
    assert asked == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(answering(204)) as port:
        assert (await attempt(f"http://127.0.0.1:{port}/")).verdict == "delivered"


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    sent = 0

    def answer(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        while True:
            sent += request.wfile.write(b"x" * 65_536)

    with server(answer) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, len(outcome.answer)) == ("delivered", MAX_ANSWER_BYTES)
    assert sent < 50_000_000


def beginning(status: str, *, then: Literal["trickles", "closes"]) -> Answer:
    """Answers with two bytes of a thousand; the rest comes too slowly, or never."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["content-length"]))
        request.wfile.write(f"HTTP/1.1 {status}\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\nno".encode())
        if then == "trickles":
            for _ in range(998):
                time.sleep(0.05)
                request.wfile.write(b"!")
        request.connection.shutdown(socket.SHUT_RDWR)

    return answer


@pytest.mark.parametrize("then", ["trickles", "closes"])
@pytest.mark.parametrize(
    ("status", "verdict", "retry_after"),
    [("200 OK", "delivered", 0), ("410 Gone", "gone", 0), ("503 Service Unavailable", "failed", 7)],
)
async def test_the_status_decides_however_the_rest_comes(
    then: Literal["trickles", "closes"], status: str, verdict: str, retry_after: float
) -> None:
    with server(beginning(status, then=then)) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/", seconds=1)
    assert (outcome.verdict, outcome.status, outcome.error) == (verdict, int(status[:3]), None)
    assert (outcome.retry_after, outcome.answer[:2]) == (retry_after, b"no")
    assert outcome.reason.startswith(f"{status}: no" if verdict == "failed" else status)
    assert outcome.seconds < 20  # all of it would take 50


async def test_a_head_that_does_not_come_to_its_end_is_no_answer() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        time.sleep(2)

    with server(answer) as port:
        outcome = await attempt(f"http://127.0.0.1:{port}/", seconds=0.4)
    assert (outcome.verdict, outcome.status, outcome.reason) == ("failed", None, "no answer within 0.4 s")


async def test_a_try_that_is_broken_off_has_no_outcome() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    trickle = beginning("200 OK", then="trickles")

    def answer(request: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        trickle(request)

    with server(answer) as port:
        task = asyncio.create_task(attempt(f"http://127.0.0.1:{port}/", seconds=60))
        await asked.wait()
        await asyncio.sleep(0.3)  # within the answer
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_why_nothing_answers() -> None:
    refused = await attempt("http://127.0.0.1:1/")
    assert (refused.verdict, refused.reason, refused.error) == ("failed", "Connection refused", "ConnectError")
    unknown = await attempt("https://nowhere.invalid/")
    assert unknown.verdict == "failed"
    assert "nowhere.invalid cannot be resolved" in unknown.reason
    with server(lambda request: request.connection.close()) as port:
        assert (await attempt(f"http://127.0.0.1:{port}/")).verdict == "failed"


async def test_tls_is_checked_against_the_name_not_the_address() -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    certified = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example.org").configure_cert(certified)
    here = resolving_to(["127.0.0.1"])
    with server(answering(204), certified) as port:
        right = await attempt(f"https://hooks.example.org:{port}/", find=here, ssl_context=trusting)
        assert (right.verdict, right.status) == ("delivered", 204)
        wrong = await attempt(f"https://other.example.org:{port}/", find=here, ssl_context=trusting)
        assert wrong.verdict == "failed"
        assert "the certificate is not trusted: Hostname mismatch" in wrong.reason
        stranger = await attempt(f"https://hooks.example.org:{port}/", find=here)
        assert stranger.verdict == "failed"
        assert "the certificate is not trusted" in stranger.reason


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:169.254.169.254"], ["2606:4700::1111", "::1"]]
)
async def test_one_address_that_is_not_public_is_enough(found: list[str]) -> None:
    outcome = await attempt("https://hooks.example.org/", allow_private=False, find=resolving_to(found))
    assert (outcome.verdict, outcome.error) == ("refused", "RefusedDestinationError")
    assert "hooks.example.org is " in outcome.reason


class Network(httpcore.AsyncMockBackend):
    """The network beyond this machine: notes what is connected to, and answers."""

    def __init__(self, *, away: frozenset[str] = frozenset()) -> None:
        super().__init__([b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"])
        self.connected: list[str] = []
        self._away = away

    async def connect_tcp(self, host: str, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host in self._away:
            raise httpcore.ConnectTimeout
        return await super().connect_tcp(host, *arguments, **options)


async def post(find: Resolve, network: Network) -> Outcome:
    backend = GuardedBackend(allow_private=False, find=find, network=network)
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        return await Delivery(endpoint("http://hooks.example.org/"), pool, 5).attempt(MESSAGE)


async def test_a_name_that_answers_differently_the_second_time_gains_nothing() -> None:
    network = Network()
    find = resolving_to(["93.184.216.34"], ["127.0.0.1"])
    assert (await post(find, network)).verdict == "delivered"
    assert network.connected == ["93.184.216.34"]  # the very address that was looked at
    assert (await post(find, network)).verdict == "refused"
    assert network.connected == ["93.184.216.34"]


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    network = Network(away=frozenset({"2606:4700::1111"}))
    assert (await post(resolving_to(["2606:4700::1111", "1.1.1.1"]), network)).verdict == "delivered"
    assert network.connected == ["2606:4700::1111", "1.1.1.1"]
    network = Network(away=frozenset({"1.1.1.1"}))
    assert (await post(resolving_to(["1.1.1.1"]), network)).verdict == "failed"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1"])
async def test_the_system_resolver_is_seen_through(host: str) -> None:
    assert await resolve(host, 443)
    with pytest.raises(RefusedDestinationError, match="loopback"):
        await allowed_addresses(host, 443, allow_private=False)
    assert await allowed_addresses(host, 443, allow_private=True)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".example"])
async def test_a_host_without_an_address(host: str) -> None:
    with pytest.raises(OSError, match=r"."):
        await allowed_addresses(host, 443, allow_private=True)


async def test_a_resolver_that_hangs_holds_up_nothing_but_its_try() -> None:
    async def find(host: str, port: int) -> list[Address]:
        await asyncio.sleep(3_600)
        return []

    outcome = await attempt("https://hooks.example.org/", seconds=0.2, find=find)
    assert (outcome.verdict, outcome.reason) == ("failed", "no answer within 0.2 s")


def test_a_process_ends_though_its_resolver_hangs() -> None:
    program = """
import asyncio, socket, time
socket.getaddrinfo = lambda *arguments, **options: time.sleep(60)
from pipeline.webhooks.connecting import resolve

async def main():
    try:
        async with asyncio.timeout(0.1):
            await resolve("hooks.example.org", 443)
    except TimeoutError:
        print("given up")

asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert (run.stdout, run.stderr) == ("given up\n", "")


def test_the_test_event_is_a_cloud_event_of_its_own_type() -> None:
    message = trial(endpoint("https://hooks.example.org/"), "test_1", "2025-07-04T12:00:00+00:00")
    event = json.loads(message.body)
    assert message.id == event["id"] == "test_1"
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "recognition.test", "desk")
