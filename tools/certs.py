"""Creates a CA and certificates to try TLS and signing: python -m tools.certs FOLDER [NAME ...].

Run it again to renew the certificates with the same CA, also while services use them.
NAMEs are further host names of the gateway; those of its earlier certificate stay.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cyclorama.stages import STAGES

LOOPBACK = ("localhost", "127.0.0.1", "::1")
OWNER_ONLY_FOLDER, SHARED_FOLDER, OWNER_ONLY_FILE, SHARED_FILE = 0o700, 0o755, 0o600, 0o644
# Clients have to be given a new CA by hand; services take a renewed certificate by themselves.
CA_LIFETIME, CERTIFICATE_LIFETIME = timedelta(days=3652), timedelta(days=365)
# Certificates are valid for that long already, as the clocks of machines differ.
CLOCK_TOLERANCE = timedelta(hours=1)
# The arguments of x509.KeyUsage.
KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
# Read by `make up`: with TLS=, and with CREDENTIALS=.
SETTINGS_FILE, CREDENTIALS_FILE = "up.env", "credentials.env"
# Common name in the certificate that signs ads.
SIGNER = "Cyclorama trial"


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
    """Writes a folder for each service and the page, and a settings file with their paths."""
    if len(sys.argv) < 2:
        sys.exit("name the folder: python -m tools.certs certs")
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    check_names(names)
    folder.mkdir(parents=True, exist_ok=True)
    # Only the owner may enter this folder. Below it everybody may read, as containers mount one of
    # the subfolders and run as another user.
    folder.chmod(OWNER_ONLY_FOLDER)
    authority = load_or_create_ca(folder)
    write_client_folder(folder / "page", authority)
    lines = [
        f"CYCLORAMA_CA={folder}/page/ca.pem",
        f"CYCLORAMA_GATEWAY_STAGE_TLS_CA={folder}/gateway/ca.pem",
    ]
    names += read_host_names(folder / "gateway" / "cert.pem")
    dates = choose_dates(authority)
    for service in (*STAGES, "gateway"):
        extra = names if service == "gateway" else ()
        covered = tuple(dict.fromkeys((*LOOPBACK, service, *kubernetes_names(service), *extra)))
        files = CertificateFiles(folder / service, covered, authority, service, dates)
        files.folder.chmod(SHARED_FOLDER)
        # `make up` serves finishing in the process of compositing.
        lines += settings_lines(service, files) if service != "finishing" else []
    replace_file(folder / SETTINGS_FILE, "\n".join(lines).encode() + b"\n", SHARED_FILE)
    write_signer_folder(folder / "credentials", authority, dates)
    replace_file(folder / CREDENTIALS_FILE, credentials_lines(folder).encode(), SHARED_FILE)
    print(
        f"{folder}: certificates of all services until {dates['not_after']:%Y-%m-%d}; "
        f"CA for clients: {folder / 'ca.pem'}"
    )


def check_names(names: Iterable[str]) -> None:
    """Exits with a sentence unless a certificate can have all of the names."""
    for name in names:
        try:
            # trustme takes these for mail addresses and networks.
            if {"@", "/"} & set(name):
                raise ValueError
            trustme.CA().issue_cert(name)
        except ValueError:
            sys.exit(f"{name}: not a host name or IP address")


def read_host_names(cert: Path) -> list[str]:
    """Returns the host names and IP addresses of a certificate; none if the file is missing."""
    if not cert.exists():
        return []
    extensions = x509.load_pem_x509_certificate(cert.read_bytes()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def choose_dates(authority: trustme.CA) -> dict[str, datetime]:
    """Returns the dates of certificates from now on, which end with those of their CA.

    Exits with a sentence when the CA has expired.
    """
    now, end = datetime.now(UTC), read_end(authority)
    if end <= now:
        sys.exit("the CA has expired; delete its ca.pem, and give clients the new one")
    return {"not_before": now - CLOCK_TOLERANCE, "not_after": min(now + CERTIFICATE_LIFETIME, end)}


def read_end(authority: trustme.CA) -> datetime:
    """Returns when a CA expires."""
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes()).not_valid_after_utc


def write_client_folder(folder: Path, authority: trustme.CA) -> None:
    """Writes the CA to a client's folder, where its token is put too."""
    folder.mkdir(exist_ok=True)
    folder.chmod(SHARED_FOLDER)
    replace_file(folder / "ca.pem", authority.cert_pem.bytes(), SHARED_FILE)


