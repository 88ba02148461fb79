"""The file: one writer, one schema, made anew where it is not of these topics, and never another's."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import RecognitionError
from pipeline.serving import store as module
from pipeline.serving.positions import LAST, first_after, learned_ms, position_after
from pipeline.serving.store import Identity, Store, identity_of
from tests.unit.judging_claims import claim
from tests.unit.view_records import IDENTITY, apply_to, content, made, topics_of

TOPICS = topics_of([claim("recognized", "2025-07-03", dated="2025-07-04")])


def test_it_opens_again_as_it_was(tmp_path: Path) -> None:
    path = made(tmp_path / "deep" / "view.sqlite", TOPICS.records)
    store = Store(path)
    before = content(store)
    assert identity_of(store.connection) == IDENTITY
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()
    store = Store(path)
    assert content(store) == before
    store.close()


def test_another_process_is_refused_and_told_why(tmp_path: Path) -> None:
    path = tmp_path / "view.sqlite"
    held = Store(path)
    script = f"from pathlib import Path; from pipeline.serving.store import Store; Store(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert f"{path} is written by another process ({os.getpid()})" in other.stderr
    assert "RECOGNITION_DATABASE" in other.stderr
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    with pytest.raises(RecognitionError, match="another process"):
        Store(link)
    held.close()
    Store(path).close()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "view.sqlite"
    script = """
import os, sys
from pathlib import Path
from pipeline.serving.store import Store

connection = Store(Path(sys.argv[1])).connection
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO meta VALUES ('a', 'b')")
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    store = Store(path)
    assert identity_of(store.connection) is None
    store.close()


@pytest.mark.parametrize("kind", ["database", "text"])
def test_what_is_not_a_view_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mine"
    if kind == "database":
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE dear (to_me)")
        connection.close()
    else:
        path.write_text("dear to me, and longer than the mark of a database")
    before = path.read_bytes()
    with pytest.raises(RecognitionError, match="not a view of Recognition Watch, and is left alone"):
        Store(path)
    assert path.read_bytes() == before


def test_a_broken_view_says_what_to_do(tmp_path: Path) -> None:
    path = made(tmp_path / "view.sqlite", TOPICS.records)
    path.write_bytes(path.read_bytes()[:4096] + b"\x00" * 8192)
    with pytest.raises(RecognitionError, match="Delete it"):
        Store(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecognitionError, match="cannot be written"):
        Store(tmp_path / "file" / "view.sqlite")


def test_another_version_of_the_schema_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "view.sqlite", TOPICS.records)
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE of_old (a PRIMARY KEY); CREATE VIEW seen AS SELECT * FROM of_old; DROP TABLE alerts"
    )
    old.close()
    monkeypatch.setattr(module, "SCHEMA_VERSION", 99)
    store = Store(path)
    assert identity_of(store.connection) is None
    names = {name for (name,) in store.connection.execute("SELECT name FROM sqlite_master")}
    assert "alerts" in names
    assert not names & {"of_old", "seen"}
    store.empty(IDENTITY)
    apply_to(store, TOPICS.records)
    fresh = Store(made(tmp_path / "fresh.sqlite", TOPICS.records))
    assert content(store) == content(fresh)
    store.close()
    fresh.close()


def test_another_schema_of_the_same_version_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "view.sqlite", TOPICS.records)
    schema = module._schema()
    monkeypatch.setattr(module, "_schema", lambda: schema + "CREATE TABLE more (one);\n")
    store = Store(path)
    assert identity_of(store.connection) is None
    assert store.connection.execute("SELECT count(*) FROM more").fetchone() == (0,)
    store.close()


def test_a_crash_while_it_is_emptied_leaves_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(made(tmp_path / "view.sqlite", TOPICS.records))
    before = content(store)
    with monkeypatch.context() as patch:
        patch.setattr(module, "asdict", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.empty(Identity("another", "", 1))
    assert content(store) == before
    assert store.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()


def test_positions_grow_along_a_partition_and_tell_when_a_claim_was_learned() -> None:
    ms = 1_751_600_000_000
    last = None
    for offset, at in enumerate([ms, ms, ms + 5, ms + 3, 0, -1, *[ms + 6] * 5_000, 10**18, 10**18]):
        position = position_after(last, at, 1_023, offset)
        assert last is None or position > last
        assert position <= LAST
        last = position
    one, other = position_after(None, ms, 0, 7), position_after(None, ms, 1, 7)
    assert one < other < first_after(ms) <= position_after(None, ms + 1, 0, 0)
    assert learned_ms(one) == learned_ms(other) == ms
    assert (first_after(-1), first_after(10**18)) == (0, LAST)


def test_positions_are_what_they_were_in_every_version() -> None:
    assert position_after(None, 1_577_836_800_001, 3, 4_097) == (1 << 22) + (3 << 12) + 1
