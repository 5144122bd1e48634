"""WebSocket of a ComfyUI server for the events of one client, with limits on time and size."""

import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import websocket
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from websocket import ABNF

from services.diffusion.errors import (
    InvalidOutput,
    ServerRefused,
    ServerUnreachable,
)
from services.diffusion.transport import (
    CONNECT_TIMEOUT,
    MAX_RESPONSE_BYTES,
    HttpClient,
    HttpResponse,
)

# In seconds without any message. Proxies close silent connections after a minute, and a model may
# load for longer. Smaller: more traffic.
PING_SECONDS = 15.0
# In seconds without an answer to a ping. Larger: a connection that died silently is found later,
# perhaps after the image was sent to nobody; smaller: a server that is loading a model looks gone.
PONG_SECONDS = 45.0
# Bytes of the response to the handshake. Larger: a broken server takes more memory.
MAX_HANDSHAKE_BYTES = 2**16
# Asks for previews with the id of their node; servers that cannot send these ignore it.
FEATURE_FLAGS = '{"type": "feature_flags", "data": {"supports_preview_metadata": true}}'
# The HTTP status of a handshake that succeeded.
SWITCHING_PROTOCOLS = 101
DATA_OPCODES = (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY)
# What websocket-client raises for frames that are no frames.
INVALID_FRAME = (websocket.WebSocketException, OSError, ValueError, struct.error)


class SocketLost(Exception):
    """The connection is closed, broken or silent. It may be opened again."""


class ConnectionRefused(ServerUnreachable):
    """Nothing listens at the server's address: its process has ended, and its queue with it."""


@dataclass(frozen=True)
class SocketMessage:
    """A message of the server: JSON (text), or an image with a header (binary)."""

    is_binary: bool
    data: bytes


class EventSocket:
    """A connection on which one server sends the events of one client. Not for several threads."""

    def __init__(self, http: HttpClient, client_id: str) -> None:
        """Prepares a connection, which connect() opens.

        http: the client of the same server, whose address, credentials and certificates it uses.
        client_id: names the client; a second connection with the same name closes the first.
        """
        self._http = http
        self._client_id = client_id
        self._limits: _LimitedConnection | None = None
        self._socket: websocket.WebSocket | None = None
        self._heard = self._pinged = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is connected, as far as is known."""
        return self._socket is not None

    def connect(self) -> None:
        """Connects to the server, within 3 seconds.

        Raises ServerUnreachable, or what an HTTP response with the same status means.
        """
        self.close()
        url = urlsplit(f"{self._http.url}/ws?clientId={self._client_id}")
        address = url._replace(scheme="wss" if url.scheme == "https" else "ws").geturl()
        auth = self._http.auth
        limits = _LimitedConnection(_open_connection(self._http))
        limits.start(CONNECT_TIMEOUT, MAX_HANDSHAKE_BYTES)
        opened = websocket.WebSocket(enable_multithread=False, skip_utf8_validation=True)
        try:
            opened.connect(  # type: ignore[no-untyped-call]
                address,
                # Without this it would obey the proxies of the environment.
                socket=limits,
                # Servers refuse the pages of other sites, and so every other origin than their own.
                suppress_origin=True,
                header=[f"{auth.name}: {auth.value}"] if auth else [],
                redirect_limit=0,
            )
            opened.send(FEATURE_FLAGS)
        except INVALID_FRAME as error:
            limits.close()
            status = getattr(error, "status_code", None) or opened.getstatus()
            if status not in (None, SWITCHING_PROTOCOLS):
                self._raise_refusal(status)
            raise ServerUnreachable("the image server closed a connection; try again") from error
        self._socket, self._limits = opened, limits
        self._heard = self._pinged = time.monotonic()
        limits.start(0, MAX_RESPONSE_BYTES)

    def receive(self, timeout: float) -> SocketMessage | None:
        """Returns the next message; None if there is none within `timeout` seconds.

        Raises SocketLost if the connection is closed or silent although it was pinged, and
        InvalidOutput for a message of more than 256 MiB.
        """
        if not self._socket or not self._limits:
            raise SocketLost
        self._limits.start(timeout)
        try:
            opcode, frame = self._socket.recv_data_frame(control_frame=True)
        except websocket.WebSocketTimeoutException:
            self._check_alive()
            return None
        except INVALID_FRAME as error:
            self.close()
            raise SocketLost from error
        self._heard = time.monotonic()
        if opcode == ABNF.OPCODE_CLOSE:
            self.close()
            raise SocketLost
        if opcode not in DATA_OPCODES:
            return None
        self._limits.start(0, MAX_RESPONSE_BYTES)
        return SocketMessage(opcode == ABNF.OPCODE_BINARY, bytes(frame.data))

    def close(self) -> None:
        """Closes the connection at once, if it is open."""
        if self._socket:
            self._socket.shutdown()  # type: ignore[no-untyped-call]
        self._socket = self._limits = None

    def _check_alive(self) -> None:
        """Pings a silent server now and then; raises SocketLost if it does not answer."""
        now = time.monotonic()
        if now - self._heard > PONG_SECONDS:
            self.close()
            raise SocketLost
        if self._socket and now - max(self._heard, self._pinged) > PING_SECONDS:
            self._pinged = now
            try:
                self._socket.ping()
            except INVALID_FRAME as error:
                self.close()
                raise SocketLost from error

    def _raise_refusal(self, status: int) -> None:
        """Raises the error for a handshake that was answered with an HTTP status."""
        self._http.check_status(HttpResponse(status, {}, b""))
        text = "accepts no WebSocket; connect to it directly, or let the proxy pass /ws on"
        raise ServerRefused(f"the image server {text}")


class _LimitedConnection:
    """A TCP or TLS connection that limits the time and the bytes of what is received."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._end, self._bytes_left = 0.0, 0

    def start(self, timeout: float, max_bytes: int | None = None) -> None:
        """Sets the seconds in which to receive, and the bytes; None leaves those that are left."""
        self._end = time.monotonic() + timeout
        if max_bytes is not None:
            self._bytes_left = max_bytes

    def recv(self, size: int) -> bytes:
        """Receives up to `size` bytes; raises TimeoutError, and InvalidOutput after the limit."""
        # Not 0, which would mean not to wait at all.
        left = max(0.001, self._end - time.monotonic())
        self._connection.settimeout(left)
        data = self._connection.recv(size)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise InvalidOutput("the image server's message is too large; see its log")
        return data

    def __getattr__(self, name: str) -> Any:
        """Returns any other attribute of the connection itself."""
        return getattr(self._connection, name)


def _open_connection(http: HttpClient) -> socket.socket:
    """Opens a TCP connection to a server, or a TLS connection if its address is https."""
    url = urlsplit(http.url)
    is_secure = url.scheme == "https"
    try:
        address = url.hostname or "", url.port or (443 if is_secure else 80)
        connection = socket.create_connection(address, CONNECT_TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_secure:
            context = ssl.create_default_context(cafile=http.ca_file or DEFAULT_CA_BUNDLE_PATH)
            connection = context.wrap_socket(connection, server_hostname=url.hostname)
    except ConnectionRefusedError as error:
        raise ConnectionRefused("the image server does not answer; start it") from error
    except ssl.SSLError as error:
        raise ServerUnreachable(http.describe_tls_failure()) from error
    # ValueError: the port is no number.
    except (OSError, ValueError) as error:
        raise ServerUnreachable("the image server does not answer; start it") from error
    return connection
