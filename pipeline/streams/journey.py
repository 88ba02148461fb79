"""The way of one article: every message that follows from it, on every topic, with its time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics
from pipeline.streams.correlation import Place, correlation
from pipeline.streams.dead_letters import dead_letter
from pipeline.streams.lag import committed_offsets
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.topology import Topic, Topology


@dataclass(frozen=True)
class Step:
    """One message on the way. ``time_ms`` is Kafka's, milliseconds since 1970; ``says`` is the message in short."""

    topic: str
    partition: int
    offset: int
    time_ms: int
    key: str
    says: Mapping[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Journey:
    """All messages of one article, in the order of the line. ``pending`` names the role that has still to take it."""

    place: Place
    steps: tuple[Step, ...]
    pending: str | None


async def journey(settings: Settings, place: Place) -> Journey:
    """Follow an article through all topics. Reads them from the time on at which the article came.

    Raises RecognitionError when a topic is missing, or the article's message is no longer there.
    """
    topology = clients.topology_of(settings)
    await require_topics(settings)
    article = await _article(settings, topology, place)
    followed = (
        topology.dead_letters["gate"],
        topology.documents,
        topology.dead_letters["read"],
        topology.claims,
        topology.dead_letters["judge"],
        topology.changes,
        topology.dead_letters["publish"],
        topology.alerts,
        topology.dead_letters["notify"],
    )
    steps = [article, *await _found(settings, topology, followed, place, since_ms=article.time_ms)]
    return Journey(place, tuple(steps), await _pending(settings, topology, steps))


async def _article(settings: Settings, topology: Topology, place: Place) -> Step:
    at = TopicPartition(place.topic, place.partition)
    if place.topic != topology.articles.name or at not in partitions_of(topology.articles):
        raise RecognitionError(
            f"{place} is no place on topic {topology.articles.name}, which has {topology.partitions} partitions"
        )
    async for record in read_to_end(settings, [at], {at: place.offset}):
        if record.offset == place.offset:
            return _step(topology, topology.articles, record)
        break
    raise RecognitionError(
        f"no article is at {place} any more, or yet: {topology.articles.name} keeps articles for "
        f"{topology.articles.retention_ms // 86_400_000} days"
    )


async def _found(
    settings: Settings, topology: Topology, topics: Sequence[Topic], place: Place, *, since_ms: int
) -> list[Step]:
    """The messages of an article on these topics: topic by topic, and on each by time."""
    of = {topic.name: topic for topic in topics}
    partitions = [partition for topic in topics for partition in partitions_of(topic)]
    async with clients.consumer(settings) as consumer:
        ends = await consumer.end_offsets(partitions)
        times = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
    start = {partition: times[partition].offset if times.get(partition) else ends[partition] for partition in ends}
    mine = str(place)
    found = [
        _step(topology, of[record.topic], record)
        async for record in read_to_end(settings, partitions, start)
        if correlation(record.headers) == mine
    ]
    order = list(of)
    return sorted(found, key=lambda step: (order.index(step.topic), step.time_ms, step.partition, step.offset))


def _step(topology: Topology, topic: Topic, record: ConsumerRecord) -> Step:
    return Step(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        time_ms=record.timestamp,
        key=(record.key or b"").decode("utf-8", "replace"),
        says=_says(topology, topic, record),
    )


def _says(topology: Topology, topic: Topic, record: ConsumerRecord) -> dict[str, str | int | None]:
    for stage, letters in topology.dead_letters.items():
        if topic is letters:
            letter = dead_letter(stage, record.key, record.value, record.headers)
            return {"stage": letter.stage, "error": letter.error, "message": letter.message.partition("\n")[0]}
    try:
        told = topic.record.from_json(record.value or b"").model_dump(mode="json")
    except ValueError:
        return {}
    told |= told.get("data") or {}
    names = (
        *("id", "digest", "source", "url", "title", "published"),
        *("subject", "country", "predicate", "dimension", "kind", "previous", "value", "date", "revision"),
    )
    return {name: told[name] for name in names if told.get(name) is not None}


async def _pending(settings: Settings, topology: Topology, steps: list[Step]) -> str | None:
    """The first role that has not committed a message of the way which is its input."""
    async with clients.admin(settings) as admin:
        for taken in topology.line:
            mine = [step for step in steps if step.topic == taken.topic.name]
            committed = await committed_offsets(admin, taken.group, partitions_of(taken.topic)) if mine else {}
            if any(committed.get(TopicPartition(step.topic, step.partition), 0) <= step.offset for step in mine):
                return taken.role
    return None
