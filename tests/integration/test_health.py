"""`recognition healthcheck` against a group with and without a member."""

import sys
from collections.abc import Callable

import pytest

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import create_topics
from pipeline.streams.health import members_here, own_address


async def test_a_role_is_healthy_while_the_broker_hears_it(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    await create_topics(settings)
    topology = clients.topology_of(settings)
    async with clients.consumer(settings, topology.articles.name, group_id=topology.gate_group) as consumer:
        await consumer.getmany(timeout_ms=1000)
        assert await members_here(settings, "gate") == 1
        with pytest.raises(
            RecognitionError, match=r"no publish runs on 127\.0\.0\.1: group \S+ is Dead with 0 members"
        ):
            await members_here(settings, "publish")
    with pytest.raises(RecognitionError, match="is Empty with 0 members"):
        await members_here(settings, "gate")


@pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is the loopback on Linux alone")
def test_the_own_address_is_the_one_towards_the_broker() -> None:
    assert own_address("127.0.0.1:9092") == "127.0.0.1"
    assert own_address("127.0.0.2:9092,elsewhere.example:9092") == "127.0.0.1"
