"""Read-only connections to the file of the view: one for each question that is being answered."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.serving.store import APPLICATION_ID, SCHEMA_VERSION

IDLE = 8
"""Connections that are kept for the next question."""

_BUSY_SECONDS = 5.0
_CACHE_KIB = 8 * 1024


class UnavailableError(Exception):
    """The view cannot be asked yet: nothing has made its file."""


class Readers:
    """Read-only connections, made when they are needed. Making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the file.

        Raises UnavailableError when there is no file, or none of this schema.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        except BaseException:
            connection.close()
            raise
        connection.execute("COMMIT")
        if self._closed or len(self._idle) >= IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close what is idle, and what is not when it is given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise UnavailableError("the view is closed")
        connection = None
        try:
            connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY_SECONDS,
            )
            marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
            connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise UnavailableError(f"{self._path} cannot be read ({error})") from error
        if marks != [APPLICATION_ID, SCHEMA_VERSION]:
            connection.close()
            raise UnavailableError(f"{self._path} is not made yet")
        return connection