def write_signer_folder(
    folder: Path,
    authority: trustme.CA,
    dates: Mapping[str, datetime],
    key: CertificateIssuerPrivateKeyTypes | None = None,
) -> None:
    """Writes a certificate that signs ads with Content Credentials, its key and its CA.

    dates: not_before and not_after. key: of the certificate; None for a new one.
    """
    key = key or generate_private_key(SECP256R1())
    folder.mkdir(exist_ok=True)
    folder.chmod(SHARED_FOLDER)
    certificate = issue_signer(authority, dates, key)
    replace_file(folder / "cert.pem", certificate.public_bytes(Encoding.PEM), SHARED_FILE)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    replace_file(folder / "key.pem", pem, SHARED_FILE)
    replace_file(folder / "ca.pem", authority.cert_pem.bytes(), SHARED_FILE)


def issue_signer(
    authority: trustme.CA, dates: Mapping[str, datetime], key: CertificateIssuerPrivateKeyTypes
) -> x509.Certificate:
    """Issues a certificate as Content Credentials need it (C2PA 2.2, section 14.5.1).

    dates: not_before and not_after. key: of the certificate.
    """
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    issuer_key = load_pem_private_key(authority.private_key_pem.bytes(), password=None)
    assert isinstance(issuer_key, EllipticCurvePrivateKey)
    issuer_id = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
    names = (
        (x509.NameOID.ORGANIZATION_NAME, "Cyclorama"),
        (x509.NameOID.COMMON_NAME, SIGNER),
    )
    usages = dict.fromkeys(KEY_USAGES, False) | {"digital_signature": True}
    extensions = (
        (x509.KeyUsage(**usages), True),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), False),
    )
    builder = x509.CertificateBuilder(
        issuer.subject,
        x509.Name(x509.NameAttribute(*name) for name in names),
        key.public_key(),
        x509.random_serial_number(),
        dates["not_before"],
        dates["not_after"],
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def credentials_lines(folder: Path) -> str:
    """Returns an environment file with which finishing signs and trusts its signatures."""
    files = {"CERT": "cert.pem", "KEY": "key.pem", "TRUST": "ca.pem"}
    return "".join(
        f"CYCLORAMA_FINISHING_CREDENTIALS_{name}={folder}/credentials/{file}\n"
        for name, file in files.items()
    )


def load_or_create_ca(folder: Path) -> trustme.CA:
    """Returns the CA of an earlier run, or a new one."""
    cert, key = folder / "ca.pem", folder / "ca-key.pem"
    if cert.exists() and key.exists():
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = create_ca()
    replace_file(cert, authority.cert_pem.bytes(), SHARED_FILE)
    replace_file(key, authority.private_key_pem.bytes(), OWNER_ONLY_FILE)
    return authority


def create_ca() -> trustme.CA:
    """Returns a new CA, valid for CA_LIFETIME; those of trustme last until the year 3000."""
    endless = trustme.CA(organization_name="Cyclorama test CA")
    key_pem = endless.private_key_pem.bytes()
    key = load_pem_private_key(key_pem, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    old, now = x509.load_pem_x509_certificate(endless.cert_pem.bytes()), datetime.now(UTC)
    builder = x509.CertificateBuilder(
        old.issuer,
        old.subject,
        old.public_key(),
        x509.random_serial_number(),
        now - CLOCK_TOLERANCE,
        now + CA_LIFETIME,
        list(old.extensions),
    )
    cert = builder.sign(key, hashes.SHA256())
    return trustme.CA.from_pem(cert.public_bytes(Encoding.PEM), key_pem)


def kubernetes_names(service: str) -> tuple[str, ...]:
    """Returns the DNS names of a service's Service, in its namespace and in others."""
    return f"cyclorama-{service}", f"cyclorama-{service}.cyclorama.svc"


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
