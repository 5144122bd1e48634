import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.runtime.healthcheck import is_serving
from services.runtime.server import Service, start
from services.runtime.settings import ServerSettings

NAME = "cyclorama.v1.SegmentationService"
SETTINGS = ServerSettings(listen="127.0.0.1:0", drain_seconds=0, grace_seconds=5)
REQUEST = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=b"x"))


class Slow(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Stays in Segment until it is let go."""

    def __init__(self):
        self.inside, self.leave = threading.Event(), threading.Event()

    def SegmentProduct(self, request, context):  # noqa: N802
        self.inside.set()
        self.leave.wait(5)
        return segmentation_pb2.SegmentProductResponse(confidence=1)


@pytest.fixture
def running():
    """A started server with its servicer and a channel to it."""
    servicer = Slow()
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    server = start([Service(NAME, add, servicer)], SETTINGS)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield server, servicer, channel
    servicer.leave.set()
    server.stop(SETTINGS)


@pytest.mark.parametrize("name", ["", NAME])
def test_health_is_told_for_the_server_and_for_its_service(running, name):
    stub = health_pb2_grpc.HealthStub(running[2])
    answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_the_service(running):
    stub = reflection_pb2_grpc.ServerReflectionStub(running[2])
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([asked]), timeout=5)
    names = {each.name for each in answer.list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


def test_a_running_call_ends_well_while_the_server_stops(running):
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


def test_the_healthcheck_tells_serving_from_gone(running):
    address = f"127.0.0.1:{running[0].port}"
    assert is_serving(address)
    running[0].stop(SETTINGS)
    assert not is_serving(address, seconds=1)


def test_a_port_that_is_taken_ends_the_process_with_one_sentence(running):
    taken = SETTINGS.model_copy(update={"listen": f"127.0.0.1:{running[0].port}"})
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    with pytest.raises(SystemExit, match="cannot listen on"):
        start([Service(NAME, add, Slow())], taken)
