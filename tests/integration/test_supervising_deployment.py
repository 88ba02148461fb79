"""What surrounds the processes of a deployment: its plan, its lock, its log, its page."""

import io
import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Literal

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from rich.console import Console

from pipeline.broker.kafka import free_port, is_free
from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.supervising import lock
from pipeline.supervising.figures import Figures, figures
from pipeline.supervising.log import Log
from pipeline.supervising.page import Page, Row, log_line
from pipeline.supervising.plan import USUAL_BROKER_PORT, Plan, make_plan
from pipeline.supervising.signals import Asked

# --- plan ---


def test_ports_that_are_given_are_taken_and_others_chosen(tmp_path: Path) -> None:
    port = free_port()
    plan = make_plan(Settings(data_dir=tmp_path, api_port=port), 1, given := free_port(but=port))
    assert (plan.settings.api_port, plan.broker_port) == (port, given)
    assert plan.settings.bootstrap == f"127.0.0.1:{given}"
    chosen = make_plan(Settings(data_dir=tmp_path, api_port=0), 1, None)
    assert chosen.settings.api_port > 0
    assert is_free(chosen.broker_port)


def test_what_is_set_for_another_cluster_is_not_true_of_our_own(tmp_path: Path) -> None:
    elsewhere = Settings(
        data_dir=tmp_path, bootstrap="kafka.example:9093", security_protocol="SSL", replication_factor=3
    )
    settings = make_plan(elsewhere.model_copy(update={"api_port": 0}), 1, None).settings
    assert (settings.security_protocol, settings.replication_factor) == ("PLAINTEXT", 1)
    assert settings.bootstrap.startswith("127.0.0.1:")


def test_a_port_that_is_taken_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(RecognitionError, match=rf"port {port} .*in use.*--port"):
            make_plan(Settings(data_dir=tmp_path, api_port=port), 1, None)
        with pytest.raises(RecognitionError, match=rf"port {port} .*in use.*--broker-port"):
            make_plan(Settings(data_dir=tmp_path, api_port=0), 1, port)
    with pytest.raises(RecognitionError, match=rf"port {port} .*the API.*--broker-port"):  # one port cannot be both
        make_plan(Settings(data_dir=tmp_path, api_port=port), 1, port)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("watch.example", "http://watch.example:80"),
    ],
)
def test_the_url_is_one_that_this_machine_reaches(host: str, url: str, tmp_path: Path) -> None:
    assert Plan(Settings(data_dir=tmp_path, api_host=host, api_port=80), 1, 9092).url == url


def test_what_to_export_is_told_where_other_commands_would_not_find_kafka(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, bootstrap="127.0.0.1:1234")
    assert "export" not in dict(Plan(settings, 1, USUAL_BROKER_PORT).addresses)
    elsewhere = dict(Plan(settings, 1, 1234).addresses)
    assert elsewhere["export"] == "RECOGNITION_BOOTSTRAP=127.0.0.1:1234"


# --- lock ---

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.supervising import lock
with lock.hold(Path(sys.argv[1]), print):
    lock.save(Path(sys.argv[1]), "http://127.0.0.1:1", "127.0.0.1:2")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        up = lock.running(tmp_path)
        assert up is not None
        assert (up.pid, up.url, up.bootstrap) == (first.pid, "http://127.0.0.1:1", "127.0.0.1:2")
        with (
            pytest.raises(RecognitionError, match=rf"process {first.pid}, http://127.0.0.1:1\. .*--data-dir"),
            lock.hold(tmp_path, print),
        ):
            pass
        first.communicate()
    assert lock.running(tmp_path) is None
    with lock.hold(tmp_path, print):
        pass


def test_what_is_left_of_one_that_was_killed_is_waited_for(tmp_path: Path) -> None:
    told: list[str] = []
    command = [sys.executable, "-c", "import time; time.sleep(1)"]
    with lock.hold(tmp_path, told.append) as held:
        left = subprocess.Popen(command, pass_fds=[held])
    (tmp_path / "up.json").write_text(json.dumps({"pid": left.pid, "started": 0, "url": "", "bootstrap": ""}))
    with lock.hold(tmp_path, told.append):  # the number is another process's by now
        assert left.poll() is not None or left.wait(5) is not None
    assert told == ["waiting for the processes of an earlier `recognition up` to end"]


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert lock.running(tmp_path) is None
    for text in ("", "{}", "[1]", '{"pid": "x", "started": 0, "url": "", "bootstrap": ""}'):
        (tmp_path / "up.json").write_text(text)
        assert lock.running(tmp_path) is None


