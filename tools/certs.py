"""Makes an authority and certificates for trying TLS: python tools/certs.py FOLDER [NAME ...].

Run again it renews the certificates, of the same authority, under the eyes of running services.
NAMEs are further host names of the gateway.
"""

import sys
from pathlib import Path

import trustme

STAGES = ("segmentation", "background", "compositing", "inpainting")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OWNER_ENTERS, ALL_ENTER, OWNER_READS, ALL_READ = 0o700, 0o755, 0o600, 0o644
# Read by `make up`.
SETTINGS = "up.env"


def main() -> None:
    """Writes a folder for each service, and settings that name what is in them."""
    if len(sys.argv) < 2:
        sys.exit("say which folder: python tools/certs.py certs")
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    # Nobody else gets in here. Below it all may read, for containers, which are given one of the
    # folders below, run as a user of their own.
    folder.chmod(OWNER_ENTERS)
    authority = open_authority(folder)
    for service in (*STAGES, "gateway"):
        extra = names if service == "gateway" else ()
        issued = authority.issue_cert(*LOOPBACK, service, *extra, common_name=service)
        own = folder / service
        own.mkdir(exist_ok=True)
        own.chmod(ALL_ENTER)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        write(own / "cert.pem", chain, ALL_READ)
        write(own / "key.pem", issued.private_key_pem.bytes(), ALL_READ)
        write(own / "ca.pem", authority.cert_pem.bytes(), ALL_READ)
    write(folder / SETTINGS, "\n".join(settings(folder)).encode() + b"\n", ALL_READ)
    print(f"{folder}: certificates of five services; give clients {folder / 'ca.pem'}")


def open_authority(folder: Path) -> trustme.CA:
    """The authority of an earlier run, or a new one."""
    cert, key = folder / "ca.pem", folder / "ca-key.pem"
    if cert.exists() and key.exists():
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Cyclorama on trial")
    write(cert, authority.cert_pem.bytes(), ALL_READ)
    write(key, authority.private_key_pem.bytes(), OWNER_READS)
    return authority


def settings(folder: Path) -> list[str]:
    """Lines of an environment file: TLS at the gateway, mutual TLS between it and the stages."""
    lines = [f"CYCLORAMA_GATEWAY_STAGE_CA={folder}/gateway/ca.pem"]
    for service in (*STAGES, "gateway"):
        name, own = f"CYCLORAMA_{service.upper()}_TLS", folder / service
        lines += [f"{name}_CERT={own}/cert.pem", f"{name}_KEY={own}/key.pem"]
        if service in STAGES:
            lines.append(f"{name}_CLIENT_CA={own}/ca.pem")
    return lines


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
