"""Broken articles between good ones, through the real gate."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from pipeline import __version__
from pipeline.records import Document
from pipeline.settings import Settings
from pipeline.streams import admin, clients, dead_letters
from pipeline.streams.correlation import CORRELATION, RECEIVED, correlation, received_ms
from pipeline.streams.tail import partitions_of, read_to_end
from tests.integration.line import drained, produce, roles, values_on

BROKEN = {
    "not JSON": b'{"id": "x1", "source": ',
    "not UTF-8": b'{"id": "x2", "source": "\xff\xfe", "text": "Kenya recognised Kosovo."}',
    "not an Article": orjson.dumps({"id": 3, "source": ["Nairobi Post"], "text": {"en": "Kenya"}}),
    "too large": orjson.dumps({"id": "x4", "source": "Lima Diario", "text": "Kenya recognised Kosovo. " * 200_000}),
    "empty message": b"",
}


def good(number: int) -> bytes:
    text = f"Kenya has formally recognised Kosovo, officials said. It was decision number {number} of the cabinet."
    return orjson.dumps({"id": f"a{number}", "source": "Nairobi Post", "text": text, "published": "2025-07-04"})


async def test_broken_articles_are_dead_letters_and_hold_up_nobody(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    values = [good(number) for number in range(60)]
    for place, broken in zip((0, 7, 20, 33, 64), BROKEN.values(), strict=True):
        values.insert(place, broken)
    await produce(settings, topology.articles, values)
    with roles(settings, tmp_path, "gate"):
        await drained(settings, "gate", seconds=40)

    documents = [Document.from_json(value) for value in await values_on(settings, topology.documents)]
    assert sorted(document.article_id for document in documents) == sorted(f"a{number}" for number in range(60))

    letters = [record async for record in read_to_end(settings, partitions_of(topology.dead_letters["gate"]))]
    assert sorted(letter.value for letter in letters) == sorted(BROKEN.values())
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers}
        reason = next(reason for reason, broken in BROKEN.items() if broken == letter.value)
        assert headers[dead_letters.MESSAGE].startswith(reason)
        assert headers[dead_letters.EXCEPTION] == "UnreadableInputError"
        assert headers[dead_letters.TOPIC] == topology.articles.name
        assert values[int(letter.key)] == letter.value  # the key came along, and it was the number of the article
        assert headers[dead_letters.PARTITION] == str(letter.partition)
        assert headers[dead_letters.STAGE] == "gate"
        assert headers[dead_letters.VERSION] == __version__
        assert headers[dead_letters.ATTEMPTS] == "1"

    def dlq(*arguments: str) -> str:
        environment = {"RECOGNITION_BOOTSTRAP": settings.bootstrap, "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix}
        command = [sys.executable, "-m", "pipeline", "dlq", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout

    listed = json.loads(dlq("list", "--json"))
    assert sorted(letter["bytes"] for letter in listed) == sorted(map(len, BROKEN.values()))
    for_people = dlq("list")
    assert all(letter["id"] in for_people for letter in listed)
    undecodable = next(letter for letter in listed if letter["message"].startswith("not UTF-8"))
    assert "ff fe" in dlq("show", undecodable["id"])
    assert json.loads(dlq("list", "--stage", "judge", "--json")) == []


async def test_foreign_headers_hold_up_nobody(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings(partitions=1)
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    foreign = [
        (dead_letters.ATTEMPTS, b"x"),
        (dead_letters.ATTEMPTS, None),
        (RECEIVED, b"9" * 6_000),
        (CORRELATION, b"articles/0/" + b"9" * 3_000_000),  # more than `documents` takes
        ("", b"\xff"),
    ]
    async with clients.producer(settings) as producer:
        for value in (b"{", good(1), good(2)):
            await producer.send_and_wait(topology.articles.name, value, headers=foreign)
    with roles(settings, tmp_path, "gate"):
        await drained(settings, "gate", seconds=40)

    documents = [record async for record in read_to_end(settings, partitions_of(topology.documents))]
    assert [correlation(document.headers) for document in documents] == [
        f"{topology.articles.name}/0/{offset}" for offset in (1, 2)
    ]
    assert all(received_ms(document.headers, document.timestamp) is not None for document in documents)
    (letter,) = [record async for record in read_to_end(settings, partitions_of(topology.dead_letters["gate"]))]
    assert (letter.value, dict(letter.headers)[dead_letters.ATTEMPTS]) == (b"{", b"1")
