"""A short run of `make chaos`: real processes are killed, frozen, stopped and overloaded."""

import signal

import pytest

from benchmarks.chaos_crashes import run_fatal_job, send_fatal_photo
from benchmarks.chaos_faults import freeze_replica, kill_replica, start_system, stop_service
from benchmarks.chaos_overload import run_overload
from benchmarks.chaos_rig import start_rig
from benchmarks.chaos_streams import PROBE_TIMEOUT, probe_gateway, probe_stage

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


@pytest.mark.parametrize("probe", [probe_stage, probe_gateway])
def test_health_checks_and_calls_are_answered_despite_half_open_streams(running, probe):
    slowest = probe(running, 400)
    assert max(slowest.health_seconds, slowest.call_seconds) < PROBE_TIMEOUT


def test_rejected_calls_get_a_retry_delay():
    outcome = run_overload(2)
    assert outcome.outcome.failed and not outcome.unexpected_errors
    assert len(outcome.outcome.seconds())


def test_a_photo_that_ends_replicas_ends_two_of_three_and_fails_no_other_call():
    with start_rig(("segmentation", "segmentation")) as running:
        result = send_fatal_photo(running, CALLS)
    ((*_, error),) = result.fatal.calls
    assert error.reason == "STAGE_CRASHED" and not error.is_transient
    assert result.ended == 2
    assert len(result.others.calls) == CALLS and not result.others.failed


def test_an_ad_that_ended_its_replica_twice_fails_and_the_rest_of_its_job_succeeds(tmp_path):
    storage = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{tmp_path}/artifacts",
    }
    with start_rig((), **storage) as running:
        job, restarts = run_fatal_job(running, photos=6)
    first, *others = job.ads
    assert first.state == "failed" and "ended twice" in first.error
    assert {ad.state for ad in others} == {"succeeded"}
    assert restarts == 2
