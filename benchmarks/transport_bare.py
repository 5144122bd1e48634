"""The segmentation stage on plain gRPC without interceptors: python -m benchmarks.transport_bare.

It has the settings of the stage, TLS included.
"""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.runtime.tls import TlsIdentity, server_credentials
from services.segmentation.engines import SegmentationSettings
from services.segmentation.servicer import STAGE

if __name__ == "__main__":
    settings = SegmentationSettings.from_environment()
    server = grpc.server(ThreadPoolExecutor(settings.max_concurrent_calls))
    STAGE.add(STAGE.open_service(settings).servicer, server)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if settings.tls_cert:
        identity = TlsIdentity(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
        server.add_secure_port(settings.listen, server_credentials(identity))
    else:
        server.add_insecure_port(settings.listen)
    server.start()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    server.wait_for_termination()
