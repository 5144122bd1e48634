import pytest

from services.diffusion.breaker import CircuitBreaker
from tests.support.clocks import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock)


def record_failures(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.record_failure("black pictures")


def test_the_breaker_opens_after_three_consecutive_failures(breaker):
    record_failures(breaker, 2)
    breaker.record_success()
    record_failures(breaker, 2)
    assert not breaker.open_reason
    record_failures(breaker, 1)
    assert breaker.open_reason == "black pictures" and not breaker.is_half_open


def test_the_breaker_opens_when_half_of_the_last_ten_calls_failed(breaker):
    for _ in range(5):
        assert not breaker.open_reason
        breaker.record_success()
        record_failures(breaker, 1)
    assert breaker.open_reason


def test_the_breaker_opens_at_once_for_errors_that_no_retry_fixes(breaker):
    breaker.record_failure("wrong password", at_once=True)
    assert breaker.open_reason == "wrong password"


def test_a_server_that_restarts_does_not_open_the_breaker(breaker, clock):
    for clock.now in (0, 0, 0, 0, 4, 4, 4, 4, 9.9):
        breaker.record_unreachable("gone")
        assert not breaker.open_reason
    breaker.record_success()
    clock.now = 11
    breaker.record_unreachable("gone again")
    assert not breaker.open_reason


def test_a_server_that_answered_meanwhile_was_not_away(breaker, clock):
    breaker.record_unreachable("gone")
    breaker.record_reachable()
    clock.now = 3600
    breaker.record_unreachable("gone again")
    assert not breaker.open_reason


def test_a_server_that_stays_away_opens_the_breaker(breaker, clock):
    breaker.record_unreachable("gone")
    clock.now = 11
    breaker.record_unreachable("still gone")
    assert breaker.open_reason == "still gone"
    clock.now = 22
    assert breaker.is_half_open
    breaker.record_unreachable("gone for good")
    clock.now = 33
    assert breaker.open_reason == "gone for good"


def test_a_successful_trial_closes_a_half_open_breaker(breaker, clock):
    record_failures(breaker, 3)
    clock.now = 11
    assert not breaker.open_reason and breaker.is_half_open and breaker.is_open
    breaker.record_success()
    assert not breaker.is_open
    record_failures(breaker, 2)
    assert not breaker.open_reason and not breaker.is_half_open


def test_a_failed_trial_doubles_the_open_time_up_to_two_minutes(breaker, clock):
    record_failures(breaker, 3)
    for rest in (10, 20, 40, 80, 120, 120):
        clock.now += rest - 1
        assert breaker.open_reason
        clock.now += 2
        assert breaker.is_half_open
        record_failures(breaker, 1)
