"""docs/database.md, held against the file: every table and column, and its queries as SQL users run them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from datasette.app import Datasette

from pipeline.serving.store import Store
from tests.unit.judging_claims import claim
from tests.unit.view_records import made, topics_of

TEXT = (Path(__file__).parents[2] / "docs" / "database.md").read_text("utf-8")
WORKED = re.findall(r"```sql\n(.*?);\n```", TEXT, re.DOTALL)
STABLE = ("status", "status_as_of", "facts", "fact_support", "claims", "alerts")
TOLD = (
    claim("recognized", "1988-11-18", country="TR", subject="palestine", source="Bosphorus", dated="2024-05-29"),
    claim("recognized", "2024-05-28", country="ES", subject="palestine", source="Herald", dated="2024-05-29"),
    claim("recognized", "2024-05-28", country="ES", subject="palestine", source="Courier", dated="2024-05-29"),
    claim("recognized", "2024-05-28", country="IE", subject="palestine", source="Herald", dated="2024-05-29"),
    claim("recognized", "2025-09-21", country="GB", subject="palestine", source="Herald", dated="2025-09-22"),
    claim("recognized", "XXXX-02-10", country="KE", subject="palestine", source="Echo"),
    claim("recognized", "2025-07-03", source="Herald", dated="2025-07-04", sentence="It opened an embassy, too."),
    claim("not_recognized", source="Gazette", dated="2025-06-01", sentence="It had recognised nobody."),
)
ANSWERS: list[list[tuple[Any, ...]]] = [
    [
        ("TR", "1988-11-18", "reported", 1),
        ("ES", "2024-05-28", "corroborated", 2),
        ("IE", "2024-05-28", "reported", 1),
    ],
    [
        ("recognition", "not_recognized", None, "history", "Gazette", "2025-06-01", "It had recognised nobody.",
         "2025-07-04T03:33:27.000Z"),
        ("recognition", "recognized", "2025-07-03", "current", "Herald", "2025-07-04", "It opened an embassy, too.",
         "2025-07-04T03:33:26.000Z"),
    ],
    [("1988-11", 1, 1), ("2024-05", 2, 1), ("2025-07", 1, 1), ("2025-09", 1, 1)],
]  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("documented") / "view.sqlite", topics_of(TOLD).records)


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
        yield opened


def frame_rows(frame: pandas.DataFrame) -> list[tuple[Any, ...]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return list(plain.itertuples(index=False, name=None))


def test_there_are_three_worked_queries() -> None:
    assert len(WORKED) == len(ANSWERS) == 3


@pytest.mark.parametrize(("query", "answer"), list(zip(WORKED, ANSWERS, strict=True)))
def test_worked_queries_in_sqlite_and_pandas(
    connection: sqlite3.Connection, query: str, answer: list[tuple[Any, ...]]
) -> None:
    assert connection.execute(query).fetchall() == answer
    assert frame_rows(pandas.read_sql_query(query, connection)) == answer


def test_worked_queries_in_duckdb_without_its_extension(connection: sqlite3.Connection) -> None:
    with duckdb.connect() as frames:
        for table in STABLE:
            frames.register(table, pandas.read_sql_query(f"SELECT * FROM {table}", connection))  # noqa: S608
        assert [frames.sql(query).fetchall() for query in WORKED] == ANSWERS


async def test_worked_queries_in_datasette(path: Path) -> None:
    datasette = Datasette([str(path)])
    await datasette.invoke_startup()
    try:
        listed = (await datasette.client.get("/view.json")).json()
        assert set(STABLE) <= {table["name"] for table in listed["tables"]}
        assert (await datasette.client.get("/view/status")).status_code == 200
        for query, answer in zip(WORKED, ANSWERS, strict=True):
            reply = await datasette.client.get("/view.json", params={"sql": query})
            assert [tuple(row) for row in reply.json()["rows"]] == answer
    finally:
        for database in datasette.databases.values():
            database.close()


def test_the_search_that_is_shown_runs(connection: sqlite3.Connection) -> None:
    (query,) = re.findall(r"```sql sqlite\n(.*?);\n```", TEXT, re.DOTALL)
    assert [sentence for _, _, sentence in connection.execute(query)] == ["It opened an embassy, too."]


def test_the_python_that_is_shown_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    told: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(block, told)  # noqa: S102 - our own document
    assert len(told["status"]) == 6
    told["connection"].close()
    told["frames"].close()


def test_every_table_and_column_is_documented(tmp_path: Path) -> None:
    store = Store(tmp_path / "view.sqlite")
    names = [
        name
        for (name,) in store.connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        if not name.startswith(("sqlite_", "evidence_search_"))
    ]
    for name in names:
        columns = [column for _, column, *_ in store.connection.execute(f"PRAGMA table_info({name})")]
        section = re.search(rf"^### {name}\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE)
        if section:
            cells = [line.split("|")[1] for line in section[1].splitlines() if line.startswith("| `")]
            assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(columns)
        else:
            inner = re.search(rf"`{name}` \((.*?)\)", TEXT)
            assert inner, name
            assert re.findall(r"`(\w+)`", inner[1]) == columns
    store.close()
