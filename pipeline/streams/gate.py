"""The gate: every article passes here, and nearly all end here.

An article that is not relevant makes no output at all; a relevant one becomes a Document. What cannot be read, and
what is relevant but set aside (not English, nothing left after cleaning), is a dead letter with its reason.

Documents are partitioned by their key, the content digest, not by the partition of their article: articles come with
any key, and the same text from another outlet must meet the same partition of table `seen`, or it would be read again
as a text of its own and count as an independent source. The gate needs no memory of what it produced, so its output
need not lie beside its input.
"""

import logging
from collections.abc import Iterable

from aiokafka import ConsumerRecord

from pipeline.intake.prepare import Intake
from pipeline.settings import Settings
from pipeline.streams.clients import topology_of
from pipeline.streams.logs import Counters
from pipeline.streams.outputs import Output
from pipeline.streams.transactional import Edge


def gate(settings: Settings) -> Edge:
    """The gate of this deployment, warm. Raises RecognitionError when the watchlist cannot be used."""
    topology = topology_of(settings)
    intake = Intake(settings)
    intake.warm()
    counters = Counters(logging.getLogger("recognition.gate"))

    def transform(record: ConsumerRecord) -> Iterable[Output]:
        counters.add("articles")
        article = intake.parse(record.value or b"")
        if not intake.relevant(article):
            return
        document = intake.document(article)
        counters.add("documents")
        yield Output(topology.documents, document.digest.encode(), document.to_json())

    return Edge(
        stage="gate",
        group=topology.gate_group,
        source=topology.articles,
        dead_letters=topology.dead_letters["gate"],
        open=lambda _: transform,
        counters=counters,
    )
