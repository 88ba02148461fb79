"""What the judge and publish put on their topics for given claims, as the view receives it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.records import Claim, Status
from pipeline.serving.materialise import Applied, Received, apply
from pipeline.serving.store import Identity, Source, Store

PARTITIONS = 3
IDENTITY = Identity("a-cluster", "", PARTITIONS)
START_MS = 1_751_600_000_000
"""4 July 2025."""


@dataclass
class Topics:
    """The three topics; and after each claim the Status that the judge had of its key."""

    records: list[Received] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    known: list[tuple[int, str, Status]] = field(default_factory=list)
    """Time, key, and the Status from then on."""
    _next: Counter[tuple[Source, int]] = field(default_factory=Counter)

    def add(self, claim: Claim, ms: int) -> None:
        """A claim that came at a time, and what follows from it."""
        self.put("claims", claim.key, claim.to_json(), ms)
        status, changes = fold(self.statuses.get(claim.key), claim)
        self.statuses[claim.key] = status
        self.known.append((ms, claim.key, status))
        self.put("status", claim.key, status.to_json(), ms)
        for change in changes:
            if not any(record.value and change.id.encode() in record.value for record in self.of("alerts")):
                self.put("alerts", claim.key, alert_of(change).to_json(), ms)

    def put(self, source: Source, key: str, value: bytes | None, ms: int = START_MS) -> Received:
        partition = crc32(key.encode()) % PARTITIONS
        offset = self._next[source, partition]
        self._next[source, partition] += 1
        self.records.append(Received(source, partition, offset, ms, key.encode(), value))
        return self.records[-1]

    def of(self, source: Source) -> list[Received]:
        return [record for record in self.records if record.source == source]


def topics_of(claims: Iterable[Claim], every_ms: int = 1_000) -> Topics:
    """The topics after these claims, which came one after the other."""
    made = Topics()
    for at, claim in enumerate(claims):
        made.add(claim, START_MS + at * every_ms)
    return made


def made(path: Path, records: Sequence[Received]) -> Path:
    """A view of these records."""
    store = Store(path)
    try:
        store.empty(IDENTITY)
        apply_to(store, records)
    finally:
        store.close()
    return path


def apply_to(store: Store, records: Sequence[Received]) -> Applied:
    with store.transaction() as connection:
        return apply(connection, records)


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that depends on the records alone."""
    tables = ("meta", "offsets", "statuses", "status", "status_as_of", "facts", "fact_support", "claims",
              "claim_repeats", "evidence")  # fmt: skip
    found = {name: sorted(store.connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608
    columns = [name for _, name, *_ in store.connection.execute("PRAGMA table_info(alerts)") if name != "seq"]
    found["alerts"] = sorted(store.connection.execute(f"SELECT {', '.join(columns)} FROM alerts"), key=repr)  # noqa: S608
    # What is searched is what is there: raises where it is not.
    store.connection.execute("INSERT INTO evidence_search(evidence_search, rank) VALUES ('integrity-check', 1)")
    return found
