"""python -m services.runtime.healthcheck ADDRESS [PROCESS]: exits 0 if the server is serving.

PROCESS, such as gateway, selects the settings that say whether the server uses TLS.
"""

import socket
import ssl
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.settings import ServerSettings, build_settings_config
from services.runtime.tls import TlsIdentity, channel_credentials


def is_serving(address: str, seconds: float = 3, identity: TlsIdentity | None = None) -> bool:
    """Whether the gRPC server at `address` can be reached and reports that it is serving.

    seconds: to wait for it at most.
    identity: paths of the server's own certificate and key, if it uses TLS; None for no TLS. The
        check presents them, and trusts no other certificate.
    """
    try:
        with _open_channel(address, seconds, identity) as channel:
            response = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=seconds
            )
    except (OSError, grpc.RpcError):
        return False
    return bool(response.status == health_pb2.HealthCheckResponse.SERVING)


def _open_channel(address: str, timeout: float, identity: TlsIdentity | None) -> grpc.Channel:
    """Opens a gRPC channel to a server, with TLS if it has an identity.

    timeout: seconds to connect at most.
    identity: paths of the server's own certificate and key; None for no TLS.
    """
    if identity is None:
        return grpc.insecure_channel(address)
    # The certificate serves as its own authority, so that no other one is trusted.
    self_trusting = TlsIdentity(identity.cert, identity.key, ca=identity.cert)
    name = _read_server_name(address, timeout, self_trusting)
    # The certificate may not cover the address, which is often 127.0.0.1.
    options = [("grpc.ssl_target_name_override", name)]
    return grpc.secure_channel(address, channel_credentials(self_trusting), options)


def _read_server_name(address: str, timeout: float, identity: TlsIdentity) -> str:
    """Connects to a TLS server, and returns the first host name that its certificate covers.

    timeout: seconds to connect at most.
    identity: paths of the client's certificate and key, and of the certificate to trust.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Trust the certificate itself, regardless of its issuer.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(identity.ca)
    context.load_cert_chain(identity.cert, identity.key)
    # gRPC servers close connections that do not offer HTTP/2.
    context.set_alpn_protocols(["h2"])
    with _connect(address, timeout) as plain, context.wrap_socket(plain) as encrypted:
        certificate = encrypted.getpeercert() or {}
        # The second value of the first entry, which is a pair such as ("DNS", "localhost").
        return str(certificate["subjectAltName"][0][1])


def _connect(address: str, timeout: float) -> socket.socket:
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


def read_server_identity(process: str) -> TlsIdentity | None:
    """Returns the paths of a server's certificate and key from the environment; None without TLS.

    process: name of the server's process, such as "gateway", which is in the names of its
        variables.
    """

    class HealthcheckSettings(ServerSettings):
        model_config = build_settings_config(process)

    settings = HealthcheckSettings.from_environment()
    return TlsIdentity(settings.tls_cert, settings.tls_key) if settings.tls_cert else None


if __name__ == "__main__":
    process = sys.argv[2] if len(sys.argv) > 2 else "server"
    sys.exit(0 if is_serving(sys.argv[1], identity=read_server_identity(process)) else 1)
