"""Creates a CA and certificates for testing TLS: python -m tools.certs FOLDER [NAME ...].

Run it again to renew the certificates with the same CA, also while services use them.
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
OWNER_ONLY_FOLDER, SHARED_FOLDER, OWNER_ONLY_FILE, SHARED_FILE = 0o700, 0o755, 0o600, 0o644
# Read by `make up`.
SETTINGS_FILE = "up.env"


@dataclass
class CertificateFiles:
    """The PEM files of one certificate and of the CA that issued it.

    names: its host names and IP addresses. common_name: the name of its subject.
    dates: not_before and not_after, for certificates that have expired.
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
        """Replaces all three files in place, as an operator or an ACME client does."""
        self.authority = authority or self.authority
        issued = self.authority.issue_cert(*self.names, common_name=self.common_name, **self.dates)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        replace_file(Path(self.cert), chain, SHARED_FILE)
        replace_file(Path(self.key), issued.private_key_pem.bytes(), SHARED_FILE)
        replace_file(Path(self.ca), self.authority.cert_pem.bytes(), SHARED_FILE)

    def tls_settings(self, *, client_ca: bool = False) -> dict[str, str]:
        """Returns the settings of a server with this certificate.

        client_ca: whether it requires client certificates of the same CA.
        """
        client_settings = {"tls_client_ca": self.ca} if client_ca else {}
        return {"tls_cert": self.cert, "tls_key": self.key} | client_settings


def main() -> None:
    """Writes a folder for each service, and a settings file with their paths."""
    if len(sys.argv) < 2:
        sys.exit("name the folder: python -m tools.certs certs")
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    # Only the owner may enter this folder. Below it everybody may read, as containers mount one of
    # the subfolders and run as another user.
    folder.chmod(OWNER_ONLY_FOLDER)
    authority = load_or_create_ca(folder)
    lines = [f"CYCLORAMA_GATEWAY_STAGE_TLS_CA={folder}/gateway/ca.pem"]
    for service in (*STAGES, "gateway"):
        extra = names if service == "gateway" else ()
        files = CertificateFiles(
            folder / service, (*LOOPBACK, service, *extra), authority, common_name=service
        )
        files.folder.chmod(SHARED_FOLDER)
        lines += settings_lines(service, files)
    replace_file(folder / SETTINGS_FILE, "\n".join(lines).encode() + b"\n", SHARED_FILE)
    print(f"{folder}: certificates of all services; CA for clients: {folder / 'ca.pem'}")


def load_or_create_ca(folder: Path) -> trustme.CA:
    """Returns the CA of an earlier run, or a new one."""
    cert, key = folder / "ca.pem", folder / "ca-key.pem"
    if cert.exists() and key.exists():
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Cyclorama test CA")
    replace_file(cert, authority.cert_pem.bytes(), SHARED_FILE)
    replace_file(key, authority.private_key_pem.bytes(), OWNER_ONLY_FILE)
    return authority


def settings_lines(service: str, files: CertificateFiles) -> list[str]:
    """Returns lines of an environment file: TLS at the gateway, mutual TLS to the stages."""
    tls_settings = files.tls_settings(client_ca=service in STAGES)
    return [
        f"CYCLORAMA_{service.upper()}_{name.upper()}={path}" for name, path in tls_settings.items()
    ]


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Replaces a file atomically. mode: its permissions."""
    new = path.with_name(f".{path.name}")
    new.unlink(missing_ok=True)
    new.touch(OWNER_ONLY_FILE)
    new.chmod(mode)
    new.write_bytes(data)
    new.replace(path)


if __name__ == "__main__":
    main()
