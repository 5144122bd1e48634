"""What failed and refused calls leave in memory, before the garbage collector has run."""

import gc
import sys
from collections.abc import Callable
from contextlib import contextmanager

import grpc
import pytest

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.runtime.errors import Overloaded
from services.runtime.guards.bodies import SMALL_BYTES
from services.runtime.server import Service
from tests.support.serving import ScriptedServicer, serve_service
from tests.support.waiting import wait_until

LARGE = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=bytes(SMALL_BYTES)))


@pytest.fixture(autouse=True)
def without_garbage_collection():
    gc.disable()
    yield
    gc.enable()


def fail_with_a_bug() -> None:
    raise ValueError("a bug")


def refuse() -> None:
    raise Overloaded(1, 1)


class RequestsSeen:
    """A guard that collects the requests of calls, and may refuse them."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act, self.requests = act, list[object]()

    @contextmanager
    def __call__(self, call):
        self.requests.append(call.request)
        self._act()
        yield

    @property
    def in_use(self) -> int:
        """How many requests something else refers to; they allow no weak references."""
        # Those of the list, the loop and the function.
        return sum(sys.getrefcount(request) > 3 for request in self.requests)


@pytest.mark.parametrize(
    ("guard_act", "act"),
    [
        (int, int),
        (int, fail_with_a_bug),
        (int, refuse),
        (refuse, int),
    ],
    ids=["served", "bug", "refused by the method", "refused by a guard"],
)
def test_an_ended_call_leaves_no_request(guard_act, act):
    seen = RequestsSeen(guard_act)
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    servicer = ScriptedServicer(act)
    service = Service("cyclorama.v1.SegmentationService", add, servicer, guards=[seen])
    with serve_service(service) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        for _ in range(3):
            if act is guard_act:
                stub.SegmentProduct(LARGE, timeout=10)
                continue
            with pytest.raises(grpc.RpcError):
                stub.SegmentProduct(LARGE, timeout=10)
        wait_until(lambda: not seen.in_use, "the end of all requests")
    assert len(seen.requests) == 3
