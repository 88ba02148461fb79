"""The file of endpoints, and what it says when something in it is wrong."""

import base64
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.records import Alert, AlertData
from pipeline.webhooks.destinations import Destination
from pipeline.webhooks.endpoints import Endpoint, EndpointsError, Filters, load_endpoints
from pipeline.webhooks.signing import Secret, signed_headers

MANUAL = Path(__file__).parents[2] / "docs" / "webhooks.md"

KEYS = [bytes([number]) * 32 for number in range(5)]
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]


def load(folder: Path, text: str, **environment: str) -> tuple[Endpoint, ...]:
    file = folder / "hooks.yaml"
    file.write_text(textwrap.dedent(text))
    return load_endpoints(file, allow_private=False, environment=environment)


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(EndpointsError) as error:
        load(folder, text, **environment)
    for secret in SECRETS:
        assert secret.removeprefix("whsec_") not in str(error.value)
    return [line.removeprefix(f"{folder / 'hooks.yaml'}") for line in str(error.value).splitlines()]


def test_all_that_an_endpoint_can_say(tmp_path: Path) -> None:
    (tmp_path / "desk.secret").write_text(f"{SECRETS[2]}\n{SECRETS[3]}\n")
    desk, plain = load(
        tmp_path,
        f"""
        endpoints:
          - id: desk-1
            url: https://hooks.example.org:8443/x?y=z
            secret: [{SECRETS[0]}, {SECRETS[1]}]
            secret_file: desk.secret
            secret_env: DESK
            filters:
              kinds: [new, confirmed]
              subjects: taliban
              countries: [RU, XK]
              dimensions: [recognition]
            enabled: false
            from: beginning
          - id: plain
            url: https://hooks.example.org/
            secret: {SECRETS[0]}
        """,
        DESK=f"{SECRETS[4]} {SECRETS[0]}",
    )
    assert desk == Endpoint(
        id="desk-1",
        url="https://hooks.example.org:8443/x?y=z",
        destination=Destination(True, "hooks.example.org", 8443, "/x?y=z"),
        secrets=tuple(Secret(KEYS[number]) for number in (0, 1, 4, 2, 3)),
        filters=Filters(
            frozenset({"new", "confirmed"}), frozenset({"taliban"}), frozenset({"RU", "XK"}), frozenset({"recognition"})
        ),
        enabled=False,
        start="beginning",
    )
    assert (plain.filters, plain.enabled, plain.start) == (Filters(), True, "now")
    assert "hooks.example.org" not in repr(desk)  # a URL can be a secret too


def test_a_secret_that_is_being_replaced_stands_beside_the_next_one_in_every_field(tmp_path: Path) -> None:
    both = f"{SECRETS[0]} {SECRETS[1]}"
    (tmp_path / "both").write_text(both)
    for field in (f"secret: {both}", f"secret: [{both}]", "secret_env: BOTH", "secret_file: both"):
        (one,) = load(tmp_path, f'endpoints: [{{id: a, url: "https://hooks.example.org/", {field}}}]', BOTH=both)
        assert one.secrets == (Secret(KEYS[0]), Secret(KEYS[1]))


def snippet(language: str) -> str:
    return MANUAL.read_text().split(f"```{language}\n")[1].split("```")[0]


def test_the_file_in_the_manual_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "treaty-desk").write_text(SECRETS[1])
    newsroom, desk = load(tmp_path, snippet("yaml"), NEWSROOM_SECRET=SECRETS[0])
    assert newsroom.secrets == (Secret(KEYS[0]),)
    assert (desk.enabled, desk.start, desk.filters.countries) == (False, "beginning", frozenset({"FR", "XK"}))


def test_the_receiver_in_the_manual_takes_an_alert_once(capsys: pytest.CaptureFixture[str]) -> None:
    body = b'{"type": "recognition.status.new", "subject": "taliban/RU", "data": {"value": "recognized"}}'
    headers = signed_headers([Secret(KEYS[0])], "a1", int(time.time()), body)
    names: dict[str, Any] = {"secret": SECRETS[0], "body": body, "headers": headers, "seen": set()}
    for _ in range(2):
        exec(snippet("python"), names)  # noqa: S102
    assert capsys.readouterr().out == "taliban/RU recognized\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("endpoints: []", ": it names no endpoint"),
        ("[]", ": it must have one entry, endpoints:"),
        ("endpoints: {a: b}", ": it must have one entry, endpoints:"),
        ("endpoints: []\nmore: 1", ": it must have one entry, endpoints:"),
        ("endpoints:\n  - a: [", ", line 2: not YAML"),
        ("endpoints: [7]", ": endpoint number 1: it must be a mapping of fields"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text)[0].startswith(told)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EndpointsError, match=r"cannot read the endpoints in .*none\.yaml: No such file"):
        load_endpoints(tmp_path / "none.yaml", allow_private=False)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EndpointsError, match="not UTF-8"):
        load_endpoints(tmp_path / "bytes.yaml", allow_private=False)


def test_a_broken_file_does_not_show_its_secrets(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, f"endpoints:\n  - secret: {SECRETS[0]}\n   url: [")
    assert told.startswith(", line ")


STRAY = "whsec_" + base64.b64encode(bytes(range(64, 96))).decode()


