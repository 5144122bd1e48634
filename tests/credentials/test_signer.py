"""Files are signed with a key of our own or of a server; what cannot sign is named."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from services.credentials import remote_signer
from services.credentials import signer as signer_module
from services.credentials.certificate import read_certificate
from services.credentials.claim import SignedClaim
from services.credentials.reader import ABSENT, INVALID, TRUSTED, UNKNOWN_SIGNER, read_credentials
from services.credentials.remote_signer import RemoteSigner
from services.credentials.signer import TRIAL, CredentialsContent, CredentialsSigner, SignerFiles
from services.imaging.decoding import decode_image_file
from services.runtime.errors import CredentialsNotUsable, InvalidRequest, SignerUnavailable
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product
from tests.support.signing import (
    TOKEN,
    create_signer_folder,
    encode_as,
    run_dripping_server,
    run_signer_server,
    shared_signer,
)

PIXELS = draw_product(64, 48)[0]
TYPES = {name: f"image/{name.lower()}" for name in ("PNG", "JPEG", "WEBP", "AVIF", "TIFF")}
FILES = {name: encode_as(PIXELS, name) for name in TYPES}
CONTENT = CredentialsContent(TRIAL)
RSA_KEY = rsa.generate_private_key(65537, 2048)


def open_signer(own=None, **more) -> CredentialsSigner:
    own = own or shared_signer()
    return CredentialsSigner(SignerFiles(own.cert, None if "remote" in more else own.key, **more))


def sign(signer, name="PNG", content=CONTENT) -> bytes:
    return signer.sign(FILES[name], TYPES[name], content)


@pytest.mark.parametrize("name", TYPES)
def test_a_signed_file_is_trusted_and_shows_the_same_pixels(name):
    signed = sign(open_signer(), name)
    found = read_credentials(signed, shared_signer().trust)
    assert (found.state, found.signer, found.problems) == (TRUSTED, "Cyclorama trial", ())
    before, after = (np.asarray(Image.open(io.BytesIO(data))) for data in (FILES[name], signed))
    assert np.array_equal(before, after)


@pytest.mark.parametrize("name", TYPES)
def test_any_flipped_bit_of_the_picture_is_found(name):
    signed = bytearray(sign(open_signer(), name))
    # Near the end of each format lie pixels, behind all that was added at the start; a TIFF file
    # and a WebP file have the credentials at their end.
    place = signed.index(FILES[name][-40:-20])
    signed[place] ^= 1
    assert read_credentials(bytes(signed), shared_signer().trust).state == INVALID


def test_a_signer_that_is_not_on_the_trust_list_is_unknown(tmp_path):
    signed = sign(open_signer())
    other = create_signer_folder(tmp_path)
    assert read_credentials(signed, other.trust).state == UNKNOWN_SIGNER
    assert read_credentials(signed).state == UNKNOWN_SIGNER


@pytest.mark.parametrize("data", [FILES["PNG"], FILES["JPEG"], b"", b"BM" + bytes(99), b"text"])
def test_files_without_credentials_are_absent(data):
    assert read_credentials(data).state == ABSENT


def test_threads_sign_at_once():
    signer = open_signer()
    with ThreadPoolExecutor(8) as threads:
        signed = list(threads.map(lambda name: sign(signer, name), [*TYPES] * 4))
    trust = shared_signer().trust
    assert all(read_credentials(data, trust).state == TRUSTED for data in signed)


def test_an_expired_certificate_is_refused_until_it_is_renewed(tmp_path):
    own = create_signer_folder(tmp_path, start_days=-30, days=-1)
    signer = open_signer(own)
    with pytest.raises(CredentialsNotUsable, match=r"expired on .*; have it renewed"):
        sign(signer)
    own.issue()
    assert read_credentials(sign(signer), own.trust).state == TRUSTED


def test_a_certificate_of_tomorrow_is_refused(tmp_path):
    signer = open_signer(create_signer_folder(tmp_path, start_days=1))
    with pytest.raises(CredentialsNotUsable, match="check the clock"):
        sign(signer)


def test_a_changed_key_of_another_certificate_leaves_the_former_in_use(tmp_path):
    own = create_signer_folder(tmp_path)
    signer, key = open_signer(own), own.key.read_bytes()
    own.issue()
    own.key.write_bytes(key)
    assert read_credentials(sign(signer), own.trust).state == TRUSTED


def write_key(path, key) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda own: own.key.unlink(), "key.pem cannot be read: No such file"),
        (lambda own: own.key.write_text("x"), "key.pem cannot be read: it is no PEM"),
        (lambda own: own.cert.write_text("x"), "cert.pem cannot be read: it is no PEM"),
        (lambda own: write_key(own.key, ec.generate_private_key(ec.SECP256R1())), "another cert"),
        (lambda own: write_key(own.key, rsa.generate_private_key(65537, 2048)), "another cert"),
        (lambda own: write_key(own.key, ed25519.Ed25519PrivateKey.generate()), "another cert"),
    ],
)
def test_files_that_cannot_sign_are_named_without_the_key(tmp_path, spoil, message):
    own = create_signer_folder(tmp_path)
    spoil(own)
    with pytest.raises(CredentialsNotUsable, match=message) as caught:
        open_signer(own)
    assert "PRIVATE" not in str(caught.value)


def test_photo_credentials_that_are_none_are_rejected():
    with pytest.raises(InvalidRequest, match=r"photo\.credentials: is no C2PA ingredient"):
        sign(open_signer(), content=CredentialsContent(TRIAL, b"junk"))


@pytest.fixture
def server():
    with run_signer_server(shared_signer().key) as running:
        yield running


@pytest.mark.parametrize("name", TYPES)
def test_a_server_signs_every_format(server, name):
    signed = sign(open_signer(remote=RemoteSigner(server.url)), name)
    assert read_credentials(signed, shared_signer().trust).state == TRUSTED
    assert len(server.requests) == 1
    before, after = (decode_image_file(data, ImageSettings(), "") for data in (FILES[name], signed))
    assert np.array_equal(before.pixels, after.pixels)


def test_a_server_signs_while_the_library_waits_where_a_signature_is_not_found(server, monkeypatch):
    claim = SignedClaim(b"", b"not in the file")
    monkeypatch.setattr(signer_module, "find_signed_claim", lambda *_: claim)
    signed = sign(open_signer(remote=RemoteSigner(server.url)))
    assert read_credentials(signed, shared_signer().trust).state == TRUSTED


def test_a_server_signs_and_gets_its_token(tmp_path, server):
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    signed = sign(open_signer(remote=RemoteSigner(server.url, token)))
    assert read_credentials(signed, shared_signer().trust).state == TRUSTED
    assert server.requests[0]["Authorization"] == f"Bearer {TOKEN}"
    assert server.requests[0]["Cyclorama-Algorithm"] == "es256"
    # Without the 10 kB that the library reserves for the signature of a server.
    assert len(signed) == len(sign(open_signer()))


def test_a_token_that_cannot_be_read_is_named_without_its_path(tmp_path, server):
    signer = open_signer(remote=RemoteSigner(server.url, tmp_path / "token"))
    with pytest.raises(CredentialsNotUsable, match="token for the signer") as caught:
        sign(signer)
    assert str(tmp_path) not in str(caught.value) and not server.requests


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (503, SignerUnavailable, "signer of Content Credentials fails"),
        (429, SignerUnavailable, "fails"),
        (403, CredentialsNotUsable, "refuses with status 403"),
        # Redirects are not followed.
        (302, CredentialsNotUsable, "refuses with status 302"),
    ],
)
def test_a_server_that_does_not_sign_is_named(server, status, error, message):
    server.status = status
    with pytest.raises(error, match=message) as caught:
        sign(open_signer(remote=RemoteSigner(server.url)))
    assert len(server.requests) == 1 and server.url not in str(caught.value)


def test_a_server_that_is_down_is_retried_later():
    with pytest.raises(SignerUnavailable, match="does not answer"):
        sign(open_signer(remote=RemoteSigner("http://127.0.0.1:1/")))


def test_the_signature_of_another_key_is_refused(tmp_path):
    other = create_signer_folder(tmp_path)
    with run_signer_server(other.key) as running, pytest.raises(CredentialsNotUsable) as caught:
        sign(open_signer(remote=RemoteSigner(running.url)))
    assert "does not belong to the certificate" in str(caught.value)


def test_a_signature_with_more_bytes_is_refused(server):
    server.number_bytes = 40
    with pytest.raises(CredentialsNotUsable, match="does not belong"):
        sign(open_signer(remote=RemoteSigner(server.url)))


def test_a_timestamp_authority_that_is_down_is_retried_later():
    with pytest.raises(SignerUnavailable, match="timestamp authority"):
        sign(open_signer(timestamp_url="http://127.0.0.1:1/"))


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("is_remote", [False, True])
def test_credentials_take_at_most_what_was_measured(server, name, is_remote):
    signer = open_signer(**{"remote": RemoteSigner(server.url)} if is_remote else {})
    added = len(sign(signer, name)) - len(FILES[name])
    assert added <= signer.measure(CONTENT) < added + 1000


@pytest.mark.parametrize("dripped", ["headers", "body"])
def test_a_server_that_drips_is_given_up(monkeypatch, dripped):
    monkeypatch.setattr(remote_signer, "TIMEOUT_SECONDS", 0.5)
    with run_dripping_server(dripped) as url, pytest.raises(SignerUnavailable, match="not answer"):
        sign(open_signer(remote=RemoteSigner(url)))


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_certificate_for_servers_cannot_sign(tmp_path, server, is_remote):
    own = create_signer_folder(tmp_path)
    issued = own.authority.issue_cert("localhost")
    own.cert.write_bytes(issued.cert_chain_pems[0].bytes())
    own.key.write_bytes(issued.private_key_pem.bytes())
    more = {"remote": RemoteSigner(server.url)} if is_remote else {}
    with pytest.raises(CredentialsNotUsable, match="no certificate for Content Credentials"):
        open_signer(own, **more)


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), RSA_KEY])
def test_keys_in_the_forms_of_openssl_sign(tmp_path, key):
    own = create_signer_folder(tmp_path, key=key)
    own.key.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    assert b"BEGIN PRIVATE KEY" not in own.key.read_bytes()
    assert read_credentials(sign(open_signer(own)), own.trust).state == TRUSTED


@pytest.mark.parametrize(
    ("curve", "algorithm", "size"),
    [(ec.SECP256R1(), "es256", 64), (ec.SECP384R1(), "es384", 96), (ec.SECP521R1(), "es512", 132)],
)
def test_the_algorithm_follows_from_the_key(tmp_path, curve, algorithm, size):
    own = create_signer_folder(tmp_path, key=ec.generate_private_key(curve))
    certificate = read_certificate(own.cert)
    assert (certificate.algorithm, certificate.signature_bytes) == (algorithm, size)
    assert read_credentials(sign(open_signer(own)), own.trust).state == TRUSTED
