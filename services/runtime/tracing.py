"""Spans of calls and of the work in them, for OpenTelemetry; nothing where that is missing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Protocol

from services.runtime.guards.interceptor import Call
from services.runtime.settings import ServerSettings

try:
    from opentelemetry import context, propagate, trace
except ModuleNotFoundError:
    trace = None

NAME = "cyclorama"


class Span(Protocol):
    """Work that has begun and goes on with pauses."""

    def current(self) -> AbstractContextManager:
        """Within it, new spans and log lines belong to this one."""
        ...


@contextmanager
def exported(process: str, settings: ServerSettings) -> Iterator[None]:
    """Sends spans to the OTLP address of the settings meanwhile; without one, none are made."""
    if not settings.otlp_endpoint:
        yield
        return
    provider = _provider(process, settings.otlp_endpoint)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


@contextmanager
def traced(call: Call) -> Iterator[None]:
    """A guard that gives the call a span, below the caller's where the metadata name one."""
    if trace is None:
        yield
        return
    caller = propagate.extract(dict(call.metadata))
    kind = trace.SpanKind.SERVER
    attributes = {"rpc.system": "grpc", "rpc.method": call.method, "cyclorama.call_id": call.id}
    with _tracer().start_span(call.method, caller, kind, attributes) as own:
        context.attach(trace.set_span_in_context(own))
        try:
            yield
        finally:
            # Not by its token: a stream that is given up is closed in another context.
            context.attach(context.Context())


def span(name: str, **attributes: str | int) -> AbstractContextManager:
    """A span around work that is done at once, below the one that is current."""
    if trace is None:
        return nullcontext()
    return _tracer().start_as_current_span(name, attributes=attributes)


@contextmanager
def begun(name: str) -> Iterator[Span]:
    """A span around work with pauses, current only where `current` says so."""
    if trace is None:
        yield _Nothing()
        return
    with _tracer().start_span(name) as own:
        yield _Begun(own)


def outgoing() -> tuple[tuple[str, str], ...]:
    """The metadata (W3C trace context) that make the next service's spans part of this trace."""
    headers: dict[str, str] = {}
    if trace is not None:
        propagate.inject(headers)
    return tuple(headers.items())


def add_ids(_logger, _method, event: dict) -> dict:
    """A step of structlog that adds trace_id and span_id where a span is current."""
    if trace is None:
        return event
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return event
    ids = {"trace_id": f"{current.trace_id:032x}", "span_id": f"{current.span_id:016x}"}
    return event | ids


class _Nothing:
    def current(self) -> AbstractContextManager:
        return nullcontext()


class _Begun:
    def __init__(self, own) -> None:
        self._own = own

    def current(self) -> AbstractContextManager:
        return trace.use_span(self._own)


def _tracer():
    return _tracer_of(trace.get_tracer_provider())


# To look it up costs more than a span.
@lru_cache(maxsize=1)
def _tracer_of(provider):
    return provider.get_tracer(NAME)


def _provider(process: str, address: str):
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
