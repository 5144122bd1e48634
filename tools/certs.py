"""Makes an authority and certificates for trying TLS: python -m tools.certs FOLDER [NAME ...].

Run again it renews the certificates, of the same authority, while services use them.
NAMEs are further host names of the gateway.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import trustme

from cyclorama.stages import STAGES

LOOPBACK = ("localhost", "127.0.0.1", "::1")
OWNER_ENTERS, ALL_ENTER, OWNER_READS, ALL_READ = 0o700, 0o755, 0o600, 0o644
# Read by `make up`.
SETTINGS = "up.env"


@dataclass
class CertificateFiles:
    """The PEM files of one certificate, and of the authority that issued it.

    names: the hosts and addresses that it is for. common_name: that of its owner.
    dates: its not_before and not_after, where they matter.
    """

    folder: Path
    names: tuple[str, ...] = LOOPBACK
    authority: trustme.CA = field(default_factory=trustme.CA)
    common_name: str | None = None
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
        issued = self.authority.issue_cert(*self.names, common_name=self.common_name, **self.dates)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        write(Path(self.cert), chain, ALL_READ)
        write(Path(self.key), issued.private_key_pem.bytes(), ALL_READ)
        write(Path(self.ca), self.authority.cert_pem.bytes(), ALL_READ)

    def tls(self, *, client_ca: bool = False) -> dict[str, str]:
        """Settings of a server with this certificate.

        client_ca: whether it admits only clients with one of the same authority.
        """
        asked = {"tls_client_ca": self.ca} if client_ca else {}
        return {"tls_cert": self.cert, "tls_key": self.key} | asked


def main() -> None:
    """Writes a folder for each service, and settings that name what is in them."""
    if len(sys.argv) < 2:
        sys.exit("say which folder: python -m tools.certs certs")
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    # Nobody else gets in here. Below it all may read, for containers, which are given one of the
    # folders below, run as a user of their own.
    folder.chmod(OWNER_ENTERS)
    authority = open_authority(folder)
    lines = [f"CYCLORAMA_GATEWAY_STAGE_TLS_CA={folder}/gateway/ca.pem"]
    for service in (*STAGES, "gateway"):
        extra = names if service == "gateway" else ()
        files = CertificateFiles(
            folder / service, (*LOOPBACK, service, *extra), authority, common_name=service
        )
        files.folder.chmod(ALL_ENTER)
        lines += settings(service, files)
    write(folder / SETTINGS, "\n".join(lines).encode() + b"\n", ALL_READ)
    print(f"{folder}: certificates of all services; give clients {folder / 'ca.pem'}")


def open_authority(folder: Path) -> trustme.CA:
    """The authority of an earlier run, or a new one."""
    cert, key = folder / "ca.pem", folder / "ca-key.pem"
    if cert.exists() and key.exists():
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Cyclorama on trial")
    write(cert, authority.cert_pem.bytes(), ALL_READ)
    write(key, authority.private_key_pem.bytes(), OWNER_READS)
    return authority


def settings(service: str, files: CertificateFiles) -> list[str]:
    """Lines of an environment file: TLS at the gateway, mutual TLS between it and the stages."""
    told = files.tls(client_ca=service in STAGES)
    return [f"CYCLORAMA_{service.upper()}_{name.upper()}={path}" for name, path in told.items()]


def write(path: Path, data: bytes, mode: int) -> None:
    """Replaces a file in one step."""
    new = path.with_name(f".{path.name}")
    new.unlink(missing_ok=True)
    new.touch(OWNER_READS)
    new.chmod(mode)
    new.write_bytes(data)
    new.replace(path)


if __name__ == "__main__":
    main()
