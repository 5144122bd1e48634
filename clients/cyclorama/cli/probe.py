"""Finds out why a server is not reached: it speaks TLS and the client does not, or the reverse."""

import re
import socket
import ssl

# A server that answers takes milliseconds. Longer: a failed command ends later.
PROBE_SECONDS = 1.0
# A client's preface and an empty frame of settings, which an HTTP/2 server answers with its own.
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
FRAME_HEADER_BYTES, FRAME_TYPE, SETTINGS_FRAME = 9, 3, 4
# A host and a port, after an optional scheme of gRPC; an IPv6 host is in brackets.
HOST_AND_PORT = re.compile(r"(?:dns:(?://[^/]*/)?|ipv[46]:)?\[?([^/,]+?)\]?:(\d{1,5})")


def explain_unreachable(address: str, *, uses_tls: bool) -> str:
    """Returns that only one of server and client speaks TLS, and what to set; empty if not so.

    address: a target of gRPC. uses_tls: whether the client does. Takes PROBE_SECONDS at most for
    connecting, and as much for the answer.
    """
    target = HOST_AND_PORT.fullmatch(address)
    if target is None:
        return ""
    try:
        with socket.create_connection((target[1], int(target[2])), PROBE_SECONDS) as connection:
            if not uses_tls and speaks_tls(connection):
                return (
                    f"the server at {address} speaks TLS; set CYCLORAMA_CA to the file of its "
                    "certificate authority, such as certs/ca.pem"
                )
            if uses_tls and speaks_plaintext(connection):
                return (
                    f"the server at {address} does not speak TLS; start it with a certificate, or "
                    "unset CYCLORAMA_CA and CYCLORAMA_CERT"
                )
    # Also a port beyond 65535.
    except (OSError, OverflowError):
        pass
    return ""


def speaks_tls(connection: socket.socket) -> bool:
    """Returns whether a server answers the start of a TLS handshake; nothing else is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Only whether there is a certificate matters.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with context.wrap_socket(connection):
        return True


def speaks_plaintext(connection: socket.socket) -> bool:
    """Returns whether a server answers HTTP/2 without TLS."""
    connection.sendall(HTTP2_PREFACE)
    answer = connection.recv(FRAME_HEADER_BYTES)
    return len(answer) > FRAME_TYPE and answer[FRAME_TYPE] == SETTINGS_FRAME
