"""Tells until when a certificate holds, by showing it to a client in memory."""

import ssl
from contextlib import suppress

# TLS 1.3 takes two.
ROUNDS = 3


def valid_until(cert: str, key: str) -> float:
    """Unix time in seconds at which a certificate ends; 0 where it does not hold now.

    cert, key: paths of PEM files that fit each other.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    shows = _server(cert, key).wrap_bio(to_server, to_client, server_side=True)
    sees = _client(cert).wrap_bio(to_client, to_server)
    try:
        for _ in range(ROUNDS):
            for side in (sees, shows):
                with suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLError:
        return 0.0
    return float(ssl.cert_time_to_seconds(sees.getpeercert()["notAfter"]))


def _server(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def _client(cert: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # It trusts the certificate itself, whoever issued it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cert)
    return context
