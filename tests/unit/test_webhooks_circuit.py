"""The circuit, as a state machine with a clock that only the test moves."""

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from pipeline.webhooks.circuit import Circuit, Limits

LIMITS = Limits(failures=3, cool_off=10.0, factor=2.0, longest=60.0)


def opened(*, probes_failed: int = 0) -> Circuit:
    """A circuit that opened at 0, and whose probes failed one after another, each as soon as it could."""
    circuit = Circuit(LIMITS)
    for _ in range(LIMITS.failures):
        circuit.failed(0, circuit.begin(0))
    now = 0.0
    for _ in range(probes_failed):
        now += circuit.wait(now)
        circuit.failed(now, circuit.begin(now))
    return circuit


def test_failures_in_a_row_open_it_and_successes_between_do_not() -> None:
    circuit = Circuit(LIMITS)
    for _ in range(10):
        assert not circuit.failed(0, circuit.begin(0))
        assert not circuit.failed(0, circuit.begin(0))
        assert not circuit.succeeded()
    circuit.failed(0, circuit.begin(0))
    circuit.failed(0, circuit.begin(0))
    assert circuit.failed(0, circuit.begin(0))
    assert circuit.state(0) == "open"


def test_the_cool_off_grows_to_a_bound_and_shrinks_with_success() -> None:
    waits: list[float] = []
    for probes in range(5):
        circuit = opened(probes_failed=probes)
        start = sum(waits)
        waits.append(circuit.wait(start))
    assert waits == [10, 20, 40, 60, 60]
    circuit = opened(probes_failed=3)
    now = 10 + 20 + 40 + 60.0
    circuit.begin(now)
    assert circuit.succeeded()
    for _ in range(LIMITS.failures):
        circuit.failed(now, circuit.begin(now))
    assert circuit.wait(now) == 10


def test_one_probe_and_no_more() -> None:
    circuit = opened()
    assert circuit.wait(9.5) == 0.5
    with pytest.raises(ValueError, match="lets no try through"):
        circuit.begin(9.5)
    probe = circuit.begin(10)
    assert probe is not None
    assert circuit.state(10) == "half-open"
    assert circuit.wait(10) == math.inf
    circuit.abandoned(probe)
    assert circuit.wait(10) == 0
    assert circuit.begin(10) != probe


def test_an_old_probe_is_not_taken_for_the_new_one() -> None:
    circuit = opened()
    late = circuit.begin(10)
    circuit.succeeded()  # a try that began before it opened
    for _ in range(LIMITS.failures):
        circuit.failed(11, circuit.begin(11))
    probe = circuit.begin(21)
    assert not circuit.failed(21, late)
    assert circuit.wait(21) == math.inf
    assert circuit.failed(21, probe)


def test_an_endpoint_that_asks_for_time_gets_it() -> None:
    circuit = Circuit(LIMITS)
    circuit.hold(0, 30)
    circuit.hold(0, 5)
    assert circuit.wait(10) == 20
    assert circuit.wait(30) == 0
    circuit = opened()
    circuit.hold(0, 30)
    assert circuit.wait(10) == 20


class CircuitMachine(RuleBasedStateMachine):
    """Tries begin and end in any order; what the circuit allows is held against what was seen to happen."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit(LIMITS)
        self.now = 0.0
        self.failures = 0  # in a row, since the last success
        self.open_since: float | None = None
        self.cool_off = 0.0
        self.held_until = 0.0
        self.probe: int | None = None

    tries: Bundle[int | None] = Bundle("tries")

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.circuit.wait(self.now) == 0)
    @rule(target=tries)
    def begin(self) -> int | None:
        assert self.now >= self.held_until - 1e-6
        number = self.circuit.begin(self.now)
        if self.open_since is None:
            assert number is None
        else:
            assert number is not None
            assert self.now >= self.open_since + self.cool_off - 1e-6
            assert self.probe is None
            self.probe = number
        return number

    @precondition(lambda self: self.circuit.wait(self.now) > 0)
    @rule()
    def no_try_begins_before_its_time(self) -> None:
        with pytest.raises(ValueError, match="lets no try through"):
            self.circuit.begin(self.now)

    @rule(number=tries)
    def success(self, number: int | None) -> None:
        assert self.circuit.succeeded() == (self.open_since is not None)
        self.failures, self.open_since, self.cool_off, self.probe = 0, None, 0.0, None

    @rule(number=tries)
    def failure(self, number: int | None) -> None:
        self.failures += 1
        is_probe = number is not None and number == self.probe
        opens = is_probe or (self.open_since is None and self.failures >= LIMITS.failures)
        assert self.circuit.failed(self.now, number) == opens
        if opens:
            self.open_since = self.now
            self.cool_off = min(2 * self.cool_off or LIMITS.cool_off, LIMITS.longest)
        if is_probe:
            self.probe = None

    @rule(number=tries)
    def broken_off(self, number: int | None) -> None:
        self.circuit.abandoned(number)
        if number == self.probe:
            self.probe = None

    @rule(seconds=st.floats(0, 100))
    def asked_for_time(self, seconds: float) -> None:
        self.circuit.hold(self.now, seconds)
        self.held_until = max(self.held_until, self.now + seconds)

    @invariant()
    def it_waits_for_the_later_of_both_or_for_the_probe(self) -> None:
        wait = self.circuit.wait(self.now)
        if self.open_since is None:
            assert self.circuit.state(self.now) == "closed"
            assert wait == pytest.approx(max(self.held_until - self.now, 0))
        elif self.probe is not None:
            assert wait == math.inf
        else:
            due = max(self.open_since + self.cool_off, self.held_until)
            assert wait == pytest.approx(max(due - self.now, 0))


TestCircuitMachine = CircuitMachine.TestCase
TestCircuitMachine.settings = settings(max_examples=100, stateful_step_count=40)
