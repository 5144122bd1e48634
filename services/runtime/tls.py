"""TLS for servers and channels, from files that may be replaced while the process runs."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from services.runtime.expiry import read_certificate_expiry
from services.runtime.files import FileWatcher
from services.runtime.metrics import CERTIFICATE_EXPIRY

log = structlog.get_logger()


@dataclass(frozen=True)
class TlsIdentity:
    """Paths of the PEM files that identify one side of a connection; empty if there are none.

    cert: the own certificate, with the intermediate ones. key: its private key. ca: certificates
    of the authorities that the other side must present a certificate of.
    """

    cert: str = ""
    key: str = ""
    ca: str = ""

    @property
    def paths(self) -> list[str]:
        """The paths that are set."""
        return [path for path in (self.cert, self.key, self.ca) if path]

    def unusable_reason(self) -> str:
        """Returns why the PEM files cannot be used for TLS, alone or together; "" if they can."""
        if bool(self.cert) != bool(self.key):
            return f"{self.cert or self.key}: a certificate and a key go together"
        # Loading the files into a context checks them; the context is not used otherwise.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            if self.cert:
                context.load_cert_chain(self.cert, self.key, password=_refuse_password)
            if self.ca:
                context.load_verify_locations(self.ca)
        # A wrong key, or no PEM file at all; an SSLError is an OSError too.
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            return f"{', '.join(self.paths)} cannot be used for TLS: {reason}"
        return ""

    def exit_if_unusable(self) -> None:
        """Ends the process with the reason if the PEM files cannot be used for TLS."""
        if reason := self.unusable_reason():
            raise SystemExit(reason)


class CertificateReloader:
    """Decides when the replaced files of an identity are complete enough to be loaded."""

    def __init__(self, identity: TlsIdentity) -> None:
        self._identity = identity
        self._files = FileWatcher(identity.paths)

    def should_reload(self) -> bool:
        """Whether certificate files changed since the last call, and the new ones can be used.

        Files that do not belong together, as in the middle of a replacement, are logged, and the
        previous ones stay in use.
        """
        if not self._files.has_changed():
            return False
        if reason := self._identity.unusable_reason():
            log.warning("changed certificates ignored", cause=reason)
            return False
        log.info("certificates reloaded")
        return True


def server_credentials(identity: TlsIdentity) -> grpc.ServerCredentials:
    """Returns gRPC credentials of a TLS server, which load replaced certificate files again.

    Each new connection checks the files. For synchronous and asyncio servers.

    identity: paths of the server's certificate and key; if it has a ca, clients have to present a
        certificate issued by that.
    """
    reloader = CertificateReloader(identity)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        return _load_configuration(identity) if reloader.should_reload() else None

    return grpc.dynamic_ssl_server_credentials(
        _load_configuration(identity),
        # The stub lacks the None by which gRPC keeps the present configuration.
        fetch,  # type: ignore[arg-type]
        require_client_authentication=bool(identity.ca),
    )


def channel_credentials(identity: TlsIdentity) -> grpc.ChannelCredentials:
    """Returns gRPC credentials of a TLS client, which trusts servers with a certificate of `ca`.

    identity: paths of the trusted authorities (ca; empty for the public ones), and of the client's
        own certificate and key (empty for none).
    """
    return grpc.ssl_channel_credentials(
        root_certificates=_read_file(identity.ca),
        private_key=_read_file(identity.key),
        certificate_chain=_read_file(identity.cert),
    )


def _load_configuration(identity: TlsIdentity) -> grpc.ServerCertificateConfiguration:
    """Reads the PEM files of a server for gRPC, and records in a metric when they expire.

    identity: their paths; certificate and key have to be set.
    """
    expiry = read_certificate_expiry(identity.cert, identity.key)
    CERTIFICATE_EXPIRY.labels(identity.cert).set(expiry)
    key_and_cert = Path(identity.key).read_bytes(), Path(identity.cert).read_bytes()
    return grpc.ssl_server_certificate_configuration([key_and_cert], _read_file(identity.ca))


def _read_file(path: str) -> bytes | None:
    return Path(path).read_bytes() if path else None


def _refuse_password() -> str:
    raise ValueError("the key has a password; store it without one, readable by its owner only")
