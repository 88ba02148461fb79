"""How fast `serve` answers from a large view: `python -m benchmarks.view`.

A private Kafka gets made-up claims, statuses and alerts; a real `recognition serve` reads them into an empty file; then
questions come at a fixed rate, whether or not the ones before them are answered, while records go on arriving. After
each reply the same thread runs the same SQL straight on the file.
"""

import argparse
import asyncio
import gc
import http.client
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil

from benchmarks.view_data import Message, messages
from pipeline.broker import Broker
from pipeline.serving import cursors
from pipeline.serving.view import ClaimQuery, StatusQuery, View
from pipeline.settings import Settings
from pipeline.streams import admin, clients

LIMIT = 100
THREADS = 16
ARRIVING = 600
"""Records that are kept back, to arrive while questions are asked."""


@dataclass
class Question:
    """One request, and what answers it in SQL."""

    kind: str
    path: str
    ask: Callable[[View], object]
    sql: list[str] = field(default_factory=list)


async def publish(settings: Settings, told: Sequence[Message], per_second: float | None = None) -> None:
    """Put records on their topics, at once or at a rate."""
    prefix = settings.topic_prefix
    async with clients.producer(settings, linger_ms=20) as producer:
        for at, one in enumerate(told):
            await producer.send(prefix + one.topic, one.value, key=one.key.encode())
            if per_second and at % 5 == 0:
                await asyncio.sleep(5 / per_second)
        await producer.flush()


@contextmanager
def serving(settings: Settings, file: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """`recognition serve` on a file; gives where it is, its process, and how long it took to be ready."""
    environment = os.environ | {"RECOGNITION_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0", "--database", str(file)]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--bootstrap", settings.bootstrap], env=environment, stdout=subprocess.PIPE)
    try:
        assert process.stdout  # noqa: S101
        url = process.stdout.readline().decode().split()[-1]
        while get(url, "/readyz")[0] != 200:
            time.sleep(0.2)
        yield url, psutil.Process(process.pid), time.monotonic() - began
    finally:
        process.terminate()
        process.wait(30)


_of_thread = threading.local()


def get(url: str, path: str) -> tuple[int, bytes]:
    """One request on the connection that this thread keeps open."""
    connection: http.client.HTTPConnection | None = getattr(_of_thread, "connection", None)
    if connection is None:
        connection = _of_thread.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", path)
    reply = connection.getresponse()
    return reply.status, reply.read()


def questions(file: Path, number: int) -> list[Question]:
    """What people ask, with its SQL; the same ones for the same file."""
    chance = random.Random(1)
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        keys = connection.execute("SELECT subject, country FROM statuses ORDER BY 1, 2").fetchall()
        sources = [one for (one,) in connection.execute("SELECT source FROM claims GROUP BY 1 HAVING count(*) < 5")]
        words = connection.execute("SELECT sentence FROM claims ORDER BY position LIMIT 2000").fetchall()
        first, last = connection.execute("SELECT min(position), max(position) FROM claims").fetchone()
    sources.sort()

    def word() -> str:
        return str(chance.choice(chance.choice(words)[0].rstrip(".").split(", ")[-1].split()))

    def status(kind: str, **asked: str) -> Question:
        name, value = asked.pop("recognition", None), None
        if name:
            value = StatusQuery(**asked, dimension="recognition", value=name)  # type: ignore[arg-type]
        query = value or StatusQuery(**asked)  # type: ignore[arg-type]
        path = "/v1/status?" + urlencode(asked | ({"recognition": name} if name else {}) | {"limit": str(LIMIT)})
        return Question(f"status: {kind}", path, lambda view: view.status_fields(query, after=None, limit=LIMIT + 1))

    def claims(kind: str, before: int | None = None, **asked: str) -> Question:
        query = ClaimQuery(**asked)
        page = {} if before is None else {"cursor": cursors.of_claim(before)}
        path = "/v1/claims?" + urlencode(asked | page | {"limit": str(LIMIT)})
        return Question(f"claims: {kind}", path, lambda view: view.claims(query, before=before, limit=LIMIT + 1))

    def one() -> Question:
        subject, country = chance.choice(keys)
        return chance.choice(
            (
                lambda: status("all, first page"),
                lambda: status("of a subject", subject=subject),
                lambda: status("of a country", country=country),
                lambda: status("all that recognise", recognition="recognized"),
                lambda: status("as of a day", subject=subject, as_of=f"2025-0{chance.randrange(1, 10)}-15"),
                lambda: claims("newest"),
                lambda: claims("word in each sentence", q="government"),
                lambda: claims("any word", q=word()),
                lambda: claims("two words", q=f"{word()} {word()}"),
                lambda: claims("phrase", q='"formally recognised"'),
                lambda: claims("beginning of words", q="recogni*"),
                lambda: claims("word, subject", q=word(), subject=subject),
                lambda: claims("word in each, subject, country", q="government", subject=subject, country=country),
                lambda: claims("word in each, rare source", q="government", source=chance.choice(sources)),
                lambda: claims("subject, country, predicate", subject=subject, country=country, predicate="recognized"),
                lambda: claims("word in each, page far down", first + (last - first) // 3, q="government"),
            )
        )()

    asked = [one() for _ in range(number)]
    view = View(file)
    for question in asked:
        said: list[str] = []
        with view._readers.reading() as connection:  # the next question takes the same connection
            connection.set_trace_callback(said.append)
        question.ask(view)
        question.sql = [statement for statement in said if statement.startswith("SELECT")]
    view.close()
    return asked


def load(url: str, file: Path, asked: Sequence[Question], per_second: float) -> dict[str, list[tuple[float, float]]]:
    """Ask at a rate; milliseconds by kind: of the reply from when it was due, and of its SQL on the file."""
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    start = time.monotonic() + 1

    def answer(at: int, question: Question) -> None:
        due = start + at / per_second
        time.sleep(max(0, due - time.monotonic()))
        status, _ = get(url, question.path)
        replied = time.monotonic()
        if status != 200:
            raise RuntimeError(f"{question.path}: {status}")
        if not hasattr(_of_thread, "file"):
            _of_thread.file = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, isolation_level=None)
        began = time.monotonic()
        for statement in question.sql:
            _of_thread.file.execute(statement).fetchall()
        took[question.kind].append((1_000 * (replied - due), 1_000 * (time.monotonic() - began)))

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(answer, at, question) for at, question in enumerate(asked)]:
            done.result()
    return took


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(took: dict[str, list[tuple[float, float]]]) -> None:
    """A table, ready for README.md."""
    print("| question | asked | reply p50 | reply p99 | SQL p50 | SQL p99 |\n|---|---|---|---|---|---|")
    groups = {"**/v1/status**": "status", "**/v1/claims**": "claims"} | {kind: kind for kind in sorted(took)}
    for title, begins in groups.items():
        both = [pair for kind, pairs in took.items() if kind.startswith(begins) for pair in pairs]
        figures = [quantile([pair[side] for pair in both], share) for side in (0, 1) for share in (0.5, 0.99)]
        print(f"| {title} | {len(both)} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")


