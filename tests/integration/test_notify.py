"""Alerts to real receivers, through a real Kafka: killed, broken, picky, gone, and where nothing may be sent."""

import asyncio
import base64
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from pipeline import metrics
from pipeline.records import Alert, AlertData, DeadLetter
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from pipeline.streams.backlog import Backlog
from pipeline.streams.dead_letters import ENDPOINT, HTTP_STATUS, TRIES, dead_letter
from pipeline.streams.health import members_here
from pipeline.streams.lag import behind, committed_offsets
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.supervising.process import as_variables
from pipeline.webhooks.backoff import Backoff
from pipeline.webhooks.circuit import Limits
from pipeline.webhooks.courier import Patience
from pipeline.webhooks.endpoints import load_endpoints
from pipeline.webhooks.role import run_notify

HERE = Path(__file__).parent
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
NEVER = Limits(failures=1_000)
HASTY = Patience(3, Backoff(base=0.01, longest=0.05), NEVER)


def alert(number: int, *, partition: int = 0, subject: str = "taliban", country: str = "RU") -> Alert:
    data = AlertData(
        kind="new",
        subject=subject,
        country=country,
        dimension="recognition",
        value="recognized",
        revision=number + 1,
        confidence="reported",
        sources=1,
        independent=1,
    )
    return Alert(
        id=f"p{partition}n{number}",
        type="recognition.status.new",
        subject=f"{subject}/{country}",
        time="2025-07-04T09:30:00+00:00",
        data=data,
    )


class Receiver:
    """The receiver's process, and what it noted."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._file = folder / f"notes-{self.port}.jsonl"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        script = str(HERE / "webhook_receiver.py")
        self._process = subprocess.Popen([sys.executable, script, str(self.port), str(self._file), SECRET])
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def notes(self, path: str | None = None) -> list[dict[str, Any]]:
        if not self._file.exists():
            return []
        found = [json.loads(line) for line in self._file.read_text().splitlines()]
        return [note for note in found if path in (None, note["path"])]

    def ids(self, path: str) -> list[str]:
        return [note["id"] for note in self.notes(path)]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    one = Receiver(tmp_path)
    one.start()
    yield one
    one.kill()


@pytest.fixture
def deployment(make_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a file of endpoints, each given as its fields."""

    def make(*endpoints: dict[str, Any], **fields: Any) -> Settings:
        file = tmp_path / "endpoints.yaml"
        file.write_text(yaml.safe_dump({"endpoints": [{"secret": SECRET, **one} for one in endpoints]}))
        return make_settings(**{"webhooks": file, "webhook_allow_private": True, **fields})

    return make


async def publish(settings: Settings, alerts: Iterable[Alert], *, partition: int = 0) -> None:
    topic = clients.topology_of(settings).alerts
    async with clients.producer(settings, linger_ms=2) as producer:
        for one in alerts:
            await producer.send_and_wait(topic.name, one.to_json(), key=one.key.encode(), partition=partition)


@asynccontextmanager
async def notifying(settings: Settings, patience: Patience = HASTY, **options: Any) -> AsyncIterator[asyncio.Event]:
    assert settings.webhooks is not None
    endpoints = load_endpoints(settings.webhooks, allow_private=settings.webhook_allow_private)
    stop = asyncio.Event()
    role = asyncio.create_task(run_notify(settings, endpoints, stop, patience=patience, **options))
    try:
        yield stop
    finally:
        stop.set()
        await role


def start_sender(settings: Settings, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(HERE / "notify_process.py"), settings.model_dump_json()]
    return subprocess.Popen(command, stderr=log)


