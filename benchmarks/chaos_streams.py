"""Half-open streams: calls that never send their request, at a stage and at the gateway."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from benchmarks.chaos_faults import NOOP_REQUEST
from benchmarks.chaos_rig import PHOTO, ReplicatedSystem
from benchmarks.half_open import open_streams
from benchmarks.serving import NOOP
from cyclorama import Client
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from services.runtime.healthcheck import is_serving

SEGMENT = "/cyclorama.v1.SegmentationService/SegmentProduct"
CREATE = "/cyclorama.v1.AdService/CreateAd"
# Pairs of a health check and a call, and the seconds between them.
PROBES, PAUSE_SECONDS = 5, 0.3
# Longer than any check or call should take; one that takes longer counts as this.
PROBE_TIMEOUT = 30.0


@dataclass
class SlowestProbe:
    """The slowest of several health checks, and of several calls, in seconds."""

    health_seconds: float
    call_seconds: float


def probe_stage(running: ReplicatedSystem, count: int) -> SlowestProbe:
    """Probes a stage while a number of streams are open that never send a request."""
    address = running.stages["segmentation"][0].address

    def segment() -> None:
        # Of its own, as by default gRPC shares the connections of a process.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(address, options) as channel:
            SegmentationServiceStub(channel).SegmentProduct(NOOP_REQUEST, timeout=PROBE_TIMEOUT)

    return _probe(address, SEGMENT, count, segment)


def probe_gateway(running: ReplicatedSystem, count: int) -> SlowestProbe:
    """Probes the gateway in the same way; its calls create ads."""
    address = running.gateway.address

    def create_ad() -> None:
        with Client(address, timeout=PROBE_TIMEOUT, max_retries=0) as client:
            client.create_ad(PHOTO, "x", size=(256, 256), options=NOOP)

    return _probe(address, CREATE, count, create_ad)


def _probe(address: str, path: str, count: int, call: Callable[[], None]) -> SlowestProbe:
    """Checks health and calls, from the moment when all streams are open."""
    call()
    health_seconds, call_seconds = [], []
    with open_streams(address, path, count):
        for _ in range(PROBES):
            health_seconds.append(_measure(lambda: is_serving(address, seconds=PROBE_TIMEOUT)))
            call_seconds.append(_measure(call))
            time.sleep(PAUSE_SECONDS)
    return SlowestProbe(max(health_seconds), max(call_seconds))


def _measure(work: Callable[[], object]) -> float:
    """Returns the seconds that work takes; PROBE_TIMEOUT if it fails."""
    start = time.perf_counter()
    try:
        done = work() is not False
    except Exception:
        done = False
    return time.perf_counter() - start if done else PROBE_TIMEOUT
