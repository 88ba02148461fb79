"""A view filled as the follower fills it, and the application over it: no broker, no socket."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from zlib import crc32

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.records import Article, Claim, Record, Status
from pipeline.serving.app import create_app
from pipeline.serving.articles import NotPublishedError
from pipeline.serving.feed import Feed
from pipeline.serving.follower import Freshness
from pipeline.serving.materialise import Received, apply
from pipeline.serving.names import names_of
from pipeline.serving.store import Identity, Source, Store, offsets_of
from pipeline.serving.view import View
from pipeline.settings import Settings

PARTITIONS = 4
START_MS = 1_751_500_800_000  # 2025-07-03T00:00:00Z
TOKEN = "a token of the tests"  # noqa: S105 - not a secret


class Filled:
    """The file, and what the judge would have made of the claims that are put in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path)
        self.store.empty(Identity("a cluster", "", PARTITIONS))
        self.now_ms = START_MS
        self._statuses: dict[str, Status] = {}
        self._offsets: dict[tuple[str, int], int] = {}

    def learn(self, *claims: Claim) -> None:
        """Claims come in, a second apart, with the status and the alerts that follow from each."""
        batch: list[Received] = []
        for claim in claims:
            self.now_ms += 1_000
            status, changes = fold(self._statuses.get(claim.key), claim)
            self._statuses[claim.key] = status
            batch += [self._received("claims", claim.key, claim), self._received("status", claim.key, status)]
            batch += [self._received("alerts", claim.key, alert_of(change)) for change in changes]
        with self.store.transaction() as connection:
            apply(connection, batch)

    def freshness(self, *, lag: int = 0, ready: bool = True, stale: bool = False) -> Freshness:
        return Freshness(offsets_of(self.store.connection), lag, stale, ready)

    def _received(self, source: Source, key: str, record: Record) -> Received:
        partition = crc32(key.encode()) % PARTITIONS
        offset = self._offsets.get((source, partition), 0)
        self._offsets[source, partition] = offset + 1
        return Received(source, partition, offset, self.now_ms, key.encode(), record.to_json())


@dataclass
class Following:
    """In place of the follower: tells how far the file is, or whatever a test lets it tell."""

    filled: Filled
    told: Freshness | None = None

    @property
    def freshness(self) -> Freshness:
        return self.told or self.filled.freshness()


@dataclass
class Shelf:
    """In place of Kafka: keeps what is published."""

    articles: list[Article] = field(default_factory=list)
    broken: bool = False

    async def publish(self, articles: Sequence[Article]) -> list[str]:
        if self.broken:
            raise NotPublishedError("no broker")
        first = len(self.articles)
        self.articles += articles
        return [f"articles/0/{first + number}" for number in range(len(articles))]

    async def close(self) -> None: ...


@dataclass
class Site:
    """The application, and what is behind it."""

    filled: Filled
    following: Following
    shelf: Shelf
    app: FastAPI

    def behind(self, lag: int) -> None:
        """From now on the tables are being read still."""
        self.following.told = replace(self.filled.freshness(), lag=lag, ready=False)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")


def site(tmp_path: Path, filled: Filled | None = None, **fields: object) -> Site:
    """A site over a view, with a token; settings can be given by name."""
    filled = filled or Filled(tmp_path / "view.sqlite")
    given = {"api_token": SecretStr(TOKEN), "partitions": PARTITIONS, "data_dir": tmp_path} | fields
    view = View(filled.path)
    following, shelf = Following(filled), Shelf()
    settings = Settings.model_validate(given)
    names = names_of(settings, loopback=ip_address(settings.api_host).is_loopback)
    app = create_app(settings, view, following, Feed(view), shelf, names=names)
    return Site(filled, following, shelf, app)
