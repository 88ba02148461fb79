"""The topics of a deployment: made, compared with what the topology says, asked for before a role starts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Topic

_KNOWN_WITHIN_SECONDS = 30

State = Literal["created", "right", "differs", "missing"]


@dataclass(frozen=True)
class Difference:
    """One setting of an existing topic that is not what the topology says."""

    setting: str
    has: str
    should: str


@dataclass(frozen=True)
class Finding:
    """How one topic of the topology stands on the cluster."""

    topic: Topic
    state: State
    differences: tuple[Difference, ...] = ()

    @property
    def remedies(self) -> tuple[str, ...]:
        """What an operator does about the differences."""
        return tuple(_remedy(self.topic, difference) for difference in self.differences)


def _remedy(topic: Topic, difference: Difference) -> str:
    if difference.setting == "partitions":
        return (
            f"set RECOGNITION_PARTITIONS={difference.has} if all topics have that many; else delete the topic and run "
            "`recognition topics` again (keyed records cannot be spread anew over other partitions)"
        )
    value = f"[{difference.should}]" if "," in difference.should else difference.should
    return f"kafka-configs.sh --alter --topic {topic.name} --add-config {difference.setting}={value}"


async def create_topics(settings: Settings) -> list[Finding]:
    """Make the topics that are missing; change none that is there. Tells how each one stands.

    Raises RecognitionError when the cluster refuses to make one.
    """
    topics = clients.topology_of(settings).all()
    async with clients.admin(settings) as admin:
        there = await _partitions(admin)
        missing = [topic for topic in topics if topic.name not in there]
        created = await _create(admin, missing, settings.replication_factor) if missing else set()
        await _until_all_know(admin, topics)
        return [
            Finding(finding.topic, "created") if finding.topic.name in created else finding
            for finding in await _examine(admin, topics)
        ]


async def examine_topics(settings: Settings) -> list[Finding]:
    """Tell how every topic stands, and change nothing."""
    async with clients.admin(settings) as admin:
        return await _examine(admin, clients.topology_of(settings).all())


async def require_topics(settings: Settings, *topics: Topic) -> None:
    """Raise RecognitionError unless these topics (all of them where none is named) exist with their partitions.

    Faust ignores a topic that is missing when partitions are assigned, and a table whose changelog has another
    number of partitions than its source loses rows: both must stop a role before it starts.
    """
    async with clients.admin(settings) as admin:
        partitions = await _partitions(admin)
    missing = []
    for topic in topics or clients.topology_of(settings).all():
        has = partitions.get(topic.name)
        if has is None:
            missing.append(topic.name)
        elif has != topic.partitions:
            difference = Difference("partitions", str(has), str(topic.partitions))
            raise RecognitionError(
                f"topic {topic.name} has {has} partitions and should have {topic.partitions}. "
                f"To mend it, {_remedy(topic, difference)}."
            )
    if missing:
        raise RecognitionError(
            f"missing on {settings.bootstrap}: {'topic' if len(missing) == 1 else 'topics'} {', '.join(missing)}. "
            "Run `recognition topics` first."
        )


async def _examine(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[Finding]:
    partitions = await _partitions(admin)
    configs = await _configs(admin, [topic for topic in topics if topic.name in partitions])
    findings = []
    for topic in topics:
        if topic.name not in partitions:
            findings.append(Finding(topic, "missing"))
            continue
        differences = []
        if partitions[topic.name] != topic.partitions:
            differences.append(Difference("partitions", str(partitions[topic.name]), str(topic.partitions)))
        for setting, should in topic.config().items():
            has = configs[topic.name].get(setting, "unknown")
            if set(has.split(",")) != set(should.split(",")):  # cleanup.policy is a set
                differences.append(Difference(setting, has, should))
        findings.append(Finding(topic, "differs" if differences else "right", tuple(differences)))
    return findings


async def _until_all_know(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    """Wait for what was made just now, by us or somebody else: brokers learn of it a moment later."""
    names = {topic.name for topic in topics}
    async with asyncio.timeout(_KNOWN_WITHIN_SECONDS):
        while not names <= (await _partitions(admin)).keys():  # noqa: ASYNC110 - the brokers are asked, not us
            await asyncio.sleep(0.05)


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """How many partitions every topic has. Asks for all: a cluster may make a topic that is asked for by name."""
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _configs(admin: AIOKafkaAdminClient, topics: list[Topic]) -> dict[str, dict[str, str]]:
    if not topics:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name, topic.config()) for topic in topics]
    configs: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(asked):
        for _error, _message, _kind, name, entries in response.resources:
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replication_factor: int) -> set[str]:
    response = await admin.create_topics(
        [NewTopic(topic.name, topic.partitions, replication_factor, topic_configs=topic.config()) for topic in topics]
    )
    created = set()
    for name, code, message in response.topic_errors:
        error = for_code(code)
        if error is NoError:
            created.add(name)
        elif error is not TopicAlreadyExistsError:
            raise RecognitionError(
                f"the cluster does not make topic {name}: {message or error.__name__} "
                f"(asked for with RECOGNITION_REPLICATION_FACTOR={replication_factor})"
            )
    return created
