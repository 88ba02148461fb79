"""`recognition serve`, as the process that an operator runs or within this one; what the judge puts on its topics."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpx

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.records import Alert, Claim, Status
from pipeline.serving import server
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Topic

TOKEN = "a token of the tests"  # noqa: S105 - not a secret


class Served:
    """One `recognition serve` on a free port, with a token; its log is shown when it does not start."""

    def __init__(self, settings: Settings, folder: Path, *options: str, **environment: str) -> None:
        self.log = folder / "serve.log"
        self._environment = os.environ | {
            "RECOGNITION_BOOTSTRAP": settings.bootstrap,
            "RECOGNITION_TOPIC_PREFIX": settings.topic_prefix,
            "RECOGNITION_DATA_DIR": str(settings.data_dir),
            "RECOGNITION_PARTITIONS": str(settings.partitions),
            "RECOGNITION_API_TOKEN": TOKEN,
            **environment,
        }
        self._command = [sys.executable, "-m", "pipeline", "serve", "--port", "0", *options]
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> Self:
        """Start it, and wait until it takes requests."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Recognition Watch is at http://"), self.log.read_text()
        self.url = line.split()[-1]
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; the exit code, and how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code, time.monotonic() - began

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)

    def until(self, path: str, holds: Callable[[httpx.Response], bool], *, seconds: float = 30) -> httpx.Response:
        """Ask again and again until a reply is as wanted; else fail with the last one."""
        deadline = time.monotonic() + seconds
        with self.client() as client:
            while True:
                reply = client.get(path)
                if holds(reply):
                    return reply
                assert time.monotonic() < deadline, (reply.status_code, reply.text, self.log.read_text())
                time.sleep(0.1)

    def until_ready(self) -> None:
        self.until("/readyz", lambda reply: reply.status_code == 200)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.stop(signal.SIGKILL)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[str, asyncio.Event, "asyncio.Task[None]"]]:
    """The same server on this loop; its address, what stops it, and its task."""
    listening, stop, started = server.listen("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    running = asyncio.ensure_future(server.serve(settings, listening, stop, on_start=started.set))
    await started.wait()
    try:
        yield server.url_of(listening), stop, running
    finally:
        stop.set()
        await running


def judged(claims: Iterable[Claim]) -> tuple[dict[str, Status], list[Alert]]:
    """The Status of each key, and the alerts in their order."""
    statuses: dict[str, Status] = {}
    alerts = []
    for claim in claims:
        statuses[claim.key], changes = fold(statuses.get(claim.key), claim)
        alerts += [alert_of(change) for change in changes]
    return statuses, alerts


async def put(settings: Settings, claims: Iterable[Claim]) -> None:
    """Put claims on their topic, and what follows from them on the topics of status and alerts."""
    told = list(claims)
    statuses, alerts = judged(told)
    topology = clients.topology_of(settings)
    async with clients.producer(settings) as producer:
        records: Sequence[tuple[Topic, Claim | Status | Alert]] = [
            *((topology.claims, claim) for claim in told),
            *((topology.status, status) for status in statuses.values()),
            *((topology.alerts, alert) for alert in alerts),
        ]
        for topic, record in records:
            await producer.send_and_wait(topic.name, record.to_json(), key=record.key.encode())
