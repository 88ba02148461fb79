"""Workers join and leave under load: every document is read. Faust alone loses some at such a hand-over."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from pipeline.records import Claim, Document
from pipeline.settings import Settings
from pipeline.streams import admin, clients
from tests.integration.line import drained, produce, values_on

PROCESS = Path(__file__).with_name("worker_process.py")


def document(number: int) -> Document:
    text = f"word{number}"
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return Document(digest=digest, signature="", article_id=f"a{number}", source=f"Outlet {number % 7}", text=text)


async def test_no_document_is_lost_when_workers_join_and_leave(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topology = clients.topology_of(settings)
    await admin.create_topics(settings)
    documents = [document(number) for number in range(3_000)]
    running: list[subprocess.Popen[bytes]] = []

    def join() -> None:
        running.append(subprocess.Popen([sys.executable, str(PROCESS), settings.model_dump_json()]))

    async def publish() -> None:
        for at in range(0, len(documents), 40):
            await produce(settings, topology.documents, [each.to_json() for each in documents[at : at + 40]])
            await asyncio.sleep(0.15)

    publishing = asyncio.create_task(publish())
    try:
        join()
        for _ in range(2):
            await asyncio.sleep(3.5)
            join()
            await asyncio.sleep(2.5)
            running[0].terminate()
            assert running.pop(0).wait(20) == 0
        await publishing
        await drained(settings, "read", seconds=60)
    finally:
        publishing.cancel()
        for process in running:
            process.kill()
            process.wait()
    read = {Claim.from_json(value).evidence.sentence for value in await values_on(settings, topology.claims)}
    assert sorted(each.text for each in documents if each.text not in read) == []
