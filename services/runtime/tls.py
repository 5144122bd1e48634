"""TLS on servers and channels, from files that may be replaced while a process runs."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from services.runtime.expiry import valid_until
from services.runtime.files import Changes
from services.runtime.metrics import CERTIFICATE_ENDS

log = structlog.get_logger()


@dataclass(frozen=True)
class Identity:
    """Paths of PEM files, empty where there are none.

    cert: the own certificate, and those between it and its authority. key: its private key. ca:
    the authorities whose certificates are accepted from the other side.
    """

    cert: str = ""
    key: str = ""
    ca: str = ""

    @property
    def paths(self) -> list[str]:
        """Those that are there."""
        return [path for path in (self.cert, self.key, self.ca) if path]

    def fault(self) -> str:
        """Why the files cannot be used, alone or together; empty when they can."""
        if bool(self.cert) != bool(self.key):
            return f"{self.cert or self.key}: a certificate and a key go together"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            if self.cert:
                context.load_cert_chain(self.cert, self.key, _no_password)
            if self.ca:
                context.load_verify_locations(self.ca)
        # A wrong key, or no PEM at all; an SSLError is an OSError too.
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            return f"{', '.join(self.paths)} cannot be used for TLS: {why}"
        return ""

    def check(self) -> None:
        """Ends the process with a sentence where the files cannot be used."""
        if fault := self.fault():
            raise SystemExit(fault)


class Renewal:
    """Tells when an identity's files have been replaced by others that can be used."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._changes = Changes(identity.paths)

    def due(self) -> bool:
        """Whether they have been since this was last asked.

        Files that do not fit each other, as half-way through their replacement, are told in the
        log, and what was before stays in force.
        """
        if not self._changes.seen():
            return False
        if fault := self._identity.fault():
            log.warning("changed certificates are left alone", cause=fault)
            return False
        log.info("certificates read anew")
        return True


def server_credentials(identity: Identity) -> grpc.ServerCredentials:
    """Credentials that follow their files; with a ca callers must show a certificate of it.

    For synchronous and for asyncio servers: each new connection asks.
    """
    renewal = Renewal(identity)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        return _configuration(identity) if renewal.due() else None

    return grpc.dynamic_ssl_server_credentials(_configuration(identity), fetch, bool(identity.ca))


def channel_credentials(identity: Identity) -> grpc.ChannelCredentials:
    """Credentials for channels to servers whose certificates its ca vouches for."""
    return grpc.ssl_channel_credentials(
        *(_read(path) for path in (identity.ca, identity.key, identity.cert))
    )


def _configuration(identity: Identity) -> grpc.ServerCertificateConfiguration:
    CERTIFICATE_ENDS.labels(identity.cert).set(valid_until(identity.cert, identity.key))
    pair = Path(identity.key).read_bytes(), Path(identity.cert).read_bytes()
    return grpc.ssl_server_certificate_configuration([pair], _read(identity.ca))


def _read(path: str) -> bytes | None:
    return Path(path).read_bytes() if path else None


def _no_password() -> str:
    raise ValueError("the key has a password; store it without one, readable by its owner only")
