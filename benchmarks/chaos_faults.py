"""Faults injected under load: killed, frozen, slow and disconnected replicas, and shutdown."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

from benchmarks.chaos_rig import (
    PHOTO,
    CallLog,
    CuttableProxy,
    Replica,
    ReplicatedSystem,
    grpc_target,
    record_call,
    run_ads,
    start_rig,
)
from cyclorama.stages import STAGES
from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc

CALLERS = 8
# Short, to keep the wait for silent replicas short.
KEEPALIVE = {"CYCLORAMA_GATEWAY_KEEPALIVE_SECONDS": "2"}
NOOP_REQUEST = segmentation_pb2.SegmentProductRequest(
    photo=image_pb2.Image(data=PHOTO),
    accept_format=image_pb2.IMAGE_FORMAT_PNG,
    options={"engine": {"name": "noop"}},
)


@dataclass(frozen=True)
class ShutdownResult:
    """Effects of SIGTERM: calls in flight, failed calls, seconds until exit, and exit status."""

    in_flight: int
    failed: int
    seconds: float
    status: int


def kill_replica(system: ReplicatedSystem, stage: str, calls: int) -> CallLog:
    """Kills one of two replicas with SIGKILL during calls and restarts it."""
    first = system.stages[stage][0]
    outcome = run_ads(
        system.gateway.address, calls, CALLERS, {calls // 4: first.stop, calls // 2: first.start}
    )
    first.wait_until_serving()
    return outcome


def kill_replica_without_gateway(system: ReplicatedSystem, calls: int) -> CallLog:
    """Does the same with a default gRPC channel to the two replicas, without the gateway."""
    first, outcome = system.stages["segmentation"][0], CallLog()
    with grpc.insecure_channel(grpc_target(system.stages["segmentation"])) as channel:
        segment = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct
        with ThreadPoolExecutor(CALLERS) as callers:
            for number in range(calls):
                callers.submit(record_call, outcome, lambda: segment(NOOP_REQUEST, timeout=60))
                if number == calls // 2:
                    callers.submit(first.stop)
    first.start()
    first.wait_until_serving()
    return outcome


def freeze_replica(system: ReplicatedSystem, stage: str, calls: int) -> CallLog:
    """Freezes one of two replicas during calls with SIGSTOP, and continues it afterwards."""
    first = system.stages[stage][0]
    try:
        return run_ads(
            system.gateway.address,
            calls,
            CALLERS,
            {calls // 4: lambda: first.process.send_signal(signal.SIGSTOP)},
        )
    finally:
        first.process.send_signal(signal.SIGCONT)


def slow_replica(system: ReplicatedSystem, stage: str, calls: int) -> CallLog:
    """Runs one of two replicas for a tenth of the time only."""
    first, finished = system.stages[stage][0], threading.Event()

    def slow() -> None:
        while not finished.is_set():
            for number, seconds in ((signal.SIGSTOP, 0.18), (signal.SIGCONT, 0.02)):
                first.process.send_signal(number)
                time.sleep(seconds)

    with ThreadPoolExecutor(1) as executor:
        slowing = executor.submit(slow)
        try:
            return run_ads(system.gateway.address, calls, CALLERS, {})
        finally:
            finished.set()
            slowing.result()


def cut_network(calls: int) -> CallLog:
    """Drops all packets to one of two replicas, without closing its connections."""
    with start_rig() as system:
        near, far = system.stages["compositing"]
        proxy = CuttableProxy(near.port)
        gateway = start_gateway_with(system, "compositing", f"ipv4:{proxy.address},{far.address}")
        try:
            return run_ads(gateway.address, calls, CALLERS, {calls // 4: proxy.cut.set})
        finally:
            gateway.stop()
            proxy.close()


def start_gateway_with(system: ReplicatedSystem, stage: str, address: str) -> Replica:
    """Starts another gateway of the same system, with another address of one stage."""
    environment = system.gateway.environment | {
        f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS": address
    }
    return Replica("gateway", **environment | KEEPALIVE).wait_until_serving()


def stop_service(system: ReplicatedSystem, replica: Replica, calls: int) -> ShutdownResult:
    """Sends SIGTERM to a service under load, and restarts it."""
    moments, durations = [], []

    def stop() -> None:
        moments.append(time.perf_counter())
        durations.append(replica.stop(signal.SIGTERM))

    outcome = run_ads(system.gateway.address, calls, CALLERS, {calls // 2: stop})
    in_flight, failed = outcome.count_in_flight(moments[0])
    if replica is not system.gateway:
        # The other replica handles later calls, so none may fail.
        failed = outcome.failed
    replica.start()
    replica.wait_until_serving()
    return ShutdownResult(in_flight, failed, durations[0], replica.status)


@contextmanager
def start_system(stages: tuple[str, ...] = STAGES) -> Iterator[ReplicatedSystem]:
    """Starts two replicas of each stage, and a gateway with short keepalive intervals."""
    with start_rig(stages, **KEEPALIVE) as running:
        yield running
