"""Articles that come in over HTTP: a bounded body, all of them valid or none taken, then put on their topic."""

import asyncio
import logging
from collections.abc import AsyncIterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import RecognitionError
from pipeline.records import Article
from pipeline.serving.problems import ErrorItem
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics

_LOG = logging.getLogger("recognition.serve")
_MOST_ERRORS = 100
_ARTICLES = TypeAdapter(list[Article])
_ONE = TypeAdapter(Article)
PUBLISH_SECONDS = 10
"""How long Kafka may take for the articles of one request."""
BODY_SECONDS = 60
"""How long a body may take to arrive."""


class TooLargeError(Exception):
    """A body of more bytes than are taken."""


class InvalidArticlesError(Exception):
    """A body in which not everything is an article: what is wrong, article by article."""

    def __init__(self, errors: Sequence[ErrorItem]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class NotPublishedError(Exception):
    """Kafka did not acknowledge all articles of a request."""


async def read_body(chunks: AsyncIterable[bytes], most: int) -> bytes:
    """The body of a request.

    Raises:
        TooLargeError: as soon as more than ``most`` bytes have come.
        TimeoutError: it was not there within ``BODY_SECONDS``.
    """
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        async for chunk in chunks:
            if len(body) + len(chunk) > most:
                raise TooLargeError
            body += chunk
    return bytes(body)


def parse(body: bytes, *, lines: bool, most_bytes: int) -> list[Article]:
    """The articles of a body: one JSON object, an array of them, or with ``lines`` one object a line (NDJSON).

    Args:
        body: UTF-8.
        lines: whether it is NDJSON.
        most_bytes: how large one article may be on its topic; the gate would refuse a larger one.

    Raises:
        InvalidArticlesError: something in it is no article; every error carries the index of its article.
    """
    errors: list[ErrorItem] = []
    found = list(_of_lines(body, errors) if lines else _of_document(body, errors))
    for index, article in found:
        if (size := len(article.to_json())) > most_bytes:
            errors.append(
                ErrorItem(
                    index=index,
                    detail=f"{size:,} bytes of JSON, {most_bytes:,} are taken (RECOGNITION_MAX_ARTICLE_BYTES)",
                )
            )
    if not found and not errors:
        errors.append(ErrorItem(detail="there is no article in the body; send at least one"))
    if errors:
        raise InvalidArticlesError(_bounded(errors))
    return [article for _, article in found]


def _of_document(body: bytes, errors: list[ErrorItem]) -> Iterator[tuple[int, Article]]:
    several = body.lstrip()[:1] == b"["
    try:
        found = _ARTICLES.validate_json(body) if several else [_ONE.validate_json(body)]
    except ValidationError as error:
        errors.extend(_item(one, several=several, line=None) for one in error.errors(include_url=False))
        return
    yield from enumerate(found)


def _of_lines(body: bytes, errors: list[ErrorItem]) -> Iterator[tuple[int, Article]]:
    filled = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    for index, (number, line) in enumerate(filled):
        try:
            yield index, _ONE.validate_json(line)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                item = _item(one, several=False, line=number)
                errors.append(item.model_copy(update={"index": index}))


def _item(error: Any, *, several: bool, line: int | None) -> ErrorItem:
    """One of pydantic's complaints, with the place of the article that it is about."""
    location = list(error["loc"])
    index = location[0] if several and location else None
    fields = location[1:] if several else location
    message = str(error["msg"]).removeprefix("Value error, ")
    if line is not None:
        message = message.replace(" at line 1 column", " at column")  # its line is not that of the body
    name = f"{'.'.join(map(str, fields))}: " if fields else ""
    where = f"line {line}: " if line is not None else ""
    pointer = "/" + "/".join(map(str, location)) if location and line is None else None
    if not several and line is None and error["type"] != "json_invalid":
        index = 0
    return ErrorItem(detail=f"{where}{name}{message[:1].lower()}{message[1:]}", index=index, pointer=pointer)


def _bounded(errors: list[ErrorItem]) -> list[ErrorItem]:
    if len(errors) <= _MOST_ERRORS:
        return errors
    more = ErrorItem(detail=f"and {len(errors) - _MOST_ERRORS:,} more errors")
    return [*errors[:_MOST_ERRORS], more]


class Publisher(Protocol):
    """Puts articles on their topic."""

    async def publish(self, articles: Sequence[Article]) -> list[str]:
        """The correlation id of each article, once all are acknowledged. Raises NotPublishedError."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


class KafkaPublisher:
    """Puts articles on their topic, keyed by their id, acknowledged by all replicas.

    The producer is started with the first articles. One that failed is given up, and the next request gets a new one:
    an idempotent producer that was refused once may never recover, while a broker that is only away does.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = clients.topology_of(settings).articles
        self._starting = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, articles: Sequence[Article]) -> list[str]:
        """The correlation id of each article, once all are acknowledged.

        Raises:
            NotPublishedError: no broker answers, or not in time, or it refuses. Some may be on the topic then.
        """
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                producer = await self._started()
                sent: list[asyncio.Future[RecordMetadata]] = []
                for article in articles:
                    sent.append(await producer.send(self._topic.name, article.to_json(), key=article.id.encode()))
                    sent[-1].add_done_callback(_heard)
                places = await asyncio.gather(*sent)
        except (KafkaError, RecognitionError, TimeoutError, OSError) as error:
            reason = str(error) or f"no acknowledgement within {PUBLISH_SECONDS} s"
            _LOG.warning("%d articles were not published: %s", len(articles), reason)
            if producer is not None:
                await self._give_up(producer)
            raise NotPublishedError(reason) from error
        return [f"{place.topic}/{place.partition}/{place.offset}" for place in places]

    async def close(self) -> None:
        """Let go of the connection."""
        if self._producer is not None:
            await self._give_up(self._producer)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                await require_topics(self._settings, self._topic)
                fresh = clients.new_producer(self._settings, request_timeout_ms=PUBLISH_SECONDS * 1000)
                self._producer = await clients.connect(fresh, self._settings)
            return self._producer

    async def _give_up(self, producer: AIOKafkaProducer) -> None:
        if producer is self._producer:
            self._producer = None
        with suppress(KafkaError, TimeoutError, OSError):
            async with asyncio.timeout(1):
                await producer.stop()


def _heard(sent: "asyncio.Future[RecordMetadata]") -> None:
    """Take note of an error, also where the request was given up before: else it is logged as one that nobody met."""
    if not sent.cancelled():
        sent.exception()
