"""Reads when a certificate expires, by a TLS handshake in memory.

Python's ssl module decodes certificates only of a peer.
"""

import ssl
from contextlib import suppress

# A TLS 1.3 handshake takes two; one more costs nothing, as each round ends when it must wait.
HANDSHAKE_ROUNDS = 3


def read_certificate_expiry(cert: str, key: str) -> float:
    """Returns the Unix time in seconds at which a certificate expires; 0 if it is not valid now.

    Connects a TLS client to a server in memory, as Python decodes certificates only of the other
    side.

    cert, key: paths of PEM files that belong together.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = _server_context(cert, key).wrap_bio(
        incoming=to_server, outgoing=to_client, server_side=True
    )
    client = _client_context(cert).wrap_bio(incoming=to_client, outgoing=to_server)
    try:
        for _ in range(HANDSHAKE_ROUNDS):
            for side in (client, server):
                # Raised by a side that has to wait for the other.
                with suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLError:
        return 0.0
    certificate = client.getpeercert()
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"]))) if certificate else 0.0


def _server_context(cert: str, key: str) -> ssl.SSLContext:
    """Returns the TLS settings of a server with a certificate and key, paths of PEM files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def _client_context(cert: str) -> ssl.SSLContext:
    """Returns the TLS settings of a client that trusts one certificate, the path of a PEM file.

    It ignores the server's name.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Trust the certificate itself, regardless of its issuer.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cert)
    return context
