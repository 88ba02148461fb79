"""Which header Host is answered: a stranger's page must not read the API under a name of its own."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.envelope import SECURITY_HEADERS
from pipeline.serving.names import names_of
from pipeline.settings import Settings
from tests.unit.api_view import Site, site

ELSEWHERE = "0.0.0.0"  # noqa: S104 - nothing listens


async def ask(served: Site, host: bytes | None, path: str = "/healthz") -> httpx.Response:
    async with served.client() as client:
        request = client.build_request("GET", path)
        request.headers = httpx.Headers([] if host is None else [(b"host", host)])
        return await client.send(request)


OURS = "localhost localhost:8640 LocalHost:1 localhost. 127.0.0.1 127.0.0.1:8640 127.0.0.2 [::1] [::1]:8640 10.1.2.3"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("host", OURS.split())
async def test_requests_for_this_machine_are_answered(served: Site, host: str) -> None:
    assert (await ask(served, host.encode())).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/", "/v1/claims", "/v1/alerts/stream", "/nothing"])
async def test_what_a_strangers_name_leads_here_is_refused_everywhere(served: Site, path: str) -> None:
    reply = await ask(served, b"rebound.example:8640", path)
    problem = reply.json()
    assert (reply.status_code, problem["type"]) == (421, "/problems/misdirected")
    assert reply.headers["content-type"] == "application/problem+json"
    assert {name: reply.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "'rebound.example:8640'" in problem["detail"]
    assert "RECOGNITION_API_NAMES" in problem["detail"]


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"localhost.example",
        b"127.0.0.1.example",
        b"localhost@example",
        b"127.0.0.1:8640:1",
        b"[::1",
        b"::1",
        b"[localhost]",
        b"[127.0.0.1.example]",
        b"localhost:x",
        b"\xff",
        None,
    ],
)
async def test_what_only_looks_like_this_machine_is_refused(served: Site, host: bytes | None) -> None:
    assert (await ask(served, host)).status_code == 421


async def test_two_hosts_are_refused(served: Site) -> None:
    async with served.client() as client:
        reply = await client.get("/healthz", headers=[("Host", "localhost"), ("Host", "rebound.example")])
    assert reply.status_code == 421
    assert "2 headers Host" in reply.json()["detail"]


@pytest.mark.parametrize("listens", ["127.0.0.1", ELSEWHERE])
async def test_names_of_the_settings_are_answered(tmp_path: Path, listens: str) -> None:
    served = site(tmp_path, api_host=listens, api_names="News.example, serve:8640")
    for host, status in ((b"news.example", 200), (b"serve:8640", 200), (b"localhost", 200), (b"other.example", 421)):
        assert (await ask(served, host)).status_code == status, host


async def test_where_others_reach_it_any_name_will_do_until_some_are_set(tmp_path: Path) -> None:
    assert (await ask(site(tmp_path, api_host=ELSEWHERE), b"news.example")).status_code == 200


def test_the_name_under_which_it_listens_is_its_own() -> None:
    assert names_of(Settings(api_host="box.local"), loopback=True) == {"localhost", "box.local"}
    assert names_of(Settings(api_host="box.local"), loopback=False) is None


@given(st.from_regex(r"\A[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){1,3}\Z").filter(lambda name: name[-1].isalpha()))
async def test_no_name_of_a_stranger_is_answered(served: Site, name: str) -> None:
    assert (await ask(served, name.encode())).status_code == 421
