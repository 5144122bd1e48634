"""A short run of `make chaos`: real processes are killed, frozen, stopped and overloaded."""

import signal

import pytest

from benchmarks.chaos_faults import freeze_replica, kill_replica, start_system, stop_service
from benchmarks.chaos_overload import run_overload

pytestmark = pytest.mark.slow

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
def test_sigterm_under_load_finishes_calls_in_flight(running, name):
    replica = running.gateway if name == "gateway" else running.stages[name][0]
    outcome = stop_service(running, replica, CALLS)
    assert outcome.in_flight and not outcome.failed
    assert outcome.status == 0 and outcome.status != -signal.SIGTERM


def test_rejected_calls_get_a_retry_delay():
    outcome = run_overload(2)
    assert outcome.outcome.failed and not outcome.unexpected_errors
    assert len(outcome.outcome.seconds())
