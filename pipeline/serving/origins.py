"""Who said it first: for each article behind a Fact, the article whose text it prints."""

import sqlite3
from base64 import b64decode
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.judging.independence import SIMILAR_DIGITS, SKETCH_DIGITS, witness_key
from pipeline.records import Fact
from pipeline.serving.positions import LAST, first_after, learned_ms

COMPARED = 5_000
"""Texts on one value that are looked through for where one was first printed: the oldest ones."""

_UNREADABLE = 255  # a signature that is none: its text resembles nothing but its exact copies


@dataclass(frozen=True)
class Origin:
    """Where the text of a supporting article was first printed."""

    claim_id: str
    """The claim of the first article of its cluster of similar texts: its own when it copies nobody."""
    learned_ms: int | None
    """When the supporting claim itself was learned; None while it has not arrived here."""


class Origins:
    """The claims on one subject and country that were known by then, to find origins among."""

    def __init__(
        self, connection: sqlite3.Connection, subject: str, country: str, known_at_ms: int | None = None
    ) -> None:
        self._texts: dict[tuple[str, str], _Texts] = defaultdict(_Texts)
        for dimension, value, *told in connection.execute(
            "SELECT dimension, value, position, id, digest, signature, source, date FROM claims "
            "WHERE subject = ? AND country = ? AND position < ? ORDER BY position",
            (subject, country, LAST if known_at_ms is None else first_after(known_at_ms)),
        ):
            self._texts[dimension, value].add(_Told(*told))

    def of(self, fact: Fact) -> tuple[Origin, ...]:
        """The origins of a Fact's support, in its order, among the claims on the same value."""
        texts = self._texts[fact.dimension, fact.value]
        return tuple(texts.origin(support.claim_id) for support in fact.support)

    def others(self, fact: Fact, witnesses: Collection[str]) -> list[str]:
        """The claims of those who speak for a Fact and are not in its support: one of each, what gives a date of the
        Fact before what does not, and then the first learned.
        """
        return self._texts[fact.dimension, fact.value].others(fact, witnesses)


class _Told(NamedTuple):
    """One claim, as far as it matters here."""

    position: int
    claim_id: str
    digest: str
    signature: str
    source: str
    date: str | None

    @property
    def witness(self) -> str:
        return witness_key(self.source, self.digest)


class _Texts:
    """The texts that make claims on one value, each with the first claim of it."""

    def __init__(self) -> None:
        self._claims: dict[str, _Told] = {}
        self._first: dict[str, _Told] = {}
        self._sketches: NDArray[np.uint8] | None = None
        self._origins: dict[str, str] = {}

    def add(self, told: _Told) -> None:
        """One claim more, learned after those before it."""
        self._claims[told.claim_id] = told
        if len(self._first) < COMPARED:
            self._first.setdefault(told.digest, told)

    def origin(self, claim_id: str) -> Origin:
        """Where the text of this claim was first printed."""
        told = self._claims.get(claim_id)
        if told is None:
            return Origin(claim_id, None)
        if told.digest not in self._origins:
            first = self._first_of_cluster(told.digest) if told.digest in self._first else told
            self._origins[told.digest] = first.claim_id
        return Origin(self._origins[told.digest], learned_ms(told.position))

    def others(self, fact: Fact, witnesses: Collection[str]) -> list[str]:
        """See ``Origins.others``."""
        missing = set(witnesses) - {
            self._claims[one.claim_id].witness for one in fact.support if one.claim_id in self._claims
        }
        dates = {one.date for one in fact.dates}
        found: dict[str, str] = {}
        for told in sorted(self._claims.values(), key=lambda told: told.date not in dates):
            if told.witness in missing:
                found.setdefault(told.witness, told.claim_id)
        return list(found.values())

    def _first_of_cluster(self, digest: str) -> _Told:
        """The first text that resembles this one, or one that resembles it, and so on."""
        firsts = list(self._first.values())
        if self._sketches is None:
            self._sketches = np.stack([_sketch(one.signature) for one in firsts])
        member = np.zeros(len(firsts), dtype=bool)
        left = [list(self._first).index(digest)]
        member[left] = True
        while left:
            mine = self._sketches[left.pop()]
            if mine[0] == _UNREADABLE:
                continue
            alike = (self._sketches == mine).sum(axis=1) >= SIMILAR_DIGITS
            found = np.flatnonzero(alike & ~member)
            member[found] = True
            left += found.tolist()
        return firsts[int(np.argmax(member))]


def _sketch(signature: str) -> NDArray[np.uint8]:
    """As judging.independence.sketch, in numbers."""
    try:
        raw = np.frombuffer(b64decode(signature, validate=True), dtype=np.uint8)
    except ValueError:
        raw = np.zeros(0, dtype=np.uint8)
    if len(raw) != 4 * SKETCH_DIGITS:
        return np.full(SKETCH_DIGITS, _UNREADABLE, dtype=np.uint8)
    return np.bitwise_and(raw[::4], 15, dtype=np.uint8)
