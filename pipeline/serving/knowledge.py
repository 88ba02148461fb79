"""What was known at an earlier time: the claims that had come by then, folded again as the judge folded them."""

import sqlite3
import zlib
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock

from pipeline.judging.fold import fold
from pipeline.records import Claim, Status
from pipeline.serving.positions import first_after
from pipeline.serving.stored import CLAIM, claim_fields

SAVE_EVERY = 250
"""Claims; a later question is answered from the nearest Status that was saved on the way."""

CACHE_BYTES = 64 * 1024 * 1024

FOLDS = 250
"""Claims that are folded at most for one question; asked again, it goes on from there."""

WIDEST = 20_000
"""Claims that a question may be about, at most."""

_Key = tuple[str, str]


class TooWideError(ValueError):
    """A question about an earlier state of knowledge would have too many claims folded again."""

    def __init__(self, claims: int) -> None:
        super().__init__(
            f"what was known at an earlier time is told by folding the claims again, here {claims:,} of them, and "
            f"at most {WIDEST:,}; name a subject, a country, or both"
        )


class NotYetFoldedError(Exception):
    """A question has many claims folded again; so far only some of them are. Ask again: it goes on from there."""


class Allowance:
    """How many claims may still be folded for one question."""

    def __init__(self, folds: int = FOLDS) -> None:
        self._left = folds

    def spend(self) -> None:
        """Fold one more. Raises NotYetFoldedError."""
        self._left -= 1
        if self._left < 0:
            raise NotYetFoldedError("claims are still being folded; ask again")


class Knowledge:
    """Tells what was known when; remembers some of it. Thread-safe: one question at a time folds.

    Args:
        freshness_days: as the judge has it.
        cache_bytes: what it may remember.
    """

    def __init__(self, freshness_days: int = 30, *, cache_bytes: int = CACHE_BYTES) -> None:
        self._freshness_days = freshness_days
        self._saved = _Saved(cache_bytes)
        self._lock = Lock()
        self._schema: int | None = None

    @staticmethod
    def keys(
        connection: sqlite3.Connection,
        known_at_ms: int,
        subject: str | None,
        country: str | None,
        start: tuple[str, str, str] | None,
    ) -> list[_Key]:
        """Every (subject, country) that there was a claim on by then, in order, from that of ``start`` on.

        Raises TooWideError when there were too many claims on them.
        """
        found = connection.execute(
            "SELECT subject, country, count(*) FROM claims WHERE position < ?1 AND (subject, country) >= (?2, ?3) "
            "AND (?4 IS NULL OR subject = ?4) AND (?5 IS NULL OR country = ?5) GROUP BY subject, country "
            "ORDER BY subject, country",
            (first_after(known_at_ms), *(start[:2] if start else ("", "")), subject, country),
        ).fetchall()
        claims = sum(count for _, _, count in found)
        if claims > WIDEST and (subject is None or country is None):
            raise TooWideError(claims)
        return [(subject, country) for subject, country, _ in found]

    def status(
        self,
        connection: sqlite3.Connection,
        subject: str,
        country: str,
        known_at_ms: int,
        *,
        allowance: Allowance,
    ) -> Status | None:
        """The Status that the judge had then; None when it had none.

        Raises NotYetFoldedError when the allowance does not suffice; what was done is remembered.
        """
        key = (subject, country)
        with self._lock:
            self._forget_another_file(connection)
            at, status = self._saved.nearest(key, first_after(known_at_ms) - 1)
            saved = at
            since = 0
            try:
                for position, claim in _claims(connection, key, at, first_after(known_at_ms)):
                    allowance.spend()
                    with suppress(Exception):  # then the judge could not fold it either, and made it a dead letter
                        status, _ = fold(status, claim, freshness_days=self._freshness_days)
                    at = position
                    since += 1
                    if status is not None and since % SAVE_EVERY == 0:
                        self._saved.add(key, at, status)
                        saved = at
            finally:
                if status is not None and at != saved:
                    self._saved.add(key, at, status)
        return status

    def _forget_another_file(self, connection: sqlite3.Connection) -> None:
        """Forget all when the tables were made anew: then they may come from other topics."""
        schema = connection.execute("PRAGMA schema_version").fetchone()[0]
        if schema != self._schema:
            self._saved.clear()
            self._schema = schema


def _claims(connection: sqlite3.Connection, key: _Key, after: int, before: int) -> Iterator[tuple[int, Claim]]:
    """The claims of a key as the judge met them, those that came again included."""
    span = (*key, after, before)
    where = "subject = ? AND country = ? AND position > ? AND position < ?"
    again = connection.execute(f"SELECT position, record FROM claim_repeats WHERE {where} ORDER BY position", span)  # noqa: S608
    repeats = again.fetchall()[::-1]
    for signature, *row in connection.execute(
        f"SELECT signature, {CLAIM} FROM claims WHERE {where} ORDER BY position",  # noqa: S608 - constants
        span,
    ):
        fields = claim_fields(row)
        position = fields.pop("position")
        while repeats and repeats[-1][0] < position:
            yield _again(*repeats.pop())
        yield position, Claim.model_validate(fields | {"signature": signature})
    while repeats:
        yield _again(*repeats.pop())


def _again(position: int, record: str) -> tuple[int, Claim]:
    return position, Claim.from_json(record)


class _Saved:
    """Statuses by key and position of the last claim in them; the least recently used are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._records: OrderedDict[tuple[_Key, int], bytes] = OrderedDict()
        self._positions: dict[_Key, list[int]] = {}

    def nearest(self, key: _Key, position: int) -> tuple[int, Status | None]:
        """The last one up to a position, and its own; -1 and None when there is none."""
        positions = self._positions.get(key, [])
        at = bisect_right(positions, position) - 1
        if at < 0:
            return -1, None
        name = (key, positions[at])
        self._records.move_to_end(name)
        return positions[at], Status.from_json(zlib.decompress(self._records[name]))

    def add(self, key: _Key, position: int, status: Status) -> None:
        """Remember one that is not there yet."""
        record = zlib.compress(status.to_json(), 1)
        self._records[key, position] = record
        insort(self._positions.setdefault(key, []), position)
        self._size += len(record)
        while self._size > self._limit:
            (other, oldest), dropped = self._records.popitem(last=False)
            self._size -= len(dropped)
            self._positions[other].remove(oldest)
            if not self._positions[other]:
                del self._positions[other]

    def clear(self) -> None:
        """Forget all."""
        self._records.clear()
        self._positions.clear()
        self._size = 0
