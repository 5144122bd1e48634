"""Servers report their health, list their services and stop gracefully."""

import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.runtime.errors import BackendUnavailable
from services.runtime.healthcheck import is_serving
from services.runtime.server import Service, start_server
from services.runtime.settings import ServerSettings

NAME = "cyclorama.v1.SegmentationService"
SETTINGS = ServerSettings(listen="127.0.0.1:0", drain_seconds=0, grace_seconds=5)
REQUEST = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=b"x"))


class BlockingServicer(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Blocks in SegmentProduct until `leave` is set."""

    def __init__(self):
        self.inside, self.leave = threading.Event(), threading.Event()

    def SegmentProduct(self, request, context):  # noqa: N802
        self.inside.set()
        self.leave.wait(5)
        return segmentation_pb2.SegmentProductResponse(confidence=1)


@pytest.fixture
def running():
    """A started server with its servicer and a channel to it."""
    servicer = BlockingServicer()
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    server = start_server([Service(NAME, add, servicer)], SETTINGS)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield server, servicer, channel
    servicer.leave.set()
    server.stop(SETTINGS)


@pytest.mark.parametrize("name", ["", NAME])
def test_health_covers_the_server_and_its_service(running, name):
    stub = health_pb2_grpc.HealthStub(running[2])
    answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_the_service(running):
    stub = reflection_pb2_grpc.ServerReflectionStub(running[2])
    query = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([query]), timeout=5)
    names = {each.name for each in answer.list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


def test_a_call_in_flight_finishes_while_the_server_stops(running):
    server, servicer, channel = running
    call = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct.future(
        REQUEST, timeout=5
    )
    assert servicer.inside.wait(5)
    stopping = threading.Thread(target=server.stop, args=(SETTINGS,))
    stopping.start()
    servicer.leave.set()
    assert call.result().confidence == 1
    stopping.join(5)
    assert not stopping.is_alive()


def test_a_call_that_outlasts_the_grace_period_gets_an_error_of_its_own():
    leave = threading.Event()

    class StoppableServicer(BlockingServicer):
        def SegmentProduct(self, request, context):  # noqa: N802
            self.inside.set()
            leave.wait(5)
            raise BackendUnavailable("this process stops; try again")

    def stop_work(timeout):
        leave.set()
        return True

    servicer = StoppableServicer()
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    server = start_server([Service(NAME, add, servicer)], SETTINGS)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = segmentation_pb2_grpc.SegmentationServiceStub(channel)
        call = stub.SegmentProduct.future(REQUEST, timeout=5)
        assert servicer.inside.wait(5)
        server.stop(SETTINGS.model_copy(update={"grace_seconds": 0.05}), stop_work)
        assert call.code() == grpc.StatusCode.UNAVAILABLE
        assert call.details() == "this process stops; try again"


def test_the_healthcheck_distinguishes_serving_from_stopped(running):
    address = f"127.0.0.1:{running[0].port}"
    assert is_serving(address)
    running[0].stop(SETTINGS)
    assert not is_serving(address, seconds=1)


def test_a_port_in_use_ends_the_process_with_one_sentence(running):
    taken = SETTINGS.model_copy(update={"listen": f"127.0.0.1:{running[0].port}"})
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    with pytest.raises(SystemExit, match="cannot listen on"):
        start_server([Service(NAME, add, BlockingServicer())], taken)
