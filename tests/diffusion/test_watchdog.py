import pytest

from services.diffusion.request import DiffusionProgress
from services.diffusion.watchdog import Watchdog
from tests.support.clocks import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def watchdog(clock):
    return Watchdog(timeout=90, clock=clock)


def test_a_silent_server_hangs_after_the_timeout(watchdog, clock):
    clock.now = 90
    assert not watchdog.is_hung
    clock.now = 91
    assert watchdog.is_hung


def test_a_server_that_makes_progress_with_another_clients_image_does_not_hang(watchdog, clock):
    for clock.now in range(0, 600, 30):
        watchdog.record_progress(DiffusionProgress(0.5, state=clock.now))
        assert not watchdog.is_hung
    # More than 4 times the pauses so far.
    clock.now += 121
    assert watchdog.is_hung


@pytest.mark.parametrize("state", [None, "step 3"])
def test_an_unchanged_state_for_a_minute_is_a_hang_if_the_server_shows_one(watchdog, clock, state):
    for clock.now in (0, 30, 61):
        watchdog.record_progress(DiffusionProgress(0.5, state=state))
    assert watchdog.is_hung == (state is not None)


def test_a_server_whose_steps_take_longer_than_a_minute_works(watchdog, clock):
    for step, clock.now in enumerate((75, 150, 300)):
        assert not watchdog.is_hung
        watchdog.record_progress(DiffusionProgress(0.1, state=step))
    clock.now += 4 * 150
    assert not watchdog.is_hung
    clock.now += 1
    assert watchdog.is_hung


def test_a_first_step_may_take_as_long_as_those_of_earlier_images(clock):
    watchdog = Watchdog(timeout=600, step_seconds=75, clock=clock)
    watchdog.record_progress(DiffusionProgress(0.1, state=1))
    clock.now = 300
    assert not watchdog.is_hung
    clock.now += 1
    assert watchdog.is_hung


def test_the_wait_for_other_clients_images_is_no_pause(watchdog, clock):
    clock.now = 500
    watchdog.record_progress(DiffusionProgress(0, queue_position=1))
    watchdog.record_progress(DiffusionProgress(0.1, queue_position=0, state=1))
    clock.now += 61
    assert watchdog.is_hung


def test_time_behind_other_clients_images_counts_neither_as_hang_nor_as_work(watchdog, clock):
    for clock.now in range(0, 601, 50):
        watchdog.record_progress(DiffusionProgress(0, queue_position=1))
    watchdog.record_progress(DiffusionProgress(0, queue_position=0))
    clock.now += 90
    assert not watchdog.is_hung and watchdog.seconds_running == 90
    clock.now += 1
    assert watchdog.is_hung


def test_the_latest_progress_has_a_fraction_or_a_position(watchdog):
    watchdog.record_progress(DiffusionProgress(0, state=1))
    assert watchdog.latest is None
    for shown in (DiffusionProgress(0, queue_position=2), DiffusionProgress(0.5)):
        watchdog.record_progress(shown)
        assert watchdog.latest == shown
