"""Tests of the addresses that lead to the replicas of a stage."""

import asyncio
import socket
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from gateway.endpoints import Endpoint, EndpointResolver


@pytest.mark.parametrize(
    ("address", "endpoints"),
    [
        ("127.0.0.1:50051", {Endpoint("ipv4:127.0.0.1:50051", "127.0.0.1:50051")}),
        ("[::1]:50051", {Endpoint("ipv6:[::1]:50051", "[::1]:50051")}),
        ("ipv6:[::1]:50051", {Endpoint("ipv6:[::1]:50051", "[::1]:50051")}),
        ("[fe80::1%eth0]:5", {Endpoint("ipv6:[fe80::1%25eth0]:5", "[fe80::1%eth0]:5")}),
        (
            "ipv4:10.0.0.1:1,10.0.0.2:2",
            {Endpoint("ipv4:10.0.0.1:1", "10.0.0.1:1"), Endpoint("ipv4:10.0.0.2:2", "10.0.0.2:2")},
        ),
        ("unix:/run/stage", {Endpoint("unix:/run/stage")}),
        # gRPC resolves and balances these by itself.
        ("ipv4:///10.0.0.1:1,10.0.0.2:2", {Endpoint("ipv4:///10.0.0.1:1,10.0.0.2:2")}),
        ("dns://10.0.0.9/stage:50051", {Endpoint("dns://10.0.0.9/stage:50051")}),
    ],
)
async def test_an_address_without_names_needs_no_resolving(address, endpoints):
    resolver = EndpointResolver(address)
    assert not resolver.has_names
    assert resolver.endpoints == endpoints
    await resolver.resolve()
    assert resolver.endpoints == endpoints


@pytest.mark.parametrize(
    "address", ["localhost:50051", "dns:localhost:50051", "dns:///localhost:50051"]
)
async def test_a_name_is_resolved(address):
    resolver = EndpointResolver(address)
    assert resolver.has_names and not resolver.endpoints
    await resolver.resolve()
    # The certificate has to name the host, not its address.
    assert Endpoint("ipv4:127.0.0.1:50051", "localhost:50051") in resolver.endpoints


async def test_names_and_ip_addresses_may_be_mixed():
    resolver = EndpointResolver("localhost:1,127.0.0.2:2")
    assert resolver.endpoints == {Endpoint("ipv4:127.0.0.2:2", "127.0.0.2:2")}
    await resolver.resolve()
    assert len(resolver.endpoints) >= 2


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "Name or service not known"), UnicodeError()]
)
async def test_a_name_that_cannot_be_resolved_keeps_its_endpoints(error, monkeypatch):
    resolver = EndpointResolver("localhost:50051")
    await resolver.resolve()
    before = resolver.endpoints

    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    await resolver.resolve()
    assert resolver.endpoints == before


async def test_a_name_that_was_never_resolved_is_logged_once(monkeypatch):
    def fail(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    resolver = EndpointResolver("stage.test:50051")
    assert not resolver.is_unresolved
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(socket, "getaddrinfo", fail)
        await resolver.resolve()
        await resolver.resolve()
    assert resolver.is_unresolved
    assert [line["name"] for line in logs] == ["stage.test:50051"]


async def test_a_bug_in_resolving_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [()])
    with pytest.raises(IndexError):
        await asyncio.wait_for(EndpointResolver("localhost:50051").resolve(), 20)


STUCK = """
import asyncio, socket, threading
from gateway.endpoints import EndpointResolver

asked = threading.Event()

def wait_forever(*_args, **_options):
    asked.set()
    threading.Event().wait()

async def main():
    resolving = asyncio.create_task(EndpointResolver("stage.test:50051").resolve())
    while not asked.is_set():
        await asyncio.sleep(0)

socket.getaddrinfo = wait_forever
asyncio.run(main())
"""


def test_a_process_ends_while_a_dns_server_does_not_answer():
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
