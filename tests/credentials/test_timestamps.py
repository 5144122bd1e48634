"""A timestamp authority of OpenSSL dates signatures, which then outlast their certificate."""

import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.credentials.reader import TRUSTED, read_credentials
from services.credentials.remote_signer import RemoteSigner
from services.credentials.signer import TRIAL, CredentialsContent, CredentialsSigner, SignerFiles
from tests.support.pictures import draw_product
from tests.support.signing import encode_as, run_signer_server, shared_signer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl"),
]
PNG = encode_as(draw_product(64, 48)[0], "PNG")
CONFIGURATION = """
[ tsa ]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""
EXTENSIONS = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n"
EXTENSIONS += "extendedKeyUsage=critical,timeStamping\n"


def run_openssl(folder, *words) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def create_authority(folder) -> None:
    """Creates the key and certificate of a timestamp authority, issued by a CA of its own."""
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    (folder / "extensions").write_text(EXTENSIONS)
    new_key = ("-newkey", "rsa:2048", "-nodes", "-days", "9")
    run_openssl(
        folder, "req", "-x509", *new_key, "-subj", "/CN=CA", "-keyout", "ca.key", "-out", "ca"
    )
    run_openssl(
        folder, "req", *new_key[:3], "-subj", "/O=TSA/CN=TSA", "-keyout", "key", "-out", "csr"
    )
    signing = ("-CA", "ca", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions")
    run_openssl(folder, "x509", "-req", "-in", "csr", *signing, "-days", "9", "-out", "cert")


@contextmanager
def run_authority(folder):
    """Runs an authority over HTTP (RFC 3161, section 3.4); yields its URL."""
    create_authority(folder)
    reply = ("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query")
    keys = ("-signer", "cert", "-inkey", "key", "-chain", "ca", "-out", "answer")

    class AuthorityHandler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "query").write_bytes(query)
            run_openssl(folder, *reply, *keys)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "answer").read_bytes())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), AuthorityHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_signature_is_dated_by_the_authority(tmp_path, is_remote):
    own, content = shared_signer(), CredentialsContent(TRIAL)
    with run_authority(tmp_path) as url, run_signer_server(own.key) as server:
        key, remote = (None, RemoteSigner(server.url)) if is_remote else (own.key, None)
        signer = CredentialsSigner(SignerFiles(own.cert, key, remote, timestamp_url=url))
        signed = signer.sign(PNG, "image/png", content)
    # The trust list has the authorities of signers and of timestamps.
    found = read_credentials(signed, own.trust + (tmp_path / "ca").read_text())
    assert (found.state, found.problems) == (TRUSTED, ())
    assert found.signed_at and abs(datetime.now(UTC) - found.signed_at) < timedelta(minutes=1)
    assert len(signed) - len(PNG) <= signer.measure(content)
