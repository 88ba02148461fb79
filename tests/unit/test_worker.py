"""What a worker does for itself, without a broker."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.streams import worker


class _GaveUpError(Exception):
    pass


def _give_up(reason: str) -> None:
    raise _GaveUpError(reason)


async def test_a_process_that_stood_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "give_up", _give_up)
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.01)
    clock = SimpleNamespace(wall=0.0, busy=0.0)
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: clock.wall, process_time=lambda: clock.busy))
    pulse = asyncio.ensure_future(worker._pulse())
    await asyncio.sleep(0.05)
    clock.wall += 60  # a minute went by, and it was busy all the time
    clock.busy += 60
    await asyncio.sleep(0.05)
    assert not pulse.done()
    clock.wall += 60  # another one, and it did nothing
    with pytest.raises(_GaveUpError, match="stood still for 60 s"):
        await pulse


def test_every_worker_has_a_directory_of_its_own(tmp_path: Path) -> None:
    with worker.own_directory(tmp_path) as first:
        with worker.own_directory(tmp_path) as second:
            assert {first.name, second.name} == {"0", "1"}
        with worker.own_directory(tmp_path) as third:
            assert third == second
    with worker.own_directory(tmp_path) as again:
        assert again == first
