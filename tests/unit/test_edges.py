"""What gate and publish make of one record, without a broker."""

from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from pipeline.errors import SetAside, UnreadableInputError
from pipeline.judging.alerts import alert_of
from pipeline.records import Alert, Change, Document, Fact
from pipeline.settings import Settings
from pipeline.streams.gate import gate
from pipeline.streams.outputs import Output, check_sizes
from pipeline.streams.publish import publish
from pipeline.topology import Topology


def record(value: bytes | None, partition: int = 2) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord("articles", partition, 7, 1_751_500_800_000, 0, b"key", value, None, 3, 0, ())


def article(**fields: str) -> bytes:
    return orjson.dumps({"id": "a1", "source": "Nairobi Post", "published": "2025-07-04"} | fields)


class TestGate:
    transform = staticmethod(gate(Settings()).open(set()))

    def test_a_relevant_article_becomes_a_document_keyed_by_its_text(self) -> None:
        text = "Kenya has formally recognised Kosovo as a sovereign state. The decision was announced in Nairobi today."
        (output,) = self.transform(record(article(text=text)))
        document = Document.from_json(output.value or b"")
        assert output.topic.name == "documents"
        assert output.key == document.digest.encode()
        assert output.partition is None  # left to the key
        (copy,) = self.transform(record(article(text=text, id="b9", source="Accra Times"), partition=0))
        assert copy.key == output.key

    def test_an_article_on_something_else_leaves_no_trace(self) -> None:
        assert list(self.transform(record(article(text="The harvest of tea in Kericho was good this year.")))) == []

    @pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"\xff"])
    def test_what_is_no_article_is_refused(self, value: bytes | None) -> None:
        with pytest.raises(UnreadableInputError):
            list(self.transform(record(value)))

    def test_another_language_is_set_aside(self) -> None:
        text = (
            "Le gouvernement du Kenya a reconnu hier le Kosovo comme un État souverain, a annoncé le ministère des "
            "Affaires étrangères à Nairobi. La décision ouvre la voie à des relations diplomatiques entre les deux "
            "pays, et plusieurs capitales africaines pourraient suivre. Recognition, Kosovo, Kenya."
        )
        with pytest.raises(SetAside, match="not English"):
            list(self.transform(record(article(text=text))))


def change(number: int) -> Change:
    fact = Fact(
        subject="kosovo",
        country="KE",
        dimension="recognition",
        value="recognized",
        aspect="event",
        since="2025-03-03",
        confidence="reported",
        sources=1,
        independent=1,
    )
    return Change(
        id=f"{number:032x}",
        subject="kosovo",
        country="KE",
        dimension="recognition",
        kind="new",
        previous=None,
        value="recognized",
        revision=number,
        fact=fact,
        claim_id="0" * 32,
    )


class TestPublish:
    def test_a_change_is_published_once(self) -> None:
        transform = publish(Settings()).open(set())
        outputs = [output for number in (1, 2, 1) for output in transform(record(change(number).to_json()))]
        assert [Alert.from_json(output.value or b"") for output in outputs] == [
            alert_of(change(1)),
            alert_of(change(2)),
        ]
        assert {(output.key, output.partition) for output in outputs} == {(b"kosovo|KE", 2)}

    def test_what_lies_on_the_alerts_was_published(self) -> None:
        edge = publish(Settings())
        assert edge.memory is not None
        assert edge.memory.topic.name == "alerts"
        transform = edge.open({edge.memory.identity(alert_of(change(1)).to_json())})
        assert list(transform(record(change(1).to_json()))) == []
        assert len(list(transform(record(change(2).to_json())))) == 1

    def test_what_is_no_change_is_refused(self) -> None:
        with pytest.raises(ValueError, match="Change"):
            list(publish(Settings()).open(set())(record(b"{}")))


def test_a_message_that_kafka_would_refuse_is_refused_before() -> None:
    topic = Topology().claims
    check_sizes([Output(topic, b"k", b"x" * (topic.max_message_bytes - 2_000))])
    with pytest.raises(ValueError, match=r"2,000,001 bytes.*claims"):
        check_sizes([Output(topic, b"k", b"x" * topic.max_message_bytes)])
