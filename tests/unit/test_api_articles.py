"""POST /v1/articles: who may, what is taken, and that it is all or nothing."""

import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pipeline.records import Article
from pipeline.serving import articles
from pipeline.settings import Settings
from tests.unit.api_view import TOKEN, Site, site

ONE = {"id": "post-1", "source": "Harbour Post", "text": "Moscow recognised it.", "published": "2025-07-04"}
TWO = {"id": "post-2", "source": "Hill Echo", "title": "A title"}
JSON = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
LINES = JSON | {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def served(tmp_path: Path) -> Site:
    return site(tmp_path, max_request_bytes=2_000, max_article_bytes=1_500)


@pytest.fixture
async def client(served: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with served.client() as made:
        yield made


async def post(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post("/v1/articles", content=content, headers=JSON | headers)


# --- taken ---


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (JSON, orjson.dumps([ONE, TWO])),
        (JSON | {"Content-Type": "application/json; charset=UTF-8"}, b"\n " + orjson.dumps([ONE, TWO])),
        (JSON | {"Content-Type": 'application/json; charset=utf-8; profile="x"'}, orjson.dumps([ONE, TWO])),
        (JSON | {"Content-Type": 'application/json;profile="a; charset=b" ;charset="utf8"'}, orjson.dumps([ONE, TWO])),
        (LINES, orjson.dumps(ONE) + b"\n" + orjson.dumps(TWO)),
        (
            LINES | {"Content-Type": "application/jsonl"},
            b"\n" + orjson.dumps(ONE) + b"\r\n\n" + orjson.dumps(TWO) + b"\n",
        ),
    ],
)
async def test_a_batch_is_published_in_its_order(
    client: httpx.AsyncClient, served: Site, headers: dict[str, str], body: bytes
) -> None:
    reply = await client.post("/v1/articles", content=body, headers=headers)
    assert reply.status_code == 202
    assert reply.json()["data"] == {
        "accepted": 2,
        "articles": [
            {"id": "post-1", "correlation": "articles/0/0"},
            {"id": "post-2", "correlation": "articles/0/1"},
        ],
    }
    assert "as_of_offset" in reply.json()["freshness"]
    assert served.shelf.articles == [Article.model_validate(ONE), Article.model_validate(TWO)]


async def test_one_article_needs_no_list(client: httpx.AsyncClient, served: Site) -> None:
    assert (await post(client, ONE)).json()["data"]["accepted"] == 1
    assert [one.id for one in served.shelf.articles] == ["post-1"]


async def test_articles_are_taken_while_the_tables_are_read(client: httpx.AsyncClient, served: Site) -> None:
    served.behind(5)
    assert (await post(client, ONE)).status_code == 202


# --- refused ---


async def refused(client: httpx.AsyncClient, served: Site, reply: httpx.Response, status: int, name: str) -> Any:
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{name}")
    assert served.shelf.articles == []
    return reply.json()


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", f"Bearer {TOKEN}x", "Bearer é"]
)
async def test_who_has_not_the_token(client: httpx.AsyncClient, served: Site, given: str | None) -> None:
    headers = {b"Content-Type": b"application/json"}
    if given is not None:
        headers[b"Authorization"] = given.encode()
    reply = await client.post("/v1/articles", content=b"{", headers=headers)
    await refused(client, served, reply, 401, "unauthorized")
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["Schlüssel", "voilà", "ключ", "鍵", "Å", "a=b/c+d~"])
async def test_a_token_of_any_letters_is_that_of_its_utf_8(tmp_path: Path, token: str) -> None:
    made = site(tmp_path, api_token=SecretStr(token))
    body = orjson.dumps(ONE)
    async with made.client() as client:
        for sent, status in ((token.encode(), 202), (token.encode("utf-16"), 401), (token.encode()[:-1], 401)):
            headers = {b"Authorization": b"Bearer " + sent, b"Content-Type": b"application/json"}
            assert (await client.post("/v1/articles", content=body, headers=headers)).status_code == status, sent


@pytest.mark.parametrize("token", [None, SecretStr("")])
async def test_without_a_token_nobody_may(tmp_path: Path, token: SecretStr | None) -> None:
    made = site(tmp_path, api_token=token)
    async with made.client() as client:
        for value in ("Bearer ", "Bearer x", f"Bearer {TOKEN}"):
            reply = await post(client, ONE, Authorization=value)
            problem = await refused(client, made, reply, 403, "no-token-set")
            assert "RECOGNITION_API_TOKEN" in problem["detail"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Content-Type": "text/plain"}, "'text/plain' is not read here; send application/json"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "application/x-ndjson for one article a line"),
        ({"Content-Type": ""}, "Content-Type is missing"),
        ({"Content-Type": "application/json; charset=latin-1"}, "charset 'latin-1'"),
        ({"Content-Type": 'application/json; profile="x"; charset="Latin-1"'}, "charset 'latin-1'"),
        ({"Content-Encoding": "gzip"}, "uncompressed"),
    ],
)
async def test_a_body_of_another_type(
    client: httpx.AsyncClient, served: Site, headers: dict[str, str], words: str
) -> None:
    reply = await post(client, ONE, **headers)
    problem = await refused(client, served, reply, 415, "unsupported-media-type")
    assert words in problem["detail"]
    assert reply.headers["accept-post"] == "application/json, application/x-ndjson"


