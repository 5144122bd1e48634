"""Faults under load: replicas killed, frozen, slowed, cut off and told to stop."""

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
    Outcome,
    Replica,
    Rig,
    Wire,
    addresses_of,
    call,
    rig,
    steady,
)
from cyclorama.stages import STAGES
from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc

CALLERS = 8
# Short, so that a run does not wait long for what went silent.
KEEPALIVE = {"CYCLORAMA_GATEWAY_KEEPALIVE_SECONDS": "2"}
ASK = segmentation_pb2.SegmentProductRequest(
    photo=image_pb2.Image(data=PHOTO),
    accept_format=image_pb2.IMAGE_FORMAT_PNG,
    options={"engine": {"name": "noop"}},
)


@dataclass(frozen=True)
class Stopped:
    """What SIGTERM did: calls under way, how many of them failed, seconds and exit status."""

    under_way: int
    failed: int
    seconds: float
    status: int


def killed(system: Rig, stage: str, calls: int) -> Outcome:
    """One of two replicas is killed with -9 and started again."""
    first = system.stages[stage][0]
    outcome = steady(
        system.gateway.address, calls, CALLERS, {calls // 4: first.end, calls // 2: first.start}
    )
    first.ready()
    return outcome


def killed_before_a_plain_channel(system: Rig, calls: int) -> Outcome:
    """The same before a channel as gRPC makes it, to the same two replicas."""
    first, outcome = system.stages["segmentation"][0], Outcome()
    with grpc.insecure_channel(addresses_of(system.stages["segmentation"])) as channel:
        segment = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct
        with ThreadPoolExecutor(CALLERS) as callers:
            for number in range(calls):
                callers.submit(call, outcome, lambda: segment(ASK, timeout=60))
                if number == calls // 2:
                    callers.submit(first.end)
    first.start()
    first.ready()
    return outcome


def frozen(system: Rig, stage: str, calls: int) -> Outcome:
    """One of two replicas stops in the middle of its calls, and goes on later."""
    first = system.stages[stage][0]
    try:
        return steady(
            system.gateway.address,
            calls,
            CALLERS,
            {calls // 4: lambda: first.process.send_signal(signal.SIGSTOP)},
        )
    finally:
        first.process.send_signal(signal.SIGCONT)


def slowed(system: Rig, stage: str, calls: int) -> Outcome:
    """One of two replicas runs a tenth of the time."""
    first, over = system.stages[stage][0], threading.Event()

    def slow() -> None:
        while not over.is_set():
            for number, seconds in ((signal.SIGSTOP, 0.18), (signal.SIGCONT, 0.02)):
                first.process.send_signal(number)
                time.sleep(seconds)

    with ThreadPoolExecutor(1) as beside:
        slowing = beside.submit(slow)
        try:
            return steady(system.gateway.address, calls, CALLERS, {})
        finally:
            over.set()
            slowing.result()


def cut_off(calls: int) -> Outcome:
    """The network to one of two replicas swallows everything, and closes nothing."""
    with rig() as system:
        near, far = system.stages["compositing"]
        wire = Wire(near.port)
        door = with_address(system, "compositing", f"ipv4:{wire.address},{far.address}")
        try:
            return steady(door.address, calls, CALLERS, {calls // 4: wire.cut.set})
        finally:
            door.end()
            wire.close()


def with_address(system: Rig, stage: str, address: str) -> Replica:
    """Another gateway before the same system that finds one stage elsewhere."""
    door = system.gateway.environment | {f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS": address}
    return Replica("gateway", **door | KEEPALIVE).ready()


def stopped(system: Rig, replica: Replica, calls: int) -> Stopped:
    """A service gets SIGTERM under load."""
    moment, took = [], []

    def stop() -> None:
        moment.append(time.perf_counter())
        took.append(replica.end(signal.SIGTERM))

    outcome = steady(system.gateway.address, calls, CALLERS, {calls // 2: stop})
    under_way, failed = outcome.failed_of_begun_before(moment[0])
    if replica is not system.gateway:
        # The other replica is there for the calls that come later, too.
        failed = outcome.failed
    replica.start()
    replica.ready()
    return Stopped(under_way, failed, took[0], replica.status)


@contextmanager
def system(stages: tuple[str, ...] = STAGES) -> Iterator[Rig]:
    """Two replicas of each of the stages, and a gateway that soon notices silence."""
    with rig(stages, **KEEPALIVE) as running:
        yield running
