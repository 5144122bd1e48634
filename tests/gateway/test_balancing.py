"""Tests of the order in which replicas get calls."""

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from gateway.balancing import EJECTION_SECONDS, MAX_EJECTION_SECONDS, ReplicaLoad
from tests.support.clocks import ManualClock

DETAILS = Metadata(("grpc-status-details-bin", b""))


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def load(clock):
    return ReplicaLoad("a", clock)


def fail(load: ReplicaLoad, code: grpc.StatusCode, details: Metadata = DETAILS) -> None:
    """Records a call that fails with a status."""
    with pytest.raises(AioRpcError), load.record_outcome():
        raise AioRpcError(code, Metadata(), details)


def succeed(load: ReplicaLoad) -> None:
    """Records a call that succeeds."""
    with load.record_outcome():
        pass


def test_the_replica_with_fewer_calls_in_flight_comes_first(load):
    other = ReplicaLoad("b")
    load.in_flight, other.in_flight = 2, 1
    assert other.rank(()) < load.rank(())
    assert load.rank({"b"}) < other.rank({"b"})


def test_equal_replicas_come_in_random_order(load):
    other = ReplicaLoad("b")
    assert len({other.rank(()) < load.rank(()) for _ in range(64)}) == 2


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    ],
)
def test_a_replica_that_failed_comes_after_busy_ones(load, code):
    busy = ReplicaLoad("b")
    busy.in_flight = 99
    fail(load, code)
    assert busy.rank(()) < load.rank(())


@pytest.mark.parametrize(
    ("code", "details"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, DETAILS),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Metadata()),
        # A message that is too large for all replicas.
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Metadata()),
    ],
)
def test_errors_of_the_request_eject_no_replica(load, code, details):
    fail(load, code, details)
    assert not load.is_ejected


def test_an_ejected_replica_gets_one_call_at_a_time_until_one_succeeds(load, clock):
    fail(load, grpc.StatusCode.UNAVAILABLE)
    clock.now = EJECTION_SECONDS
    assert not load.is_ejected
    load.in_flight = 1
    assert load.is_ejected
    succeed(load)
    assert not load.is_ejected


def test_calls_that_fail_together_eject_once(load, clock):
    for _ in range(9):
        fail(load, grpc.StatusCode.UNAVAILABLE)
    clock.now = EJECTION_SECONDS
    assert not load.is_ejected


def test_calls_that_were_sent_before_an_ejection_do_not_end_it(load, clock):
    fail(load, grpc.StatusCode.RESOURCE_EXHAUSTED)
    succeed(load)
    assert load.is_ejected


def test_repeated_failures_eject_for_longer_up_to_a_limit(load, clock):
    seconds = []
    for _ in range(6):
        began = clock.now
        fail(load, grpc.StatusCode.INTERNAL)
        while load.is_ejected:
            clock.now += EJECTION_SECONDS
        seconds.append(clock.now - began)
    assert seconds == sorted(seconds) and len(set(seconds)) > 3
    assert seconds[-1] == MAX_EJECTION_SECONDS
