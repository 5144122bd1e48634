"""Tests of the replicas of a stage, with real servers: which of them gets the next call."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import pytest
import trustme
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from benchmarks.balancing import measure_kill
from cyclorama.v1.background_pb2 import GenerateBackgroundRequest
from gateway import replicas
from gateway.channels import StageChannels
from gateway.replicas import NotConnected, StageReplica
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.stage_errors import StageError
from gateway.stage_methods import BACKGROUND
from services.runtime.engines import EngineTraits
from services.runtime.errors import Overloaded
from services.runtime.server import RunningServer
from services.runtime.settings import ServerSettings
from tests.gateway.test_metrics import read_metric
from tests.support.engines import Flat
from tests.support.system import QUICK, start_stage
from tools.certs import CertificateFiles

STAGE = "segmentation"
CHECK = health_pb2.HealthCheckRequest()


class HealthServer:
    """A server of the health service alone, which can report that it drains."""

    def __init__(self, address: str = "127.0.0.1:0", tls: CertificateFiles | None = None) -> None:
        self.health = health.HealthServicer()
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self.server)
        if tls:
            pair = Path(tls.key).read_bytes(), Path(tls.cert).read_bytes()
            port = self.server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
        else:
            port = self.server.add_insecure_port(address)
        self.port, self.target = port, f"ipv4:{address.rpartition(':')[0]}:{port}"
        self.server.start()


@pytest.fixture
def start():
    """Starts servers that stop at the end of the test."""
    with ExitStack() as stack:

        def start_server(*args, **options) -> HealthServer:
            started = HealthServer(*args, **options)
            stack.callback(lambda: started.server.stop(None).wait())
            return started

        yield start_server


def open_channels(address: str, **settings) -> StageChannels:
    """Opens channels to the replicas of one stage."""
    return StageChannels(
        GatewaySettings(segmentation_address=address, allow_plaintext=True, **settings)
    )


def list_servers(*servers: HealthServer) -> str:
    """Returns an address that names several servers."""
    return ",".join(server.target.removeprefix("ipv4:") for server in servers)


async def wait_for_states(channels: StageChannels, **expected: float) -> None:
    """Waits until the replicas of the stage are in these states."""
    async with asyncio.timeout(30):
        while any(
            read_metric("cyclorama_stage_replicas", stage=STAGE, state=state) != count
            for state, count in expected.items()
        ):
            await channels.wait_for_replica(STAGE)
            await asyncio.sleep(0.02)


async def choose_replica(channels: StageChannels) -> StageReplica:
    """Returns the replica that gets the next call."""
    return await channels.wait_for_replica(STAGE)


async def list_chosen_targets(channels: StageChannels) -> set[str]:
    """Returns the targets of the replicas that get the next calls; equal ones are random."""
    return {(await choose_replica(channels)).load.target for _ in range(64)}


async def test_calls_go_to_the_replica_with_the_fewest_in_flight(start):
    first, second = start(), start()
    channels = open_channels(list_servers(first, second))
    await wait_for_states(channels, ready=2)
    opened = {server.target: ExitStack() for server in (first, second)}
    for _ in range(8):
        replica = await choose_replica(channels)
        opened[replica.load.target].enter_context(replica.open_call())
    assert replica.load.in_flight == 4
    finished = first.target
    opened[finished].close()
    for _ in range(4):
        replica = await choose_replica(channels)
        assert replica.load.target == finished
        opened[finished].enter_context(replica.open_call())
    for each in opened.values():
        each.close()
    assert replica.load.in_flight == 0


async def test_a_replica_that_drains_gets_no_calls(start):
    first, second = start(), start()
    channels = open_channels(list_servers(first, second))
    await wait_for_states(channels, ready=2)
    first.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    await wait_for_states(channels, ready=1, unreachable=1)
    assert await list_chosen_targets(channels) == {second.target}


async def test_a_replica_that_is_started_gets_calls(start):
    first = start()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = "{}:{}".format(*unused.getsockname())
    channels = open_channels(f"{list_servers(first)},{address}")
    await wait_for_states(channels, ready=1, unreachable=1)
    second = start(address)
    await wait_for_states(channels, ready=2)
    assert await list_chosen_targets(channels) == {first.target, second.target}


@contextmanager
def resolve_to(addresses: list[str], monkeypatch) -> Iterator[None]:
    """Has names lead to a list of IP addresses, which may change."""

    def getaddrinfo(_host, port, **_options):
        kind = socket.AF_INET, socket.SOCK_STREAM, 6, ""
        return [(*kind, (each, int(port))) for each in addresses]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(replicas, "RESOLVE_SECONDS", 0.05)
        yield


async def test_calls_follow_a_name_and_finish_where_they_began(start, monkeypatch):
    old = start("127.0.0.2:0")
    new = start(f"127.0.0.3:{old.port}")
    addresses = ["127.0.0.2"]
    with resolve_to(addresses, monkeypatch):
        channels = open_channels(f"dns:///stage.test:{old.port}")
        before = await choose_replica(channels)
        with before.open_call() as channel:
            addresses[:] = ["127.0.0.3"]
            async with asyncio.timeout(30):
                while (await choose_replica(channels)).load.target != new.target:
                    await asyncio.sleep(0.02)
            await health_pb2_grpc.HealthStub(channel).Check(CHECK, timeout=10)
        assert before.load.target == old.target
        async with asyncio.timeout(30):
            while channel.get_state() is not grpc.ChannelConnectivity.SHUTDOWN:
                await asyncio.sleep(0.02)


async def test_all_addresses_of_a_name_get_calls(start, monkeypatch):
    first = start("127.0.0.2:0")
    second = start(f"127.0.0.3:{first.port}")
    with resolve_to(["127.0.0.2", "127.0.0.3"], monkeypatch):
        channels = open_channels(f"stage.test:{first.port}")
        await wait_for_states(channels, ready=2)
        assert await list_chosen_targets(channels) == {first.target, second.target}


@pytest.mark.parametrize(("name", "is_trusted"), [("stage.test", True), ("other.test", False)])
async def test_a_certificate_has_to_name_the_host_of_the_address(
    start, monkeypatch, tmp_path, name, is_trusted
):
    files = CertificateFiles(tmp_path, names=(name,))
    server = start(tls=files)
    with resolve_to(["127.0.0.1"], monkeypatch):
        channels = open_channels(f"stage.test:{server.port}", stage_tls_ca=files.ca)
        if is_trusted:
            assert (await choose_replica(channels)).load.target == server.target
        else:
            with pytest.raises(NotConnected):
                await channels.wait_for_replica(STAGE, fail_fast=True)


async def test_replicas_behind_one_name_use_tls_and_reload_its_certificates(monkeypatch, tmp_path):
    files = CertificateFiles(tmp_path, names=("stage.test",))
    tls = files.tls_settings(client_ca=True)
    settings = ServerSettings(**QUICK)
    hosts = ["127.0.0.2", "127.0.0.3"]

    def start_replicas(port: int) -> Iterator[RunningServer]:
        for host in hosts:
            yield (replica := start_stage("background", Flat(), f"{host}:{port}", **tls))
            port = replica.port

    with resolve_to(hosts, monkeypatch):
        running = list(start_replicas(port=0))
        port = running[0].port
        client = StageClient(
            GatewaySettings(
                background_address=f"stage.test:{port}",
                allow_plaintext=True,
                stage_tls_ca=files.ca,
                stage_tls_cert=files.cert,
                stage_tls_key=files.key,
            )
        )
        await generate_until_ready(client, 2)
        # Only with the new files can these and the gateway connect to each other.
        files.renew(trustme.CA())
        for each in running:
            each.stop(settings)
        running = list(start_replicas(port))
        await generate_until_ready(client, 2)
        for each in running:
            each.stop(settings)


async def generate_until_ready(client: StageClient, replicas: int) -> None:
    """Has backgrounds generated until that many replicas are connected, at least once."""
    async with asyncio.timeout(30):
        await generate(client)
        state = {"stage": "background", "state": "ready"}
        while read_metric("cyclorama_stage_replicas", **state) != replicas:
            await generate(client)


async def test_a_stage_without_connection_fails_without_waiting_if_asked(monkeypatch):
    monkeypatch.setattr(replicas, "CONNECT_SECONDS", 600)
    channels = open_channels("127.0.0.1:9,127.0.0.2:9")
    async with asyncio.timeout(60):
        with pytest.raises(NotConnected):
            await channels.wait_for_replica(STAGE, fail_fast=True)


async def test_a_name_that_is_not_known_is_why_a_stage_cannot_be_called(monkeypatch):
    def fail(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setattr(replicas, "CONNECT_SECONDS", 0.2)
    settings = GatewaySettings(background_address="stage.test:1", allow_plaintext=True)
    with pytest.raises(StageError, match="host name is not known") as caught:
        await generate(StageClient(settings))
    # Callers need not know what hosts are inside.
    assert caught.value.reason == "STAGE_UNREACHABLE" and "stage.test" not in str(caught.value)


class Full:
    """Refuses every call, as an overloaded replica does."""

    name, version, traits = "full", "1", EngineTraits()

    def generate(self, order):
        raise Overloaded(limit=1, retry_seconds=1)


@contextmanager
def serve_background(*engines) -> Iterator[StageClient]:
    """Serves background with a replica for each engine; yields a client of the gateway's kind."""
    settings = ServerSettings(**QUICK)
    running = [start_stage("background", engine) for engine in engines]
    address = ",".join(f"127.0.0.1:{each.port}" for each in running)
    try:
        yield StageClient(GatewaySettings(background_address=address))
    finally:
        for each in running:
            each.stop(settings)


