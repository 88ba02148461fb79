"""The view on a real broker: killed and gone on, made anew, two of them, and what happens when the topics change."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import RecordsToDelete

from pipeline.broker import Broker
from pipeline.errors import RecognitionError
from pipeline.records import Claim
from pipeline.serving import follower as module
from pipeline.serving.follower import Follower
from pipeline.serving.materialise import Received
from pipeline.serving.store import Store
from pipeline.serving.view import AlertQuery, ClaimQuery, StatusQuery, StoredAlert, View
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from pipeline.streams.correlation import RECEIVED
from pipeline.streams.tail import partitions_of
from pipeline.topology import Topic
from tests.unit.judging_claims import claim, flood
from tests.unit.view_records import content, topics_of

PROCESS = Path(__file__).with_name("follower_process.py")
COUNTRIES = ("RU", "CN", "ES", "NO", "IE", "FR", "KE", "PE")


def told(number: int, seed: int = 1) -> list[Claim]:
    """Made-up claims."""
    chance = random.Random(seed)
    return [
        claim(
            chance.choice(("recognized", "not_recognized", "ambassador_sent", "embassy_opened")),
            chance.choice((None, "2025-07-03", "2025-06", "2024-05-28")),
            source=f"Paper {at}",
            country=chance.choice(COUNTRIES),
            subject=chance.choice(("taliban", "palestine")),
            dated="2025-07-04",
            sentence=f"Sentence {seed}.{at} says so.",
        )
        for at in range(number)
    ]


def topic_of(settings: Settings, source: str) -> Topic:
    topology = clients.topology_of(settings)
    return {"status": topology.status, "claims": topology.claims, "alerts": topology.alerts}[source]


async def publish(settings: Settings, records: Sequence[Received], headers: Sequence[tuple[str, bytes]] = ()) -> None:
    """Send records as judge and publish do: the alerts in transactions, some of which are aborted before."""
    transactional = {"transactional_id": f"{settings.topic_prefix}test"}
    async with clients.producer(settings) as plain, clients.producer(settings, **transactional) as producer:
        topic = topic_of(settings, "alerts").name
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"{aborted", key=b"taliban|RU")
        await producer.abort_transaction()
        for record in records:
            name = topic_of(settings, record.source).name
            if record.source == "alerts":
                async with producer.transaction():
                    await producer.send_and_wait(name, record.value, key=record.key, headers=list(headers))
            else:
                await plain.send(name, record.value, key=record.key)
        await plain.flush()


async def prepared(settings: Settings, records: Sequence[Received]) -> None:
    await admin.create_topics(settings)
    await publish(settings, records)


@asynccontextmanager
async def following(settings: Settings, path: Path, **hooks: Any) -> AsyncIterator[Follower]:
    """A follower that has caught up."""
    follower, stop = Follower(settings, path, **hooks), asyncio.Event()
    task = asyncio.create_task(follower.run(stop))
    try:
        await caught_up(follower, task)
        yield follower
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def caught_up(follower: Follower, task: "asyncio.Task[None] | None" = None, seconds: float = 30) -> None:
    """Wait until it has applied all that is there now."""
    deadline = time.monotonic() + seconds
    while True:
        if task and task.done():
            task.result()
        fresh = follower.freshness
        if fresh.ready and not fresh.lag and follower.failure is None:
            return
        assert time.monotonic() < deadline, (fresh, follower.failure)
        await asyncio.sleep(0.05)


async def until(question: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def content_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    store = Store(path)
    try:
        return content(store)
    finally:
        store.close()


def remove(path: Path) -> None:
    """Delete the file and those beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def applied(path: Path) -> int:
    """Records that are in the file by now."""
    view = View(path)
    try:
        return sum(sum(offsets) for offsets in view.offsets().values())
    finally:
        view.close()


def stored(path: Path) -> int:
    """Claims that are in the file by now."""
    view = View(path)
    try:
        return len(view.claims(ClaimQuery(), before=None, limit=10_000))
    finally:
        view.close()


