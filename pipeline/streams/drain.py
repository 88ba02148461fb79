"""The whole line on some articles: publish them, wait until all that follows from them is done, collect it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from pipeline.intake.files import Unreadable
from pipeline.judging.view import rows
from pipeline.records import Alert, Article, Claim, Status, StatusRow
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.dead_letters import dead_letter
from pipeline.streams.gate import gate
from pipeline.streams.lag import behind_with, committed_offsets
from pipeline.streams.publish import publish
from pipeline.streams.replay import ReplaySummary, publish_articles
from pipeline.streams.snapshot import latest
from pipeline.streams.tail import end_offsets, partitions_of, read_to_end
from pipeline.streams.transactional import run_edge
from pipeline.streams.workers import Workers
from pipeline.topology import Topic

Tell = Callable[[str], None]
"""Told what is being done."""
_DOING = {"gate": "sorting", "read": "reading", "judge": "judging", "publish": "publishing alerts"}
_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    published: int
    unreadable: tuple[Unreadable, ...]
    relevant: int
    set_aside: int
    dead_letters: int
    claims: int
    alerts: tuple[Alert, ...]
    status: tuple[StatusRow, ...]

    def counts(self) -> dict[str, int]:
        """The numbers, as JSON output names them."""
        return {
            "published": self.published,
            "unreadable": len(self.unreadable),
            "relevant": self.relevant,
            "set_aside": self.set_aside,
            "dead_letters": self.dead_letters,
            "claims": self.claims,
        }


async def run_articles(
    settings: Settings, articles: Iterable[Article | Unreadable], workers: Workers, tell: Tell
) -> Outcome:
    """Publish articles, and return when every consequence of them is final. The topics and the workers are there.

    Gate and publish run in here. What was on the cluster before is part of the status, and not of the rest.

    Raises RecognitionError when a role fails again and again.
    """
    topology = clients.topology_of(settings)
    counted = (topology.documents, topology.claims, topology.alerts, *topology.dead_letters.values())
    before = await end_offsets(settings, counted)
    stop = asyncio.Event()
    roles = [asyncio.ensure_future(run_edge(edge, settings, stop)) for edge in (gate(settings), publish(settings))]
    work = asyncio.ensure_future(_publish_and_drain(settings, articles, workers, tell))
    try:
        await asyncio.wait([work, *roles], return_when=asyncio.FIRST_COMPLETED)
        for role in roles:
            if role.done():  # nobody stopped it
                role.result()
        summary = await work
    finally:
        work.cancel()
        stop.set()
        await asyncio.gather(work, *roles, return_exceptions=True)
    return await _collect(settings, summary, before)


async def _publish_and_drain(
    settings: Settings, articles: Iterable[Article | Unreadable], workers: Workers, tell: Tell
) -> ReplaySummary:
    tell("publishing the articles")
    summary = await publish_articles(settings, articles)
    await _drain(settings, workers, tell)
    return summary


async def _drain(settings: Settings, workers: Workers, tell: Tell) -> None:
    """Wait stage by stage. Each commits its input after, or together with, what came of it; so once one has nothing
    left, all that its successor will ever have to do is there.
    """
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(clients.admin(settings))
        consumer = await stack.enter_async_context(clients.consumer(settings, fetch_max_wait_ms=100))
        for step in clients.topology_of(settings).line:
            left = set(partitions_of(step.topic))
            ends = await consumer.end_offsets(left)
            while left:
                committed = await committed_offsets(admin, step.group, ends)
                ahead = sum(max(0, end - committed.get(partition, 0)) for partition, end in ends.items())
                what = step.topic.name.removeprefix(settings.topic_prefix)
                tell(f"{_DOING[step.stage]}: about {ahead:,} {what} left")
                left = await behind_with(admin, consumer, step.group, left)
                workers.check()
                if left:
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def _collect(settings: Settings, summary: ReplaySummary, before: Mapping[TopicPartition, int]) -> Outcome:
    topology = clients.topology_of(settings)

    async def records(topic: Topic) -> list[ConsumerRecord[Any, Any]]:
        return [record async for record in read_to_end(settings, partitions_of(topic), before)]

    documents, claims, alerts, status, *refused = await asyncio.gather(
        records(topology.documents),
        records(topology.claims),
        records(topology.alerts),
        latest(settings, topology.status),
        *(records(topic) for topic in topology.dead_letters.values()),
    )
    errors = [
        dead_letter(stage, record.key, record.value, record.headers).error
        for stage, letters in zip(topology.dead_letters, refused, strict=True)
        for record in letters
    ]
    alerts.sort(key=lambda record: (record.timestamp, record.partition, record.offset))
    return Outcome(
        published=summary.published,
        unreadable=summary.unreadable,
        relevant=len(documents),
        set_aside=errors.count("SetAside"),
        dead_letters=len(errors) - errors.count("SetAside"),
        claims=len({Claim.from_json(record.value).id for record in claims}),
        alerts=tuple(Alert.from_json(record.value) for record in alerts),
        status=tuple(row for key in sorted(status) for row in rows(Status.from_json(status[key]))),
    )
