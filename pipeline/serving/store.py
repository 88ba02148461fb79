"""The SQLite file of the view: whose it is, its schema, its one writer.

A file that was made from another cluster or other topics, or by another version of the schema, is emptied in place, in
one transaction: a crash leaves it as it was or empty, and who reads it at that time goes on with what was there.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.errors import RecognitionError

APPLICATION_ID = 0x52575631
"""Marks a file as a view ("RWV1"), so that no other database is ever emptied."""

SCHEMA_VERSION = 1
"""Raised with every change that a reader of the file meets; any change of schema.sql has files made anew."""

_MAGIC = b"SQLite format 3\x00"
_BUSY_MS = 10_000
_LARGEST_WAL = 64 * 1024 * 1024


Source = Literal["status", "claims", "alerts"]
SOURCES: tuple[Source, ...] = get_args(Source)
"""The topics that are followed, by the names that they have without a prefix."""


@dataclass(frozen=True)
class Identity:
    """What the tables are made from."""

    cluster_id: str
    topic_prefix: str
    partitions: int


@dataclass(frozen=True)
class Place:
    """How far a partition is applied."""

    next_offset: int
    last_digest: bytes
    """Of the record before it: see ``Received.digest``."""
    last_position: int | None
    """Of the last claim."""


def identity_of(connection: sqlite3.Connection) -> Identity | None:
    """What the tables are made from; None while they are empty."""
    meta: dict[str, Any] = dict(connection.execute("SELECT key, value FROM meta"))
    if "cluster_id" not in meta:
        return None
    return Identity(meta["cluster_id"], meta["topic_prefix"], int(meta["partitions"]))


def places(connection: sqlite3.Connection) -> dict[tuple[str, int], Place]:
    """How far each partition is applied; those of which nothing is are left out."""
    found = connection.execute("SELECT topic, partition, next_offset, last_digest, last_position FROM offsets")
    return {(topic, partition): Place(*place) for topic, partition, *place in found}


def offsets_of(connection: sqlite3.Connection) -> dict[str, tuple[int, ...]]:
    """The next offset of each partition of each topic; of none where it is not known yet how many there are."""
    at = {name: place.next_offset for name, place in places(connection).items()}
    identity = identity_of(connection)
    numbers = range(identity.partitions if identity else 0)
    return {source: tuple(at.get((source, number), 0) for number in numbers) for source in SOURCES}


class Store:
    """The file, opened to write. One process at a time has it, for as long as the object is open."""

    def __init__(self, path: Path) -> None:
        """Lock the file, make it where it is missing, and empty it where its schema is another one.

        Raises RecognitionError when another process writes it, when it is no view, or when it cannot be written.
        """
        self.path = path.expanduser().resolve()
        self._lock = _hold(self.path)
        try:
            self.connection = self._connect()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Close the file and let go of it."""
        self.connection.close()
        os.close(self._lock)

    def empty(self, identity: Identity | None = None) -> None:
        """Drop all there is and make the tables anew, to be filled from the topics named."""
        self.connection.execute("PRAGMA foreign_keys = OFF")  # else every row that goes is looked up
        try:
            with self.transaction():
                self._make_anew()
                meta = {"schema": _schema_digest()} | (asdict(identity) if identity else {})
                self.connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        finally:
            self.connection.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or, when something is raised, nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def unusable(self, error: sqlite3.Error) -> RecognitionError:
        """What to tell of a file that SQLite cannot work with."""
        return RecognitionError(
            f"{self.path} cannot be used as the view's database ({error}). Delete it, with the files beside it that "
            "begin with its name, and it is made anew from the topics; or name another file with RECOGNITION_DATABASE."
        )

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1_000
            )
        except sqlite3.Error as error:
            raise self.unusable(error) from error
        self.connection = connection
        try:
            self._check()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # what power loss takes is read from the topics again
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = OFF")
            connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_WAL}")
            if not self._is_of_this_schema():
                self.empty()
        except sqlite3.DatabaseError as error:
            connection.close()
            raise self.unusable(error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self) -> None:
        """Raise RecognitionError unless the file is a view or empty."""
        with self.path.open("rb") as file:
            head = file.read(len(_MAGIC))
        holds = head == _MAGIC and self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if head not in (b"", _MAGIC) or (holds and self._pragma("application_id") != APPLICATION_ID):
            raise RecognitionError(
                f"{self.path} is not a view of Recognition Watch, and is left alone. "
                "Name another file with RECOGNITION_DATABASE."
            )

    def _is_of_this_schema(self) -> bool:
        """Whether the tables are those of schema.sql as it is now, not only by their version."""
        if self._pragma("user_version") != SCHEMA_VERSION:
            return False
        found = self.connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        return bool(found == (_schema_digest(),))

    def _make_anew(self) -> None:
        kinds = ("view", "table")  # indexes go with their tables, and the tables behind a search with it
        for kind in kinds:
            names = self.connection.execute(
                "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~' "
                "ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC, rowid DESC",  # children before parents
                (kind,),
            ).fetchall()
            for (name,) in names:
                self.connection.execute(f'DROP {kind.upper()} IF EXISTS "{name}"')
        for statement in _statements():
            self.connection.execute(statement)
        self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])


def _hold(path: Path) -> int:
    """Lock the file beside the database that is there for this alone; give the open file that carries the lock."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RecognitionError(
            f"{path} cannot be written ({error.strerror}). Name another file with RECOGNITION_DATABASE."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise RecognitionError(
            f"{path} is written by another process{f' ({holder})' if holder else ''}: every `recognition serve` has a "
            "file of its own. Stop that one, or name another file with RECOGNITION_DATABASE."
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _schema() -> str:
    return files("pipeline.serving").joinpath("schema.sql").read_text("utf-8")


def _schema_digest() -> str:
    return blake2b(_schema().encode(), digest_size=16).hexdigest()


def _statements() -> Iterator[str]:
    """The statements of schema.sql, one by one: executescript would commit the transaction that it runs in."""
    statement = ""
    for line in _schema().splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
