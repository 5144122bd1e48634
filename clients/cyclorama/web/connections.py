"""HTTP connections of the page: how many there are, which end in time, and how they close."""

import asyncio
import socket
import struct
from collections import Counter
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from cyclorama.web.connection_limits import BodyClock, ConnectionLimits, ReaderClock

# Sent on a connection that is refused before it has sent anything.
TOO_MANY_CONNECTIONS = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-length: 20\r\ncontent-type: text/plain\r\n\r\nToo many connections"
)
# The value of SO_LINGER that resets a connection when it closes: on, for 0 seconds.
NO_LINGER = struct.pack("ii", 1, 0)
# States of h11 in which the peer has nothing more to send.
PEER_DONE = (h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED)


class ConnectionTable:
    """The open connections of the page, which closes those that are overdue or too many."""

    def __init__(self, limits: ConnectionLimits) -> None:
        """Creates an empty table."""
        self.limits = limits
        # In the order in which they were opened.
        self._connections: dict[LimitedProtocol, str] = {}
        self._counts: Counter[str] = Counter()

    def admit(self, connection: "LimitedProtocol", address: str) -> bool:
        """Adds a connection; returns whether it is accepted.

        Where an address, or the page, has its share already, the one that has waited longest for
        a request is closed in favor of the new one; when all of them have a request in flight,
        the new one has to close.
        """
        self._connections[connection] = address
        self._counts[address] += 1
        if self._counts[address] > self.limits.per_address:
            return self._close_waiting(address, connection)
        if len(self._connections) > self.limits.total:
            # Those with the most connections give way first.
            addresses = [each for each, _ in self._counts.most_common()]
            return any(self._close_waiting(each, connection) for each in addresses)
        return True

    def remove(self, connection: "LimitedProtocol") -> None:
        """Removes a connection that has closed, or does not count any longer."""
        address = self._connections.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            self._counts += Counter()  # Drops the addresses without connections.

    async def close_overdue(self) -> None:
        """Closes the connections that have exceeded a time limit; called about once a second."""
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._connections):
            connection.check_time(now)

    def _close_waiting(self, address: str, new: "LimitedProtocol") -> bool:
        """Closes the connection of an address that has waited longest; returns if there is one."""
        for connection, owner in self._connections.items():
            if owner == address and connection is not new and connection.is_waiting:
                connection.abort()
                return True
        return False


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, with time limits and a closing that lets the response arrive."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        table: ConnectionTable,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Creates the protocol of a new connection, as uvicorn does, in a table of connections."""
        super().__init__(config, server_state, app_state, _loop)
        self._table = table
        self._limits = table.limits
        # When the last request ended, its successor's first byte came, or else the connection.
        self._waiting_since = self.loop.time()
        self._is_request_begun = False
        self._body = BodyClock(self._waiting_since)
        self._reader = ReaderClock(self._waiting_since)
        self._lingering_since: float | None = None
        self._lingering_bytes = 0

    @property
    def is_waiting(self) -> bool:
        """Whether the connection waits for a whole request, or for its end."""
        return self.cycle is None or self.cycle.response_complete or self.is_lingering

    @property
    def is_lingering(self) -> bool:
        """Whether the response was early, and what the browser still sends is discarded."""
        return self._lingering_since is not None

    @property
    def has_unread_request(self) -> bool:
        """Whether the browser has more of the current request to send."""
        return self.conn.their_state not in PEER_DONE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to read requests, or refuses the connection when there are too many."""
        super().connection_made(_LingeringTransport(transport, self))  # type: ignore[arg-type]
        address = self.client[0] if self.client else ""
        if not self._table.admit(self, address):
            transport.write(TOO_MANY_CONNECTIONS)
            self.linger()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the request in flight and leaves the table."""
        self._table.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads a part of a request; discards it after an early response."""
        if self.is_lingering:
            self._discard(data)
            return
        now = self.loop.time()
        if self.is_waiting and not self._is_request_begun:
            self._is_request_begun, self._waiting_since = True, now
        self._body.add(len(data), now)
        super().data_received(data)

    def handle_events(self) -> None:
        """Handles what was read; a request whose headers have arrived starts the body's clock."""
        earlier = self.cycle
        super().handle_events()
        if self.cycle is not earlier:
            self._is_request_begun = False
            self._body = BodyClock(self.loop.time())

    def on_response_complete(self) -> None:
        """Waits for the next request on this connection, if it stays open."""
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    def shutdown(self) -> None:
        """Closes the connection, at once or after its response (uvicorn calls this at its end)."""
        if self.is_lingering:
            self.abort()
        else:
            super().shutdown()

    def abort(self) -> None:
        """Closes the connection at once."""
        self._table.remove(self)
        self.transport.abort()

    def check_time(self, now: float) -> None:
        """Closes the connection if it has exceeded a time limit; now: the time of the loop."""
        limits = self._limits
        if self._reader.measure_stall(self.transport, now) > limits.reader_seconds:
            self._reset()
        elif self._lingering_since is not None:
            is_sent = not self.transport.get_write_buffer_size()
            if is_sent and now - self._lingering_since > limits.linger_seconds:
                self.abort()
        elif self.is_waiting:
            if now - self._waiting_since > limits.header_seconds:
                self._time_out()
        elif self.conn.their_state is h11.SEND_BODY:
            self._body.advance(now, is_paused=self.flow.read_paused)
            if self._body.is_overdue(limits, now):
                self._time_out()

    def linger(self) -> None:
        """Ends the response, and discards for a moment what the browser still sends.

        A socket that closes with unread data resets the connection, and a browser that is reset
        may lose the response.
        """
        if self.is_lingering:
            return
        self._lingering_since = self.loop.time()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _reset(self) -> None:
        """Closes the connection at once, without what the system still keeps to send."""
        peer = self.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.abort()

    def _discard(self, data: bytes) -> None:
        """Counts what arrives after the response; stops reading above the limit."""
        self._lingering_bytes += len(data)
        if self._lingering_bytes > self._limits.linger_bytes:
            self.flow.pause_reading()

    def _time_out(self) -> None:
        """Closes the connection; sends 408 first if a request has no response yet."""
        has_begun = self._is_request_begun or not self.is_waiting
        if has_begun and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send_timeout()
            self.linger()
        else:
            self.abort()

    def _send_timeout(self) -> None:
        """Sends the response of status 408."""
        text = b"The request took too long to arrive."
        headers = [("connection", "close"), ("content-type", "text/plain")]
        headers.append(("content-length", str(len(text))))
        response = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
        for event in (response, h11.Data(data=text), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))


class _LingeringTransport:
    """A transport that, closed before the end of a request, lets its response arrive first."""

    def __init__(self, transport: asyncio.Transport, protocol: LimitedProtocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Returns whether the connection takes no further request."""
        return self._transport.is_closing() or self._protocol.is_lingering

    def close(self) -> None:
        """Closes the connection, once everything is sent."""
        if self._protocol.has_unread_request:
            self._protocol.linger()
        else:
            self._transport.close()
