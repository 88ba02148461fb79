"""What every reply has: freshness, tags, compression, security headers; and what goes wrong, as problems."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from pipeline.errors import RecognitionError
from pipeline.serving import knowledge, problems, server, services
from pipeline.serving.knowledge import Allowance
from pipeline.serving.view import StatusQuery
from tests.unit.api_view import TOKEN, Site, site
from tests.unit.judging_claims import claim

TABLES = [
    "/v1/subjects",
    "/v1/status",
    "/v1/status/taliban/RU",
    "/v1/status/taliban/RU/history",
    "/v1/days?subject=taliban",
    "/v1/claims",
    "/v1/alerts",
]
CONSTANT = ["/v1/countries", "/v1/ontology"]
HOST = (b"host", b"localhost")
OTHERS = ["/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/", "/static/icon.svg", "/problems/not-found"]


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = site(tmp_path_factory.mktemp("site"))
    made.filled.learn(claim("recognized", "2025-07-03", dated="2025-07-04"), claim("recognized", country="CN"))
    return made


@pytest.fixture
async def client(served: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with served.client() as made:
        yield made


def told(reply: httpx.Response) -> dict[str, Any]:
    problem: dict[str, Any] = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["status"] == reply.status_code
    assert problem["instance"] == reply.request.url.path
    assert set(problem) >= {"type", "title", "detail"}
    return problem


# --- freshness ---


@pytest.mark.parametrize("path", [*TABLES, *CONSTANT, *OTHERS, "/nothing", "/v1/status?limit=0"])
async def test_every_reply_says_how_fresh_it_is_and_what_browsers_must_not_do(
    client: httpx.AsyncClient, served: Site, path: str
) -> None:
    reply = await client.get(path)
    fresh = served.filled.freshness()
    offsets = ", ".join(f'{topic}="{".".join(map(str, at))}"' for topic, at in fresh.as_of_offset.items())
    assert reply.headers["recognition-as-of-offset"] == offsets
    assert (reply.headers["recognition-lag"], reply.headers["recognition-stale"]) == ("0", "false")
    if reply.headers["content-type"] == "application/json" and "openapi" not in path:
        body = reply.json()["freshness"]
        assert body == {
            "as_of_offset": {topic: list(at) for topic, at in fresh.as_of_offset.items()},
            "lag": 0,
            "stale": False,
        }
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy


async def test_offsets_of_very_many_partitions_are_in_the_body_alone(client: httpx.AsyncClient, served: Site) -> None:
    many = dict.fromkeys(("status", "claims", "alerts"), tuple(range(10**9, 10**9 + 1024)))
    served.following.told = replace(served.filled.freshness(), as_of_offset=many)
    reply = await client.get("/v1/status")
    assert "recognition-as-of-offset" not in reply.headers
    assert reply.headers["recognition-lag"] == "0"
    assert len(reply.json()["freshness"]["as_of_offset"]["claims"]) == 1024


async def test_a_reply_holds_at_least_what_it_tells(served: Site) -> None:
    # A claim arrives between the freshness and the rows: the rows may have it, the freshness may not tell it.
    before = served.filled.freshness()
    view = served.app.state.services.view

    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(view, name)

        def status_fields(self, query: StatusQuery, **page: Any) -> Any:
            served.filled.learn(claim("recognized", country="DE"))
            return view.status_fields(query, **page)

    served.app.state.services = replace(served.app.state.services, view=Late())
    async with served.client() as client:
        reply = (await client.get("/v1/status")).json()
    assert [row["country"] for row in reply["data"]] == ["CN", "DE", "RU"]
    assert reply["freshness"]["as_of_offset"]["status"] == list(before.as_of_offset["status"])


@pytest.mark.parametrize("path", [*TABLES, "/readyz"])
async def test_tables_are_not_told_while_they_are_read(client: httpx.AsyncClient, served: Site, path: str) -> None:
    served.behind(1234)
    reply = await client.get(path)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    problem = told(reply)
    assert problem["type"] == "/problems/catching-up"
    assert problem["freshness"]["lag"] == 1234
    assert "1,234 records" in problem["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/", *CONSTANT])
async def test_what_does_not_need_the_tables_is_told_all_the_same(
    client: httpx.AsyncClient, served: Site, path: str
) -> None:
    served.behind(1234)
    assert (await client.get(path)).status_code == 200


async def test_without_a_file_the_tables_are_not_there_yet(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = site(tmp_path_factory.mktemp("site"))
    made.following.told = made.filled.freshness()
    made.filled.store.close()
    made.filled.path.unlink()
    async with made.client() as client:
        assert told(await client.get("/v1/status"))["type"] == "/problems/catching-up"


# --- tags ---


@pytest.mark.parametrize("path", [*TABLES, *CONSTANT])
@pytest.mark.parametrize("form", ["json", "csv"])
async def test_what_has_not_changed_is_not_sent_again(client: httpx.AsyncClient, path: str, form: str) -> None:
    headers = {"Accept": "text/csv" if form == "csv" else "application/json"}
    first = await client.get(path, headers=headers)
    tag = first.headers["etag"]
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
    strong = tag.removeprefix("W/")
    for known in (tag, strong, f'"other", {tag}', f'"other",{strong} , "more"', "*"):
        again = await client.get(path, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert {"recognition-lag", "cache-control"} <= set(again.headers)
        assert again.headers["vary"] == first.headers["vary"]
    assert first.headers["vary"] == ("Accept-Encoding" if path == "/v1/ontology" else "Accept, Accept-Encoding")
    for other in ('W/"0"', strong.strip('"'), f'"{strong}"', ""):
        assert (await client.get(path, headers=headers | {"If-None-Match": other})).status_code == 200


async def test_a_tag_follows_the_data_and_not_the_freshness(client: httpx.AsyncClient, served: Site) -> None:
    russia = "/v1/status?country=RU"
    before = (await client.get(russia)).headers["etag"]
    served.filled.learn(claim("recognized", country="DE"))
    same = await client.get(russia, headers={"If-None-Match": before})
    assert same.status_code == 304
    assert same.headers["recognition-as-of-offset"].startswith('status="')
    served.filled.learn(claim("recognized", "2025-07-03", source="Echo"))
    changed = await client.get(russia, headers={"If-None-Match": before})
    assert (changed.status_code, changed.json()["data"][0]["sources"]) == (200, 2)


async def test_json_and_csv_have_tags_of_their_own(client: httpx.AsyncClient) -> None:
    tags = {(await client.get("/v1/status", params={"format": form})).headers["etag"] for form in ("json", "csv")}
    assert len(tags) == 2


@pytest.mark.parametrize("path", ["/", "/static/icon.svg"])
async def test_the_dashboard_is_asked_for_again_with_its_tag(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["vary"] == first.headers["vary"] == "Accept-Encoding"


async def test_nothing_outside_the_dashboard_is_served(client: httpx.AsyncClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/", "/static"):
        assert told(await client.get(path))["type"] == "/problems/not-found"


# --- compression, HEAD ---


async def test_large_replies_are_compressed_for_who_takes_it(client: httpx.AsyncClient) -> None:
    zipped = await client.get("/v1/subjects", headers={"Accept-Encoding": "gzip"})
    plain = await client.get("/v1/subjects", headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept, Accept-Encoding"
    assert zipped.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.1", True),
        ("gzip;q=1.0, identity;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("identity", False),
        ("notgzip", False),
        ("br;q=1, *;q=0", False),
        ("", False),
    ],
)
async def test_what_is_accepted_is_weighed(client: httpx.AsyncClient, accepted: str, zipped: bool) -> None:
    for path in ("/v1/subjects", "/v1/openapi.json", "/"):
        reply = await client.get(path, headers={"Accept-Encoding": accepted})
        assert ("content-encoding" in reply.headers) == zipped, path


@pytest.mark.parametrize("path", [*TABLES, *CONSTANT, *OTHERS])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    if path != "/metrics":
        assert dict(head.headers) == dict(whole.headers)


async def test_head_of_the_stream_ends(served: Site) -> None:
    sent: list[Message] = []
    answered = asyncio.Event()

    async def receive() -> Message:
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            answered.set()  # as uvicorn does when the reply is complete

    scope = {"type": "http", "method": "HEAD", "path": "/v1/alerts/stream", "query_string": b"", "headers": [HOST]}
    async with asyncio.timeout(5):
        await served.app({**scope, "http_version": "1.1", "raw_path": b"", "asgi": {"version": "3.0"}}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"")


# --- problems ---


@pytest.mark.parametrize(
    ("path", "parameter", "words"),
    [
        ("/v1/status?subject=talban", "subject", "did you mean taliban"),
        ("/v1/status?subject=Taliban", "subject", "did you mean taliban?"),
        ("/v1/status?subject=Islamic+Emirate", "subject", "did you mean taliban?"),
        ("/v1/status?subject=xyzzyq", "subject", "/v1/subjects?watched=all lists all"),
        ("/v1/status?country=Russia", "country", "did you mean RU (Russia)?"),
        ("/v1/status?country=ru", "country", "did you mean RU (Russia)?"),
        ("/v1/status?country=", "country", "/v1/countries lists all"),
        ("/v1/claims?country=UK", "country", "no ISO 3166-1 code"),
        ("/v1/days", "subject", "field required"),
        ("/v1/days?subject=talban", "subject", "did you mean taliban"),
        ("/v1/status/taliban/XX", "country", "no ISO 3166-1 code"),
        ("/v1/status/talban/RU/history", "subject", "did you mean taliban"),
        ("/v1/status?dimension=recognise", "dimension", "did you mean recognition?"),
        ("/v1/status?value=recognised", "value", "did you mean recognized"),
        ("/v1/status?dimension=presence&value=listed", "value", "no value of presence; there are mission, embassy"),
        ("/v1/status?recognition=listed", "recognition", "no value of recognition; there are recognized"),
        ("/v1/status?recognition=recognized&dimension=presence", "recognition", "give the one or the other"),
        ("/v1/status?as_of=2025-02-30", "as_of", "no such date"),
        ("/v1/status?as_of=XXXX-07-03", "as_of", "has no year"),
        ("/v1/status?as_of=yesterday", "as_of", "give 2025-07-03, 2025-07 or 2025"),
        ("/v1/status?known_at=2025-07", "known_at", "give 2025-07-04, or 2025-07-04T09:30:00Z"),
        ("/v1/status?known_at=2025-07-04T09:30:00", "known_at", "with its zone"),
        ("/v1/status?known_at=2025-W27-4", "known_at", "is no RFC 3339 date-time"),
        ("/v1/status?known_at=2025-07-04+09:30:00Z", "known_at", "is no RFC 3339 date-time"),
        ("/v1/claims?q=re*", "q", "'re*' has too few letters before its asterisk; give at least 3"),
        ("/v1/claims?q=" + "a+" * 33, "q", "has 33 words; give at most 32"),
        ("/v1/status?cursor=garbage", "cursor", "take `next` of the page before"),
        ("/v1/claims?cursor=WyJzIiwiYSIsImIiLCJjIl0", "cursor", "no cursor of the claims"),
        ("/v1/alerts?after=1.2", "after", "of each of 4 partitions"),
        ("/v1/alerts?after=0.0.0.0&last=1", "last", "does not go together with after"),
        ("/v1/alerts?limit=5&last=1", "last", "does not go together with limit"),
        ("/v1/alerts?kind=knew", "kind", "did you mean new?"),
        ("/v1/alerts?last=0", "last", "greater than or equal to 1"),
        ("/v1/claims?predicate=recognised", "predicate", "did you mean recognized"),
        ("/v1/claims?limit=1001", "limit", "less than or equal to 1000"),
        ("/v1/claims?limit=ten", "limit", "valid integer"),
        ("/v1/claims?subjekt=taliban", "subjekt", "no parameter is called 'subjekt' here; did you mean subject?"),
        ("/v1/claims?subject=taliban&subject=kosovo", "subject", "given twice"),
        ("/v1/ontology?a=1", "a", "there are none"),
        ("/v1/subjects?watched=none", "watched", "there are listed, all"),
        ("/v1/status?format=xml", "format", "there are json, csv"),
        ("/v1/alerts/stream?after=x", "after", "is no cursor of the alerts"),
        ("/v1/alerts/stream?country=Russia", "country", "did you mean RU (Russia)?"),
    ],
)
async def test_a_wrong_parameter_is_named_with_the_remedy(
    client: httpx.AsyncClient, path: str, parameter: str, words: str
) -> None:
    reply = await client.get(path)
    assert reply.status_code == 422
    problem = told(reply)
    assert problem["type"] == "/problems/invalid-request"
    (error,) = problem["errors"]
    assert error["parameter"] == parameter
    assert words in error["detail"]
    assert error["detail"] in problem["detail"]


async def test_all_that_is_wrong_is_told(client: httpx.AsyncClient) -> None:
    problem = told(await client.get("/v1/status?subject=talban&country=Russia&as_of=never&cursor=x"))
    assert [error["parameter"] for error in problem["errors"]] == ["subject", "country", "as_of", "cursor"]


async def test_a_long_value_is_not_told_back(client: httpx.AsyncClient) -> None:
    long = "x" * 5000
    names = ("subject", "country", "dimension", "value", "as_of", "known_at", "cursor", "limit", "format")
    for name in names:
        reply = await client.get("/v1/status", params={name: long})
        assert (reply.status_code, len(reply.content) < 1500) == (422, True), name
    for path in (f"/{long}", f"/problems/{long}"):
        assert len((await client.get(path)).json()["detail"]) < 500


async def test_a_client_that_goes_away_is_no_fault(served: Site, caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Message] = []
    parts: list[Message] = [
        {"type": "http.request", "body": b"[", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [HOST, (b"authorization", f"Bearer {TOKEN}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/articles", "query_string": b"", "headers": headers}
    await served.app({**scope, "http_version": "1.1", "raw_path": b"", "asgi": {"version": "3.0"}}, receive, send)
    assert (sent, caplog.text) == ([], "")


@pytest.mark.parametrize("q", ["\x00", '"', "a" * 512, "🙂", "'; DROP TABLE claims; --", "*", "a:b", "(", "-"])
async def test_every_text_can_be_searched_for(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get("/v1/claims", params={"q": q})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "name", "words"),
    [
        ("GET", "/v1/statu", "not-found", "did you mean /v1/status?"),
        ("GET", "/nothing", "not-found", "/v1/openapi.json"),
        ("GET", "/v1/status/", "not-found", "/v1/status"),
        ("GET", "/docs", "not-found", ""),
        ("GET", "/problems/none", "not-found", "there are invalid-request"),
        ("DELETE", "/v1/status", "method-not-allowed", "try GET or HEAD"),
        ("GET", "/v1/articles", "method-not-allowed", "try POST"),
        ("POST", "/static/icon.svg", "method-not-allowed", "try GET"),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, method: str, path: str, name: str, words: str) -> None:
    reply = await client.request(method, path)
    problem = told(reply)
    assert (problem["status"], problem["type"]) == (problems.KINDS[name].status, f"/problems/{name}")
    assert words in problem["detail"]
    assert ("allow" in reply.headers) == (problem["status"] == 405)


@pytest.mark.parametrize("kind", problems.KINDS.values(), ids=lambda kind: kind.name)
async def test_a_problem_explains_itself(client: httpx.AsyncClient, kind: problems.Kind) -> None:
    reply = await client.get(kind.type)
    assert reply.text == f"{kind.title} ({kind.status})\n\n{kind.about}\n"


async def test_a_fault_of_ours_tells_nothing_and_is_logged(served: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken(app: FastAPI) -> None:
        @app.get("/broken")
        def fails() -> None:
            raise RuntimeError("the secret of the house")

    broken(served.app)
    async with served.client() as client:
        reply = await client.get("/broken")
    problem = told(reply)
    assert (reply.status_code, problem["type"]) == (500, "/problems/internal-error")
    assert "secret" not in reply.text
    assert "recognition-lag" in reply.headers
    assert "the secret of the house" in caplog.text
    assert "GET '/broken' failed" in caplog.text


async def test_known_at_folds_in_steps_until_it_is_done(
    client: httpx.AsyncClient, served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.filled.learn(*(claim("recognized", source=f"Outlet {number}") for number in range(50)))
    whole = (await client.get("/v1/status?subject=taliban")).json()["data"]
    monkeypatch.setattr(Allowance.__init__, "__defaults__", (3,))
    monkeypatch.setattr(services, "PATIENCE_SECONDS", -1.0)
    question = "/v1/status?subject=taliban&known_at=2025-07-04"
    reply = await client.get(question)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert told(reply)["type"] == "/problems/folding"
    monkeypatch.setattr(services, "PATIENCE_SECONDS", 20.0)
    assert (await client.get(question)).json()["data"] == whole


async def test_what_known_at_would_fold_too_much_for_is_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge, "WIDEST", 1)
    problem = told(await client.get("/v1/status?known_at=2025-07-04"))
    assert (problem["status"], problem["errors"][0]["parameter"]) == (422, "known_at")
    assert "name a subject, a country, or both" in problem["detail"]


# --- the socket ---


def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RecognitionError, match=rf"127\.0\.0\.1:{port} \(Address already in use\).*--port"):
            server.listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_told_with_the_remedy() -> None:
    with pytest.raises(RecognitionError, match=r"192\.0\.2\.1:0 \(.*--host"):
        server.listen("192.0.2.1", 0)


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)])  # noqa: S104
def test_a_free_port_has_an_address(host: str, loopback: bool) -> None:
    with server.listen(host, 0) as listening:
        port = listening.getsockname()[1]
        assert server.url_of(listening) in (f"http://127.0.0.1:{port}", f"http://[::1]:{port}")
        assert server.is_loopback(listening) == loopback
