"""Real servers on loopback ports, and what their failures say."""

from contextlib import contextmanager

import grpc
from google.rpc import error_details_pb2, status_pb2

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.runtime.server import Service, start_server
from services.runtime.settings import ServerSettings
from services.segmentation.rules import RULES

REQUEST = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=b"x"))


@contextmanager
def served(service: Service, **settings):
    """Serves a synchronous service and yields a channel to it."""
    settings = ServerSettings(listen="127.0.0.1:0", drain_seconds=0, grace_seconds=1, **settings)
    running = start_server([service], settings)
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield channel
    running.stop(settings)


class Scripted(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Does in each call what the test says."""

    def __init__(self, act):
        self._act = act

    def SegmentProduct(self, request, context):  # noqa: N802
        return segmentation_pb2.SegmentProductResponse(confidence=self._act() or 0)


@contextmanager
def scripted(act, **settings):
    """Serves a Segment that runs `act` and answers what it returns; yields its stub."""
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    service = Service("cyclorama.v1.SegmentationService", add, Scripted(act), RULES)
    with served(service, **settings) as channel:
        yield segmentation_pb2_grpc.SegmentationServiceStub(channel)


def details_of(error: grpc.RpcError) -> dict[str, object]:
    """The google.rpc details of a failure, by the name of their type."""
    status = status_pb2.Status.FromString(
        dict(error.trailing_metadata())["grpc-status-details-bin"]
    )
    found = {}
    for packed in status.details:
        kind = getattr(error_details_pb2, packed.type_url.rpartition(".")[2])
        message = kind()
        packed.Unpack(message)
        found[kind.__name__] = message
    return found
