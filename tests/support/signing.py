"""Trial certificates that sign ads, and what a remote signer and files without pixels need."""

import io
import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp

import c2pa
import numpy as np
import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from PIL import Image

from services.credentials.signer import CredentialsContent, CredentialsSigner, SignerFiles
from services.finishing.engines import FinishingSettings
from tools.certs import create_ca, write_signer_folder

TOKEN = "token-of-tests"
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@dataclass(frozen=True)
class SignerFolder:
    """The files of a trial certificate, and the CA that issued it."""

    folder: Path
    authority: trustme.CA

    @property
    def cert(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def trust(self) -> str:
        return (self.folder / "ca.pem").read_text()

    def issue(self, *, start_days: float = -1, days: float = 365, key=None) -> None:
        """Replaces certificate and key by others of the same CA. key: None for a new one."""
        now = datetime.now(UTC)
        dates = {
            "not_before": now + timedelta(days=start_days),
            "not_after": now + timedelta(days=days),
        }
        write_signer_folder(self.folder, self.authority, dates, key)

    def settings(self, **more) -> FinishingSettings:
        """Returns the settings of a stage that signs with it and trusts its signatures."""
        own = {"credentials_cert": self.cert, "credentials_trust": self.folder / "ca.pem"}
        own |= {} if "credentials_signer_url" in more else {"credentials_key": self.key}
        return FinishingSettings(**own | more)


def create_signer_folder(folder: Path, **options) -> SignerFolder:
    """Creates a CA and a certificate. options: as of SignerFolder.issue."""
    created = SignerFolder(folder, create_ca())
    created.issue(**options)
    return created


@cache
def shared_signer() -> SignerFolder:
    """Returns a certificate that tests share and do not change."""
    return create_signer_folder(Path(mkdtemp()))


def describe_photo(source: str = CAPTURED) -> dict:
    """Returns what the credentials of a photo say. source: URL of its digital source type."""
    actions = [{"action": "c2pa.created", "digitalSourceType": source}]
    return {
        "claim_generator_info": [{"name": "Camera"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
    }


def sign_photo(
    data: bytes,
    media_type: str,
    signer: SignerFolder | None = None,
    manifest: dict | None = None,
    thumbnail: bytes = b"",
) -> bytes:
    """Returns a photo with Content Credentials, as a camera writes them."""
    own, content = signer or shared_signer(), manifest or describe_photo()
    if not thumbnail:
        files = SignerFiles(own.cert, own.key)
        return CredentialsSigner(files).sign(data, media_type, CredentialsContent(content))
    content["thumbnail"] = {"format": "image/jpeg", "identifier": "thumbnail"}
    info = c2pa.C2paSignerInfo(b"es256", own.cert.read_bytes(), own.key.read_bytes(), None)
    out = io.BytesIO()
    with c2pa.Builder(json.dumps(content)) as builder, c2pa.Signer.from_info(info) as signing:
        builder.add_resource("thumbnail", io.BytesIO(thumbnail))
        builder.sign(signing, media_type, io.BytesIO(data), out)
    return out.getvalue()


def strip_credentials(png: bytes) -> bytes:
    """Returns a PNG without the chunk of its credentials."""
    start = png.index(b"caBX") - 4
    size = int.from_bytes(png[start : start + 4], "big")
    return png[:start] + png[start + 12 + size :]


def encode_as(pixels: np.ndarray, name: str) -> bytes:
    """Returns pixels as a file without metadata; name: Pillow's of the format."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, name)
    return out.getvalue()


@dataclass
class SignerServer:
    """A server that signs as the protocol says, unless a test changes status or length."""

    url: str
    requests: list[dict[str, str]]
    status: int = 200
    number_bytes: int = 32


@contextmanager
def run_signer_server(key_file: Path):
    """Runs a server with a private key; yields it, with the headers of its requests."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    class SigningHandler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append(dict(self.headers))
            r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
            size = state.number_bytes
            signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
            self.send_response(state.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(signature)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), SigningHandler)
    state = SignerServer(f"http://127.0.0.1:{server.server_port}/sign", [])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def run_dripping_server(dripped: str):
    """Runs a server that sends a byte at a time without end; yields its URL.

    dripped: "headers" or "body".
    """
    head = b"HTTP/1.1 200 OK\r\n"
    head += b"X: " if dripped == "headers" else b"Content-Length: 4000\r\n\r\n"
    stopped = threading.Event()

    class DrippingHandler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(head)
            # A client that gives up ends the connection.
            with suppress(OSError):
                while not stopped.wait(0.02):
                    self.wfile.write(b"x")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), DrippingHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def read_manifest(data: bytes, media_type: str) -> dict:
    """Returns the newest manifest in a file, as the library reads it."""
    with c2pa.Reader(media_type, io.BytesIO(data)) as reader:
        report = json.loads(reader.json())
    return report["manifests"][report["active_manifest"]]


def list_actions(manifest: dict) -> list[dict]:
    """Returns the actions of a manifest."""
    labels = ("c2pa.actions.v2", "c2pa.actions")
    (found,) = (each for each in manifest["assertions"] if each["label"] in labels)
    return found["data"]["actions"]
