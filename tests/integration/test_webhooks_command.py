"""`recognition notify` as far as it needs no broker: --check and --test."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from standardwebhooks.webhooks import Webhook
from typer.testing import CliRunner, Result

from pipeline.commands.app import app
from pipeline.commands.notify import _duration
from tests.integration.test_webhooks_delivery import answering, server

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def notify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on a file with these endpoints."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(endpoints: list[dict[str, Any]], *arguments: str) -> Result:
        file = tmp_path / "hooks.yaml"
        file.write_text(yaml.safe_dump({"endpoints": [{"secret": SECRET, **one} for one in endpoints]}))
        result = CliRunner().invoke(app, ["notify", "--endpoints", str(file), *arguments])
        assert SECRET.removeprefix("whsec_") not in result.output
        return result

    return run


def test_the_check_tells_each_endpoint(notify: Any) -> None:
    endpoints = [
        {"id": "inner", "url": "https://10.1.2.3/x"},
        {"id": "lost", "url": "https://nowhere.invalid/x"},
        {"id": "off", "url": "https://192.168.0.1/x", "enabled": False},
        {"id": "fine", "url": "https://1.1.1.1/x", "filters": {"subjects": ["taliban", "talban"], "countries": ["ZZ"]}},
    ]
    result = notify(endpoints, "--check")
    assert result.exit_code == 1
    for line in (
        "inner: refused\n  url      https://10.1.2.3/x\n  problem  10.1.2.3 is refused: private.",
        "lost: not found\n",
        "off: refused\n",
        "fine: ready\n  url      https://1.1.1.1/x\n  address  1.1.1.1\n",
        "  alerts   subjects talban, taliban; countries ZZ\n  unknown  ZZ, talban: no alert is about that\n",
        "An alert is tried up to 8 times within 3 hours, then it is a dead letter.",
    ):
        assert line in result.stdout
    rows = json.loads(notify(endpoints, "--check", "--json").stdout)
    assert [row["state"] for row in rows] == ["refused", "not found", "refused", "ready"]
    assert rows[3]["addresses"] == ["1.1.1.1"]


def test_what_is_not_enabled_may_have_its_problem(notify: Any) -> None:
    endpoints = [
        {"id": "off", "url": "https://10.1.2.3/x", "enabled": False},
        {"id": "fine", "url": "https://1.1.1.1/"},
    ]
    assert notify(endpoints, "--check").exit_code == 0


def test_one_signed_event_is_sent_and_the_answer_shown(notify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def answer(request: Any) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        seen.append(Webhook(SECRET).verify(body, dict(request.headers.items())))
        request.send_response(200)
        request.send_header("Content-Length", "13")
        request.end_headers()
        request.wfile.write(b"hi \x1b[31mthere")

    monkeypatch.setenv("RECOGNITION_WEBHOOK_ALLOW_PRIVATE", "true")
    with server(answer) as port:
        endpoints = [{"id": "desk", "url": f"http://127.0.0.1:{port}/"}]
        result = notify(endpoints, "--test", "desk")
        as_json = json.loads(notify(endpoints, "--test", "desk", "--json").stdout)
    assert result.exit_code == 0
    first, second = seen
    assert first["type"] == "recognition.test"
    assert first["id"] != second["id"] == as_json["id"]
    assert f"desk: delivered\n  sent     {first['id']}" in result.stdout
    assert "  answer   200 OK\nhi �[31mthere" in result.stdout
    assert (as_json["endpoint"], as_json["outcome"], as_json["status"]) == ("desk", "delivered", 200)


def test_a_test_that_fails_says_so(notify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOGNITION_WEBHOOK_ALLOW_PRIVATE", "true")
    with server(answering(403, b"bad signature")) as port:
        result = notify([{"id": "desk", "url": f"http://127.0.0.1:{port}/", "enabled": False}], "--test", "desk")
    assert result.exit_code == 1
    assert "desk: failed\n" in result.stdout
    assert "answer   403 Forbidden: bad signature" in result.stdout
    assert "It is not enabled" in result.stdout


def test_what_is_refused_is_not_sent(notify: Any) -> None:
    with server(answering(200)) as port:
        result = notify([{"id": "desk", "url": f"https://127.0.0.1:{port}/"}], "--test", "desk")
    assert result.exit_code == 1
    assert result.stdout.startswith("desk: refused\n  reason   127.0.0.1 is refused: loopback")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--test", "nobody"], "names no endpoint 'nobody'; it names fine"),
        (["--test", "fine", "--check"], "give only one of --check, --test and --forget"),
        (["--json"], "--log-format json"),
    ],
)
def test_what_cannot_be_asked(notify: Any, arguments: list[str], told: str) -> None:
    result = notify([{"id": "fine", "url": "https://1.1.1.1/"}], *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_without_a_file_it_says_how_to_name_one() -> None:
    result = CliRunner().invoke(app, ["notify"])
    assert result.exit_code == 1
    assert "--endpoints FILE or RECOGNITION_WEBHOOKS" in str(result.exception)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 seconds"), (100, "100 seconds"), (682, "11 minutes"), (10_922, "3 hours")]
)
def test_durations(seconds: float, told: str) -> None:
    assert _duration(seconds) == told
