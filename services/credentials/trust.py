"""Reads the trust list, the certificate authorities whose signatures are trusted."""

from pathlib import Path

import structlog
from cryptography import x509

from services.runtime.errors import CredentialsNotUsable
from services.runtime.files import FileWatcher

log = structlog.get_logger()


class TrustList:
    """A PEM file of certificate authorities, read again after it changed; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises CredentialsNotUsable if it has no certificates."""
        self._path = path
        # Before the file is read, so that no change is missed.
        self._watcher = FileWatcher([path])
        self._anchors = _read_anchors(path)

    @property
    def anchors(self) -> str:
        """PEM text of the authorities; of the former ones while a changed file is invalid."""
        if self._watcher.has_changed():
            try:
                self._anchors = _read_anchors(self._path)
                log.info("trust list reloaded")
            except CredentialsNotUsable as error:
                log.warning("changed trust list ignored", cause=str(error))
        return self._anchors


def _read_anchors(path: Path) -> str:
    """Returns the text of a PEM file of certificates; raises CredentialsNotUsable for others."""
    try:
        text = path.read_text()
        x509.load_pem_x509_certificates(text.encode())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no PEM file of certificates"
        raise CredentialsNotUsable(f"the trust list {path} cannot be read: {reason}") from None
    return text
