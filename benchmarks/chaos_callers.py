"""Callers that evade the bounds of memory: what they cost a gateway or a stage at its peak."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc

from benchmarks.chaos_bytes import TIMEOUT, create_ad
from benchmarks.chaos_rig import CallLog, ReplicatedSystem, record_call
from benchmarks.chaos_streams import CREATE
from benchmarks.half_open import BareConnection
from benchmarks.serving import read_peak_mib
from cyclorama.v1 import ads_pb2, image_pb2
from services.runtime.guards.bodies import SIZE_KEY

# What a request claims that lies about its size: it has to count as a large one.
CLAIMED_BYTES = 1_100_000
# Streams of one connection that announce a large request and send nothing.
SILENT_STREAMS = 100

Metadata = Sequence[tuple[str, str]]


def send_unannounced(system: ReplicatedSystem, photo: bytes, calls: int) -> float:
    """Sends photos at once without their size; returns the peak of the gateway in MiB."""
    return _send_at_once(system, _build_request(photo), calls)


def send_lies(system: ReplicatedSystem, photo: bytes, calls: int) -> float:
    """Does the same with a size that is too small."""
    lie = ((SIZE_KEY, str(CLAIMED_BYTES)),)
    return _send_at_once(system, _build_request(photo), calls, metadata=lie)


def send_compressed(system: ReplicatedSystem, size: int, calls: int) -> float:
    """Does the same with zeros, which gzip makes a thousand times smaller."""
    request = _build_request(bytes(size))
    return _send_at_once(system, request, calls, compression=grpc.Compression.Gzip)


def create_ad_despite_silent_streams(system: ReplicatedSystem, photo: bytes) -> CallLog:
    """Creates an ad of a large photo while one connection has announced many and sends none."""
    outcome, connection = CallLog(), BareConnection(system.gateway.address)
    size = {SIZE_KEY: str(len(photo))}
    for _ in range(SILENT_STREAMS):
        connection.open_stream(CREATE, metadata=size)
    record_call(outcome, lambda: create_ad(system.gateway.address, photo, 0))
    connection.close()
    return outcome


def _build_request(photo: bytes) -> bytes:
    request = ads_pb2.CreateAdRequest(photo=image_pb2.Image(data=photo), prompt="x")
    return request.SerializeToString()


def _send_at_once(
    system: ReplicatedSystem,
    request: bytes,
    calls: int,
    metadata: Metadata = (),
    compression: grpc.Compression | None = None,
) -> float:
    """Sends a request from each of `calls` connections, whose errors do not matter."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]

    def call() -> None:
        with grpc.insecure_channel(system.gateway.address, options, compression) as channel:
            send: Callable[..., object] = channel.unary_stream(CREATE)
            responses = send(request, timeout=TIMEOUT, metadata=metadata)
            try:
                list(responses)  # type: ignore[call-overload]
            except grpc.RpcError:
                return

    with ThreadPoolExecutor(calls) as callers:
        for _ in range(calls):
            callers.submit(call)
    return read_peak_mib(system.gateway.process.pid)
