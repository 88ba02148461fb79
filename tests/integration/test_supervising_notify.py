"""`recognition up` with webhooks: a mistake in their file is refused at the start, and later stops notify alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.broker.kafka import free_port
from tests.integration.test_up import Up, until

ENDPOINTS = """
endpoints:
  - {id: desk, url: "https://hooks.example.org/", secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz, enabled: false}
"""
BROKEN = "endpoints: []"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "endpoints.yaml"
    monkeypatch.setenv("RECOGNITION_WEBHOOKS", str(file))
    return file


def test_a_broken_file_is_refused_before_anything_is_started(tmp_path: Path, file: Path) -> None:
    file.write_text(BROKEN)
    command = [sys.executable, "-m", "pipeline", "up", "--data-dir", str(tmp_path / "data"), "--port", "0"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(f"error: {file}: it names no endpoint\n")
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_broken_meanwhile_stops_nothing_but_notify(tmp_path: Path, file: Path) -> None:
    file.write_text(ENDPOINTS)
    with Up(tmp_path / "data", "--port", "0", "--broker-port", str(free_port())) as up:
        up.until_ready()
        others = {role: up.process_of(role) for role in ("broker", "gate", "worker", "publish", "serve")}
        assert None not in others.values()
        notify = until(lambda: up.process_of("notify"), 30, "notify")
        file.write_text(BROKEN)
        notify.kill()
        until(lambda: "all else goes on without notify" in up.log.read_text(), 180, "the complaint")
        (complaint,) = (line for line in up.log.read_text().splitlines() if "all else goes on" in line)
        assert complaint.endswith(f"It said last: error: {file}: it names no endpoint")
        assert up.get("/readyz")
        assert {role: up.process_of(role) for role in others} == others
        file.write_text(ENDPOINTS)
        until(lambda: "no endpoint is enabled" in up.log.read_text().partition(complaint)[2], 60, "notify again")
        up.stop()
