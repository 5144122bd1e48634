"""The health check of containers: what a server reports, within its time, and without much work."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from gateway.settings import GatewaySettings
from services.runtime.healthcheck import is_serving, parse_target, read_server_identity
from tools import ROOT

STATUS = health_pb2.HealthCheckResponse


def test_it_fails_unless_the_server_reports_serving():
    server, servicer = grpc.server(ThreadPoolExecutor(1)), health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        for status in (STATUS.SERVICE_UNKNOWN, STATUS.NOT_SERVING, STATUS.SERVING):
            servicer.set("", status)
            assert is_serving(address) == (status == STATUS.SERVING)
    finally:
        server.stop(None).wait()


def test_it_asks_for_a_part_of_a_server():
    server, servicer = grpc.server(ThreadPoolExecutor(1)), health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    jobs = "cyclorama.v1.AdService/jobs"
    try:
        servicer.set("", STATUS.SERVING)
        for status in (STATUS.NOT_SERVING, STATUS.SERVING):
            servicer.set(jobs, status)
            assert is_serving(address, name=jobs) == (status == STATUS.SERVING)
        assert not is_serving(address, name="cyclorama.v1.AdService/unknown")
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("target", "process", "name"),
    [
        ("gateway", "gateway", ""),
        ("gateway/jobs", "gateway", "cyclorama.v1.AdService/jobs"),
        ("cyclorama.v1.AdService/jobs", "gateway", "cyclorama.v1.AdService/jobs"),
    ],
)
def test_a_part_is_named_by_its_process_or_its_service(target, process, name):
    assert parse_target(target) == (process, name)


def test_it_fails_where_the_server_has_no_health_service():
    server = grpc.server(ThreadPoolExecutor(1))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    assert not is_serving(address)
    server.stop(None).wait()


def test_it_ends_although_the_server_stays_silent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        assert not is_serving(f"127.0.0.1:{silent.getsockname()[1]}", seconds=0.2)
    assert time.monotonic() - started < 30


def test_it_loads_no_large_library():
    code = (
        "import services.runtime.healthcheck, cyclorama.web.healthcheck, sys; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "services.runtime.healthcheck" in loaded, done.stderr
    assert not {"grpc", "pydantic", "asyncio", "http.client"} & loaded


def test_it_reads_the_settings_of_tls_as_the_server_does(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_TLS_CERT", "shared.pem")
    monkeypatch.setenv("CYCLORAMA_TLS_KEY", "shared-key.pem")
    monkeypatch.setenv("CYCLORAMA_GATEWAY_TLS_CERT", "own.pem")
    settings = GatewaySettings()
    assert read_server_identity("gateway") == (settings.tls_cert, settings.tls_key)
    assert read_server_identity("gateway") == ("own.pem", "shared-key.pem")