async def generate(client: StageClient) -> None:
    """Has a replica generate a small background."""
    request = GenerateBackgroundRequest(prompt="a table", seed=1)
    request.size.width = request.size.height = 256
    await client.call_stage(BACKGROUND, request, time.monotonic() + 60, lambda _: None)


async def test_calls_do_not_wait_for_a_slow_replica():
    slow = Flat(go=threading.Event())
    with serve_background(slow, Flat()) as client:
        waiting = []
        async with asyncio.timeout(30):
            while not slow.waiting.is_set():
                waiting.append(asyncio.create_task(generate(client)))
                await asyncio.wait(waiting[-1:], timeout=0.2)
            # Round robin would send each second one to the replica that waits.
            for _ in range(8):
                await generate(client)
        slow.go.set()
        await asyncio.gather(*waiting)


async def test_a_replica_that_refuses_calls_does_not_attract_them(monkeypatch):
    monkeypatch.setattr("gateway.balancing.EJECTION_SECONDS", 60)
    monkeypatch.setattr("gateway.balancing.MAX_EJECTION_SECONDS", 60)
    with serve_background(Full(), Flat()) as client:
        outcomes = [
            await asyncio.gather(generate(client), return_exceptions=True) for _ in range(16)
        ]
    refused = [error for (error,) in outcomes if error]
    assert all(isinstance(error, StageError) for error in refused)
    assert len(refused) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
def test_no_ad_is_lost_when_one_of_two_replicas_is_killed(which):
    assert measure_kill(20, which).ours == 0
