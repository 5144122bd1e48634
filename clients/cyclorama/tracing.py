"""Spans of calls, where the calling program uses OpenTelemetry; else nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

try:
    from opentelemetry import propagate, trace
except ModuleNotFoundError:
    trace = None  # type: ignore[assignment]

Metadata = tuple[tuple[str, str], ...]


@contextmanager
def spanned(method: str) -> Iterator[Metadata]:
    """A span below the program's current one; yields the metadata that hand it on (W3C)."""
    if trace is None:
        yield ()
        return
    headers: dict[str, str] = {}
    tracer = trace.get_tracer("cyclorama")
    with tracer.start_span(f"call {method}", kind=trace.SpanKind.CLIENT) as own:
        propagate.inject(headers, trace.set_span_in_context(own))
        yield tuple(headers.items())
