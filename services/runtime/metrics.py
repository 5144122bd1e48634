"""Counts and times what a process does, and shows it to Prometheus where a setting asks for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

CALLS = Counter("cyclorama_calls", "Calls that ended, by reason or OK.", ["method", "outcome"])
CALL_SECONDS = Histogram(
    "cyclorama_call_duration_seconds", "Time of a call in its thread.", ["method"], buckets=BUCKETS
)
AT_WORK = Gauge("cyclorama_calls_in_flight", "Calls at work now.", ["method"])
AT_WORK_LIMIT = Gauge("cyclorama_calls_in_flight_limit", "Calls of one method at work at most.")
QUEUE_SECONDS = Histogram(
    "cyclorama_call_queue_seconds", "Time that a call waited for a thread.", buckets=BUCKETS
)
BYTES = Counter("cyclorama_message_bytes", "Bytes of messages, in or out.", ["method", "direction"])
CODEC_SECONDS = Histogram(
    "cyclorama_codec_duration_seconds",
    "Time to decode or encode a picture.",
    ["step"],
    buckets=BUCKETS,
)
COMPUTE_SECONDS = Histogram(
    "cyclorama_engine_duration_seconds",
    "Time of an engine at one request.",
    ["engine"],
    buckets=BUCKETS,
)
CERTIFICATE_ENDS = Gauge(
    "cyclorama_certificate_expiry_timestamp_seconds",
    "Unix time at which the server's certificate ends; 0 where it did not hold when it was read.",
    ["file"],
)
ENGINE_RUNS = Counter("cyclorama_engine_runs", "Engine runs by outcome.", ["engine", "outcome"])


def weighed(convert: Callable, method: str, direction: str) -> Callable:
    """A (de)serializer that also counts the bytes of the messages of a method."""
    count = BYTES.labels(method, direction).inc

    def read(data: bytes):
        count(len(data))
        return convert(data)

    def write(message) -> bytes:
        data = convert(message)
        count(len(data))
        return data

    return read if direction == "in" else write


@contextmanager
def shown(address: str) -> Iterator[None]:
    """Answers GET /metrics at host:port meanwhile; an empty address answers nowhere."""
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host)
    except OSError:
        raise SystemExit(f"cannot show metrics on {address}: it is taken or not ours") from None
    except ValueError:
        text = "is no address; send host:port, such as 127.0.0.1:9100"
        raise SystemExit(f"cannot show metrics: {address!r} {text}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
