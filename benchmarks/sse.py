"""A thousand subscribers of one `serve`: does each get every alert once, how late, at what cost. Run: see README.md.

A real Kafka, a real `recognition serve`, and the subscribers in a process of their own: sockets whose bytes are looked
through for the number of each alert. The delay is from just before an alert is given to the Kafka producer to when its
bytes are read from the socket, on one clock; each subscriber's every delay counts.
"""

import argparse
import asyncio
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import uvloop

from pipeline.broker import Broker
from pipeline.records import Alert, AlertData, AlertEvidence
from pipeline.settings import Settings
from pipeline.streams import admin, clients

ALERT = b"event: alert\n"
NUMBER = b'"revision":'
SAMPLE_SECONDS = 5


def _alert(number: int) -> bytes:
    """An alert of an ordinary size; its number is its revision, so that it can be told from the others."""
    sentence = f"The foreign ministry said in a statement that it had formally recognised the government, {number}. "
    evidence = tuple(
        AlertEvidence(
            article_id=f"{source}-{number}",
            source=source,
            url=f"https://{source}.example/world/{number}",
            published="2025-07-04T09:30:00+00:00",
            sentence=sentence * 2,
            start=120,
            end=120 + 2 * len(sentence),
        )
        for source in ("harbour-post", "hill-echo", "river-post")
    )
    data = AlertData(
        kind="new",
        subject="taliban",
        country="RU",
        dimension="recognition",
        value="recognized",
        since="2025-07-03",
        precision="day",
        revision=number,
        confidence="corroborated",
        sources=3,
        independent=3,
        evidence=evidence,
    )
    return Alert(id=f"{number:032x}", type="recognition.status.new", subject="taliban/RU", data=data).to_json()


# --- the subscribers: a process of their own ---


class Subscriber(asyncio.Protocol):
    """One connection: how often each alert came, and when first."""

    def __init__(self, host: str, alerts: int, began: "asyncio.Future[None]") -> None:
        self.times = array("d", bytes(8 * alerts))
        self.came = bytearray(alerts)
        self.resumes = 0
        self.lost = False
        self._host = host
        self._began = began
        self._rest = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for the stream."""
        transport.write(f"GET /v1/alerts/stream HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Look for alerts in what has come in whole."""
        now = time.time()
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        for text in whole:
            if ALERT in text:
                start = text.index(NUMBER) + len(NUMBER)
                number = int(text[start : text.index(b",", start)])
                self.came[number] = min(self.came[number] + 1, 255)
                self.times[number] = self.times[number] or now
            elif b"event: place" in text and not self._began.done():
                self._began.set_result(None)
            elif b"event: resume" in text:
                self.resumes += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """The server has ended it."""
        self.lost = True


async def _subscribe(url: str, subscribers: int, stuck: int, alerts: int, out: Path) -> None:
    host, port = url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    began = [loop.create_future() for _ in range(subscribers)]
    clients_ = []
    for each in began:
        _, client = await loop.create_connection(lambda each=each: Subscriber(host, alerts, each), host, int(port))  # type: ignore[misc]
        clients_.append(client)
    await asyncio.gather(*began)
    idle = []  # these ask, and never read what they get
    for _ in range(stuck):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(f"GET /v1/alerts/stream HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        idle.append((reader, writer))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    np.savez(
        out,
        times=np.array([client.times for client in clients_]),
        came=np.array([client.came for client in clients_], dtype=np.uint8),
        resumes=sum(client.resumes for client in clients_),
        lost=sum(client.lost for client in clients_),
    )


# --- the measurement ---


@dataclass
class Sample:
    """What a process has used by a time."""

    at: float
    cpu: float
    rss: int


def _sample(process: psutil.Process) -> Sample:
    used = process.cpu_times()
    return Sample(time.time(), used.user + used.system, process.memory_info().rss)


def _share(before: Sample, after: Sample) -> str:
    return f"{100 * (after.cpu - before.cpu) / (after.at - before.at):.0f} %"


