"""Work stops when its caller cancels, disconnects or runs out of time."""

import contextvars
import threading

import grpc
import pytest

from services.runtime.errors import CallCancelled
from services.runtime.guards.call_log import log_call
from services.runtime.guards.cancellation import (
    bind_check_active,
    check_active,
    get_remaining_seconds,
    sleep_while_active,
    track_call,
)
from services.runtime.guards.guarded_call import GuardedCall
from tests.support.serving import REQUEST, serve_function


class CancellableWork:
    """Work that runs until its call is cancelled, optionally in another thread."""

    def __init__(self, in_thread: bool = False) -> None:
        self.started, self.stopped = threading.Event(), threading.Event()
        self._in_thread = in_thread

    def __call__(self) -> None:
        if not self._in_thread:
            return self._work(check_active)
        thread = threading.Thread(target=self._work, args=(bind_check_active(),))
        thread.start()
        thread.join()

    def _work(self, check) -> None:
        tick = threading.Event()
        self.started.set()
        try:
            for _ in range(1000):
                check()
                tick.wait(0.01)
        except CallCancelled:
            self.stopped.set()
            if not self._in_thread:
                raise


@pytest.mark.parametrize("in_thread", [False, True])
def test_work_stops_when_the_caller_cancels(in_thread):
    work = CancellableWork(in_thread)
    with serve_function(work) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert work.started.wait(5)
        call.cancel()
        assert work.stopped.wait(5)


def test_work_stops_at_the_callers_deadline():
    work = CancellableWork()
    with serve_function(work) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.SegmentProduct(REQUEST, timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert work.stopped.wait(5)


def test_a_sleeping_call_ends_soon_after_its_caller_cancels():
    over = threading.Event()

    def work():
        try:
            sleep_while_active(60)
        finally:
            over.set()

    with serve_function(work) as stub, pytest.raises(grpc.RpcError):
        stub.SegmentProduct(REQUEST, timeout=0.2)
    assert over.wait(5)


def test_the_remaining_time_is_that_of_the_caller():
    seen = []
    with serve_function(lambda: seen.append(get_remaining_seconds())) as stub:
        stub.SegmentProduct(REQUEST, timeout=20)
        stub.SegmentProduct(REQUEST)
    # gRPC rounds a timeout up when it sends it.
    assert 10 < seen[0] < 21 and seen[1] is None


def test_outside_a_call_nothing_is_cancelled():
    check_active()
    assert get_remaining_seconds() is None


@pytest.mark.parametrize("surround", [track_call, log_call])
def test_a_call_may_end_in_another_context_than_it_started_in(surround):
    guard = surround(GuardedCall("Any", REQUEST, "id", lambda: True, lambda: None))
    contextvars.copy_context().run(guard.__enter__)
    assert not guard.__exit__(None, None, None)
