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
CODEC_SECONDS = Histogram(
    "cyclorama_codec_duration_seconds",
    "Time to decode or encode an image.",
    ["step"],
    buckets=DURATION_BUCKETS,
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
    """Wraps the deserializer of a method so that it also counts the bytes received."""
    if deserialize is None:
        return None
    count, read = MESSAGE_BYTES.labels(method, "in").inc, deserialize

    def read_and_count(data: bytes) -> T:
        count(len(data))
        return read(data)

    return read_and_count


def count_bytes_written(
    serialize: Callable[[T], bytes] | None, method: str
) -> Callable[[T], bytes] | None:
    """Wraps the serializer of a method so that it also counts the bytes sent."""
    if serialize is None:
        return None
    count, write = MESSAGE_BYTES.labels(method, "out").inc, serialize

    def write_and_count(message: T) -> bytes:
        data = write(message)
        count(len(data))
        return data

    return write_and_count


@contextmanager
def serve_metrics(address: str) -> Iterator[None]:
    """Serves GET /metrics at host:port within the block; an empty address serves nothing."""
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host)
    except OSError:
        text = "the port is in use, or the address is not on this machine"
        raise SystemExit(f"cannot serve metrics on {address}: {text}") from None
    except ValueError:
        text = "is no address; send host:port, such as 127.0.0.1:9100"
        raise SystemExit(f"cannot serve metrics: {address!r} {text}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
