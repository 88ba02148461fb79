"""One real Kafka for all integration tests, and settings that keep them apart on it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipeline.broker import Broker
from pipeline.settings import Settings


@pytest.fixture(scope="session")
def broker_bootstrap() -> Iterator[str]:
    """Where the one broker of this test session can be reached."""
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture
def make_settings(broker_bootstrap: str, tmp_path: Path) -> Callable[..., Settings]:
    """Make settings with a topic prefix and a data directory of their own; fields can be given by name."""
    number = count(1)

    def make(**fields: Any) -> Settings:
        own = {
            "bootstrap": broker_bootstrap,
            "topic_prefix": f"test-{uuid4().hex[:8]}-",
            "data_dir": tmp_path / f"data-{next(number)}",
        }
        return Settings(**{**own, **fields})

    return make
