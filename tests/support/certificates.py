"""Certificates of a real authority, in files that a test may replace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import trustme


@dataclass
class Files:
    """The PEM files of one certificate, and of the authority that it comes from.

    dates: its not_before and not_after, where they matter.
    """

    folder: Path
    names: tuple[str, ...] = ("localhost", "127.0.0.1")
    authority: trustme.CA = field(default_factory=trustme.CA)
    dates: Mapping[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert, self.key, self.ca = (
            str(self.folder / name) for name in ("cert.pem", "key.pem", "ca.pem")
        )
        self.renew()

    def renew(self, authority: trustme.CA | None = None) -> None:
        """Replaces all three in place, as an operator or a renewing program does."""
        self.authority = authority or self.authority
        issued = self.authority.issue_cert(*self.names, **self.dates)
        self._write(self.cert, b"".join(part.bytes() for part in issued.cert_chain_pems))
        self._write(self.key, issued.private_key_pem.bytes())
        self._write(self.ca, self.authority.cert_pem.bytes())

    def tls(self, *, client_ca: bool = False) -> dict[str, str]:
        """Settings of a server with this certificate."""
        asked = {"tls_client_ca": self.ca} if client_ca else {}
        return {"tls_cert": self.cert, "tls_key": self.key} | asked

    def _write(self, path: str, data: bytes) -> None:
        new = Path(f"{path}.new")
        new.write_bytes(data)
        new.replace(path)
