import pytest

from services.diffusion.breaker import CircuitBreaker


class FixedClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.record_failure("black pictures")


def test_it_opens_after_three_failures_in_a_row(breaker):
    fail(breaker, 2)
    breaker.record_success()
    fail(breaker, 2)
    assert not breaker.why
    fail(breaker, 1)
    assert breaker.why == "black pictures" and not breaker.wants_trial


def test_it_opens_when_half_of_the_last_ten_calls_failed(breaker):
    for _ in range(5):
        assert not breaker.why
        breaker.record_success()
        fail(breaker, 1)
    assert breaker.why


def test_it_opens_at_once_for_what_no_retry_would_fix(breaker):
    breaker.record_failure("wrong password", at_once=True)
    assert breaker.why == "wrong password"


def test_after_its_rest_it_wants_a_trial_that_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now = 11
    assert not breaker.why and breaker.wants_trial and breaker.is_open
    breaker.record_success()
    assert not breaker.is_open
    fail(breaker, 2)
    assert not breaker.why and not breaker.wants_trial


def test_a_failed_trial_doubles_the_rest_up_to_two_minutes(breaker, clock):
    fail(breaker, 3)
    for rest in (10, 20, 40, 80, 120, 120):
        clock.now += rest - 1
        assert breaker.why
        clock.now += 2
        assert breaker.wants_trial
        fail(breaker, 1)
