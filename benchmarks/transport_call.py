"""Calls without images over loopback: the cost of guards, TLS and tracing.

Theirs is the same servicer on grpc.server, with neither TLS nor interceptors.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
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

from benchmarks.report import BenchmarkRow, measure_seconds
from benchmarks.serving import find_free_port, start_process
from cyclorama.v1 import engine_pb2, image_pb2, segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from services.runtime.tls import TlsIdentity, channel_credentials
from tools.certs import CertificateFiles

SIDE = 16
TRACE = (("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),)
NOOP_ENGINE = {"CYCLORAMA_ENGINES": "noop"}
LIST_REQUEST = segmentation_pb2.SegmentationServiceListEnginesRequest()
SEGMENT_REQUEST = segmentation_pb2.SegmentProductRequest(
    photo=image_pb2.Image(
        data=bytes(SIDE * SIDE * 3),
        format=image_pb2.IMAGE_FORMAT_RAW_RGB,
        width=SIDE,
        height=SIDE,
    ),
    options={"engine": engine_pb2.EngineChoice(name="noop")},
    accept_format=image_pb2.IMAGE_FORMAT_RAW_RGBA,
)
# Calls before the measurement, and per alternation.
WARMUP_CALLS, CALLS_PER_TURN = 200, 50
# The limit on ours, with mutual TLS, validation and tracing, as a ratio to plain gRPC without TLS.
GOAL = 1.25

Call = Callable[[], object]


def measure_empty_calls(quick: bool) -> Iterator[BenchmarkRow]:
    """Measures one servicer bare, with mutual TLS, in an event loop, and with all guards: medians.

    An event loop keeps slow callers from occupying threads; with mutual TLS and threads for the
    methods it is the lower limit of ours.
    """
    with ExitStack() as stack:
        bare, secure, loop, ours = (
            stack.enter_context(start())
            for start in (
                _start_bare_stage,
                _start_secure_stage,
                partial(_start_secure_stage, "benchmarks.transport_loop"),
                _start_guarded_stage,
            )
        )
        for claim, call in (
            ("call without a picture", _list_engines),
            (f"call of engine noop, {SIDE} px", _segment),
        ):
            medians = _measure_calls(quick, *map(call, (bare, secure, loop, ours)))
            theirs, with_tls, in_loop, guarded = medians
            yield BenchmarkRow(f"{claim}, p50", "ms", theirs, guarded, GOAL, "ratio", True)
            yield BenchmarkRow(f"{claim}, p50, mutual TLS alone", "ms", theirs, with_tls)
            limit = f"{claim}, p50, mutual TLS, event loop and thread alone"
            yield BenchmarkRow(limit, "ms", theirs, in_loop)


def _list_engines(stub: SegmentationServiceStub) -> Call:
    return lambda: stub.ListEngines(LIST_REQUEST, metadata=TRACE)


def _segment(stub: SegmentationServiceStub) -> Call:
    return lambda: stub.SegmentProduct(SEGMENT_REQUEST, metadata=TRACE)


def _measure_calls(quick: bool, *calls: Call) -> list[float]:
    """Returns the median duration of each call in milliseconds, measured in turns."""
    spans: dict[Call, list[float]] = {call: [] for call in calls}
    for call in spans:
        for _ in range(WARMUP_CALLS):
            call()
    for _ in range(6 if quick else 60):
        for call, spent in spans.items():
            spent.extend(measure_seconds(call) for _ in range(CALLS_PER_TURN))
    return [1000 * statistics.median(spent) for spent in spans.values()]


@contextmanager
def _start_bare_stage() -> Iterator[SegmentationServiceStub]:
    """Starts a stage without interceptors and TLS."""
    with (
        start_process("benchmarks.transport_bare", port=find_free_port(), **NOOP_ENGINE) as (
            address,
            _,
        ),
        grpc.insecure_channel(address) as channel,
    ):
        yield SegmentationServiceStub(channel)


@contextmanager
def _start_secure_stage(
    module: str = "benchmarks.transport_bare", **settings: str
) -> Iterator[SegmentationServiceStub]:
    """Starts a stage with mutual TLS, by default without interceptors."""
    with tempfile.TemporaryDirectory() as folder:
        files = CertificateFiles(Path(folder))
        tls = files.tls_settings(client_ca=True).items()
        settings |= NOOP_ENGINE | {f"CYCLORAMA_{name.upper()}": path for name, path in tls}
        own, trusting = (
            TlsIdentity(files.cert, files.key),
            TlsIdentity(files.cert, files.key, files.ca),
        )
        with (
            start_process(module, port=find_free_port(), identity=own, **settings) as (address, _),
            grpc.secure_channel(address, channel_credentials(trusting)) as channel,
        ):
            yield SegmentationServiceStub(channel)


@contextmanager
def _start_guarded_stage() -> Iterator[SegmentationServiceStub]:
    """Starts a stage with mutual TLS and guards that exports spans to a collector."""
    with (
        _run_collector() as (collector, exported),
        _start_secure_stage("services.segmentation", CYCLORAMA_OTLP_ENDPOINT=collector) as stub,
    ):
        yield stub
    if not any(len(spans.resource_spans) for spans in exported):
        raise SystemExit("no span was exported: tracing is off")


class _SpanCollector(TraceServiceServicer):
    def __init__(self, exported: list[ExportTraceServiceRequest]) -> None:
        self._exported = exported

    def Export(self, request, context):
        self._exported.append(request)
        return ExportTraceServiceResponse()


@contextmanager
def _run_collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Runs an OTLP collector; yields its address and the requests that it received."""
    exported: list[ExportTraceServiceRequest] = []
    server = grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(_SpanCollector(exported), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", exported
    finally:
        server.stop(0).wait()