async def _produce(
    settings: Settings, rate: float, alerts: int, process: psutil.Process
) -> tuple[list[float], list[Sample]]:
    """Publish at a steady rate; when each alert was given to the producer, and what `serve` used meanwhile."""
    topic = clients.topology_of(settings).alerts
    times, samples, acknowledged = [], [_sample(process)], []
    async with clients.producer(settings, linger_ms=0) as producer:
        start = time.time()
        for number in range(alerts):
            value = _alert(number)
            await asyncio.sleep(max(0.0, start + number / rate - time.time()))
            times.append(time.time())
            acknowledged.append(await producer.send(topic.name, value, partition=number % topic.partitions))
            if time.time() - samples[-1].at >= SAMPLE_SECONDS:
                samples.append(_sample(process))
        await asyncio.gather(*acknowledged)
    samples.append(_sample(process))
    return times, samples


def _measure(arguments: argparse.Namespace) -> None:
    alerts = round(arguments.rate * arguments.seconds)
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        settings = Settings(bootstrap=broker.bootstrap, data_dir=Path(folder))
        asyncio.run(admin.create_topics(settings))
        environment = os.environ | {"RECOGNITION_BOOTSTRAP": broker.bootstrap, "RECOGNITION_DATA_DIR": folder}
        serve = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        out = Path(folder) / "came.npz"
        subscribing: subprocess.Popen[str] | None = None
        try:
            assert serve.stdout  # noqa: S101
            url = re.search(r"http://\S+", serve.stdout.readline())
            assert url, "serve has not started"  # noqa: S101
            process = psutil.Process(serve.pid)
            time.sleep(3)
            empty = _sample(process)
            counts = [str(arguments.subscribers), str(arguments.stuck), str(alerts)]
            subscribing = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.sse", "--subscribe", url[0], *counts, str(out)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert subscribing.stdin  # noqa: S101
            assert subscribing.stdout  # noqa: S101
            assert subscribing.stdout.readline() == "ready\n", "the subscribers have not started"  # noqa: S101
            time.sleep(1)
            lean = psutil.Process(subscribing.pid)
            lean_before = _sample(lean)
            print(f"load average before: {os.getloadavg()[0]:.2f}", flush=True)
            times, samples = asyncio.run(_produce(settings, arguments.rate, alerts, process))
            lean_after = _sample(lean)
            print(f"load average after:  {os.getloadavg()[0]:.2f}")
            time.sleep(3)
            subscribing.communicate("stop\n")
            _report(np.load(out), np.array(times), [empty, *samples], lean_before, lean_after)
        finally:
            for each in (subscribing, serve):
                if each:
                    each.terminate()
                    each.wait()


def _report(found: "np.lib.npyio.NpzFile", times: np.ndarray, samples: list[Sample], *lean: Sample) -> None:
    came = found["came"]
    subscribers, alerts = came.shape
    size = len(_alert(alerts - 1))
    print(f"{subscribers:,} subscribers, {alerts:,} alerts of {size:,} bytes in {times[-1] - times[0]:.0f} s")
    print(
        f"{int(came.sum()):,} deliveries; missed {int((came == 0).sum())}, repeated {int((came > 1).sum())}, "
        f"told to resume {int(found['resumes'])}, connections lost {int(found['lost'])}"
    )
    delays = 1000 * (found["times"] - times)[came > 0]
    p50, p99 = np.percentile(delays, [50, 99])
    print(f"delay: p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {delays.max():.0f} ms")
    empty, first, *_ = samples
    rss = ", ".join(f"{sample.rss / 2**20:.0f}" for sample in samples[1:])
    print(
        f"serve: {_share(first, samples[-1])} of a core; "
        f"resident MB without subscribers {empty.rss / 2**20:.0f}, then {rss}"
    )
    print(f"the subscribers' process: {_share(*lean)} of a core")


def main() -> None:
    """Measure, or be the subscribers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=50, help="alerts a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--stuck", type=int, default=0, help="so many more that never read")
    parser.add_argument("--subscribe", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.subscribe:
        url, subscribers, stuck, alerts, out = arguments.subscribe
        uvloop.run(_subscribe(url, int(subscribers), int(stuck), int(alerts), Path(out)))
    else:
        _measure(arguments)


if __name__ == "__main__":
    main()
