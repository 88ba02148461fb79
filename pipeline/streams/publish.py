"""Publish: each Change becomes one Alert, once.

Changes come at least once: judge sends a Change again when it folds its claim again. What was published is known from
the alerts themselves, read back when a partition is opened; an alert lies in the partition that its change lay in, so
that whoever has the partition of changes has all that must be known.
"""

import logging
from collections.abc import Iterable

from aiokafka import ConsumerRecord

from pipeline.errors import UnreadableInputError
from pipeline.judging.alerts import alert_of
from pipeline.records import Alert, Change
from pipeline.settings import Settings
from pipeline.streams.clients import topology_of
from pipeline.streams.correlation import log_fields
from pipeline.streams.dead_letters import Origin
from pipeline.streams.logs import Counters
from pipeline.streams.outputs import Output
from pipeline.streams.transactional import Edge, Memory, Transform


def publish(settings: Settings) -> Edge:
    """The publish role of this deployment."""
    topology = topology_of(settings)
    log = logging.getLogger("recognition.publish")
    counters = Counters(log)

    def open_partition(published: set[bytes]) -> Transform:
        def transform(record: ConsumerRecord) -> Iterable[Output]:
            if not record.value:
                raise UnreadableInputError("empty message")
            change = Change.from_json(record.value)
            identity = bytes.fromhex(change.id)
            if identity in published:
                counters.add("published before")
                return
            alert = alert_of(change)
            published.add(identity)
            counters.add("alerts")
            told = f"{alert.data.kind} {alert.subject} {alert.data.dimension} {alert.data.value}"
            log.info("alert %s: %s", alert.id[:8], told, extra={"alert": alert.id} | log_fields(Origin.of(record)))
            yield Output(topology.alerts, alert.key.encode(), alert.to_json(), record.partition)

        return transform

    return Edge(
        stage="publish",
        group=topology.publish_group,
        source=topology.changes,
        dead_letters=topology.dead_letters["publish"],
        open=open_partition,
        counters=counters,
        memory=Memory(topology.alerts, lambda alert: bytes.fromhex(Alert.from_json(alert).id)),
    )
