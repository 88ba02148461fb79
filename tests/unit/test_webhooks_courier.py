"""Try after try for one endpoint, in virtual time: what counts, what waits, and what comes of it in the end."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from functools import wraps
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.streams.logs import Counters
from pipeline.webhooks.backoff import Backoff
from pipeline.webhooks.circuit import Limits
from pipeline.webhooks.courier import Courier, Patience
from pipeline.webhooks.delivery import Message, Outcome
from pipeline.webhooks.membership import StoppedError
from tests.unit.virtual_time import now, run

DELIVERED = Outcome("delivered", "200 OK", status=200)
FAILED = Outcome("failed", "500 Internal Server Error", status=500)
REFUSED = Outcome("refused", "loopback", "RefusedDestinationError")
GONE = Outcome("gone", "410 Gone", status=410)
NEVER = Limits(failures=1_000)


class Endpoint:
    """Answers as a test says, a second after it was asked; notes who asked, and when."""

    def __init__(self, answer: Callable[[str, int], Outcome]) -> None:
        self.asked: list[tuple[str, float]] = []
        self.most_at_once = 0
        self._answer = answer
        self._at_once = 0

    async def attempt(self, message: Message) -> Outcome:
        self.asked.append((message.id, now()))
        number = sum(one == message.id for one, _ in self.asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(1)
        self._at_once -= 1
        return self._answer(message.id, number)

    @property
    def times(self) -> list[float]:
        return [at for _, at in self.asked]


def courier(endpoint: Endpoint, patience: Patience, *, at_once: int = 10, seed: int = 7) -> Courier:
    counters = Counters(logging.getLogger("recognition.notify"))
    chance = random.Random(seed)
    return Courier("desk", endpoint.attempt, patience, counters, at_once=at_once, clock=now, chance=chance)


async def bring(one: Courier, message_id: str, stop: asyncio.Event | None = None) -> tuple[Outcome, int]:
    return await one.bring(Message(message_id, b"{}"), stop or asyncio.Event())


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in virtual time."""

    @wraps(test)
    def running(*arguments: Any, **named: Any) -> None:
        run(test(*arguments, **named))

    return running


@pytest.mark.parametrize("succeeds_at", [1, 2, 5])
@virtual
async def test_it_is_tried_until_it_is_delivered(succeeds_at: int) -> None:
    endpoint = Endpoint(lambda _, number: DELIVERED if number == succeeds_at else FAILED)
    assert await bring(courier(endpoint, Patience(5, limits=NEVER)), "a") == (DELIVERED, succeeds_at)
    assert len(endpoint.asked) == succeeds_at


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_it_is_given_up_after_the_last_try_and_within_the_span(seed: int, attempts: int) -> None:
    endpoint = Endpoint(lambda *_: FAILED)

    async def main() -> float:
        one = courier(endpoint, Patience(attempts, limits=NEVER), seed=seed)
        assert await bring(one, "a") == (FAILED, attempts)
        return now()

    assert run(main()) <= Backoff().span(attempts) + attempts + 1e-3
    assert len(endpoint.asked) == attempts
    for failures, (earlier, later) in enumerate(pairwise(endpoint.times), 1):
        assert later - earlier - 1 <= Backoff().ceiling(failures) + 1e-3


@pytest.mark.parametrize("outcome", [REFUSED, GONE])
@virtual
async def test_what_can_never_be_delivered_is_tried_once(outcome: Outcome) -> None:
    endpoint = Endpoint(lambda *_: outcome)
    assert await bring(courier(endpoint, Patience(5)), "a") == (outcome, 1)


@virtual
async def test_while_the_circuit_is_open_nothing_counts_as_a_try() -> None:
    limits = Limits(failures=3, cool_off=3_600, factor=2, longest=10_000)
    endpoint = Endpoint(lambda *_: FAILED)
    one = courier(endpoint, Patience(6, Backoff(longest=10), limits))
    assert await bring(one, "a") == (FAILED, 6)  # all of them were made
    waits = [later - earlier - 1 for earlier, later in pairwise(endpoint.times)]
    assert max(waits[:2]) <= 10
    assert waits[2:] == pytest.approx([3_600, 7_200, 10_000])


