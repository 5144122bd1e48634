"""Calls that never send their request, or never read the response, do not delay others."""

import threading
import time

import grpc
import pytest
from prometheus_client import REGISTRY

from benchmarks.half_open import BareConnection, open_streams
from cyclorama.v1 import (
    background_pb2,
    background_pb2_grpc,
    engine_pb2,
    image_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.runtime.guards import bodies
from services.runtime.guards.bodies import SIZE_KEY, SMALL_BYTES
from services.runtime.healthcheck import is_serving
from services.runtime.server import MAX_CONCURRENT_STREAMS, Service, start_server
from services.runtime.settings import ServerSettings
from tests.support.serving import REQUEST, ScriptedServicer, read_error_details
from tests.support.waiting import wait_until

SEGMENT = "/cyclorama.v1.SegmentationService/SegmentProduct"
LIST = "/cyclorama.v1.SegmentationService/ListEngines"
IN_FLIGHT = "cyclorama_calls_in_flight"
GENERATE = "/cyclorama.v1.BackgroundService/GenerateBackground"
LARGE = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=bytes(SMALL_BYTES + 1)))
# Room for one request of LARGE at a time, and for few bodies that are read.
LITTLE_MEMORY = {"memory_mib": 16}


class EndlessSteps(background_pb2_grpc.BackgroundServiceServicer):
    """Generates previews without end; counts them."""

    def __init__(self) -> None:
        self.steps, self.ended = 0, threading.Event()

    def GenerateBackground(self, request, context):  # noqa: N802
        preview = engine_pb2.Progress(preview=image_pb2.Image(data=bytes(10_000)))
        try:
            while True:
                self.steps += 1
                yield background_pb2.GenerateBackgroundResponse(progress=preview)
        finally:
            self.ended.set()


@pytest.fixture
def serve():
    """Returns a function that serves both services, and returns their address."""
    running = []

    def start(act=lambda: 0, steps=None, **settings) -> str:
        own = ServerSettings(listen="127.0.0.1:0", drain_seconds=0, grace_seconds=0, **settings)
        add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
        services = [Service("cyclorama.v1.SegmentationService", add, ScriptedServicer(act))]
        add = background_pb2_grpc.add_BackgroundServiceServicer_to_server
        services.append(Service("cyclorama.v1.BackgroundService", add, steps or EndlessSteps()))
        running.append((start_server(services, own), own))
        return f"127.0.0.1:{running[-1][0].port}"

    yield start
    for server, settings in running:
        server.stop(settings)


def segment(address: str, request=REQUEST, timeout: float = 10, metadata=()) -> None:
    """Calls SegmentProduct over a connection of its own."""
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        stub.SegmentProduct(request, timeout=timeout, metadata=metadata)


def read_gauge(name: str, **labels: str) -> float:
    """Returns a metric of this process."""
    return REGISTRY.get_sample_value(name, labels) or 0


