"""Prometheus metrics of a process, and the endpoint that serves them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from prometheus_client import Counter, Gauge, Histogram, start_http_server

# Seconds: the client library's usual steps, widened at both ends. The shortest are RAW codecs and
# queue waits, the longest diffusion engines on a CPU; more buckets cost time series in Prometheus.
DURATION_BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1, 2.5, 5, 10, 30, 60, 120, 300),
)

CALLS = Counter("cyclorama_calls", "Finished calls by reason, or OK.", ["method", "outcome"])
CALL_SECONDS = Histogram(
    "cyclorama_call_duration_seconds",
    "Duration of a call in its thread.",
    ["method"],
    buckets=DURATION_BUCKETS,
)
CALLS_IN_FLIGHT = Gauge("cyclorama_calls_in_flight", "Calls in flight.", ["method"])
CALLS_IN_FLIGHT_LIMIT = Gauge(
    "cyclorama_calls_in_flight_limit", "Maximum calls in flight per method."
)
CALL_QUEUE_SECONDS = Histogram(
    "cyclorama_call_queue_seconds",
    "Time that a call waited for a thread.",
    buckets=DURATION_BUCKETS,
)
MESSAGE_BYTES = Counter(
    "cyclorama_message_bytes", "Bytes of messages, in or out.", ["method", "direction"]
)
REQUEST_BYTES_HELD = Gauge(
    "cyclorama_request_budget_bytes", "Memory of large requests in flight, in bytes."
)
REQUESTS_WAITING = Gauge("cyclorama_requests_waiting", "Large requests that wait for memory.")
CODEC_SECONDS = Histogram(
    "cyclorama_codec_duration_seconds",
    "Time to decode or encode an image.",
    ["step"],
    buckets=DURATION_BUCKETS,
)
MEMORY_BUDGET = Gauge(
    "cyclorama_image_memory_budget_bytes", "Memory that images may take while they are decoded."
)
MEMORY_RESERVED = Gauge(
    "cyclorama_image_memory_reserved_bytes", "Memory reserved for images of calls in flight."
)
ENGINE_SECONDS = Histogram(
    "cyclorama_engine_duration_seconds",
    "Time that an engine computed for a request.",
    ["engine"],
    buckets=DURATION_BUCKETS,
)
CERTIFICATE_EXPIRY = Gauge(
    "cyclorama_certificate_expiry_timestamp_seconds",
    "Unix time at which the server's certificate expires; 0 if it was not valid when read.",
    ["file"],
)
ENGINE_RUNS = Counter("cyclorama_engine_runs", "Engine runs by outcome.", ["engine", "outcome"])

T = TypeVar("T")


def count_bytes_read(
    deserialize: Callable[[bytes], T] | None, method: str
) -> Callable[[bytes], T] | None:
    """Wraps the function that decodes a method's messages, to count the bytes received.

    deserialize: turns bytes into a message; None, if messages are passed on as bytes, stays None.
    method: the gRPC method, for the metric.
    """
    if deserialize is None:
        return None
    # The second name for the function tells mypy that it is not None below.
    count_bytes, read = MESSAGE_BYTES.labels(method, "in").inc, deserialize

    def read_and_count(data: bytes) -> T:
        count_bytes(len(data))
        return read(data)

    return read_and_count


def count_bytes_written(
    serialize: Callable[[T], bytes] | None, method: str
) -> Callable[[T], bytes] | None:
    """Wraps the function that encodes a method's messages, to count the bytes sent.

    serialize: turns a message into bytes; None, if messages are bytes already, stays None.
    method: the gRPC method, for the metric.
    """
    if serialize is None:
        return None
    # The second name for the function tells mypy that it is not None below.
    count_bytes, write = MESSAGE_BYTES.labels(method, "out").inc, serialize

    def write_and_count(message: T) -> bytes:
        """Encodes a message, counts the bytes and returns them."""
        data = write(message)
        count_bytes(len(data))
        return data

    return write_and_count


@contextmanager
def serve_metrics(address: str) -> Iterator[None]:
    """Serves the metrics of this process to Prometheus, at GET /metrics, within a `with` block.

    Raises SystemExit if it cannot.

    address: host:port to listen on; empty serves nothing.
    """
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(port=int(port), addr=host)
    except OSError:
        reason = "the port is in use, or the address is not on this machine"
        raise SystemExit(f"cannot serve metrics on {address}: {reason}") from None
    except ValueError:
        reason = "is no address; send host:port, such as 127.0.0.1:9100"
        raise SystemExit(f"cannot serve metrics: {address!r} {reason}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
