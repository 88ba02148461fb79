"""Subscribing to the alerts."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from pipeline.records import Alert, Kind
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import require_topics
from pipeline.streams.tail import partitions_of, read_to_end


@dataclass(frozen=True)
class Wanted:
    """Which alerts a subscriber wants. None is: whichever."""

    kind: Kind | None = None
    subject: str | None = None
    country: str | None = None

    def __contains__(self, alert: Alert) -> bool:
        data = alert.data
        return (
            self.kind in (None, data.kind)
            and self.subject in (None, data.subject)
            and self.country in (None, data.country)
        )


async def alerts(
    settings: Settings, wanted: Wanted, *, since_ms: int | None, until_end: bool = False
) -> AsyncGenerator[Alert, None]:
    """Alerts as they are published, each once; without end, or until the topic ends now.

    ``since_ms``: from those published at that time on (milliseconds since 1970); None: from the next one on.

    Raises RecognitionError when no broker answers or the topic is missing.
    """
    topic = clients.topology_of(settings).alerts
    await require_topics(settings, topic)
    async with clients.consumer(settings) as consumer:
        partitions = partitions_of(topic)
        ends = await consumer.end_offsets(partitions)
        start = dict(ends)
        if since_ms is not None:
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
            start |= {partition: at.offset for partition, at in found.items() if at is not None}
        if until_end:
            records = [record async for record in read_to_end(settings, partitions, start)]
            # Partition by partition is no order for people.
            for record in sorted(records, key=lambda record: (record.timestamp, record.partition, record.offset)):
                if (alert := Alert.from_json(record.value)) in wanted:
                    yield alert
            return
        consumer.assign(partitions)
        for partition, offset in start.items():
            consumer.seek(partition, offset)
        async for record in consumer:
            if (alert := Alert.from_json(record.value)) in wanted:
                yield alert