async def test_killed_again_and_again_it_ends_as_one_that_was_not(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    made = topics_of(told(600))
    await prepared(settings, made.records)
    path = tmp_path / "killed.sqlite"
    had = 0
    for batch in (1, 9, 14):
        command = [sys.executable, str(PROCESS), settings.model_dump_json(), str(path), str(batch)]
        killed = await asyncio.create_subprocess_exec(*command)
        assert await asyncio.wait_for(killed.wait(), 30) == -signal.SIGKILL
        has = applied(path)
        assert has == 0 if batch == 1 else had < has < len(made.records)  # it goes on, and was in the middle of it
        had = has
    async with following(settings, path), following(settings, tmp_path / "whole.sqlite"):
        pass
    whole = content_of(tmp_path / "whole.sqlite")
    assert content_of(path) == whole
    assert len(whole["claims"]) == 600
    assert len(whole["alerts"]) == len(made.of("alerts"))


async def test_deleted_it_is_made_again_the_same(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings()
    made = topics_of(told(80))
    await prepared(settings, made.records)
    path = tmp_path / "view.sqlite"
    async with following(settings, path) as follower:
        offsets = follower.freshness.as_of_offset
        view = View(path)
        assert view.offsets() == offsets
        assert {(row.subject, row.country) for row in view.status(StatusQuery(), after=None, limit=1_000)} == {
            tuple(key.split("|")) for key, status in made.statuses.items() if status.facts
        }
        view.close()
    before = content_of(path)
    remove(path)
    async with following(settings, path):
        pass
    assert content_of(path) == before


async def test_what_arrives_is_told_at_once_and_in_order(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    made = topics_of(told(40))
    await prepared(settings, made.records)
    heard: list[StoredAlert] = []
    latencies: list[float] = []
    path = tmp_path / "view.sqlite"
    async with following(settings, path, on_alerts=heard.extend, on_latency=latencies.append) as follower:
        assert latencies == []  # what is read while catching up says nothing of now
        before = len(heard)
        more = topics_of(told(40, seed=2))
        received = str(int(time.time() * 1_000) - 2_000).encode()
        await publish(settings, more.of("alerts"), [(RECEIVED, received)])
        await until(lambda: len(heard) == before + len(more.of("alerts")))
        view = View(path)
        whole, end = view.alerts(AlertQuery(), after=(), limit=10_000)
        assert heard == whole
        assert end == follower.freshness.as_of_offset["alerts"]
        view.close()
        assert len(latencies) == len(more.of("alerts"))
        assert all(2 <= seconds < 30 for seconds in latencies)
        await caught_up(follower)
        assert not follower.freshness.stale


async def test_latency_is_told_of_what_came_in_an_outage_too_and_not_again_of_history(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    received = [(RECEIVED, str(int(time.time() * 1_000) - 2_000).encode())]
    made = topics_of(told(40))
    await admin.create_topics(settings)
    await publish(settings, made.records, received)
    path, latencies = tmp_path / "view.sqlite", list[float]()
    async with following(settings, path, on_latency=latencies.append):
        assert latencies == []
    more = topics_of(told(40, seed=2)).of("alerts")
    await publish(settings, more, received)
    async with following(settings, path, on_latency=latencies.append):
        assert len(latencies) == len(more)
    remove(path)
    async with following(settings, path, on_latency=latencies.append):
        assert len(latencies) == len(more)


async def test_a_second_writer_of_one_file_is_refused(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings()
    await prepared(settings, [])
    async with following(settings, tmp_path / "view.sqlite"):
        with pytest.raises(RecognitionError, match="another process"):
            await Follower(settings, tmp_path / "view.sqlite").run(asyncio.Event())


@pytest.mark.parametrize("change", ["deleted records", "made again", "other topics"])
async def test_it_is_made_anew_when_the_topics_are_not_those(
    make_settings: Callable[..., Settings], tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_settings()
    made = topics_of(told(60))
    await prepared(settings, made.records[: len(made.records) // 2])
    path = tmp_path / "view.sqlite"
    async with following(settings, path):
        pass
    view = View(path)  # a reader that goes on through all of it
    before = len(view.claims(ClaimQuery(), before=None, limit=1_000))
    assert before > 0
    claims = topic_of(settings, "claims")
    expected = topics_of(told(60, seed=3))
    if change == "deleted records":
        await publish(settings, made.records[len(made.records) // 2 :])
        async with clients.admin(settings) as client:
            await client.delete_records(
                {partition: RecordsToDelete(before_offset=-1) for partition in partitions_of(claims)}
            )
        await publish(settings, expected.records)
    elif change == "made again":
        async with clients.admin(settings) as client:
            await client.delete_topics([claims.name])
        await asyncio.sleep(1)
        await admin.create_topics(settings)
        await publish(settings, expected.records)  # more of them than there were: offsets alone do not tell
    else:
        settings = make_settings()
        await prepared(settings, expected.records)
    async with following(settings, path):
        found = view.claims(ClaimQuery(q="Sentence"), before=None, limit=1_000)
    assert "is made anew from the topics" in caplog.text
    assert {b"Sentence 3." in one.json for one in found} == {True}
    assert len(found) == 60
    view.close()


async def test_it_waits_for_topics_and_for_a_broker_that_restarts(tmp_path: Path) -> None:
    directory = tmp_path / "broker"
    with Broker(directory) as broker:
        settings = Settings(bootstrap=broker.bootstrap, data_dir=tmp_path)
        stop = asyncio.Event()
        follower = Follower(settings, tmp_path / "view.sqlite")
        task = asyncio.create_task(follower.run(stop))
        await until(lambda: "recognition topics" in (follower.failure or ""))
        assert follower.freshness.stale
        assert not follower.freshness.ready
        await prepared(settings, topics_of(told(20)).records)
        await caught_up(follower, task)
    await until(lambda: follower.failure is not None, 60)
    assert follower.freshness.ready
    with Broker(directory) as broker:
        assert broker.bootstrap == settings.bootstrap
        await publish(settings, topics_of(told(20, seed=2)).records)
        # Not by the lag: that is of the last second, when not all of it was on the topics yet.
        await until(lambda: stored(tmp_path / "view.sqlite") == 40, 60)
        assert follower.failure is None
        stop.set()
        await asyncio.wait_for(task, 10)


async def test_a_status_larger_than_what_is_fetched_at_once_is_applied(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings()
    made = topics_of(flood(250, days=700, dates=40))
    large = made.of("status")[-1]
    assert len(large.value or b"") > 250_000
    monkeypatch.setattr(module, "FETCHED_BYTES", 20_000)
    monkeypatch.setattr(module, "_LEAST_FETCH_BYTES", 1_000)
    await prepared(settings, [*made.of("claims"), large])
    async with following(settings, tmp_path / "view.sqlite"):
        view = View(tmp_path / "view.sqlite")
        found = view.status_of("taliban", "RU")
        assert found is not None
        assert found[0] == made.statuses["taliban|RU"]
        view.close()