def main() -> None:
    """Make it, read it, ask it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=200_000)
    options.add_argument("--statuses", type=int, default=4_000)
    options.add_argument("--rate", type=float, default=50, help="requests per second")
    options.add_argument("--seconds", type=float, default=30)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Broker() as broker:
        settings = Settings(bootstrap=broker.bootstrap, data_dir=Path(scratch))
        asyncio.run(admin.create_topics(settings))
        told = list(messages(given.claims, given.statuses))
        records, late = len(told), told[-ARRIVING:]
        asyncio.run(publish(settings, told[:-ARRIVING]))
        del told  # else the garbage collector goes through it while questions are timed
        gc.collect()
        file = Path(scratch) / "view.sqlite"
        with serving(settings, file) as (url, process, seconds):
            size, memory = file.stat().st_size / 1e6, process.memory_info().rss / 1e6
            print(
                f"{records:,} records read in {seconds:.0f} s, {size:.0f} MB on disk, {memory:.0f} MB resident",
                flush=True,
            )
            asked = questions(file, int(given.rate * given.seconds))
            arriving = threading.Thread(target=lambda: asyncio.run(publish(settings, late, ARRIVING / given.seconds)))
            arriving.start()
            took = load(url, file, asked, given.rate)
            arriving.join()
            report(took)
            print(f"load of the machine {os.getloadavg()[0]:.1f}, {process.memory_info().rss / 1e6:.0f} MB resident")


if __name__ == "__main__":
    main()