def catch_reason(call) -> str:
    """Runs a call that fails; returns the reason of its error."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return read_error_details(caught.value)["ErrorInfo"].reason


def send_nothing(address: str, path: str = SEGMENT) -> str:
    """Calls a method without sending a request; returns the reason why it is refused."""
    over = threading.Event()

    def wait_for_the_end():
        over.wait(30)
        yield from ()

    with grpc.insecure_channel(address) as channel:
        call = channel.stream_unary(path)
        try:
            return catch_reason(lambda: call(wait_for_the_end(), timeout=30))
        finally:
            over.set()


def test_requests_that_never_arrive_delay_neither_calls_nor_health_checks(serve):
    address = serve(**LITTLE_MEMORY)
    with open_streams(address, SEGMENT, 60):
        for _ in range(3):
            segment(address, timeout=5)
            assert is_serving(address, seconds=5)


def test_a_request_that_does_not_arrive_ends_its_call(serve):
    assert send_nothing(serve(body_timeout_seconds=0.2)) == "REQUEST_TIMEOUT"


def test_a_stream_that_ends_without_a_request_is_invalid(serve):
    with grpc.insecure_channel(serve()) as channel:
        call = channel.stream_unary(SEGMENT)
        assert catch_reason(lambda: call(iter(()), timeout=5)) == "MALFORMED_REQUEST"


def test_methods_without_images_do_not_wait_for_those_with_images(serve):
    """Nor are their slow requests refused for the sake of those."""
    address, reasons = serve(body_timeout_seconds=1, **LITTLE_MEMORY), []
    slow = threading.Thread(target=lambda: reasons.append(send_nothing(address, LIST)))
    slow.start()
    with open_streams(address, SEGMENT, 60):
        slow.join()
    assert reasons == ["REQUEST_TIMEOUT"]


def test_a_slow_request_is_refused_only_when_others_wait(serve):
    address, reasons = serve(body_timeout_seconds=5, **LITTLE_MEMORY), []
    slow = threading.Thread(target=lambda: reasons.append(send_nothing(address)))
    slow.start()
    while slow.is_alive():
        with open_streams(address, SEGMENT, 20):
            slow.join(0.2)
    assert reasons == ["UPLOAD_REFUSED"]


@pytest.mark.parametrize(("announces", "count"), [(True, 4), (False, 2)])
def test_large_requests_wait_for_the_memory_of_others(serve, announces, count):
    """Those that announce their size as long as it takes, the others while nothing else waits."""
    inside, leave, most = threading.Semaphore(0), threading.Event(), []

    def stay():
        most.append(1)
        inside.release()
        leave.wait(20)

    address = serve(stay, **LITTLE_MEMORY)
    metadata = ((SIZE_KEY, str(LARGE.ByteSize())),) if announces else ()
    calls = [
        threading.Thread(target=segment, args=(address, LARGE, 20, metadata)) for _ in range(count)
    ]
    for call in calls:
        call.start()
    assert inside.acquire(timeout=10)
    segment_small = threading.Thread(target=segment, args=(address,))
    segment_small.start()
    assert inside.acquire(timeout=10), "a small request waited for large ones"
    assert len(most) == 2, "two large requests were in memory"
    leave.set()
    for call in (*calls, segment_small):
        call.join(20)
    assert len(most) == count + 1


def test_a_request_larger_than_announced_is_refused(serve):
    """Otherwise it would evade the budget."""
    metadata = ((SIZE_KEY, str(SMALL_BYTES + 1)),)
    address = serve()
    assert catch_reason(lambda: segment(address, LARGE, 10, metadata)) == "MALFORMED_REQUEST"


def test_compressed_requests_are_refused(serve):
    """They evade what the network and the budget let through."""
    with grpc.insecure_channel(serve(), compression=grpc.Compression.Gzip) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.SegmentProduct(LARGE, timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_one_connection_does_not_starve_large_requests_of_others(serve, monkeypatch):
    monkeypatch.setattr(bodies, "HOLD_SECONDS", 0.1)
    address = serve(**LITTLE_MEMORY)
    size = {SIZE_KEY: str(LARGE.ByteSize())}
    connection, over = BareConnection(address), threading.Event()

    def announce_and_send_nothing():
        while not over.wait(0.03):
            connection.open_stream(SEGMENT, metadata=size)

    attack = threading.Thread(target=announce_and_send_nothing)
    for _ in range(20):
        connection.open_stream(SEGMENT, metadata=size)
    attack.start()
    try:
        wait_until(lambda: read_gauge("cyclorama_requests_waiting"), "streams that wait")
        assert read_gauge("cyclorama_request_budget_bytes") > SMALL_BYTES
        for _ in range(3):
            segment(address, LARGE, 10, tuple(size.items()))
    finally:
        over.set()
        attack.join()
        connection.close()


def test_a_unary_response_that_nobody_reads_ends_its_call(serve):
    """Until then, the call counts as in flight, so that unread responses are bounded."""
    address = serve(stall_timeout_seconds=1, max_concurrent_calls=1)
    unread = BareConnection(address, window=0)
    unread.open_stream(SEGMENT, REQUEST.SerializeToString())
    wait_until(lambda: read_gauge(IN_FLIGHT, method="SegmentProduct"), "the call")
    assert catch_reason(lambda: segment(address)) == "OVERLOADED"
    wait_until(lambda: not read_gauge(IN_FLIGHT, method="SegmentProduct"), "the end of the call")
    segment(address)
    unread.close()


def test_work_whose_caller_has_left_counts_as_in_flight_until_it_ends(serve):
    working, over = threading.Event(), threading.Event()

    def work():
        working.set()
        over.wait(30)

    address = serve(act=work, max_concurrent_calls=1)
    with grpc.insecure_channel(address) as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        left = stub.SegmentProduct.future(REQUEST)
        assert working.wait(10)
        left.cancel()
    assert catch_reason(lambda: segment(address)) == "OVERLOADED"
    over.set()
    wait_until(lambda: not read_gauge(IN_FLIGHT, method="SegmentProduct"), "the end of the work")
    segment(address)


def test_a_caller_that_reads_nothing_stops_the_generator_and_loses_its_call(serve):
    steps = EndlessSteps()
    address = serve(steps=steps, stall_timeout_seconds=0.3)
    request = background_pb2.GenerateBackgroundRequest(prompt="x").SerializeToString()
    connection = BareConnection(address, window=100)
    connection.open_stream(GENERATE, request)
    wait_until(lambda: steps.steps, "the first step")
    assert steps.ended.wait(10)
    # What gRPC buffers for a stream, not what could have been generated.
    assert steps.steps < 50
    connection.close()


def test_a_slow_reader_gets_all_responses(serve):
    steps = EndlessSteps()
    address = serve(steps=steps, stall_timeout_seconds=0.6)
    with grpc.insecure_channel(address) as channel:
        stub = background_pb2_grpc.BackgroundServiceStub(channel)
        stream = stub.GenerateBackground(background_pb2.GenerateBackgroundRequest(prompt="x"))
        end = time.monotonic() + 1
        while time.monotonic() < end:
            next(stream)
            time.sleep(0.1)
        stream.cancel()
    assert steps.ended.wait(10)


def test_a_server_limits_the_calls_of_one_connection(serve):
    connection = BareConnection(serve())
    assert connection.read_max_streams() == MAX_CONCURRENT_STREAMS < 1000
    connection.close()
