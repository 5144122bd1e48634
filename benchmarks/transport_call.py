"""Calls that carry nothing, over loopback: what guards, TLS and tracing add to plain gRPC."""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from benchmarks.report import Row, seconds
from benchmarks.serving import free_port, process
from cyclorama.v1 import engine_pb2, image_pb2, segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from services.runtime.tls import TlsIdentity, channel_credentials
from tools.certs import CertificateFiles

SIDE = 16
TRACE = (("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),)
NO_WORK = {"CYCLORAMA_ENGINES": "noop"}
LISTED = segmentation_pb2.SegmentationServiceListEnginesRequest()
CUT = segmentation_pb2.SegmentProductRequest(
    photo=image_pb2.Image(
        data=bytes(SIDE * SIDE * 3),
        format=image_pb2.IMAGE_FORMAT_RAW_RGB,
        width=SIDE,
        height=SIDE,
    ),
    options={"engine": engine_pb2.EngineChoice(name="noop")},
    accept_format=image_pb2.IMAGE_FORMAT_RAW_RGBA,
)
WARM, TURN = 200, 50
GOAL_MS = 0.5

Call = Callable[[], object]


def empty_calls(quick: bool) -> Iterator[Row]:
    """The same servicer bare and with all guards, in turns: milliseconds, medians."""
    with ExitStack() as stack:
        bare = stack.enter_context(_bare())
        ours = stack.enter_context(_guarded())
        yield _row("call without a picture", quick, *(_listing(stub) for stub in (bare, ours)))
        yield _row(f"call of engine noop, {SIDE} px", quick, *(_cut(stub) for stub in (bare, ours)))


def _listing(stub: SegmentationServiceStub) -> Call:
    return lambda: stub.ListEngines(LISTED, metadata=TRACE)


def _cut(stub: SegmentationServiceStub) -> Call:
    return lambda: stub.SegmentProduct(CUT, metadata=TRACE)


def _row(claim: str, quick: bool, theirs: Call, ours: Call) -> Row:
    spans: dict[Call, list[float]] = {theirs: [], ours: []}
    for call in spans:
        for _ in range(WARM):
            call()
    for _ in range(6 if quick else 60):
        for call, spent in spans.items():
            spent.extend(seconds(call) for _ in range(TURN))
    middle = [1000 * statistics.median(spent) for spent in spans.values()]
    return Row(f"{claim}, p50", "ms", *middle, GOAL_MS, lower_is_better=True)


@contextmanager
def _bare() -> Iterator[SegmentationServiceStub]:
    """A stage without any guard, in plain text."""
    with (
        process("benchmarks.transport_bare", port=free_port(), **NO_WORK) as (address, _),
        grpc.insecure_channel(address) as channel,
    ):
        yield SegmentationServiceStub(channel)


@contextmanager
def _guarded() -> Iterator[SegmentationServiceStub]:
    """A stage with mutual TLS that sends its spans to a collector."""
    with tempfile.TemporaryDirectory() as folder, _collector() as (collector, exported):
        files = CertificateFiles(Path(folder))
        tls = files.tls(client_ca=True).items()
        settings = NO_WORK | {f"CYCLORAMA_{name.upper()}": path for name, path in tls}
        settings |= {"CYCLORAMA_OTLP_ENDPOINT": collector}
        own, trusting = (
            TlsIdentity(files.cert, files.key),
            TlsIdentity(files.cert, files.key, files.ca),
        )
        with (
            process("services.segmentation", port=free_port(), identity=own, **settings) as found,
            grpc.secure_channel(found[0], channel_credentials(trusting)) as channel,
        ):
            yield SegmentationServiceStub(channel)
    if not any(len(spans.resource_spans) for spans in exported):
        raise SystemExit("no span was exported: tracing was not on")


class _Collector(TraceServiceServicer):
    def __init__(self, exported: list[ExportTraceServiceRequest]) -> None:
        self._exported = exported

    def Export(self, request, context):
        self._exported.append(request)
        return ExportTraceServiceResponse()


@contextmanager
def _collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP collector; yields its address and what came in."""
    exported: list[ExportTraceServiceRequest] = []
    server = grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(_Collector(exported), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", exported
    finally:
        server.stop(0).wait()
