"""A stage that moved to another address, such as a new pod, is found by its name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT

# Runs with a file of host names of its own.
SCRIPT = """
import sys, time
from concurrent import futures
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from gateway.channels import _build_channel_options
from gateway.settings import GatewaySettings

def name(address):
    with open(sys.argv[1], "w") as hosts:
        hosts.write(f"127.0.0.1 localhost\\n{address} stage.test\\n")

def serve(address):
    server = grpc.server(futures.ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port(address)
    server.start()
    return server, port

name("127.0.0.2")
old, port = serve("127.0.0.2:0")
options = _build_channel_options(GatewaySettings())
stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(f"dns:///stage.test:{port}", options))
request = health_pb2.HealthCheckRequest()
stub.Check(request, timeout=10)
new, _ = serve(f"127.0.0.3:{port}")
# The name still leads to the old address when the connection breaks, as DNS servers cache it.
old.stop(0).wait()
began = time.monotonic()
time.sleep(1)
name("127.0.0.3")
while True:
    try:
        stub.Check(request, timeout=1)
        break
    except grpc.RpcError:
        time.sleep(0.2)
print(time.monotonic() - began)
new.stop(0)
"""


@pytest.mark.slow
def test_a_stage_that_moved_is_found_by_its_name(tmp_path: Path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    bind = f'mount --bind {hosts} /etc/hosts && exec "$@"'
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        bind,
        "sh",
        sys.executable,
        "-c",
        SCRIPT,
        str(hosts),
    ]
    if not shutil.which("unshare") or subprocess.run(["unshare", "--mount", "true"]).returncode:
        pytest.skip("namespaces need root")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # By default gRPC resolves a name again after 30 seconds.
    assert float(done.stdout) < 20
