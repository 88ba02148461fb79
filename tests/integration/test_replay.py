"""Replay on a real broker: what is published, what is listed, and what a second time does."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka.structs import ConsumerRecord
from typer.testing import CliRunner

from pipeline.commands.app import app
from pipeline.errors import RecognitionError
from pipeline.intake.files import Unreadable, read_articles
from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.streams.admin import create_topics
from pipeline.streams.clients import topology_of
from pipeline.streams.replay import Pace, Progress, publish_articles
from pipeline.streams.tail import partitions_of, read_to_end

SEEDS = Path(__file__).parents[2] / "seeds"


class _BrokenOffError(Exception):
    pass


async def on_topic(settings: Settings) -> list[ConsumerRecord]:
    return [record async for record in read_to_end(settings, partitions_of(topology_of(settings).articles))]


@pytest.fixture
async def settings(make_settings: Callable[..., Settings]) -> Settings:
    made = make_settings()
    await create_topics(made)
    return made


async def test_every_article_is_on_the_topic_keyed_by_its_id(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"{")
    summary = await publish_articles(settings, read_articles([SEEDS, tmp_path]))
    assert summary.published == 5
    assert [each.path.name for each in summary.unreadable] == ["bad.json"]
    records = await on_topic(settings)
    expected = {each.id.encode(): each.to_json() for each in read_articles([SEEDS]) if isinstance(each, Article)}
    assert {record.key: record.value for record in records} == expected
    assert len(records) == 5


async def test_a_missing_topic_is_told_before_anything_is_sent(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(RecognitionError, match="recognition topics"):
        await publish_articles(make_settings(), read_articles([SEEDS]))


async def test_a_rate_takes_its_time(settings: Settings) -> None:
    summary = await publish_articles(settings, read_articles([SEEDS]), pace=Pace(rate=10))
    assert summary.published == 5
    assert summary.seconds >= 0.4


async def test_an_interrupted_replay_goes_on_where_it_stopped(settings: Settings, tmp_path: Path) -> None:
    articles = [Article(id=str(number), source="x", text="y") for number in range(300)]

    def broken_off() -> Iterator[Article | Unreadable]:
        yield from articles[:100]
        raise _BrokenOffError

    first = Progress(tmp_path / "state", resume=False)
    with pytest.raises(_BrokenOffError):
        await publish_articles(settings, broken_off(), pace=Pace(rate=2000), progress=first)
    first.close(finished=False)
    before = len(await on_topic(settings))
    second = Progress(tmp_path / "state", resume=True)
    summary = await publish_articles(settings, articles, progress=second)
    second.close(finished=True)
    assert summary.skipped + summary.published == 300
    assert 0 < summary.skipped <= before <= 100
    assert {record.key for record in await on_topic(settings)} == {each.id.encode() for each in articles}


async def test_the_command_tells_people_and_programs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOGNITION_TOPIC_PREFIX", settings.topic_prefix)
    monkeypatch.setenv("RECOGNITION_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "bad.jsonl").write_bytes(b'{"id": 1}\n')
    bad = str(tmp_path / "bad.jsonl")

    async def run(*arguments: str) -> tuple[int, str]:
        command = ["replay", "--bootstrap", settings.bootstrap, *arguments]
        result = await asyncio.to_thread(CliRunner().invoke, app, command)
        return result.exit_code, result.stdout

    code, output = await run("--json", str(SEEDS), bad)
    figures = orjson.loads(output)
    assert (code, figures["published"], figures["skipped"]) == (0, 5, 0)
    assert [(each["path"], each["line"]) for each in figures["unreadable"]] == [(bad, 1)]
    code, output = await run(str(SEEDS), bad)
    assert code == 0
    assert output.startswith("5 articles published in ")
    assert f"{bad}:1: not an Article: field id" in output
    assert (await run(bad))[0] == 1
    assert len(await on_topic(settings)) == 10
