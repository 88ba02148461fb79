"""Try after try for one endpoint: what counts, what waits, and what comes of it in the end."""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from pipeline.streams.logs import Counters
from pipeline.webhooks.backoff import Backoff
from pipeline.webhooks.circuit import Limits
from pipeline.webhooks.courier import Courier, Patience
from pipeline.webhooks.delivery import Message, Outcome
from pipeline.webhooks.membership import StoppedError

DELIVERED = Outcome("delivered", "200 OK", status=200)
FAILED = Outcome("failed", "500 Internal Server Error", status=500)
REFUSED = Outcome("refused", "loopback", "RefusedDestinationError")
GONE = Outcome("gone", "410 Gone", status=410)
QUICK = Backoff(base=0.001, longest=0.01)
NEVER = Limits(failures=1_000)


class Endpoint:
    """Answers as a test says, and notes what it was asked, and when."""

    def __init__(self, answer: Callable[[str, int], Outcome]) -> None:
        self.asked: list[tuple[str, float]] = []
        self._answer = answer
        self.at_once = 0
        self.most_at_once = 0

    async def attempt(self, message: Message) -> Outcome:
        self.asked.append((message.id, time.monotonic()))
        number = sum(one == message.id for one, _ in self.asked)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        return self._answer(message.id, number)

    def tries(self, message_id: str) -> int:
        return sum(one == message_id for one, _ in self.asked)


def courier(endpoint: Endpoint, patience: Patience, *, at_once: int = 10) -> Courier:
    return Courier(
        "desk", endpoint.attempt, patience, Counters(logging.getLogger("recognition.notify")), at_once=at_once
    )


async def bring(one: Courier, message_id: str, stop: asyncio.Event | None = None) -> tuple[Outcome, int]:
    return await one.bring(Message(message_id, b"{}"), stop or asyncio.Event())


@pytest.mark.parametrize("succeeds_at", [1, 2, 5])
async def test_it_is_tried_until_it_is_delivered(succeeds_at: int) -> None:
    endpoint = Endpoint(lambda _, number: DELIVERED if number == succeeds_at else FAILED)
    assert await bring(courier(endpoint, Patience(5, QUICK, NEVER)), "a") == (DELIVERED, succeeds_at)
    assert len(endpoint.asked) == succeeds_at


async def test_it_is_given_up_after_the_last_try() -> None:
    endpoint = Endpoint(lambda *_: FAILED)
    assert await bring(courier(endpoint, Patience(4, QUICK, NEVER)), "a") == (FAILED, 4)
    assert len(endpoint.asked) == 4


@pytest.mark.parametrize("outcome", [REFUSED, GONE])
async def test_what_can_never_be_delivered_is_tried_once(outcome: Outcome) -> None:
    endpoint = Endpoint(lambda *_: outcome)
    assert await bring(courier(endpoint, Patience(5, QUICK, NEVER)), "a") == (outcome, 1)


async def test_while_the_circuit_is_open_nothing_counts_as_a_try() -> None:
    limits = Limits(failures=3, cool_off=0.2, factor=1)
    endpoint = Endpoint(lambda *_: FAILED)
    one = courier(endpoint, Patience(6, QUICK, limits))
    outcome, tries = await bring(one, "a")
    assert (outcome, tries) == (FAILED, 6)  # all of them were made
    times = [at for _, at in endpoint.asked]
    assert times[2] - times[0] < 0.15
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times[2:]))


async def test_one_probe_at_a_time_whoever_waits() -> None:
    limits = Limits(failures=2, cool_off=0.05, factor=1)
    well = False
    endpoint = Endpoint(lambda *_: DELIVERED if well else FAILED)
    one = courier(endpoint, Patience(1_000, QUICK, limits))
    tasks = [asyncio.create_task(bring(one, f"a{number}")) for number in range(8)]
    await asyncio.sleep(0.06)
    endpoint.asked.clear()
    endpoint.most_at_once = 0
    await asyncio.sleep(0.5)
    assert 3 <= len(endpoint.asked) <= 10
    assert endpoint.most_at_once == 1
    well = True
    assert {outcome for outcome, _ in await asyncio.gather(*tasks)} == {DELIVERED}


async def test_when_it_answers_again_nobody_waits_on() -> None:
    well = False
    endpoint = Endpoint(lambda *_: DELIVERED if well else FAILED)
    one = courier(endpoint, Patience(8, Backoff(base=3_600), Limits(failures=1, cool_off=0.05)))
    waits_long = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(0.02)
    well = True
    assert await bring(one, "b") == (DELIVERED, 1)
    async with asyncio.timeout(1):
        assert await waits_long == (DELIVERED, 2)


async def test_the_time_that_is_asked_for_is_given_by_all() -> None:
    busy = Outcome("failed", "503 Service Unavailable", status=503, retry_after=0.3)
    endpoint = Endpoint(lambda _, number: busy if len(endpoint.asked) == 1 else DELIVERED)
    one = courier(endpoint, Patience(5, QUICK, NEVER))
    first = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(0.05)
    assert await bring(one, "b") == (DELIVERED, 1)
    assert await first == (DELIVERED, 2)
    times = [at for _, at in endpoint.asked]
    assert min(times[1:]) - times[0] >= 0.3


async def test_not_too_many_at_once() -> None:
    endpoint = Endpoint(lambda *_: DELIVERED)
    one = courier(endpoint, Patience(1, QUICK, NEVER), at_once=3)
    await asyncio.gather(*(bring(one, f"a{number}") for number in range(30)))
    assert endpoint.most_at_once == 3


@pytest.mark.parametrize("limits", [NEVER, Limits(failures=1, cool_off=3_600)], ids=["waits", "circuit open"])
async def test_a_stop_ends_a_wait_at_once(limits: Limits) -> None:
    endpoint = Endpoint(lambda *_: FAILED)
    one = courier(endpoint, Patience(8, Backoff(base=3_600), limits))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(bring(one, name, stop)) for name in ("a", "b")]
    await asyncio.sleep(0.05)
    stop.set()
    one.wake()
    async with asyncio.timeout(1):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [StoppedError, StoppedError]


async def test_a_probe_that_is_broken_off_leaves_its_place_to_another() -> None:
    hang = asyncio.Event()
    tried = 0

    async def attempt(message: Message) -> Outcome:
        nonlocal tried
        tried += 1
        if tried == 1:
            return FAILED
        if tried == 2:
            await hang.wait()
        return DELIVERED

    counters = Counters(logging.getLogger("recognition.notify"))
    one = Courier("desk", attempt, Patience(8, QUICK, Limits(failures=1, cool_off=0.01)), counters)
    probing = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(bring(one, "b"))
    await asyncio.sleep(0.05)
    assert tried == 2
    probing.cancel()
    async with asyncio.timeout(1):
        assert await waiting == (DELIVERED, 1)


async def test_every_try_is_logged_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "recognition.notify")
    endpoint = Endpoint(lambda _, number: DELIVERED if number == 2 else FAILED)
    one = courier(endpoint, Patience(5, QUICK, NEVER))
    await one.bring(Message("a", b"{}", {"correlation": "articles/0/7"}), asyncio.Event())
    told = [vars(record) for record in caplog.records if "outcome" in vars(record)]
    expected = [(1, "failed", 500), (2, "delivered", 200)]
    assert [(one["attempt"], one["outcome"], one["status"]) for one in told] == expected
    assert {(one["endpoint"], one["alert"], one["correlation"]) for one in told} == {("desk", "a", "articles/0/7")}
    assert all(one["ms"] >= 0 for one in told)
