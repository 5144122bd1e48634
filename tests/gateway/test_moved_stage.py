"""Replicas that moved to another address or were added, such as new pods, are found by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT

# Runs with a file of host names of its own.
SCRIPT = """
import asyncio, sys, time
from concurrent import futures
import grpc
from grpc_health.v1 import health, health_pb2_grpc
from gateway.channels import StageChannels
from gateway.replicas import NotConnected
from gateway.settings import GatewaySettings

def name(*addresses):
    with open(sys.argv[1], "w") as hosts:
        hosts.write("127.0.0.1 localhost\\n")
        hosts.writelines(f"{address} stage.test\\n" for address in addresses)

def serve(address):
    server = grpc.server(futures.ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port(address)
    server.start()
    return server, port

async def wait_for(channels, address):
    while True:
        try:
            replica = await channels.wait_for_replica("segmentation")
        except NotConnected:
            continue
        if replica.load.target.startswith(f"ipv4:{address}:"):
            return
        await asyncio.sleep(0.02)

async def main():
    name("127.0.0.2")
    old, port = serve("127.0.0.2:0")
    address = f"dns:///stage.test:{port}"
    settings = GatewaySettings(segmentation_address=address, allow_plaintext=True)
    channels = StageChannels(settings)
    await wait_for(channels, "127.0.0.2")
    new, _ = serve(f"127.0.0.3:{port}")
    # The name still leads to the old address when the connection breaks, as DNS servers cache it.
    old.stop(0).wait()
    moving = time.monotonic()
    await asyncio.sleep(1)
    name("127.0.0.3")
    await wait_for(channels, "127.0.0.3")
    moved = time.monotonic()
    added, _ = serve(f"127.0.0.4:{port}")
    name("127.0.0.3", "127.0.0.4")
    await wait_for(channels, "127.0.0.4")
    print(moved - moving, time.monotonic() - moved)
    for server in (new, added):
        server.stop(0).wait()

asyncio.run(main())
"""


@pytest.mark.slow
def test_replicas_that_moved_or_were_added_are_found_by_their_name(tmp_path: Path):
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
    # By default gRPC resolves the name of a lost replica again after 30 seconds, and looks for
    # further ones only when a connection breaks.
    assert all(float(seconds) < 20 for seconds in done.stdout.split())