def test_where_nothing_can_be_kept_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(RecognitionError, match=r"file/below .*--data-dir"),
        lock.hold(tmp_path / "file" / "below", print),
    ):
        pass


# --- signals ---


def test_asked_once_is_to_stop_and_twice_is_to_hurry() -> None:
    import signal

    asked = Asked()
    before = signal.getsignal(signal.SIGTERM)
    with asked.listening():
        assert not asked.to_stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert (asked.to_stop(), asked.to_hurry()) == (True, False)
        os.kill(os.getpid(), signal.SIGINT)
        assert asked.to_hurry()
    assert signal.getsignal(signal.SIGTERM) is before


# --- log ---

LINE = "2026-01-02 03:04:05,678 WARNING recognition.gate: dead letter: articles 0/1"


def console(width: int = 80, height: int = 24, *, colours: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=colours,
        color_system="standard" if colours else None,
    )


def shown(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_every_line_is_logged_with_the_name_of_its_process(tmp_path: Path) -> None:
    terminal = console()
    log = Log(tmp_path / "logs" / "up.log", "text", terminal)
    log.hear("worker 2", LINE)
    log.hear("gate", "[bold]no markup[/] " + "x" * 100)
    log.tell("all is well")
    log.close()
    lines = (tmp_path / "logs" / "up.log").read_text().splitlines()
    assert lines[0] == f"worker 2  {LINE}"
    assert lines[1] == "gate      [bold]no markup[/] " + "x" * 100
    assert re.fullmatch(r"up        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO    recognition.up: all is well", lines[2])
    assert shown(terminal).splitlines() == lines


def test_on_a_terminal_the_names_are_coloured(tmp_path: Path) -> None:
    terminal = console(colours=True)
    log = Log(tmp_path / "up.log", "text", terminal)
    log.hear("gate", "a line")
    log.close()
    assert shown(terminal) == "\x1b[32mgate     \x1b[0m a line\n"


def test_a_log_of_json_is_json_throughout(tmp_path: Path) -> None:
    terminal = console()
    log = Log(tmp_path / "up.log", "json", terminal)
    record = '{"level":"INFO","message":"5 articles"}'
    for line in (record, "Traceback (most recent call last):", "17"):
        log.hear("worker 1", line)
    log.tell("all is well", "WARNING")
    log.close()
    lines = shown(terminal).splitlines()
    assert lines[0] == record
    found = [json.loads(line) for line in lines]
    assert [one["message"] for one in found] == [
        "5 articles",
        "Traceback (most recent call last):",
        "17",
        "all is well",
    ]
    assert [one["level"] for one in found] == ["INFO", "ERROR", "INFO", "WARNING"]
    assert [one.get("logger") for one in found] == [None, "recognition.worker", "recognition.worker", "recognition.up"]
    assert (tmp_path / "up.log").read_text().splitlines() == lines


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_said_elsewhere_is_in_the_file_alone(tmp_path: Path, form: Literal["text", "json"]) -> None:
    terminal = console()
    log = Log(tmp_path / "up.log", form, terminal)
    log.tell("giving up:\none\ntwo", "CRITICAL", on_console=False)
    log.close()
    lines = (tmp_path / "up.log").read_text().splitlines()
    assert shown(terminal) == ""
    if form == "json":
        (record,) = map(json.loads, lines)
        assert (record["level"], record["message"]) == ("CRITICAL", "giving up:\none\ntwo")
    else:
        assert lines[0].endswith("CRITICAL recognition.up: giving up:")
        assert [line.split() for line in lines[1:]] == [["up", "one"], ["up", "two"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk to write on")
def test_a_log_that_cannot_be_written_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(Path("/dev/full"), "text", terminal := console())
    log.hear("gate", LINE)
    log.close()
    assert shown(terminal) == f"gate      {LINE}\n"
    assert capsys.readouterr().err == ""


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.supervising.log._FILE_BYTES", 200)
    monkeypatch.setattr("pipeline.supervising.log._FILES", 2)
    log = Log(tmp_path / "up.log", "text", None)
    for _ in range(50):
        log.hear("gate", LINE)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["up.log", "up.log.1", "up.log.2"]
    assert all(path.stat().st_size <= 200 for path in tmp_path.iterdir())


# --- figures and page ---


def test_figures_are_sums() -> None:
    registry = CollectorRegistry()
    Counter("recognition_articles", "x", registry=registry).inc(5)
    letters = Counter("recognition_dead_letters", "x", ["stage"], registry=registry)
    letters.labels("gate").inc(2)
    letters.labels("read").inc(1)
    lag = Gauge("recognition_lag", "x", ["topic", "partition"], registry=registry)
    for partition, records in enumerate((1, 2, 0)):
        lag.labels("articles", str(partition)).set(records)
    lag.labels("documents", "0").set(nan)
    Gauge("recognition_view_lag", "x", registry=registry).set(7)
    found = figures(registry.collect())
    assert (found.counts["articles"], found.counts["dead_letters"], found.counts["alerts"]) == (5, 3, 0)
    assert found.lag["articles"] == 3
    assert str(found.lag["documents"]) == "nan"
    assert found.lag["view"] == 7


PAGE = Page(
    heading="up 0:01:02",
    hint="Ctrl-C stops all",
    addresses=[("dashboard", "http://127.0.0.1:8640/"), ("Kafka", "127.0.0.1:9092"), ("data", "/a/" + "long/" * 20)],
    rows=[
        Row("broker", "running", 1234, 0, 3_723.4),
        Row("worker 1", "waiting", None, 3, 4.2),
        Row("serve", "stopped", None, 0, 0),
    ],
    figures=Figures({"articles": 12_345, "set_aside": 2}, {"articles": 1_000.0, "documents": nan}),
    last=[("gate", f"line {number}") for number in range(100)],
)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 20)])
def test_the_page_fills_the_terminal_and_no_more(width: int, height: int) -> None:
    terminal = console(width, height)
    terminal.print(PAGE, end="")
    lines = shown(terminal).splitlines()
    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert lines[-1].split() == ["gate", "line", "99"]
    assert lines[0].startswith("Recognition Watch  up 0:01:02")
    assert lines[0].rstrip().endswith("Ctrl-C stops all")