@virtual
async def test_one_probe_at_a_time_whoever_waits() -> None:
    well = False
    endpoint = Endpoint(lambda *_: DELIVERED if well else FAILED)
    one = courier(endpoint, Patience(1_000, Backoff(longest=5), Limits(failures=2, cool_off=60, factor=1)))
    tasks = [asyncio.create_task(bring(one, f"a{number}")) for number in range(8)]
    await asyncio.sleep(50)
    endpoint.asked.clear()
    endpoint.most_at_once = 0
    await asyncio.sleep(600)
    assert len(endpoint.asked) in (9, 10)
    assert endpoint.most_at_once == 1
    well = True
    assert {outcome for outcome, _ in await asyncio.gather(*tasks)} == {DELIVERED}
    assert now() < 50 + 600 + 60 + 10


@virtual
async def test_when_it_answers_again_nobody_waits_on() -> None:
    well = False
    endpoint = Endpoint(lambda *_: DELIVERED if well else FAILED)
    one = courier(endpoint, Patience(8, Backoff(base=3_600), Limits(failures=1, cool_off=30)))
    waits_long = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(10)
    well = True
    assert await bring(one, "b") == (DELIVERED, 1)
    assert now() == pytest.approx(32)
    assert await waits_long == (DELIVERED, 2)
    assert now() == pytest.approx(33)


@virtual
async def test_the_time_that_is_asked_for_is_given_by_all() -> None:
    busy = Outcome("failed", "503 Service Unavailable", status=503, retry_after=120)
    endpoint = Endpoint(lambda *_: busy if len(endpoint.asked) == 1 else DELIVERED)
    one = courier(endpoint, Patience(5, limits=NEVER))
    first = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(2)
    assert await bring(one, "b") == (DELIVERED, 1)
    assert await first == (DELIVERED, 2)
    assert endpoint.times == pytest.approx([0, 121, 121])


@virtual
async def test_not_too_many_at_once() -> None:
    endpoint = Endpoint(lambda *_: DELIVERED)
    one = courier(endpoint, Patience(1), at_once=3)
    await asyncio.gather(*(bring(one, f"a{number}") for number in range(30)))
    assert endpoint.most_at_once == 3


@pytest.mark.parametrize("limits", [NEVER, Limits(failures=1, cool_off=3_600)], ids=["waits", "circuit open"])
@virtual
async def test_a_stop_ends_a_wait_at_once(limits: Limits) -> None:
    endpoint = Endpoint(lambda *_: FAILED)
    one = courier(endpoint, Patience(8, Backoff(base=3_600), limits))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(bring(one, name, stop)) for name in ("a", "b")]
    await asyncio.sleep(5)
    stop.set()
    one.wake()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [StoppedError, StoppedError]
    assert now() == pytest.approx(5)


@virtual
async def test_a_probe_that_is_broken_off_leaves_its_place_to_another() -> None:
    tried = 0

    async def attempt(message: Message) -> Outcome:
        nonlocal tried
        tried += 1
        if tried == 2:
            await asyncio.sleep(3_600)
        return FAILED if tried == 1 else DELIVERED

    counters = Counters(logging.getLogger("recognition.notify"))
    one = Courier("desk", attempt, Patience(8, limits=Limits(failures=1, cool_off=10)), counters, clock=now)
    probing = asyncio.create_task(bring(one, "a"))
    await asyncio.sleep(20)
    waiting = asyncio.create_task(bring(one, "b"))
    await asyncio.sleep(20)
    assert tried == 2
    probing.cancel()
    assert await waiting == (DELIVERED, 1)
    assert now() == pytest.approx(40)


@virtual
async def test_every_try_is_logged_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "recognition.notify")
    endpoint = Endpoint(lambda _, number: DELIVERED if number == 2 else FAILED)
    one = courier(endpoint, Patience(5))
    await one.bring(Message("a", b"{}", {"correlation": "articles/0/7"}), asyncio.Event())
    told = [vars(record) for record in caplog.records if "outcome" in vars(record)]
    expected = [(1, "failed", 500), (2, "delivered", 200)]
    assert [(one["attempt"], one["outcome"], one["status"]) for one in told] == expected
    assert {(one["endpoint"], one["alert"], one["correlation"]) for one in told} == {("desk", "a", "articles/0/7")}
    assert all(one["ms"] >= 0 for one in told)
