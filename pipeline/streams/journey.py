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

    ``place`` may also be that of a message further on: then it is the way of the article that it came of, or its own
    from there on when it came of none.

    Raises RecognitionError when a topic is missing, or the message is no longer there.
    """
    topology = clients.topology_of(settings)
    await require_topics(settings)
    line = [topic for step in topology.line for topic in (step.topic, topology.dead_letters[step.stage])]
    line += [topology.alerts, topology.dead_letters["notify"]]
    first = await _message(settings, line, place)
    came_of = Place.parse(correlation(first.headers) or "")
    if came_of and came_of != place:
        place, first = came_of, await _message(settings, line, came_of)
    names = [topic.name for topic in line]
    begins = names.index(place.topic)
    found = await _found(settings, topology, line[begins + 1 :], place, since_ms=first.timestamp)
    steps = [_step(topology, line[begins], first), *found]
    return Journey(place, tuple(steps), await _pending(settings, topology, steps))


async def _message(settings: Settings, line: Sequence[Topic], place: Place) -> ConsumerRecord:
    at = TopicPartition(place.topic, place.partition)
    topic = next((topic for topic in line if at in partitions_of(topic)), None)
    if topic is None:
        names = ", ".join(topic.name for topic in line)
        raise RecognitionError(
            f"{place} is no place on the way of an article: it goes over {names}, each with {line[0].partitions} "
            "partitions"
        )
    async for record in read_to_end(settings, [at], {at: place.offset}):
        if record.offset == place.offset:
            return record
        break
    days = topic.retention_ms // 86_400_000
    kept = "for ever" if topic.retention_ms < 0 else f"for {days} days"
    raise RecognitionError(f"nothing is at {place} any more, or yet: {topic.name} keeps its messages {kept}")


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
