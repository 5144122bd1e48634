"""gRPC calls over bare HTTP/2, which never send their request or never read the response."""

import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Types and flags of frames, RFC 9113.
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, ACK, END_HEADERS = 1, 1, 4
# Settings: how many streams a connection may have open, and how many bytes a stream may send before
# its reader asks for more.
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
# Of one connection: fewer than a service allows.
STREAMS_PER_CONNECTION = 200


class BareConnection:
    """A connection that opens streams and reads nothing from them."""

    def __init__(self, address: str, window: int = 65_535) -> None:
        """Connects to host:port.

        window: the bytes of responses that each stream lets the server send.
        """
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, window)
        self._socket.sendall(PREFACE + _frame(SETTINGS, 0, 0, settings) + _frame(SETTINGS, ACK, 0))
        self._next_stream = 1

    def open_stream(
        self,
        path: str,
        body: bytes | None = None,
        authorization: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Calls a method, such as "/cyclorama.v1.AdService/CreateAd".

        body: the request; None to send none, and leave the stream open. metadata: by lower-case
        key.
        """
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": "localhost",
            "content-type": "application/grpc",
            "te": "trailers",
            **(metadata or {}),
        }
        if authorization:
            fields["authorization"] = authorization
        block = b"".join(_encode_field(name, value) for name, value in fields.items())
        frames = _frame(HEADERS, END_HEADERS, self._next_stream, block)
        if body is not None:
            message = struct.pack(">BI", 0, len(body)) + body
            frames += _frame(DATA, END_STREAM, self._next_stream, message)
        self._socket.sendall(frames)
        self._next_stream += 2

    def read_max_streams(self) -> int:
        """Returns how many streams the server allows; to be read before anything else."""
        length = int.from_bytes(self._receive(9)[:3])
        settings = dict(struct.iter_unpack(">HI", self._receive(length)))
        return settings[MAX_CONCURRENT_STREAMS]

    def _receive(self, count: int) -> bytes:
        return self._socket.recv(count, socket.MSG_WAITALL)

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()


@contextmanager
def open_streams(
    address: str, path: str, count: int, body: bytes | None = None, window: int = 65_535
) -> Iterator[None]:
    """Keeps a number of streams open within the block, over as many connections as they need.

    body: the request of each; None sends none. window: bytes that each lets the server send.
    """
    with ExitStack() as stack:
        for first in range(0, count, STREAMS_PER_CONNECTION):
            connection = BareConnection(address, window)
            stack.callback(connection.close)
            for _ in range(min(STREAMS_PER_CONNECTION, count - first)):
                connection.open_stream(path, body)
        yield


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _encode_field(name: str, value: str) -> bytes:
    """Encodes a header field as a literal that is not indexed, without Huffman, RFC 7541 6.2.2."""
    encoded = b"\0"
    for text in (name, value):
        length = len(text)
        # A prefix of seven bits, and the rest in the next byte.
        encoded += bytes([length] if length < 127 else [127, length - 127]) + text.encode()
    return encoded