def start_command(settings: Settings) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "RECOGNITION_BOOTSTRAP": settings.bootstrap,
        "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
        "RECOGNITION_WEBHOOK_ALLOW_PRIVATE": "true",
    }
    command = [sys.executable, "-m", "pipeline", "notify", "--endpoints", str(settings.webhooks)]
    return subprocess.Popen(
        [*command, "--log-format", "json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)


async def drained(settings: Settings, endpoint: str, seconds: float = 30) -> None:
    topology = clients.topology_of(settings)
    deadline = time.monotonic() + seconds
    while await behind(settings, f"{topology.notify_group}.{endpoint}", partitions_of(topology.alerts)):
        assert time.monotonic() < deadline, f"{endpoint} did not come to the end within {seconds} s"
        await asyncio.sleep(0.2)


async def joined(settings: Settings, endpoint: str) -> None:
    """Wait until the endpoint has committed where it begins, on every partition."""
    topology = clients.topology_of(settings)
    partitions = partitions_of(topology.alerts)
    async with clients.admin(settings) as client:
        deadline = time.monotonic() + 30
        while len(await committed_offsets(client, f"{topology.notify_group}.{endpoint}", partitions)) < len(partitions):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def letters(settings: Settings) -> list[DeadLetter]:
    topic = clients.topology_of(settings).dead_letters["notify"]
    return [
        dead_letter("notify", record.key, record.value, record.headers)
        async for record in read_to_end(settings, partitions_of(topic))
    ]


async def test_every_alert_arrives_whatever_is_killed(
    deployment: Callable[..., Settings], receiver: Receiver, tmp_path: Path
) -> None:
    partitions, each = 4, 75
    settings = deployment(
        {"id": "newsroom", "url": receiver.url("/moody"), "from": "beginning"}, webhook_attempts=1_000
    )
    await admin.create_topics(settings)
    chance = random.Random(20250704)
    senders: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "senders.log").open("ab")

    def start() -> None:
        senders.append(start_sender(settings, log))

    async def flow() -> None:
        topic = clients.topology_of(settings).alerts
        async with clients.producer(settings) as producer:
            for number in range(each):
                for partition in range(partitions):
                    one = alert(number, partition=partition)
                    await producer.send_and_wait(topic.name, one.to_json(), key=b"k", partition=partition)
                await asyncio.sleep(chance.uniform(0, 0.8))

    async def kill_receiver() -> None:
        for _ in range(12):
            await asyncio.sleep(chance.uniform(0.5, 3))
            receiver.kill()
            await asyncio.sleep(chance.uniform(0, 0.6))
            await asyncio.to_thread(receiver.start)

    async def kill_senders() -> None:
        start()
        for fault in ("kill", "kill", "freeze", "join", "kill", "stop"):
            await asyncio.sleep(chance.uniform(2, 4))
            running = [process for process in senders if process.poll() is None]
            victim = chance.choice(running)
            if fault == "freeze":  # for longer than its session
                victim.send_signal(signal.SIGSTOP)
                start()
                await asyncio.sleep(8)
                victim.send_signal(signal.SIGCONT)
            elif fault == "join":
                start()
            else:
                (victim.kill if fault == "kill" else victim.terminate)()
                start()

    try:
        await asyncio.gather(flow(), kill_receiver(), kill_senders())
        await drained(settings, "newsroom", 60)
    finally:
        for process in senders:
            process.kill()
            process.wait()
        log.close()
        print((tmp_path / "senders.log").read_text(errors="replace"))

    notes = receiver.notes()
    assert all(note["verified"] for note in notes)
    assert {note["content-type"] for note in notes} == {"application/cloudevents+json"}
    bodies: dict[str, set[str]] = {}
    for note in notes:
        bodies.setdefault(note["id"], set()).add(note["body"])
    for partition in range(partitions):
        expected = [alert(number, partition=partition) for number in range(each)]
        first = list(dict.fromkeys(note["id"] for note in notes if note["id"].startswith(f"p{partition}n")))
        assert first == [one.id for one in expected]
        for one in expected:  # however often it came, it came as it stands on the topic
            assert bodies[one.id] == {one.to_json().decode()}
    assert await letters(settings) == []
    repeated = sum(times - 1 for times in Counter(note["id"] for note in notes).values())
    print(f"{len(notes)} deliveries of {partitions * each} alerts, {repeated} repeated")
    assert 0 < repeated < each  # answers were lost, so some were; but not everything again


async def test_a_broken_endpoint_holds_up_nobody_and_its_alerts_are_dead_letters(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment(
        {"id": "well", "url": receiver.url("/well"), "from": "beginning", "secret": [OLD_SECRET, SECRET]},
        {"id": "broken", "url": receiver.url("/broken"), "from": "beginning"},
        {"id": "away", "url": "http://127.0.0.1:1/", "from": "beginning"},
        {"id": "picky", "url": receiver.url("/picky"), "from": "beginning"},
        {"id": "elsewhere", "url": receiver.url("/elsewhere"), "from": "beginning"},
        {"id": "filtered", "url": receiver.url("/filtered"), "from": "beginning", "filters": {"countries": ["KE"]}},
        {"id": "off", "url": receiver.url("/off"), "from": "beginning", "enabled": False},
        webhook_attempts=3,
    )
    await admin.create_topics(settings)
    alerts = [alert(0), alert(1, subject="kosovo"), alert(2, country="KE")]
    await publish(settings, alerts)
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(clients.topology_of(settings).alerts.name, b"no alert", key=b"k", partition=0)
    async with notifying(settings):
        for endpoint in ("well", "broken", "away", "picky", "elsewhere", "filtered"):
            await drained(settings, endpoint)
        assert await members_here(settings, "notify") == 6
    ids = [one.id for one in alerts]
    assert receiver.ids("/well") == ids  # the redirects to it were not followed
    assert all(note["verified"] for note in receiver.notes())
    assert receiver.ids("/broken") == [one for one in ids for _ in range(3)]
    assert receiver.ids("/picky") == [ids[0], *[ids[1]] * 3, ids[2]]
    assert receiver.ids("/filtered") == [ids[2]]
    assert receiver.ids("/off") == []
    assert len(receiver.ids("/elsewhere")) == 9

    found: dict[str, list[DeadLetter]] = {}
    for letter in await letters(settings):
        assert (letter.stage, letter.topic) == ("notify", clients.topology_of(settings).alerts.name)
        if letter.value == b"no alert":
            assert (letter.error, letter.headers[TRIES]) == ("UnreadableInputError", "0")
            continue
        assert letter.error == "UndeliveredError"
        assert letter.headers[TRIES] == "3"
        found.setdefault(letter.headers[ENDPOINT], []).append(letter)
    assert {name: [letter.value for letter in by_name] for name, by_name in found.items()} == {
        "broken": [one.to_json() for one in alerts],
        "away": [one.to_json() for one in alerts],
        "picky": [alerts[1].to_json()],
        "elsewhere": [one.to_json() for one in alerts],
    }
    assert [found[name][0].headers[HTTP_STATUS] for name in ("broken", "away", "picky", "elsewhere")] == [
        *("500", "", "422", "302")
    ]
    assert found["broken"][0].message == (
        'broken: given up after 3 tries: 500 Internal Server Error: {"error": "the " [31m"database is away"}'
    )
    assert found["away"][0].message == "away: given up after 3 tries: ConnectError: Connection refused"
    assert "redirects are not followed; it points to http://127.0.0.1" in found["elsewhere"][0].message

    environment = os.environ | {
        "RECOGNITION_BOOTSTRAP": settings.bootstrap,
        "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
        "COLUMNS": "160",
    }

    async def dlq(*arguments: str) -> str:
        command = [sys.executable, "-m", "pipeline", "dlq", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    assert "picky: given up after 3 tries: 422" in " ".join((await dlq("list", "--stage", "notify")).split())
    (picky,) = [
        one["id"]
        for one in json.loads(await dlq("list", "--json"))
        if one["error"] == "UndeliveredError" and one["headers"][ENDPOINT] == "picky"
    ]
    shown = await dlq("show", picky)
    print(shown)
    assert "\nrefused   once\n" in shown
    assert f"\nheader    {TRIES}: 3\n" in shown


async def test_one_endpoint_that_hangs_does_not_delay_another(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment({"id": "slow", "url": receiver.url("/slow")}, {"id": "well", "url": receiver.url("/well")})
    await admin.create_topics(settings)
    async with notifying(settings):
        await asyncio.gather(joined(settings, "slow"), joined(settings, "well"))
        await publish(settings, [alert(number) for number in range(20)])
        await until(lambda: len(receiver.ids("/well")) == 20, "all at the one that is well")
        assert receiver.ids("/slow") == []
        leaving = time.monotonic()
    assert time.monotonic() - leaving < settings.webhook_timeout_seconds  # a try was under way, and takes as long
    assert receiver.ids("/slow") == []


async def test_a_new_endpoint_starts_with_the_next_alert_whatever_is_killed_meanwhile(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment(
        {"id": "late", "url": receiver.url("/late")},
        {"id": "all", "url": receiver.url("/all"), "from": "beginning"},
    )
    await admin.create_topics(settings)
    await publish(settings, [alert(0), alert(1)])
    first = start_sender(settings)
    try:
        await asyncio.gather(joined(settings, "late"), joined(settings, "all"))
    finally:
        first.kill()
        first.wait()
    await publish(settings, [alert(2), alert(3)])
    async with notifying(settings):
        await drained(settings, "late")
        await drained(settings, "all")
    assert list(dict.fromkeys(receiver.ids("/late"))) == ["p0n2", "p0n3"]
    assert list(dict.fromkeys(receiver.ids("/all"))) == ["p0n0", "p0n1", "p0n2", "p0n3"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"])  # noqa: S104
async def test_nothing_is_sent_into_the_inner_network(
    deployment: Callable[..., Settings], receiver: Receiver, host: str
) -> None:
    settings = deployment(
        {"id": "inner", "url": f"https://{host}:{receiver.port}/well", "from": "beginning"},
        webhook_allow_private=False,
    )
    await admin.create_topics(settings)
    await publish(settings, [alert(0), alert(1)])
    patient = Patience(8, Backoff(base=3_600), NEVER)
    async with notifying(settings, patient):  # refusals are not tried again: nothing waits
        await drained(settings, "inner", 20)
    assert receiver.notes() == []
    found = await letters(settings)
    assert [(letter.value, letter.error) for letter in found] == [
        (alert(number).to_json(), "RefusedDestinationError") for number in range(2)
    ]
    assert all("RECOGNITION_WEBHOOK_ALLOW_PRIVATE" in letter.message for letter in found)


async def test_who_is_gone_gets_no_more_and_nothing_is_lost(
    deployment: Callable[..., Settings], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    settings = deployment(
        {"id": "gone", "url": receiver.url("/gone"), "from": "beginning"},
        {"id": "well", "url": receiver.url("/well"), "from": "beginning"},
    )
    await admin.create_topics(settings)
    await publish(settings, [alert(0), alert(1)])
    async with notifying(settings):
        await until(lambda: "410 Gone" in caplog.text, "the endpoint is gone")
        await drained(settings, "well")
        await publish(settings, [alert(2)])
        await drained(settings, "well")
    assert receiver.ids("/gone") == ["p0n0"]
    assert receiver.ids("/well") == ["p0n0", "p0n1", "p0n2"]
    assert await letters(settings) == []
    topology = clients.topology_of(settings)
    assert await behind(settings, f"{topology.notify_group}.gone", partitions_of(topology.alerts))


async def test_waits_longer_than_the_group_is_patient_with(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment({"id": "picky", "url": receiver.url("/picky"), "from": "beginning"})
    await admin.create_topics(settings)
    await publish(settings, [alert(0, subject="kosovo"), alert(1)], partition=0)
    patient = Patience(100, Backoff(base=3_600), NEVER)
    async with notifying(settings, patient, max_poll_interval_ms=2_000):
        await until(lambda: receiver.ids("/picky") == ["p0n0"], "the first try")
        await asyncio.sleep(5)
        await publish(settings, [alert(0, partition=1)], partition=1)
        await until(lambda: receiver.ids("/picky") == ["p0n0", "p1n0"], "another partition, meanwhile")
        assert await members_here(settings, "notify") == 1
    assert receiver.ids("/picky") == ["p0n0", "p1n0"]  # no rebalance has begun the first one anew


async def test_a_busy_endpoint_is_given_the_time_it_asks_for(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment({"id": "busy", "url": receiver.url("/busy"), "from": "beginning"})
    await admin.create_topics(settings)
    await publish(settings, [alert(0), alert(1)])
    async with notifying(settings):
        await drained(settings, "busy")
    first, *rest = receiver.notes("/busy")
    assert [note["id"] for note in rest] == ["p0n0", "p0n1"]
    assert rest[0]["at"] - first["at"] >= 2
    assert int(rest[0]["timestamp"]) >= int(first["timestamp"]) + 2  # of the try, not of the alert


async def test_an_endpoint_that_was_taken_out_can_be_forgotten(
    deployment: Callable[..., Settings], receiver: Receiver
) -> None:
    settings = deployment({"id": "past", "url": receiver.url("/past")})
    await admin.create_topics(settings)

    async def forget(endpoint: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | as_variables(settings.model_copy(update={"webhooks": None}))
        command = [sys.executable, "-m", "pipeline", "notify", "--forget", endpoint]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60
        )

    def told() -> float:
        return sum(
            sample.value
            for family in metrics.families()
            for sample in family.samples
            if sample.name == "recognition_lag" and sample.labels["topic"] == clients.topology_of(settings).alerts.name
        )

    async with notifying(settings):
        await joined(settings, "past")
        refused = await forget("past")
    assert refused.returncode == 1
    assert "has members" in refused.stderr
    await publish(settings, [alert(0), alert(1)])
    backlog = Backlog(settings)
    async with clients.admin(settings) as client, clients.consumer(settings, max_partition_fetch_bytes=1) as consumer:
        await backlog.look(client, consumer)
        assert told() == 2
        done = await forget("past")
        assert (done.returncode, done.stdout) == (0, "past is forgotten: should it come back, it is new\n")
        await backlog.look(client, consumer)
        assert told() == 0
    unknown = await forget("past")
    assert unknown.returncode == 1
    assert "there is no group" in unknown.stderr


async def test_the_command_stops_in_time(deployment: Callable[..., Settings], receiver: Receiver) -> None:
    settings = deployment(
        {"id": "slow", "url": receiver.url("/slow"), "from": "beginning"},
        {"id": "broken", "url": receiver.url("/broken"), "from": "beginning"},
    )
    await admin.create_topics(settings)
    await publish(settings, [alert(0)])
    process = start_command(settings)
    try:
        await until(lambda: receiver.ids("/broken") != [], "the first try")
        started = time.monotonic()
        process.terminate()
        output, log = await asyncio.to_thread(process.communicate, timeout=20)
        assert time.monotonic() - started < settings.webhook_timeout_seconds  # which a try under way takes
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
    assert output == b""
    assert SECRET.encode() not in log
    records = [json.loads(line) for line in log.splitlines()]
    tried, *_ = [record for record in records if record.get("outcome")]  # the next one may come at any moment
    assert tried | {"endpoint": "broken", "alert": "p0n0", "attempt": 1, "status": 500} == tried
    assert tried["ms"] >= 0
