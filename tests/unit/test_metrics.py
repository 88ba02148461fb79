"""What Prometheus is told."""

import logging
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline import metrics
from pipeline.errors import RecognitionError
from pipeline.streams.logs import Counters

FAMILIES = {
    "recognition_articles",
    "recognition_documents",
    "recognition_claims",
    "recognition_changes",
    "recognition_alerts",
    "recognition_duplicates",
    "recognition_dead_letters",
    "recognition_set_aside",
    "recognition_webhook_deliveries",
    "recognition_webhook_failures",
    "recognition_restarts",
    "recognition_lag",
    "recognition_last_commit_age_seconds",
    "recognition_end_to_end_seconds",
    "recognition_view_lag",
    "recognition_sse_subscribers",
}


def parsed(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus's own parser reads it."""
    return {
        sample.name + "".join(f" {label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def told() -> dict[str, float]:
    text, kind = metrics.exposition()
    assert kind.startswith("text/plain; version=0.0.4")
    return parsed(text)


def test_every_family_is_there_before_anything_happened() -> None:
    text, _ = metrics.exposition()
    assert {family.name for family in text_string_to_metric_families(text.decode())} == FAMILIES
    assert all(family.documentation for family in text_string_to_metric_families(text.decode()))


def test_the_manual_lists_every_family_and_no_other() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    listed = set(re.findall(r"^\| `(recognition_\w+)", manual, re.MULTILINE))
    assert {name.removesuffix("_total") for name in listed} == FAMILIES


@pytest.mark.parametrize(
    ("stage", "name", "sample"),
    [
        ("gate", "articles", "recognition_articles_total"),
        ("gate", "documents", "recognition_documents_total"),
        ("gate", "set aside", "recognition_set_aside_total stage=gate"),
        ("read", "claims", "recognition_claims_total"),
        ("read", "documents dropped", "recognition_duplicates_total stage=read"),
        ("read", "documents carried over", "recognition_duplicates_total stage=read"),
        ("judge", "changes", "recognition_changes_total"),
        ("judge", "dead letters", "recognition_dead_letters_total stage=judge"),
        ("publish", "alerts", "recognition_alerts_total"),
        ("publish", "published before", "recognition_duplicates_total stage=publish"),
        ("notify", "delivered", "recognition_webhook_deliveries_total"),
        ("notify", "tries failed", "recognition_webhook_failures_total"),
    ],
)
def test_what_a_stage_counts_is_told(stage: str, name: str, sample: str) -> None:
    before = told()
    Counters(logging.getLogger(f"recognition.{stage}")).add(name, 3)
    after = told()
    assert {key for key in after if after[key] != before[key]} == {sample}
    assert after[sample] - before[sample] == 3


def test_a_claim_is_counted_where_it_is_read_and_not_again_where_it_is_judged() -> None:
    before = told()
    Counters(logging.getLogger("recognition.judge")).add("claims", 3)
    Counters(logging.getLogger("recognition.read")).add("documents read", 3)
    assert told() == before


def test_latency_falls_into_buckets_from_a_tenth_of_a_second_to_minutes() -> None:
    name = "recognition_end_to_end_seconds"
    before = told()
    for seconds in (0.05, 0.7, 90, -0.001):  # clocks of two brokers may differ by a little
        metrics.observe_latency(seconds)
    after = told()
    grown = {key: after[key] - before[key] for key in after if key.startswith(f"{name}_bucket")}
    assert grown[f"{name}_bucket le=0.1"] == 2
    assert grown[f"{name}_bucket le=1.0"] == 3
    assert grown[f"{name}_bucket le=120.0"] == grown[f"{name}_bucket le=+Inf"] == 4
    assert after[f"{name}_sum"] - before[f"{name}_sum"] == pytest.approx(90.75)


def test_lag_is_told_by_topic_and_partition() -> None:
    metrics.set_lag("articles", 2, 17, 3.5)
    after = told()
    assert after["recognition_lag partition=2 topic=articles"] == 17
    assert after["recognition_last_commit_age_seconds partition=2 topic=articles"] == 3.5


ROLE = """
import sys
from pipeline import metrics
metrics.count("gate", "articles", int(sys.argv[1]))
metrics.set_lag("articles", 0, int(sys.argv[1]), 0)
print(metrics.exposition()[0].decode() if len(sys.argv) > 2 else "counted", flush=True)
sys.stdin.read()
"""


def role(directory: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {metrics.DIRECTORY: str(directory)}
    command = [sys.executable, "-c", ROLE, *arguments]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_that_share_a_directory_are_summed_and_the_dead_keep_their_counts(tmp_path: Path) -> None:
    with role(tmp_path, "5") as dead:
        assert dead.stdout is not None
        dead.stdout.readline()
        dead.send_signal(signal.SIGKILL)
    (tmp_path / "counter_1.db").touch()  # of a process that was killed while it made its file
    with role(tmp_path, "2", "tell") as alive:
        text, _ = alive.communicate()
    samples = parsed(text.encode())
    assert samples["recognition_articles_total"] == 7
    assert samples["recognition_lag partition=0 topic=articles"] == 2  # the latest
    assert samples["recognition_dead_letters_total stage=notify"] == 0
    metrics.forget_process(alive.pid, tmp_path)
    with role(tmp_path, "0", "tell") as third:
        text, _ = third.communicate()
    assert parsed(text.encode())["recognition_lag partition=0 topic=articles"] == 0
    assert parsed(text.encode())["recognition_articles_total"] == 7


def test_a_directory_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    with role(tmp_path / "metrics", "5", "tell") as process:
        text, _ = process.communicate()
    assert parsed(text.encode())["recognition_articles_total"] == 5


def test_a_lone_role_answers_prometheus_on_its_port() -> None:
    port = metrics.listen("127.0.0.1", 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert "recognition_articles_total" in parsed(answer.read())
    with pytest.raises(RecognitionError, match=rf"port {port} of 127.0.0.1 .*--metrics-port"):
        metrics.listen("127.0.0.1", port)
