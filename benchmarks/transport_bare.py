"""The segmentation stage on plain gRPC without interceptors: python -m benchmarks.transport_bare.

It has the settings of the stage, TLS included.
"""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.runtime.tls import TlsIdentity, server_credentials
from services.segmentation.engines import SegmentationSettings
from services.segmentation.servicer import STAGE


def add_stage(server: grpc.Server | grpc.aio.Server, settings: SegmentationSettings) -> None:
    """Adds the stage, its health and its port to a server."""
    STAGE.add(STAGE.open_service(settings).servicer, server)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    if settings.tls_cert:
        identity = TlsIdentity(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
        server.add_secure_port(settings.listen, server_credentials(identity))
    else:
        server.add_insecure_port(settings.listen)


if __name__ == "__main__":
    own_settings = SegmentationSettings.from_environment()
    bare = grpc.server(ThreadPoolExecutor(own_settings.max_concurrent_calls))
    add_stage(bare, own_settings)
    bare.start()
    bare.wait_for_termination()
