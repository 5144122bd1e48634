import contextvars
import threading

import grpc
import pytest

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import check_active, pause, seconds_left, tracked, watch
from services.runtime.guards.interceptor import Call, logged
from tests.support.serving import REQUEST, scripted


class Working:
    """Work that goes on until it is told to stop, in another thread where asked to."""

    def __init__(self, in_thread: bool = False) -> None:
        self.started, self.stopped = threading.Event(), threading.Event()
        self._in_thread = in_thread

    def __call__(self) -> None:
        if not self._in_thread:
            return self._work(check_active)
        thread = threading.Thread(target=self._work, args=(watch(),))
        thread.start()
        thread.join()

    def _work(self, check) -> None:
        pause = threading.Event()
        self.started.set()
        try:
            for _ in range(1000):
                check()
                pause.wait(0.01)
        except CallCancelled:
            self.stopped.set()
            if not self._in_thread:
                raise


@pytest.mark.parametrize("in_thread", [False, True])
def test_work_stops_when_the_caller_cancels(in_thread):
    work = Working(in_thread)
    with scripted(work) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=20)
        assert work.started.wait(5)
        call.cancel()
        assert work.stopped.wait(5)


def test_work_stops_at_the_callers_deadline():
    work = Working()
    with scripted(work) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.SegmentProduct(REQUEST, timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert work.stopped.wait(5)


def test_a_pause_ends_when_the_caller_has_gone():
    over = threading.Event()

    def work():
        try:
            pause(60)
        finally:
            over.set()

    with scripted(work) as stub, pytest.raises(grpc.RpcError):
        stub.SegmentProduct(REQUEST, timeout=0.2)
    assert over.wait(5)


def test_the_time_left_is_the_callers():
    seen = []
    with scripted(lambda: seen.append(seconds_left())) as stub:
        stub.SegmentProduct(REQUEST, timeout=20)
        stub.SegmentProduct(REQUEST)
    assert 10 < seen[0] <= 20 and seen[1] is None


def test_outside_a_call_nothing_is_abandoned():
    check_active()
    assert seconds_left() is None


@pytest.mark.parametrize("watched_by", [tracked, logged])
def test_a_call_may_end_in_another_context_than_it_began_in(watched_by):
    guard = watched_by(Call("Any", REQUEST, "id", lambda: True, lambda: None))
    contextvars.copy_context().run(guard.__enter__)
    assert not guard.__exit__(None, None, None)
