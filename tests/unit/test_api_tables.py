"""What the tables answer over HTTP: filters, pages, other times, CSV. The view is filled as the follower fills it."""

import csv
import io
import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import ontology
from pipeline.records import DIMENSIONS, Claim
from pipeline.serving.formats import Table, to_csv
from tests.unit.api_view import PARTITIONS, Filled, Site, site
from tests.unit.judging_claims import claim

RUSSIA = claim("recognized", "2025-07-03", source="Harbour Post", dated="2025-07-04", sentence="Moscow recognised it.")
AGAIN = claim("recognized", "XXXX-07-03", source="Hill Echo", dated="2025-07-05", sentence="Russia did so on 3 July.")
LISTED = claim("terrorist_designated", "2003", source="Hill Echo", sentence="It was listed in 2003.")
DELISTED = claim("terrorist_delisted", "2025-04", source="Hill Echo", sentence="It was struck off in April.")
CHINA = claim("not_recognized", country="CN", source="River Post", sentence="China has not recognised it.")
KOSOVO = claim("recognized", "2008-02-18", subject="kosovo", country="DE", source="Lake Post", sentence="Berlin did.")
ALL = (RUSSIA, AGAIN, LISTED, DELISTED, CHINA, KOSOVO)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that nothing more is learned on."""
    made = site(tmp_path_factory.mktemp("site"))
    made.filled.learn(*ALL)
    return made


@pytest.fixture
async def client(served: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with served.client() as made:
        yield made


def asked(path: str, **query: object) -> httpx.URL:
    return httpx.URL(path).copy_merge_params({name: str(value) for name, value in query.items()})


async def data(client: httpx.AsyncClient, path: str, **query: object) -> Any:
    reply = await client.get(asked(path, **query))
    assert reply.status_code == 200, reply.text
    return reply.json()["data"]


def keys(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(row["subject"], row["country"], row["dimension"], row["value"]) for row in rows]


KOSOVO_ROW = ("kosovo", "DE", "recognition", "recognized")
CHINA_ROW = ("taliban", "CN", "recognition", "not_recognized")
RUSSIA_ROW = ("taliban", "RU", "recognition", "recognized")
DELISTED_ROW = ("taliban", "RU", "terrorism_listing", "delisted")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [KOSOVO_ROW, CHINA_ROW, RUSSIA_ROW, DELISTED_ROW]),
        ({"subject": "taliban"}, [CHINA_ROW, RUSSIA_ROW, DELISTED_ROW]),
        ({"country": "DE"}, [KOSOVO_ROW]),
        ({"recognition": "recognized"}, [KOSOVO_ROW, RUSSIA_ROW]),
        ({"dimension": "recognition", "value": "recognized"}, [KOSOVO_ROW, RUSSIA_ROW]),
        ({"dimension": "terrorism_listing"}, [DELISTED_ROW]),
        ({"value": "not_recognized", "subject": "taliban"}, [CHINA_ROW]),
        ({"subject": "palestine"}, []),
        ({"country": "FR", "recognition": "recognized"}, []),
        ({"as_of": "2025-07-02", "subject": "taliban", "country": "RU"}, [DELISTED_ROW]),
        ({"as_of": "2024", "country": "RU"}, [("taliban", "RU", "terrorism_listing", "listed")]),
        ({"known_at": "2025-07-02"}, []),
        ({"known_at": "2025-07-03T00:00:01Z"}, [RUSSIA_ROW]),
        ({"known_at": "2025-07-03T02:00:03+02:00"}, [RUSSIA_ROW, ("taliban", "RU", "terrorism_listing", "listed")]),
        ({"known_at": "2025-07-03"}, [KOSOVO_ROW, CHINA_ROW, RUSSIA_ROW, DELISTED_ROW]),
        ({"known_at": "9999-12-31"}, [KOSOVO_ROW, CHINA_ROW, RUSSIA_ROW, DELISTED_ROW]),
        ({"known_at": "2025-07-03t00:00:01.999999z"}, [RUSSIA_ROW]),
        ({"known_at": "2025-07-03T00:00:03Z", "as_of": "2010"}, [("taliban", "RU", "terrorism_listing", "listed")]),
    ],
)
async def test_the_live_table(client: httpx.AsyncClient, query: dict[str, str], expected: list[Any]) -> None:
    assert keys(await data(client, "/v1/status", **query)) == expected


async def test_a_row_is_that_of_every_interface(client: httpx.AsyncClient) -> None:
    (row,) = await data(client, "/v1/status", country="RU", recognition="recognized")
    assert {name: row[name] for name in ("since", "precision", "confidence", "sources", "revision", "updated")} == {
        "since": "2025-07-03",
        "precision": "day",
        "confidence": "corroborated",
        "sources": 2,
        "revision": 2,
        "updated": "2025-07-05",
    }
    assert row["activity"]["7d"] == {"claims": 2, "sources": 2, "independent": 2}


async def test_one_pair(client: httpx.AsyncClient) -> None:
    found = await data(client, "/v1/status/taliban/RU")
    assert (found["subject"], found["country"], found["revision"]) == ("taliban", "RU", 4)
    assert sorted(keys(found["rows"])) == [RUSSIA_ROW, DELISTED_ROW]
    earlier = await data(client, "/v1/status/taliban/RU", as_of="2025-05")
    assert keys(earlier["rows"]) == [DELISTED_ROW]
    first = await data(client, "/v1/status/taliban/RU", known_at="2025-07-03T00:00:01Z")
    assert (first["revision"], keys(first["rows"])) == (1, [RUSSIA_ROW])


async def test_a_pair_of_which_nothing_is_known(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/status/kosovo/FR")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/nothing-known")
    assert reply.json()["detail"] == "nothing is known of France (FR) towards kosovo"
    before = await client.get("/v1/status/taliban/RU", params={"known_at": "2020-01-01"})
    assert before.json()["detail"] == "at 2020-01-01 nothing was known of Russia (RU) towards taliban"
    assert await data(client, "/v1/status/kosovo/FR/history") == []


async def test_history_tells_sources_origins_and_when_they_came(client: httpx.AsyncClient) -> None:
    facts = await data(client, "/v1/status/taliban/RU/history")
    told = [(fact["dimension"], fact["value"], fact["since"], fact["role"]) for fact in facts]
    assert told == [
        ("recognition", "recognized", "2025-07-03", "current"),
        ("terrorism_listing", "listed", "2003", "history"),
        ("terrorism_listing", "delisted", "2025-04", "current"),
    ]
    support = {one["source"]: one for one in facts[0]["support"]}
    assert set(support) == {"Harbour Post", "Hill Echo"}
    assert support["Hill Echo"]["evidence"]["sentence"] == AGAIN.evidence.sentence
    assert support["Hill Echo"]["origin"] == AGAIN.id
    assert support["Hill Echo"]["learned"] == "2025-07-03T00:00:02.000Z"
    only = await data(client, "/v1/status/taliban/RU/history", dimension="recognition", known_at="2025-07-03T00:00:01Z")
    assert [[one["source"] for one in fact["support"]] for fact in only] == [["Harbour Post"]]


async def test_history_tells_every_source_that_it_counts_and_the_copies(tmp_path: Path) -> None:
    made = site(tmp_path)
    own = [
        claim("recognized", "2025-07-03", source=f"Outlet {at}", sentence=f"Russia did, says {at}.") for at in range(6)
    ]
    wire = [
        claim("recognized", "2025-07-03", source=f"Paper {at}", text="an agency", sentence="Russia did.")
        for at in range(3)
    ]
    again = claim("withdrew_recognition", "2026-01-05", source="Outlet 1")
    made.filled.learn(*own, again, *wire)
    async with made.client() as client:
        facts = await data(client, "/v1/status/taliban/RU/history")
    first = next(fact for fact in facts if fact["value"] == "recognized")
    assert (first["sources"], first["independent"]) == (9, 7)
    assert {one["claim_id"] for one in first["support"]} == {one.id for one in (*own, *wire)}
    assert len(first["support"]) == 9
    assert {one["origin"] for one in first["support"]} == {one.id for one in (*own, wire[0])}
    second = next(fact for fact in facts if fact["value"] == "withdrawn")
    assert [one["claim_id"] for one in second["support"]] == [again.id]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ALL),
        ({"subject": "kosovo"}, [KOSOVO]),
        ({"country": "RU", "predicate": "recognized"}, [RUSSIA, AGAIN]),
        ({"source": "Hill Echo"}, [AGAIN, LISTED, DELISTED]),
        ({"source": "Nobody's"}, []),
        ({"q": "recognised"}, [RUSSIA, CHINA]),
        ({"q": "MOSCOW"}, [RUSSIA]),
        ({"q": "recogni*"}, [RUSSIA, CHINA]),
        ({"q": '"struck off"'}, [DELISTED]),
        ({"q": '"off struck"'}, []),
        ({"q": 'AND OR NEAR( "*'}, []),
    ],
)
async def test_claims_the_newest_first(client: httpx.AsyncClient, query: dict[str, str], expected: list[Claim]) -> None:
    found = await data(client, "/v1/claims", **query)
    assert [one["id"] for one in found] == [one.id for one in reversed(expected)]


async def test_a_claim_is_the_record_with_when_it_was_learned(client: httpx.AsyncClient) -> None:
    (found,) = await data(client, "/v1/claims", subject="kosovo")
    expected = KOSOVO.model_dump(mode="json")
    del expected["signature"]
    assert found == expected | {"learned": "2025-07-03T00:00:06.000Z"}


async def test_alerts_from_the_beginning_and_on(client: httpx.AsyncClient, served: Site) -> None:
    everything = await data(client, "/v1/alerts")
    kinds = [(one["data"]["country"], one["data"]["dimension"], one["data"]["kind"]) for one in everything]
    assert kinds == [
        ("RU", "recognition", "new"),
        ("RU", "recognition", "confirmed"),
        ("RU", "terrorism_listing", "background"),
        ("RU", "terrorism_listing", "background"),
        ("CN", "recognition", "background"),
        ("DE", "recognition", "background"),
    ]
    assert await data(client, "/v1/alerts", kind="new", subject="taliban", country="RU") == everything[:1]
    assert await data(client, "/v1/alerts", last=2) == everything[-2:]
    assert await data(client, "/v1/alerts", last=1, dimension="terrorism_listing") == everything[3:4]
    end = (await client.get("/v1/alerts")).json()["next"]
    assert end == ".".join(map(str, served.filled.freshness().as_of_offset["alerts"]))
    rest = (await client.get("/v1/alerts", params={"after": end})).json()
    assert (rest["data"], rest["next"]) == ([], end)
    beginning = ".".join("0" * PARTITIONS)
    assert await data(client, "/v1/alerts", after=beginning) == everything


async def test_subjects_in_the_order_of_the_watchlist(client: httpx.AsyncClient) -> None:
    found = {one["id"]: one for one in await data(client, "/v1/subjects")}
    assert next(iter(found)) == "taliban"
    assert (found["taliban"]["countries"], found["taliban"]["rows"], found["taliban"]["updated"]) == (
        2,
        3,
        "2025-07-05",
    )
    assert (found["palestine"]["countries"], found["palestine"]["updated"]) == (0, None)
    every = await data(client, "/v1/subjects", watched="all")
    assert "france" in {one["id"] for one in every}
    assert "france" not in found


async def test_a_subject_that_is_on_no_list_any_more_is_still_told(tmp_path: Path) -> None:
    made = site(tmp_path)
    made.filled.learn(claim("recognized", "2020", subject="ruritania"))
    async with made.client() as client:
        assert [one["name"] for one in await data(client, "/v1/subjects") if one["rows"]] == ["ruritania"]
        assert len(await data(client, "/v1/status", subject="ruritania")) == 1


async def test_countries_and_ontology(client: httpx.AsyncClient) -> None:
    names = {one["code"]: one["name"] for one in await data(client, "/v1/countries")}
    assert (names["RU"], names["XK"], len(names) > 240) == ("Russia", "Kosovo", True)
    told = await data(client, "/v1/ontology")
    assert [one["dimension"] for one in told] == list(DIMENSIONS)
    assert all(one["about"] and one["label"] for one in told)
    assert {(one["dimension"], value["predicate"], value["value"]) for one in told for value in one["values"]} == {
        (meaning.dimension, predicate, meaning.value) for predicate, meaning in ontology.load().predicates.items()
    }


# --- days ---


async def test_days_are_those_on_which_a_row_begins_changes_or_ends(client: httpx.AsyncClient) -> None:
    listing = [("terrorism_listing", "2003-12-31", 1), ("terrorism_listing", "2025-04-30", 1)]
    recognition = [("recognition", "2025-07-03", 1)]
    told = await data(client, "/v1/days", subject="taliban")
    assert [(one["dimension"], one["date"], one["rows"]) for one in told] == recognition + listing
    only = await data(client, "/v1/days", subject="taliban", dimension="terrorism_listing")
    assert [(one["dimension"], one["date"], one["rows"]) for one in only] == listing
    assert await data(client, "/v1/days", subject="palestine") == []


async def test_the_table_changes_on_its_days_and_on_no_other(tmp_path: Path) -> None:
    made = site(tmp_path)
    made.filled.learn(*made_up(1, 120))
    async with made.client() as client:

        async def table_of(day: date) -> dict[str, Any]:
            rows = await data(client, "/v1/status", subject="taliban", as_of=day.isoformat(), limit=1000)
            return {row["dimension"] + row["country"]: row for row in rows}

        listed: dict[date, int] = {}
        for one in await data(client, "/v1/days", subject="taliban"):
            day = date.fromisoformat(one["date"])
            listed[day] = listed.get(day, 0) + one["rows"]
        assert listed
        for day in listed | {day + timedelta(days=1): 0 for day in listed}:
            now, before = await table_of(day), await table_of(day - timedelta(days=1))
            changed = {key for key in now.keys() | before.keys() if now.get(key) != before.get(key)}
            assert len(changed) == listed.get(day, 0)
        for day, following in pairwise(sorted(listed)):
            assert await table_of(day) == await table_of(following - timedelta(days=1))


# --- pages ---


async def pages(
    client: httpx.AsyncClient, path: str, name: str = "cursor", **query: object
) -> AsyncIterator[list[Any]]:
    cursor: str | None = None
    while True:
        given = {key: str(value) for key, value in query.items()} | ({name: cursor} if cursor else {})
        reply = await client.get(path, params=given)
        assert reply.status_code == 200, reply.text
        yield reply.json()["data"]
        if (cursor := reply.json()["next"]) is None or (name == "after" and not reply.json()["data"]):
            return


COUNTRIES = "AR AT BR CA CH CL CN DE DK EG ES FI FR GB GR HU IE IN IT JP KE MX NL NO NZ PL RO RU SE US".split()


def made_up(seed: int, number: int) -> list[Claim]:
    chance = random.Random(seed)
    return [
        claim(
            chance.choice(("recognized", "not_recognized", "embassy_opened", "sanctions_imposed")),
            f"20{chance.randrange(10, 25)}",
            subject=chance.choice(("taliban", "kosovo", "palestine")),
            country=chance.choice(COUNTRIES),
            source=f"Outlet {seed}.{at}",
        )
        for at in range(number)
    ]


@settings(max_examples=6)
@given(seed=st.integers(0, 2**16), limit=st.integers(1, 9), chunks=st.lists(st.integers(0, 7), max_size=20))
async def test_pages_hold_what_was_there_once_while_more_comes_in(
    tmp_path_factory: pytest.TempPathFactory, seed: int, limit: int, chunks: list[int]
) -> None:
    filled = Filled(tmp_path_factory.mktemp("pages") / "view.sqlite")
    filled.learn(*made_up(seed, 25))
    made = site(tmp_path_factory.mktemp("site"), filled)
    chance = random.Random(seed)
    async with made.client() as client:
        for path, name in (("/v1/status", "cursor"), ("/v1/claims", "cursor"), ("/v1/alerts", "after")):
            before = {identity(one): one for one in await data(client, path, limit=1000)}
            seen: list[str] = []
            waiting = iter(chunks)
            async for page in pages(client, path, name, limit=limit):
                seen += map(identity, page)
                filled.learn(*made_up(chance.randrange(2**30), next(waiting, 0)))
            assert len(seen) == len(set(seen)), path
            assert before.keys() <= set(seen), path
            if path == "/v1/claims":  # newest first: what came meanwhile is before the first page
                assert seen == list(before)
            else:
                assert [one for one in seen if one in before] == list(before)
    filled.store.close()


def identity(one: dict[str, Any]) -> str:
    return one["id"] if "id" in one else "/".join(keys([one])[0][:3])


async def test_the_last_page_of_a_list_has_no_next(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/v1/status", params={"limit": 4})).json()
    assert (len(whole["data"]), whole["next"]) == (4, None)
    part = await client.get("/v1/status", params={"limit": 3, "subject": "taliban", "format": "json"})
    assert part.json()["next"] is None
    first = await client.get("/v1/status", params={"limit": 2, "subject": "taliban"})
    link = first.headers["link"]
    assert link == f'</v1/status?limit=2&subject=taliban&cursor={first.json()["next"]}>; rel="next"'
    following = await client.get(link[1 : link.index(">")])
    assert keys(following.json()["data"]) == [DELISTED_ROW]


# --- CSV ---


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/status", "status"),
        ("/v1/status/taliban/RU", "taliban-RU"),
        ("/v1/status/taliban/RU/history", "taliban-RU-history"),
        ("/v1/days?subject=taliban", "taliban-days"),
        ("/v1/claims", "claims"),
        ("/v1/alerts", "alerts"),
        ("/v1/subjects", "subjects"),
        ("/v1/countries", "countries"),
    ],
)
async def test_csv_has_the_rows_of_the_json(client: httpx.AsyncClient, path: str, name: str) -> None:
    by_accept = await client.get(path, headers={"Accept": "text/csv"})
    by_name = await client.get(asked(path, format="csv"), headers={"Accept": "application/json"})
    assert by_accept.text == by_name.text
    assert by_accept.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert by_accept.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert "Accept" in by_accept.headers["vary"]
    assert {"recognition-as-of-offset", "recognition-lag", "recognition-stale"} <= set(by_accept.headers)
    found = await data(client, path, format="json")
    rows = found["rows"] if isinstance(found, dict) else found
    if name == "alerts":
        rows = [row["data"] | {"id": row["id"]} for row in rows]
    shared = [column for column in table(by_accept.text)[0] if column in rows[0]]
    assert len(shared) >= 2
    texts = {None: "", True: "true", False: "false"}
    assert [[row[column] for column in shared] for row in table(by_accept.text)] == [
        [texts[cell] if isinstance(cell := row.get(column), bool | None) else str(cell) for column in shared]
        for row in rows
    ]


async def test_columns_that_json_has_deeper(client: httpx.AsyncClient) -> None:
    status = table((await client.get("/v1/status?format=csv&country=RU&dimension=recognition")).text)
    assert (status[0]["claims_7d"], status[0]["independent_30d"]) == ("2", "2")
    claims = table((await client.get("/v1/claims?format=csv&limit=1")).text)
    assert (claims[0]["sentence"], claims[0]["learned"]) == (KOSOVO.evidence.sentence, "2025-07-03T00:00:06.000Z")
    alerts = table((await client.get("/v1/alerts?format=csv&last=1")).text)
    assert (alerts[0]["kind"], alerts[0]["sentence"]) == ("background", KOSOVO.evidence.sentence)


async def test_the_page_after_a_csv_page_is_in_the_link(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/claims?format=csv&limit=4")
    link = first.headers["link"]
    second = await client.get(link[1 : link.index(">")])
    assert [one["id"] for one in table(first.text) + table(second.text)] == [one.id for one in reversed(ALL)]
    assert "link" not in second.headers


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("text/csv", True),
        ("text/*", True),
        ("text/csv;q=0.9, application/json;q=0.5", True),
        ("text/csv, application/json;q=0.9", True),
        ("application/json, text/csv", False),
        ("application/json, text/csv;q=0.5", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/csv;q=0", False),
        ("text/csv;q=nonsense", False),
        ("", False),
    ],
)
async def test_accept_is_weighed(client: httpx.AsyncClient, accept: str, is_csv: bool) -> None:
    reply = await client.get("/v1/status", headers={"Accept": accept})
    assert reply.headers["content-type"].startswith("text/csv") == is_csv


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = csv.reader(io.StringIO(to_csv(Table("x", ["a"], [[text]])).decode().partition("\r\n")[2], newline="")) or [
        [""]
    ]
    cell = row[0] if row else ""
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in (text, f"'{text}")