@pytest.mark.parametrize(
    "fields",
    [
        f"id: a, secret_env: {STRAY}",
        f"id: a, secret_env: {STRAY[:20]} {STRAY[20:]}",
        f"id: a, secret_file: {STRAY}",
        f"id: a, secret_file: [none, {STRAY}]",
        f"id: a, {STRAY}: yes",
        f"id: a, filters: {{{STRAY}: new}}",
        f"id: {STRAY}",
        f"id: a, secret: *{STRAY.rstrip('=')}",
        f"id: a, secret: !{STRAY.rstrip('=')}!x y",
        f"id: a, url: 'https://hooks.example.org:{STRAY}/'",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, fields: str) -> None:
    found = problems(tmp_path, f"endpoints: [{{url: 'https://hooks.example.org/', {fields}}}]")
    assert STRAY[6:12] not in str(found)
    assert STRAY[20:26] not in str(found)
    (told,) = (told for told in found if "whsec_..." in told)
    assert told.endswith("(that is a secret itself: it belongs into secret:)")


def test_a_name_that_no_file_has_is_told(tmp_path: Path) -> None:
    text = 'endpoints: [{id: a, url: "https://hooks.example.org/", secret_file: "a\\0b"}]'
    assert problems(tmp_path, text)[0].startswith(": endpoint a: secret_file: cannot read ")


def test_everything_wrong_is_told_at_once_by_endpoint_and_field(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "short").write_text("whsec_abcd")
    found = problems(
        tmp_path,
        f"""
        endpoints:
          - {{id: a, url: "http://hooks.example.org/", secret: {SECRETS[0]}}}
          - {{id: b, url: "https://u:p@hooks.example.org/", secret: letmein}}
          - {{id: c, url: "https://hooks.example.org/"}}
          - {{id: d, url: "https://hooks.example.org/", secret_env: [NONE, EMPTY], secret_file: [none, empty, short]}}
          - {{id: e, url: "https://hooks.example.org/", secret: {SECRETS[0]}, filters: {{kinds: newest, colour: red}}}}
          - {{id: f, url: "https://hooks.example.org/", secret: {SECRETS[0]}, filters: {{countries: [ru]}}, from: then}}
          - {{id: Wrong Id, url: [7], secrets: [{SECRETS[0]}]}}
          - {{url: "https://hooks.example.org/", secret: {SECRETS[0]}, enabled: "yes please"}}
          - {{id: h, url: "https://hooks.example.org/", secret: [" ", {SECRETS[0]}]}}
          - {{id: g, url: "https://hooks.example.org/", secret: {SECRETS[0]}}}
          - {{id: g, url: "https://hooks.example.org/", secret: {SECRETS[0]}}}
        """,
        EMPTY="",
    )
    folder = str(tmp_path)
    expected = [
        ": endpoint a: url: http would let everybody",
        ": endpoint b: url: a user name or password",
        ": endpoint b: secret: a secret starts with whsec_",
        ": endpoint c: secret: there is none; give secret, secret_env or secret_file",
        ": endpoint d: secret_env: the environment variable NONE is not set",
        ": endpoint d: secret_env: the environment variable EMPTY is not set",
        f": endpoint d: secret_file: cannot read {folder}/none: No such file",
        f": endpoint d: secret_file: {folder}/empty is empty",
        f": endpoint d: secret_file {folder}/short: a secret has 24 to 64 bytes, this one has 3",
        ": endpoint e: filters.kinds[1]: input should be 'new', 'background' or 'confirmed'",
        ": endpoint e: filters.colour: there is no such field; there are kinds, subjects, countries, dimensions",
        ": endpoint f: filters.countries[1]: string should match pattern",
        ": endpoint f: from: input should be 'now' or 'beginning'",
        ": endpoint Wrong Id: id: 1 to 63 of a-z, 0-9, - and _",
        ": endpoint Wrong Id: url: input should be a valid string",
        ": endpoint Wrong Id: secrets: there is no such field; there are id, url, secret,",
        ": endpoint number 8: id: it is missing",
        ": endpoint number 8: enabled: input should be a valid boolean",
        ": endpoint h: secret: it is empty",
        ": endpoint g: id: another endpoint has it already",
    ]
    assert len(found) == len(expected), found
    for told, start in zip(found, expected, strict=True):
        assert told.startswith(start), told


def test_norway_is_a_country(tmp_path: Path) -> None:
    norway, off = load(
        tmp_path,
        f"""
        endpoints:
          - {{id: no, url: "https://hooks.example.org/", secret: {SECRETS[0]}, filters: {{countries: [NO, SE]}}}}
          - {{id: off, url: "https://example.org/", secret: {SECRETS[0]}, filters: {{countries: NO}}, enabled: no}}
        """,
    )
    assert (norway.id, norway.enabled, norway.filters.countries) == ("no", True, frozenset({"NO", "SE"}))
    assert (off.id, off.enabled, off.filters.countries) == ("off", False, frozenset({"NO"}))


def test_what_an_endpoint_wants() -> None:
    def alert(kind: str, subject: str, country: str, dimension: str) -> Alert:
        data = AlertData.model_validate(
            {
                "kind": kind,
                "subject": subject,
                "country": country,
                "dimension": dimension,
                "value": "x",
                "revision": 1,
                "confidence": "reported",
                "sources": 1,
                "independent": 1,
            }
        )
        return Alert(id="a1", type=f"recognition.status.{kind}", subject=f"{subject}/{country}", data=data)

    one = alert("new", "taliban", "RU", "recognition")
    assert one in Filters()
    wants = Filters(frozenset({"new"}), frozenset({"taliban", "kosovo"}), frozenset({"RU"}), frozenset({"recognition"}))
    assert one in wants
    assert alert("background", "taliban", "RU", "recognition") not in wants
    assert alert("new", "palestine", "RU", "recognition") not in wants
    assert alert("new", "taliban", "CN", "recognition") not in wants
    assert alert("new", "taliban", "RU", "presence") not in wants
