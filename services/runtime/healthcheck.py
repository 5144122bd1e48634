"""python -m services.runtime.healthcheck ADDRESS [PROCESS[/PART]]: exits 0 if it is serving.

PROCESS, such as gateway, selects the settings that say whether the server uses TLS. PART, such as
jobs, asks for a part of it alone, here cyclorama.v1.AdService/jobs; that full name is accepted too.

Containers start it every few seconds, so it speaks HTTP/2 itself, for one call of the method Check
of grpc.health.v1: importing gRPC and the settings takes 0.8 s of a core in a container.
"""

import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from os import PathLike
from typing import NamedTuple, Protocol

# Types and flags of frames, RFC 9113.
DATA, HEADERS, SETTINGS = 0, 1, 4
ACK = END_STREAM = 1
END_HEADERS = 4
FRAME_HEADER_BYTES = 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Fields of the static table of RFC 7541: POST, and the schemes. The others have a literal value.
POST, HTTP, HTTPS = b"\x83", b"\x86", b"\x87"
AUTHORITY, PATH, CONTENT_TYPE, NEW_NAME = b"\x01", b"\x04", b"\x0f\x10", b"\x00"
# A message in gRPC is preceded by whether it is compressed and by its length. In
# HealthCheckRequest field 1 is a name, missing for the whole server; in HealthCheckResponse field
# 1, an enum, is 1 for SERVING.
NOT_COMPRESSED = b"\x00"
NAME_FIELD = b"\x0a"
SERVING = b"\x00\x00\x00\x00\x02\x08\x01"


# The services that have parts, by process.
SERVICES = {"gateway": "cyclorama.v1.AdService"}


class Identity(Protocol):
    """Paths of a certificate and its key, in PEM."""

    @property
    def cert(self) -> str | PathLike[str]:
        """Path of the certificate chain."""

    @property
    def key(self) -> str | PathLike[str]:
        """Path of the private key."""


class ServerIdentity(NamedTuple):
    """Paths of the certificate and key of a server, in PEM."""

    cert: str
    key: str


def is_serving(
    address: str, seconds: float = 3, identity: Identity | None = None, name: str = ""
) -> bool:
    """Whether the gRPC server at `address` can be reached and reports that it is serving.

    address: host:port or unix:/path.
    seconds: to wait for it at most.
    identity: paths of the server's own certificate and key, if it uses TLS; None for no TLS. The
        check presents them, and trusts no other certificate.
    name: of a service, or a part of it such as cyclorama.v1.AdService/jobs; empty for all of it.
    """
    deadline = time.monotonic() + seconds
    try:
        with _connect(address, deadline, identity) as connection:
            connection.sendall(_write_request(name, encrypted=identity is not None))
            return _read_first_message(connection, deadline) == SERVING
    except (OSError, ValueError):
        return False


def _write_request(name: str, *, encrypted: bool) -> bytes:
    """Returns what a client sends for a call of Check: preface, settings, headers and message.

    name: what to ask for; up to 126 characters, empty for the whole server.
    """
    headers = POST + (HTTPS if encrypted else HTTP)
    headers += PATH + _write_text(b"/grpc.health.v1.Health/Check")
    headers += AUTHORITY + _write_text(b"localhost")
    headers += CONTENT_TYPE + _write_text(b"application/grpc")
    headers += NEW_NAME + _write_text(b"te") + _write_text(b"trailers")
    call = _write_frame(HEADERS, END_HEADERS, 1, headers)
    request = NAME_FIELD + _write_text(name.encode()) if name else b""
    data = NOT_COMPRESSED + len(request).to_bytes(4) + request
    message = _write_frame(DATA, END_STREAM, 1, data)
    return PREFACE + _write_frame(SETTINGS, 0, 0, b"") + call + message


def _write_text(text: bytes) -> bytes:
    """Returns a text of up to 126 bytes, after its length, without Huffman coding."""
    return bytes([len(text)]) + text


def _write_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _read_first_message(connection: socket.socket, deadline: float) -> bytes:
    """Returns the first message of the response, with its length; empty if there is none.

    Raises OSError when the connection fails or the deadline passes.
    """
    for kind, flags, payload in _read_frames(connection, deadline):
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(_write_frame(SETTINGS, ACK, 0, b""))
        elif kind == DATA:
            return payload
        elif kind == HEADERS and flags & END_STREAM:
            break
    return b""


def _read_frames(connection: socket.socket, deadline: float) -> Iterator[tuple[int, int, bytes]]:
    """Yields type, flags and payload of each frame; raises OSError as `_read_first_message`."""
    while True:
        header = _read_bytes(connection, FRAME_HEADER_BYTES, deadline)
        yield header[3], header[4], _read_bytes(connection, int.from_bytes(header[:3]), deadline)


def _read_bytes(connection: socket.socket, count: int, deadline: float) -> bytes:
    data = b""
    while len(data) < count:
        connection.settimeout(_remaining_seconds(deadline))
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part
    return data


def _remaining_seconds(deadline: float) -> float:
    """Returns the time until a deadline; raises TimeoutError when it has passed."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _connect(address: str, deadline: float, identity: Identity | None) -> socket.socket:
    """Opens a connection to an address, encrypted if the server has an identity."""
    connection = _open_socket(address, _remaining_seconds(deadline))
    return _encrypt(connection, identity) if identity else connection


def _open_socket(address: str, timeout: float) -> socket.socket:
    """Opens a socket to an address, host:port or unix:/path; raises OSError if that fails.

    timeout: seconds to wait at most, now and for each later operation.
    """
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout)
    unix_socket = socket.socket(socket.AF_UNIX)
    unix_socket.settimeout(timeout)
    unix_socket.connect(address.removeprefix("unix:"))
    return unix_socket


def _encrypt(connection: socket.socket, identity: Identity) -> ssl.SSLSocket:
    """Encrypts a connection to the server that has this identity; raises OSError for another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The certificate may not cover the address, which is often 127.0.0.1.
    context.check_hostname = False
    # Trust the certificate itself, regardless of its issuer.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(identity.cert)
    # For servers that demand one from their clients.
    context.load_cert_chain(identity.cert, identity.key)
    # gRPC servers close connections that do not offer HTTP/2.
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(connection)


def read_server_identity(process: str) -> ServerIdentity | None:
    """Returns the paths of a server's certificate and key from the environment; None without TLS.

    process: name of the server's process, such as "gateway", which is in the names of its
        variables.
    """

    def read(name: str) -> str:
        shared = os.environ.get(f"CYCLORAMA_{name}", "")
        return os.environ.get(f"CYCLORAMA_{process.upper()}_{name}", shared)

    cert = read("TLS_CERT")
    return ServerIdentity(cert, read("TLS_KEY")) if cert else None


def parse_target(target: str) -> tuple[str, str]:
    """Returns the process and the name to ask for; the name is empty for the whole server.

    target: a process such as gateway, a part of it such as gateway/jobs, or the full name of that.
    """
    process, _, part = target.partition("/")
    for known, service in SERVICES.items():
        if part and process in (known, service):
            return known, f"{service}/{part}"
    return process, part


if __name__ == "__main__":
    process, name = parse_target(sys.argv[2] if len(sys.argv) > 2 else "server")
    identity = read_server_identity(process)
    sys.exit(0 if is_serving(sys.argv[1], identity=identity, name=name) else 1)
