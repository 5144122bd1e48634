"""python -m services.runtime.healthcheck ADDRESS [PROCESS]: exits 0 when the server there serves.

PROCESS, such as gateway, is the one whose settings say whether the server speaks TLS.
"""

import socket
import ssl
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.settings import ServerSettings, settings_config
from services.runtime.tls import Identity, channel_credentials


def is_serving(address: str, seconds: float = 3, identity: Identity | None = None) -> bool:
    """Asks the standard health service of the server at `address`.

    identity: the server's own certificate and key, where it speaks TLS. They are shown to it, and
    expected of it.
    """
    try:
        with _channel(address, seconds, identity) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=seconds
            )
    except (OSError, grpc.RpcError):
        return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING


def _channel(address: str, seconds: float, identity: Identity | None) -> grpc.Channel:
    if identity is None:
        return grpc.insecure_channel(address)
    trusting = Identity(identity.cert, identity.key, ca=identity.cert)
    name = _name_in_certificate(address, seconds, trusting)
    options = [("grpc.ssl_target_name_override", name)]
    return grpc.secure_channel(address, channel_credentials(trusting), options)


def _name_in_certificate(address: str, seconds: float, identity: Identity) -> str:
    """A name that the server's certificate is for: this machine's is rarely among them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(identity.ca)
    context.load_cert_chain(identity.cert, identity.key)
    context.set_alpn_protocols(["h2"])
    with _connected(address, seconds) as plain, context.wrap_socket(plain) as secured:
        return secured.getpeercert()["subjectAltName"][0][1]


def _connected(address: str, seconds: float) -> socket.socket:
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), seconds)
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(seconds)
    connected.connect(address.removeprefix("unix:"))
    return connected


def identity_of(process: str) -> Identity | None:
    """What the settings of a process say of its certificate; None where it speaks plain text."""

    class Settings(ServerSettings):
        model_config = settings_config(process)

    settings = Settings.from_environment()
    return Identity(settings.tls_cert, settings.tls_key) if settings.tls_cert else None


if __name__ == "__main__":
    process = sys.argv[2] if len(sys.argv) > 2 else "server"
    sys.exit(0 if is_serving(sys.argv[1], identity=identity_of(process)) else 1)
