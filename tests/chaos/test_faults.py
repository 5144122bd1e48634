"""A short run of what `make chaos` measures: real processes killed, frozen and stopped."""

import signal

import pytest

from benchmarks.chaos_faults import freeze_replica, kill_replica, start_system, stop_service
from benchmarks.chaos_overload import run_overload

CALLS = 48


@pytest.fixture(scope="module")
def running():
    with start_system() as started:
        yield started


def test_no_call_fails_when_a_replica_is_killed(running):
    outcome = kill_replica(running, "background", CALLS)
    assert len(outcome.calls) == CALLS and not outcome.failed


def test_no_call_fails_when_a_replica_freezes(running):
    assert not freeze_replica(running, "compositing", CALLS).failed


@pytest.mark.parametrize("name", ["inpainting", "gateway"])
def test_sigterm_under_load_lets_running_calls_end(running, name):
    replica = running.gateway if name == "gateway" else running.stages[name][0]
    seen = stop_service(running, replica, CALLS)
    assert seen.in_flight and not seen.failed
    assert seen.status == 0 and seen.status != -signal.SIGTERM


def test_who_is_too_much_is_told_when_to_come_back():
    seen = run_overload(2)
    assert seen.outcome.failed and not seen.unexpected_errors
    assert len(seen.outcome.seconds())
