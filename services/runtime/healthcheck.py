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
    """Whether the standard health service at `address` reports SERVING within some seconds.

    identity: the server's own certificate and key, if it uses TLS. The check presents them, and
    trusts no other certificate.
    """
    try:
        with _open_channel(address, seconds, identity) as channel:
            response = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=seconds
            )
    except (OSError, grpc.RpcError):
        return False
    return bool(response.status == health_pb2.HealthCheckResponse.SERVING)


def _open_channel(address: str, seconds: float, identity: TlsIdentity | None) -> grpc.Channel:
    if identity is None:
        return grpc.insecure_channel(address)
    trusting = TlsIdentity(identity.cert, identity.key, ca=identity.cert)
    name = _read_server_name(address, seconds, trusting)
    options = [("grpc.ssl_target_name_override", name)]
    return grpc.secure_channel(address, channel_credentials(trusting), options)


def _read_server_name(address: str, seconds: float, identity: TlsIdentity) -> str:
    """Returns a name that the server's certificate covers; rarely that of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(identity.ca)
    context.load_cert_chain(identity.cert, identity.key)
    context.set_alpn_protocols(["h2"])
    with _connect(address, seconds) as plain, context.wrap_socket(plain) as secured:
        certificate = secured.getpeercert() or {}
        return str(certificate["subjectAltName"][0][1])


def _connect(address: str, seconds: float) -> socket.socket:
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), seconds)
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(seconds)
    connected.connect(address.removeprefix("unix:"))
    return connected


def read_server_identity(process: str) -> TlsIdentity | None:
    """Returns the certificate and key in the settings of a process; None if it uses no TLS."""

    class HealthcheckSettings(ServerSettings):
        model_config = build_settings_config(process)

    settings = HealthcheckSettings.from_environment()
    return TlsIdentity(settings.tls_cert, settings.tls_key) if settings.tls_cert else None


if __name__ == "__main__":
    process = sys.argv[2] if len(sys.argv) > 2 else "server"
    sys.exit(0 if is_serving(sys.argv[1], identity=read_server_identity(process)) else 1)