def test_the_page_tells_who_runs_and_what_was_done() -> None:
    terminal = console()
    terminal.print(PAGE)
    text = shown(terminal)
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["broker"] == ["broker", "running", "1234", "0", "1:02:03"]
    assert "worker 1    starts in 4 s" in text
    assert rows["serve"][1:] == ["stopped", "-", "0", "-"]
    assert "12,345 articles, 2 set aside" in text
    assert "1,000 articles, ? documents" in text


@pytest.mark.parametrize("width", range(40, 121))
def test_the_page_keeps_a_number_with_its_word(width: int) -> None:
    counts = {name: 10**number for number, name in enumerate(("articles", "claims", "set_aside", "dead_letters"))}
    terminal = console(width)
    terminal.print(replace(PAGE, figures=Figures(counts, dict.fromkeys(("articles", "documents", "view"), 0.0))))
    lines = shown(terminal).splitlines()
    for figure in ("1 articles", "10 claims", "100 set aside", "1,000 dead letters", "0 articles", "0 documents"):
        assert any(re.search(rf"(?<![\d,]){figure}\b", line) for line in lines)


def test_a_small_terminal_still_shows_the_last_lines() -> None:
    terminal = console(80, 8)
    terminal.print(PAGE)
    assert shown(terminal).count("line 9") == 3


def test_lines_on_the_page_are_short() -> None:
    assert log_line("gate", LINE).plain == "gate      03:04:05 dead letter: articles 0/1"
    assert log_line("gate", "Traceback").plain == "gate      Traceback"
