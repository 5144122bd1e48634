"""Servers on loopback ports, and the details of gRPC errors."""

from contextlib import contextmanager

import grpc
from google.rpc import error_details_pb2, status_pb2

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.runtime.server import Service, start_server
from services.runtime.settings import ServerSettings
from services.segmentation.rules import RULES

REQUEST = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=b"x"))


@contextmanager
def serve_service(service: Service, **settings):
    """Serves one service and yields a channel to it."""
    settings = ServerSettings(listen="127.0.0.1:0", drain_seconds=0, grace_seconds=1, **settings)
    running = start_server([service], settings)
    with grpc.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield channel
    running.stop(settings)


class ScriptedServicer(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Runs a function of the test in each SegmentProduct call."""

    def __init__(self, act):
        self._act = act

    def SegmentProduct(self, request, context):  # noqa: N802
        return segmentation_pb2.SegmentProductResponse(confidence=self._act() or 0)


@contextmanager
def serve_function(act, **settings):
    """Serves SegmentProduct with a function that returns the confidence; yields the stub."""
    add = segmentation_pb2_grpc.add_SegmentationServiceServicer_to_server
    service = Service("cyclorama.v1.SegmentationService", add, ScriptedServicer(act), RULES)
    with serve_service(service, **settings) as channel:
        yield segmentation_pb2_grpc.SegmentationServiceStub(channel)


def read_error_details(error: grpc.RpcError) -> dict[str, object]:
    """Returns the google.rpc details of a gRPC error by the name of their type."""
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
