import pytest

from services.diffusion.breaker import Breaker
from services.diffusion.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed("black pictures")


def test_it_opens_after_three_failures_in_a_row(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert not breaker.why
    fail(breaker, 1)
    assert breaker.why == "black pictures" and not breaker.wants_trial


def test_it_opens_when_half_of_the_last_ten_calls_failed(breaker):
    for _ in range(5):
        assert not breaker.why
        breaker.succeeded()
        fail(breaker, 1)
    assert breaker.why


def test_it_opens_at_once_for_what_no_try_would_mend(breaker):
    breaker.failed("wrong password", at_once=True)
    assert breaker.why == "wrong password"


def test_after_its_rest_it_wants_a_trial_that_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now = 11
    assert not breaker.why and breaker.wants_trial and breaker.is_open
    breaker.succeeded()
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


def test_patience_is_four_times_what_is_expected_and_at_least_a_minute():
    pace = Pace()
    assert pace.patience(10, most=300) == 300 and pace.expected(10) is None
    pace.took(20, 10)
    assert pace.expected(10) == 20 and pace.patience(10, 300) == 80
    assert pace.patience(1, 300) == 60 and pace.patience(10, 30) == 30


def test_the_pace_follows_a_server_that_slows_down():
    pace = Pace()
    for seconds in (1, 1, 9, 9, 9, 9, 9, 9):
        pace.took(seconds, 1)
    assert 7 < pace.seconds_per_work < 9
