"""OpenTelemetry spans of client calls, when the calling program has OpenTelemetry installed."""

from collections.abc import Iterator
from contextlib import contextmanager

try:
    from opentelemetry import propagate, trace
except ModuleNotFoundError:
    trace = None  # type: ignore[assignment]

Metadata = tuple[tuple[str, str], ...]


@contextmanager
def trace_client_call(method: str) -> Iterator[Metadata]:
    """Opens an OpenTelemetry span for a gRPC call, and yields the metadata to send with the call.

    The metadata continues the trace in the server (W3C trace context); it is empty when
    OpenTelemetry is not installed.

    method: the name of the rpc, which names the span.
    """
    if trace is None:
        yield ()
        return
    headers: dict[str, str] = {}
    tracer = trace.get_tracer("cyclorama")
    with tracer.start_span(f"call {method}", kind=trace.SpanKind.CLIENT) as span:
        propagate.inject(headers, trace.set_span_in_context(span))
        yield tuple(headers.items())
