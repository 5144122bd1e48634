"""OpenTelemetry spans of calls and of the work in them; without the library, none."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from structlog.types import EventDict, WrappedLogger

from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.settings import ServerSettings

try:
    from opentelemetry import context, propagate, trace

    HAS_OPENTELEMETRY = True
except ModuleNotFoundError:
    HAS_OPENTELEMETRY = False

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider

# The name of the tracer, and the prefix of the service names that it reports.
NAME = "cyclorama"


class PausableSpan(Protocol):
    """A span of work that is interrupted, such as between the steps of a stream."""

    def activate(self) -> AbstractContextManager[object]:
        """Makes the span the parent of new spans and log lines within the block."""
        ...


@contextmanager
def export_spans(process: str, settings: ServerSettings) -> Iterator[None]:
    """Sends trace spans to settings.otlp_endpoint within a `with` block; if empty, creates none.

    process: name of this process in the spans, such as "gateway".
    """
    if not settings.otlp_endpoint:
        yield
        return
    provider = _create_provider(process, settings.otlp_endpoint)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


@contextmanager
def trace_call(call: GuardedCall) -> Iterator[None]:
    """Opens a trace span for a gRPC call, which runs in the `with` block of this function.

    The span continues the caller's trace if the call's metadata contain one. Does nothing if the
    library OpenTelemetry is not installed.
    """
    if not HAS_OPENTELEMETRY:
        yield
        return
    parent = propagate.extract(dict(call.metadata))
    kind = trace.SpanKind.SERVER
    attributes = {"rpc.system": "grpc", "rpc.method": call.method, "cyclorama.call_id": call.id}
    with _get_tracer().start_span(
        call.method, context=parent, kind=kind, attributes=attributes
    ) as span:
        context.attach(trace.set_span_in_context(span))
        try:
            yield
        finally:
            # Makes an empty context current. context.detach() would fail for a cancelled stream,
            # which gRPC closes in another context than it started in.
            context.attach(context.Context())


def start_current_span(name: str, **attributes: str | int) -> AbstractContextManager[object]:
    """Opens a trace span around a `with` block without pauses, as a child of the current span.

    name: of the work, such as "POST /txt2img".
    attributes: values to store in the span, by name.
    """
    if not HAS_OPENTELEMETRY:
        return nullcontext()
    return _get_tracer().start_as_current_span(name, attributes=attributes)


@contextmanager
def start_span(name: str) -> Iterator[PausableSpan]:
    """Opens a trace span around a `with` block with pauses, such as the steps of a stream.

    Yields the span, which is current only within the blocks of its activate().

    name: of the work.
    """
    if not HAS_OPENTELEMETRY:
        yield _NoSpan()
        return
    with _get_tracer().start_span(name) as span:
        yield _OpenSpan(span)


def build_trace_metadata() -> tuple[tuple[str, str], ...]:
    """Returns gRPC metadata (W3C trace context) that continue this trace in the next service.

    Empty without a current span, or without the library OpenTelemetry.
    """
    headers: dict[str, str] = {}
    if HAS_OPENTELEMETRY:
        propagate.inject(headers)
    return tuple(headers.items())


def add_trace_ids(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Adds the ids of the current trace and span to a log line, as a structlog processor.

    logger, method: what structlog passes to every processor; not used.
    event: the fields of the log line; outside a span they are returned unchanged.
    """
    if not HAS_OPENTELEMETRY:
        return event
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return event
    ids = {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}
    return {**event, **ids}


class _NoSpan:
    def activate(self) -> AbstractContextManager[object]:
        return nullcontext()


class _OpenSpan:
    def __init__(self, span: "trace.Span") -> None:
        self._span = span

    def activate(self) -> AbstractContextManager[object]:
        return trace.use_span(self._span)


def _get_tracer() -> "trace.Tracer":
    return _get_tracer_of(trace.get_tracer_provider())


# Cached: looking the tracer up takes longer than opening a span.
@lru_cache(maxsize=1)
def _get_tracer_of(provider: "trace.TracerProvider") -> "trace.Tracer":
    return provider.get_tracer(NAME)


def _create_provider(process: str, address: str) -> "SdkTracerProvider":
    """Returns an OpenTelemetry provider, which sends spans in batches to an OTLP address.

    Raises SystemExit if the exporter is not installed.

    process: name of this process in the spans, such as "gateway".
    address: such as "http://host:4317".
    """
    # Imported here, as only processes with an address for spans need them.
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise SystemExit(
            "CYCLORAMA_OTLP_ENDPOINT is set; install the extra otel, or unset it"
        ) from None
    provider = TracerProvider(resource=Resource.create({"service.name": f"{NAME}-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
    return provider