@pytest.mark.parametrize("told", [True, False])
async def test_a_body_that_is_too_large(client: httpx.AsyncClient, served: Site, told: bool) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 1_000_000:
            read += 500
            yield b"[" + b" " * 499

    headers = JSON | ({"Content-Length": "2001"} if told else {})
    reply = await client.post("/v1/articles", content=endless(), headers=headers)
    problem = await refused(client, served, reply, 413, "too-large")
    assert "2,000 bytes (RECOGNITION_MAX_REQUEST_BYTES)" in problem["detail"]
    assert reply.headers["connection"] == "close"


async def test_no_more_of_a_body_is_read_than_is_taken() -> None:
    given = iter([b"12345"] * 100)

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in given:
            yield chunk

    with pytest.raises(articles.TooLargeError):
        await articles.read_body(chunks(), 10)
    assert len(list(given)) == 97
    exact = (chunk for chunk in (b"12345", b"12345"))

    async def whole() -> AsyncIterator[bytes]:
        for chunk in exact:
            yield chunk

    assert await articles.read_body(whole(), 10) == b"1234512345"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [(None, None, "invalid JSON")]),
        (b"null", [(0, None, "object")]),
        (b"7", [(0, None, "object")]),
        (b'{"id":', [(None, None, "invalid JSON: EOF while parsing")]),
        (b"\xff\xfe", [(None, None, "invalid JSON")]),
        (b"[]", [(None, None, "there is no article in the body")]),
        (orjson.dumps(TWO | {"title": " "}), [(0, None, "an article needs a title, text or html")]),
        (orjson.dumps([ONE, {"id": "", "source": "s", "title": "t"}]), [(1, "/1/id", "id: string should have at")]),
        (orjson.dumps([ONE, 5, {"source": 3, "published": "once", "id": "x", "text": "t"}]), [
            (1, "/1", "object"), (2, "/2/source", "source: input should be a valid string"),
            (2, "/2/published", "published: 'once' is no ISO 8601 date; give 2025-07-04"),
        ]),
        (orjson.dumps([TWO, ONE | {"text": "x" * 1500}]), [(1, None, "1,500 are taken")]),
        (orjson.dumps(ONE | {"schema_version": 2}), [(0, "/schema_version", "schema_version: input should be 1")]),
    ],
)  # fmt: skip
async def test_each_error_names_its_article(
    client: httpx.AsyncClient, served: Site, body: bytes, expected: Sequence[tuple[int | None, str | None, str]]
) -> None:
    problem = await refused(client, served, await post(client, body), 422, "invalid-request")
    assert problem["detail"].startswith("no article was taken: ")
    assert len(problem["errors"]) == len(expected)
    for error, (index, pointer, words) in zip(problem["errors"], expected, strict=True):
        assert (error.get("index"), error.get("pointer")) == (index, pointer)
        assert words in error["detail"]


async def test_errors_of_lines_name_line_and_index(client: httpx.AsyncClient, served: Site) -> None:
    body = orjson.dumps(ONE) + b"\n\n" + b'{"id": "x"}' + b"\nno JSON"
    reply = await client.post("/v1/articles", content=body, headers=LINES)
    problem = await refused(client, served, reply, 422, "invalid-request")
    assert [(error["index"], error["detail"]) for error in problem["errors"]] == [
        (1, "line 3: source: field required"),
        (2, "line 4: invalid JSON: expected ident at column 2"),
    ]


async def test_of_many_errors_some_are_shown_and_all_are_counted(client: httpx.AsyncClient, served: Site) -> None:
    problem = await refused(client, served, await post(client, [1] * 250), 422, "invalid-request")
    assert len(problem["errors"]) == 101
    assert problem["errors"][-1] == {"detail": "and 150 more errors"}


async def test_without_kafka_it_is_to_be_sent_again(client: httpx.AsyncClient, served: Site) -> None:
    served.shelf.broken = True
    reply = await post(client, ONE)
    problem = await refused(client, served, reply, 503, "not-published")
    assert reply.headers["retry-after"] == "5"
    assert "whole request again" in problem["detail"]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_articles_or_errors(body: bytes, lines: bool) -> None:
    errors: Sequence[object] = ()
    found: Sequence[object] = ()
    try:
        found = articles.parse(body, lines=lines, most_bytes=1_000)
    except articles.InvalidArticlesError as error:
        errors = error.errors
    assert bool(found) != bool(errors)


texts = st.text(min_size=1, max_size=20)
whole = st.builds(Article, id=texts, source=texts, title=texts.filter(str.strip), url=st.none() | texts)


@given(st.lists(whole, min_size=1, max_size=5))
def test_lines_and_lists_give_the_same_articles(given_: list[Article]) -> None:
    lines = b"\n".join(one.to_json() for one in given_)
    array = b"[" + b",".join(one.to_json() for one in given_) + b"]"
    assert articles.parse(lines, lines=True, most_bytes=10_000) == given_
    assert articles.parse(array, lines=False, most_bytes=10_000) == given_


# --- Kafka away ---


async def test_a_broker_that_is_away_is_no_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    publisher = articles.KafkaPublisher(Settings(bootstrap=f"127.0.0.1:{port}"))
    with pytest.raises(articles.NotPublishedError, match="no Kafka broker answers"):
        await publisher.publish([Article(id="1", source="s", text="t")])
    await publisher.close()


async def test_a_broker_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "PUBLISH_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publisher = articles.KafkaPublisher(Settings(bootstrap=f"127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(articles.NotPublishedError, match="no acknowledgement within"):
            await publisher.publish([Article(id="1", source="s", text="t")])
        await publisher.close()
