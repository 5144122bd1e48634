"""Limits on the connections of the page, and the clocks that measure their times."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits on the page's connections.

    total: connections at once. per_address: of them, from one address.
    header_seconds: from the first byte of a request, or from the connection, to the end of its
    headers. Longer: slow connections stay longer.
    body_seconds, body_rate: a body may take this many seconds, and one more for each body_rate
    bytes that have arrived. A lower rate: slower uploads succeed, and occupy the page for longer.
    large_body_bytes, large_body_rate: the rate of what arrives after so many bytes.
    stall_seconds: without a byte of a body. Longer: uploads survive longer gaps in the network.
    reader_seconds: in which a reader takes no byte of its response.
    linger_seconds, linger_bytes: what is still read and discarded after a response that comes
    before the end of its request, so that the browser can read the response before the connection
    closes. More: browsers on slower networks see it; less: less is read in vain.
    """

    total: int = 512
    per_address: int = 128
    header_seconds: float = 10
    body_seconds: float = 20
    body_rate: int = 16 * 2**10
    large_body_bytes: int = 2**20
    large_body_rate: int = 64 * 2**10
    stall_seconds: float = 30
    reader_seconds: float = 60
    linger_seconds: float = 2
    linger_bytes: int = 2**20


class BodyClock:
    """Measures how long a request's body takes, without the time in which reading is paused."""

    def __init__(self, now: float) -> None:
        self._checked = self._last = now
        self._seconds = 0.0
        self._bytes = 0

    def add(self, count: int, now: float) -> None:
        """Counts bytes that have arrived."""
        self._bytes += count
        self._last = now

    def advance(self, now: float, *, is_paused: bool) -> None:
        """Counts the time since the last call, unless reading was paused."""
        if is_paused:
            self._last = now
        else:
            self._seconds += now - self._checked
        self._checked = now

    def is_overdue(self, limits: ConnectionLimits, now: float) -> bool:
        """Returns whether the body has taken too long, or stalls."""
        first = min(self._bytes, limits.large_body_bytes)
        allowed = limits.body_seconds + first / limits.body_rate
        allowed += (self._bytes - first) / limits.large_body_rate
        return self._seconds > allowed or now - self._last > limits.stall_seconds


class ReaderClock:
    """Measures for how long a reader has taken nothing of the bytes that wait for it."""

    def __init__(self, now: float) -> None:
        self._waiting_bytes = 0
        self._since = now

    def measure_stall(self, transport: asyncio.WriteTransport, now: float) -> float:
        """Returns the seconds without progress; 0 when no bytes wait."""
        size = transport.get_write_buffer_size()
        if size == 0 or size < self._waiting_bytes:
            self._since = now
        self._waiting_bytes = size
        return now - self._since
