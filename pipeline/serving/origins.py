"""Who said it first: for each article behind a Fact, the article whose text it prints."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline import ontology
from pipeline.judging.independence import clusters, sketch, witness_key
from pipeline.records import Fact
from pipeline.serving.positions import LAST, first_after, learned_ms

COMPARED = 1_000
"""Claims of one value that are compared with each other, the oldest ones; a text first printed later than by these
counts as its own origin."""


@dataclass(frozen=True)
class Origin:
    """Where the text of a supporting article was first printed."""

    claim_id: str
    """The claim of the first article of its cluster of similar texts: its own when it copies nobody."""
    learned_ms: int | None
    """When the supporting claim itself was learned; None while it has not arrived here."""


class _Told(NamedTuple):
    """One claim of the value: as far as it matters here."""

    position: int
    claim_id: str
    source: str
    digest: str
    signature: str

    @property
    def witness(self) -> str:
        return witness_key(self.source, self.digest)


def origins(connection: sqlite3.Connection, fact: Fact, known_at_ms: int | None = None) -> tuple[Origin, ...]:
    """The origins of a Fact's support, in its order: among the claims on the same value that were known by then."""
    predicate = next(
        name
        for name, meaning in ontology.load().predicates.items()
        if (meaning.dimension, meaning.value) == (fact.dimension, fact.value)
    )
    told = _told(connection, fact, predicate, LAST if known_at_ms is None else first_after(known_at_ms))
    cluster = clusters({one.witness: sketch(one.signature) for one in told})
    first: dict[str, str] = {}
    for one in told:
        first.setdefault(cluster[one.witness], one.claim_id)
    known = {one.claim_id: one for one in told}
    return tuple(
        Origin(first[cluster[known[one.claim_id].witness]], learned_ms(known[one.claim_id].position))
        if one.claim_id in known
        else Origin(one.claim_id, None)
        for one in fact.support
    )


def _told(connection: sqlite3.Connection, fact: Fact, predicate: str, before: int) -> Sequence[_Told]:
    """The oldest claims on the value, and those that the Fact names; in order."""
    columns = "SELECT position, id, source, digest, signature FROM claims"
    oldest = connection.execute(
        f"{columns} WHERE subject = ? AND country = ? AND predicate = ? AND position < ? ORDER BY position LIMIT ?",
        (fact.subject, fact.country, predicate, before, COMPARED),
    ).fetchall()
    named = [one.claim_id for one in fact.support]
    more = connection.execute(
        f"{columns} WHERE id IN ({', '.join('?' * len(named))}) AND position < ?",
        (*named, before),
    ).fetchall()
    return sorted({_Told(*row) for row in (*oldest, *more)})
