"""`recognition up`: it comes up on an empty directory, gets over the death of each process of its, and stops whole."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.broker.directory import DataDirectory
from pipeline.broker.kafka import free_port
from pipeline.settings import Settings
from pipeline.supervising import lock
from tests.integration.line import alerts_of, drained

RETOLD = Path(__file__).parents[2] / "seeds"
TOKEN = "a token for this test"  # noqa: S105
FAMILIES = {
    "recognition_articles",
    "recognition_documents",
    "recognition_claims",
    "recognition_alerts",
    "recognition_duplicates",
    "recognition_dead_letters",
    "recognition_lag",
    "recognition_last_commit_age_seconds",
    "recognition_end_to_end_seconds",
    "recognition_restarts",
    "recognition_view_lag",
}


def until(happened: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until something is true, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return found


class Up:
    """A `recognition up` of this test on its own directory and ports."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_suffix(".log")
        self._said = self.log.open("ab")
        environment = os.environ | {"RECOGNITION_API_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "up", "--data-dir", str(data_dir), *arguments],
            env=environment,
            stderr=self._said,
        )
        self.url = ""

    def until_ready(self) -> "Up":
        """Wait until it answers questions."""
        found = until(lambda: self.process.poll() is not None or lock.running(self.data_dir), 60, "the state of up")
        assert isinstance(found, lock.Up), self.log.read_text()
        self.url = found.url
        until(lambda: self.get("/readyz"), 60, "readyz")
        return self

    def get(self, path: str) -> Any:
        """The JSON that the API answers; None while it does not."""
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310
            return json.load(answer)
        return None

    def state(self) -> lock.Up:
        up = lock.running(self.data_dir)
        assert up is not None
        return up

    def post(self, article: dict[str, Any]) -> None:
        request = urllib.request.Request(  # noqa: S310 - our own
            f"{self.url}/v1/articles",
            json.dumps(article).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.status == 202

    def metrics(self) -> dict[str, float]:
        """By name and labels; empty while serve does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:  # noqa: S310
                text = answer.read().decode()
        except OSError:
            return {}
        found = list(text_string_to_metric_families(text))
        assert {family.name for family in found} >= FAMILIES
        return {
            sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
            for family in found
            for sample in family.samples
        }

    def descendants(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def process_of(self, role: str) -> psutil.Process | None:
        """The process that does a role's work; not its guard."""
        if role == "broker":
            running = DataDirectory(self.data_dir / "broker").running()
            return psutil.Process(running.pid) if running else None
        for process in self.descendants():
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.cmdline()[1:] == ["-m", "pipeline", role]:
                    return process
        return None

    def stop(self) -> float:
        """SIGTERM; how long it took."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(30) == 0
        return time.monotonic() - began

    def __enter__(self) -> "Up":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._said.close()
        print(self.log.read_text(errors="replace"))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture(scope="module")
def up(data_dir: Path) -> Iterator[Up]:
    ports = ["--port", str(free_port()), "--broker-port", str(free_port())]
    with Up(data_dir, *ports) as up:
        yield up.until_ready()


def article(country: str) -> dict[str, Any]:
    """A report that makes one claim of its own."""
    return {
        "id": f"report-on-{country}",
        "source": f"{country}.example",
        "title": f"{country} recognises Kosovo",
        "text": f"{country} recognised Kosovo as an independent state on 3 July 2025, its foreign ministry said.",
        "published": "2025-07-04",
    }


def recognizers(up: Up) -> set[str]:
    """Countries with an alert that they recognise Kosovo; every alert may be there once."""
    answer = up.get("/v1/alerts?subject=kosovo&dimension=recognition&limit=1000")
    alerts = answer["data"] if answer else []
    assert len({alert["id"] for alert in alerts}) == len(alerts)
    return {alert["data"]["country"] for alert in alerts if alert["data"]["value"] == "recognized"}


async def test_articles_that_are_replayed_become_alerts_and_figures(up: Up) -> None:
    settings = Settings(bootstrap=up.state().bootstrap)
    replay = [sys.executable, "-m", "pipeline", "replay", str(RETOLD), "--bootstrap", settings.bootstrap]
    subprocess.run(replay, check=True, capture_output=True, timeout=60)  # noqa: ASYNC221
    recognition = "/v1/alerts?subject=taliban&country=RU&dimension=recognition&kind=new"
    alerts = until(lambda: (up.get(recognition) or {}).get("data"), 30, "an alert")
    assert alerts[0]["data"]["value"] == "recognized"

    await drained(settings, seconds=30)
    found = until(lambda: found if settled(found := up.metrics()) else None, 30, "figures of nothing left to do")
    assert found["recognition_articles_total"] == found["recognition_documents_total"] == 5
    assert found["recognition_claims_total"] > 10
    assert (
        found["recognition_alerts_total"]
        == found["recognition_end_to_end_seconds_count"]
        == len(await alerts_of(settings))
    )
    assert {name for name in found if name.startswith("recognition_lag ")} == {
        f"recognition_lag {partition} {topic}"
        for topic in ("articles", "documents", "claims", "changes")
        for partition in range(4)
    }


def settled(found: dict[str, float]) -> bool:
    """Whether the figures tell of an alert, and of no lag anywhere."""
    behind = [left for name, left in found.items() if name.startswith(("recognition_lag", "recognition_view_lag"))]
    return found.get("recognition_end_to_end_seconds_count", 0) > 0 and behind != [] and not any(behind)


@pytest.mark.parametrize(
    ("role", "countries"),
    [
        ("gate", {"Peru": "PE", "Chile": "CL"}),
        ("worker", {"Ghana": "GH", "Nepal": "NP"}),
        ("publish", {"Kenya": "KE", "Fiji": "FJ"}),
        ("serve", {"Mali": "ML", "Cuba": "CU"}),
        ("broker", {"Iraq": "IQ", "Laos": "LA"}),
    ],
)
def test_what_is_killed_comes_back_and_nothing_is_lost(up: Up, role: str, countries: dict[str, str]) -> None:
    (before_country, before_code), (after_country, after_code) = countries.items()
    known, status = recognizers(up), up.get("/v1/status?subject=taliban")["data"]
    figures = up.metrics()
    up.post(article(before_country))
    killed = up.process_of(role)
    assert killed is not None
    killed.kill()
    restarts = f"recognition_restarts_total {role}"
    until(lambda: up.metrics().get(restarts) == figures[restarts] + 1, 30, f"the restart of {role}")
    until(lambda: recognizers(up) == known | {before_code}, 45, f"the alert about {before_country}")
    assert until(lambda: up.process_of(role), 5, f"a new {role}").pid != killed.pid
    up.post(article(after_country))
    until(lambda: recognizers(up) == known | {before_code, after_code}, 45, f"the alert about {after_country}")
    assert up.get("/v1/status?subject=taliban")["data"] == status
    # The counters of the dead go on.
    assert up.metrics()["recognition_articles_total"] >= figures["recognition_articles_total"] + 2


def test_a_second_one_is_refused_with_the_reason(up: Up) -> None:
    second = [sys.executable, "-m", "pipeline", "up", "--data-dir", str(up.data_dir)]
    done = subprocess.run(second, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"process {up.process.pid}, {up.url}" in done.stderr
    port = up.url.rpartition(":")[2]
    elsewhere = [sys.executable, "-m", "pipeline", "up", "--data-dir", f"{up.data_dir}-2", "--port", port]
    done = subprocess.run(elsewhere, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 (Address already in use)" in done.stderr


def test_nothing_is_left_of_one_that_is_killed_and_the_next_goes_on(up: Up) -> None:
    known = recognizers(up)
    assert len(known) == 10
    processes = up.descendants()
    assert len(processes) >= 10  # a guard and a process for each role, and Java with its own
    up.process.kill()
    up.process.wait()
    with Up(up.data_dir, "--port", "0", "--broker-port", str(free_port()), "--log-format", "json") as again:
        again.until_ready()
        _, alive = psutil.wait_procs(processes, timeout=0)
        assert alive == []
        assert recognizers(again) == known
        again.post(article("Malta"))
        until(lambda: recognizers(again) == known | {"MT"}, 45, "an alert of the next one")
        processes = again.descendants()
        seconds = again.stop()
        _, alive = psutil.wait_procs(processes, timeout=0)
    assert alive == []
    assert seconds < 20  # ten, and as much again for a machine that is busy with other things
    assert lock.running(up.data_dir) is None
    lines = [json.loads(line) for line in (up.data_dir / "logs" / "up.log").read_text().splitlines()[-20:]]
    assert lines[-1]["message"] == "stopped"


def start_in_vain(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipeline", "up", "--data-dir", str(data_dir), "--port", "0", *arguments]
    done = subprocess.run(
        [*command, "--broker-port", str(free_port())], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert lock.running(data_dir) is None
    return done


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_cannot_start_ends_it_with_the_reason(tmp_path: Path, form: str) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "somebody else's").touch()
    done = start_in_vain(tmp_path, "--log-format", form)
    kept = (tmp_path / "logs" / "up.log").read_text().splitlines()
    told = done.stderr.splitlines()
    if form == "json":
        (reason,) = (one["message"] for one in map(json.loads, kept) if one["level"] == "CRITICAL")
        (again,) = (one["message"] for one in map(json.loads, told) if one["level"] == "CRITICAL")
        assert reason == f"giving up: {again}"
    else:
        at = next(number for number, line in enumerate(kept) if "CRITICAL" in line)
        assert "giving up: Kafka did not start. It said last:" in kept[at]
        reason, again = kept[at + 1], done.stderr.rpartition("error: Kafka did not start.")[2]
    assert "is not a broker's data directory" in reason
    assert "is not a broker's data directory" in again


@pytest.mark.parametrize("ours", ["logs", "metrics", "up.json.new/x"])
def test_what_is_in_the_way_of_its_files_is_told(tmp_path: Path, ours: str) -> None:
    (tmp_path / ours).parent.mkdir(exist_ok=True)
    (tmp_path / ours).touch()
    done = start_in_vain(tmp_path)
    assert done.stderr.rpartition("error: ")[2].startswith(f"nothing can be kept in {tmp_path}")
