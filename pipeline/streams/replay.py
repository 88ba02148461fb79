"""Publishing articles: as fast as the broker takes them, at a rate, or in the rhythm of their publication."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from pipeline.intake.files import Unreadable
from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics

_IN_FLIGHT = 2_000  # articles sent and not yet acknowledged


@dataclass(frozen=True)
class Pace:
    """How fast to publish: ``rate`` articles a second, or ``speed`` times as fast as they appeared; else at once."""

    rate: float | None = None
    speed: float | None = None

    def schedule(self, articles: Iterable[Article | Unreadable]) -> Iterator[tuple[float, Article | Unreadable]]:
        """Each article with the seconds after the start at which it is due.

        By ``speed`` they come in the order of their publication; those without a date come first.
        """
        if self.speed is not None:
            yield from self._by_publication(articles, self.speed)
            return
        for number, article in enumerate(articles):
            yield (number / self.rate if self.rate else 0.0), article

    @staticmethod
    def _by_publication(
        articles: Iterable[Article | Unreadable], speed: float
    ) -> Iterator[tuple[float, Article | Unreadable]]:
        dated = []
        for article in articles:
            if isinstance(article, Article) and article.published is not None:
                dated.append((_moment(article.published), article))
            else:
                yield 0.0, article
        dated.sort(key=lambda pair: pair[0])
        for moment, article in dated:
            yield (moment - dated[0][0]).total_seconds() / speed, article


def _moment(published: str) -> datetime:
    """A publication date as a moment; a day is its midnight, and what names no zone is UTC."""
    moment = datetime.fromisoformat(published)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ReplaySummary:
    """What became of a replay. ``skipped`` are the articles that an earlier, interrupted replay had published."""

    published: int = 0
    skipped: int = 0
    seconds: float = 0.0
    unreadable: tuple[Unreadable, ...] = field(default=())


class Progress:
    """The articles of a replay that the broker has, in a file: what an interrupted replay goes on from."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        self._done: set[str] = set()
        if resume and path.exists():
            self._done = set(path.read_text(encoding="ascii").split())
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a" if resume else "w", encoding="ascii")

    def __contains__(self, article: Article) -> bool:
        return self._name(article) in self._done

    def add(self, article: Article) -> None:
        """Remember that the broker has it."""
        self._file.write(self._name(article) + "\n")

    def close(self, *, finished: bool) -> None:
        """End; a finished replay leaves nothing to go on from."""
        self._file.close()
        if finished:
            self._path.unlink(missing_ok=True)

    @staticmethod
    def _name(article: Article) -> str:
        return blake2b(article.to_json(), digest_size=8).hexdigest()


async def publish_articles(
    settings: Settings,
    articles: Iterable[Article | Unreadable],
    *,
    pace: Pace | None = None,
    progress: Progress | None = None,
    on_article: Callable[[], None] | None = None,
) -> ReplaySummary:
    """Publish articles to their topic, keyed by id; every one of the summary is acknowledged by the broker.

    Args:
        settings: where the broker is.
        articles: what to publish; what is unreadable goes into the summary and not on the topic.
        pace: how fast; at once by default.
        progress: what was published before, and is skipped; what is published now is added to it.
        on_article: called after each article, readable or not.

    Raises:
        RecognitionError: no broker answers, or the topic is missing.
    """
    topic = clients.topology_of(settings).articles
    await require_topics(settings, topic)
    published = skipped = 0
    unreadable: list[Unreadable] = []
    flying: deque[tuple[asyncio.Future[object], Article]] = deque()

    async def land(most: int) -> None:
        nonlocal published
        while len(flying) > most or (flying and flying[0][0].done()):
            future, article = flying[0]
            await future
            flying.popleft()
            published += 1
            if progress is not None:
                progress.add(article)

    loop = asyncio.get_running_loop()
    start = loop.time()
    async with clients.producer(settings, linger_ms=5) as producer:
        for due, article in (pace or Pace()).schedule(articles):
            wait = start + due - loop.time()
            if wait > 0:
                await producer.flush()
                await land(0)
                await asyncio.sleep(start + due - loop.time())
            if isinstance(article, Unreadable):
                unreadable.append(article)
            elif progress is not None and article in progress:
                skipped += 1
            else:
                future = await producer.send(topic.name, article.to_json(), key=article.id.encode())
                flying.append((future, article))
                await land(_IN_FLIGHT)
            if on_article is not None:
                on_article()
        await land(0)
    return ReplaySummary(published, skipped, loop.time() - start, tuple(unreadable))
