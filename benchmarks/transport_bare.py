"""Stage 1 on plain gRPC, without any guard: python -m benchmarks.transport_bare.

It is told like any stage.
"""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from cyclorama.v1.segmentation_pb2_grpc import add_SegmentationServiceServicer_to_server
from services.imaging.images import Images
from services.runtime.engines import Engines
from services.segmentation.engines import Settings, open_engine
from services.segmentation.servicer import SegmentationServicer

if __name__ == "__main__":
    settings = Settings.from_environment()
    engines = Engines(settings.engines, lambda name: open_engine(name, settings))
    server = grpc.server(ThreadPoolExecutor(settings.at_work))
    servicer = SegmentationServicer(engines, Images(settings))
    add_SegmentationServiceServicer_to_server(servicer, server)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(settings.listen)
    server.start()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    server.wait_for_termination()
