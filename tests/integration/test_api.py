"""`recognition serve` on a real broker: articles in, tables and alerts out, its start and its end."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from pipeline.broker import Broker
from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.streams.admin import create_topics
from pipeline.streams.clients import topology_of
from pipeline.streams.correlation import CORRELATION
from pipeline.streams.tail import partitions_of, read_to_end
from tests.integration.served import TOKEN, Served, judged, put
from tests.unit.judging_claims import claim

CLAIMS = (
    claim("recognized", "2025-07-03", source="Harbour Post", dated="2025-07-04"),
    claim("recognized", "2025-07-03", source="Hill Echo", dated="2025-07-05"),
    claim("not_recognized", country="CN", source="River Post"),
)
ARTICLES = [{"id": f"post-{number}", "source": "Harbour Post", "text": f"Text {number}."} for number in range(50)]


ROOT = Path(__file__).parents[2]


def _section(heading: str) -> str:
    """A section of README.md, without its heading."""
    after = (ROOT / "README.md").read_text().partition(f"{heading}\n")[2]
    return after.partition("\n### ")[0]


@pytest.fixture
async def settings(make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings()
    await create_topics(made)
    return made


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    with Served(settings, tmp_path) as running:
        running.until_ready()
        yield running


async def test_articles_are_on_their_topic_before_the_reply(served: Served, settings: Settings) -> None:
    with served.client() as client:
        reply = client.post("/v1/articles", json=ARTICLES)
    assert reply.status_code == 202, reply.text
    records = [record async for record in read_to_end(settings, partitions_of(topology_of(settings).articles))]
    there = {f"{record.topic}/{record.partition}/{record.offset}": (record.key, record.value) for record in records}
    receipts = reply.json()["data"]["articles"]
    assert {receipt["correlation"]: receipt["id"] for receipt in receipts} == {
        place: key.decode() for place, (key, _) in there.items()
    }
    assert [receipt["id"] for receipt in receipts] == [article["id"] for article in ARTICLES]
    values = dict(there.values())
    assert values == {one["id"].encode(): Article.model_validate(one).to_json() for one in ARTICLES}
    assert all(CORRELATION not in dict(record.headers) for record in records)  # the gate gives it the place as its id


async def test_nothing_of_a_batch_with_an_error_is_on_the_topic(served: Served, settings: Settings) -> None:
    with served.client() as client:
        reply = client.post("/v1/articles", json=[*ARTICLES, {"id": "no source"}])
        assert (reply.status_code, reply.json()["errors"][0]["index"]) == (422, 50)
        assert client.post("/v1/articles", json=ARTICLES[0], headers={"Authorization": "Bearer x"}).status_code == 401
    assert [record async for record in read_to_end(settings, partitions_of(topology_of(settings).articles))] == []


async def test_what_is_on_the_topics_is_told(served: Served, settings: Settings) -> None:
    await put(settings, CLAIMS)
    _, alerts = judged(CLAIMS)
    served.until("/v1/alerts", lambda reply: len(reply.json()["data"]) == len(alerts))
    reply = served.until("/v1/status?subject=taliban", lambda reply: len(reply.json()["data"]) == 2)
    rows = {row["country"]: row for row in reply.json()["data"]}
    assert (rows["RU"]["value"], rows["RU"]["confidence"], rows["CN"]["value"]) == (
        "recognized",
        "corroborated",
        "not_recognized",
    )
    with served.client() as client:
        told = client.get("/v1/alerts").json()
        assert [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in told["data"]] == [
            alert.to_json() for alert in alerts
        ]
        claims = client.get("/v1/claims?country=RU").json()
    assert {one["id"] for one in claims["data"]} == {CLAIMS[0].id, CLAIMS[1].id}
    fresh = claims["freshness"]
    assert (fresh["lag"], fresh["stale"], sum(fresh["as_of_offset"]["claims"])) == (0, False, 3)
    assert told["next"] == ".".join(map(str, fresh["as_of_offset"]["alerts"]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_at_once_and_ends_its_streams(served: Served, number: signal.Signals) -> None:
    url = f"{served.url}/v1/alerts/stream"
    async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", url) as stream:
        lines = stream.aiter_lines()
        while not (await anext(lines)).startswith("id:"):
            pass
        code, seconds = await asyncio.to_thread(served.stop, number)
        rest = [line async for line in lines]  # an end in order: no exception
    assert (code, seconds < 3) == (0, True), seconds
    assert "event: resume" in rest
    assert "Traceback" not in served.log.read_text()


def test_a_large_body_is_refused_while_it_comes(served: Served) -> None:
    def endless() -> Iterator[bytes]:
        yield b"["
        while True:
            yield b" " * 65_536

    with served.client() as client:
        try:
            reply = client.post("/v1/articles", content=endless(), headers={"Content-Type": "application/json"})
        except httpx.WriteError:  # the connection was closed while we were sending: the reply may be lost with it
            pass
        else:
            assert (reply.status_code, reply.json()["type"]) == (413, "/problems/too-large")
        assert client.get("/healthz").status_code == 200


def test_without_a_broker_it_answers_what_it_knows(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        bootstrap = f"127.0.0.1:{closed.getsockname()[1]}"
    with (
        Served(Settings(bootstrap=bootstrap, data_dir=tmp_path / "data"), tmp_path) as running,
        running.client() as client,
    ):
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        for path in ("/readyz", "/v1/status"):
            reply = client.get(path)
            assert (reply.status_code, reply.json()["type"]) == (503, "/problems/catching-up")
        reply = client.post("/v1/articles", json=ARTICLES[0])
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
        assert reply.json()["type"] == "/problems/not-published"
        code, seconds = running.stop()
        assert (code, seconds < 3) == (0, True), seconds


async def test_articles_are_taken_again_when_the_broker_is_back(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.start()
    settings = Settings(bootstrap=broker.bootstrap, data_dir=tmp_path / "data")
    try:
        await create_topics(settings)
        await put(settings, CLAIMS)
        with Served(settings, tmp_path) as running, running.client() as client:
            running.until("/v1/status", lambda reply: reply.status_code == 200 and len(reply.json()["data"]) == 2)
            assert client.post("/v1/articles", json=ARTICLES[:3]).status_code == 202
            await asyncio.to_thread(broker.stop)
            away = await asyncio.to_thread(client.post, "/v1/articles", json=ARTICLES[3:6])
            assert (away.status_code, away.json()["type"]) == (503, "/problems/not-published")
            assert len(client.get("/v1/status").json()["data"]) == 2
            running.until("/v1/status", lambda reply: reply.headers["recognition-stale"] == "true")
            await asyncio.to_thread(broker.start)
            await asyncio.to_thread(_until_taken, client, ARTICLES[3:6])
            running.until("/v1/status", lambda reply: reply.headers["recognition-stale"] == "false")
        topic = topology_of(settings).articles
        keys = {record.key.decode() async for record in read_to_end(settings, partitions_of(topic))}
        assert keys == {article["id"] for article in ARTICLES[:6]}
    finally:
        await asyncio.to_thread(broker.stop)


def _until_taken(client: httpx.Client, articles: list[dict[str, str]]) -> None:
    for _ in range(10):
        if client.post("/v1/articles", json=articles).status_code == 202:
            return
    raise AssertionError("never taken")


EXAMPLES = [line for line in _section("### HTTP API").splitlines() if line.startswith("curl ")]


@pytest.fixture(scope="module")
async def documented(broker_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("documented")
    settings = Settings(bootstrap=broker_bootstrap, topic_prefix="documented-", data_dir=folder / "data")
    await create_topics(settings)
    await put(settings, CLAIMS)
    with Served(settings, folder) as running:
        running.until_ready()
        yield running


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_of_the_readme(documented: Served, line: str) -> None:
    streams = "/stream" in line
    command = line.replace("http://127.0.0.1:8640", documented.url).replace(
        "curl ", f"curl --silent --show-error --fail-with-body --max-time {2 if streams else 20} ", 1
    )
    environment = os.environ | {"RECOGNITION_API_TOKEN": TOKEN}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == (28 if streams else 0), done.stdout + done.stderr  # 28: the time is over
    if streams:
        assert "event: place" in done.stdout
    elif "text/csv" in line:
        assert done.stdout.startswith("subject,country,dimension,value")
    elif "/metrics" not in line:
        assert orjson.loads(done.stdout).keys() >= {"data", "freshness"}


def test_the_readme_has_an_example_of_every_endpoint() -> None:
    document = orjson.loads((ROOT / "schemas" / "openapi.json").read_bytes())
    paths = [re.search(r"8640(/[^?']*)", line) for line in EXAMPLES]
    asked = {found[1] for found in paths if found}
    for path in document["paths"]:
        assert any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), one) for one in asked), path


def test_a_port_that_is_taken(settings: Settings, served: Served, tmp_path: Path) -> None:
    port = served.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "serve", "--port", port],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port} (Address already in use)" in done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in served.log.read_text()


async def test_a_second_one_on_the_same_file_is_refused(settings: Settings, served: Served, tmp_path: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable,
            "-m",
            "pipeline",
            "serve",
            "--port",
            "0",
            "--database",
            str(settings.data_dir / "view.sqlite"),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "written by another process" in done.stderr
    assert done.stdout == ""


def test_open_to_others_without_a_token_it_says_so(settings: Settings, tmp_path: Path) -> None:
    with Served(settings, tmp_path, "--host", "0.0.0.0", RECOGNITION_API_TOKEN="") as running:  # noqa: S104
        with running.client() as client:
            assert client.post("/v1/articles", json=ARTICLES[0]).status_code == 403
        running.stop()
        assert "Other machines can read everything here" in running.log.read_text()
