"""The real broker: it serves, keeps its data, and leaves nothing behind."""

from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.settings import Settings


async def test_carries_a_message(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topic = f"{settings.topic_prefix}greetings"
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap) as producer:
        await producer.send_and_wait(topic, b"hello")
    async with AIOKafkaConsumer(topic, bootstrap_servers=settings.bootstrap, auto_offset_reset="earliest") as consumer:
        assert (await consumer.getone()).value == b"hello"
