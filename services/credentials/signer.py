"""Signs files with Content Credentials, with a key of our own or that of a server."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa
import structlog

from services.credentials.certificate import (
    SigningCertificate,
    read_certificate,
    read_private_key,
)
from services.credentials.claim import find_signed_claim, replace_signature
from services.credentials.content import ACTIONS_LABEL, PIXEL, PIXEL_TYPE
from services.credentials.library import open_context
from services.credentials.reader import INVALID, read_credentials
from services.credentials.remote_signer import RemoteSigner
from services.runtime.errors import (
    CredentialsNotUsable,
    InvalidRequest,
    ServiceError,
    SignerUnavailable,
    Violation,
)
from services.runtime.files import FileWatcher
from services.runtime.metrics import CERTIFICATE_EXPIRY

# What differs between formats in the bytes that credentials add: a TIFF file gets a directory of
# some 200 bytes. Larger: files with a size limit are a little smaller than they may be.
MARGIN_BYTES = 512
# What a timestamp adds: as much as the library reserves for it.
TIMESTAMP_BYTES = 11_000
TRIAL: Mapping[str, Any] = {
    "claim_generator_info": [{"name": "Cyclorama"}],
    "assertions": [
        {
            "label": ACTIONS_LABEL,
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty",
                    }
                ]
            },
        }
    ],
}
# Problem of a signature by another key than the certificate's.
MISMATCH = "claimSignature.mismatch"
# Field of requests with the credentials of a photo, which errors name.
PHOTO_FIELD = "photo.credentials"

log = structlog.get_logger()


@dataclass(frozen=True)
class SignerFiles:
    """Where the certificate is, and either its key or the server that has it.

    certificate: PEM file, followed by those that lead to its authority, without that.
    timestamp_url: of a timestamp authority (RFC 3161); empty for no timestamps.
    """

    certificate: Path
    key: Path | None = None
    remote: RemoteSigner | None = None
    timestamp_url: str = ""


@dataclass(frozen=True)
class CredentialsContent:
    """What Content Credentials say of a file.

    manifest: in the JSON format of the library. photo: as archive_photo returns it; empty for none.
    """

    manifest: Mapping[str, Any]
    photo: bytes = b""


@dataclass(frozen=True)
class _UnsignedFile:
    """A file to sign, and what its credentials say."""

    data: bytes
    media_type: str
    content: CredentialsContent


@dataclass(frozen=True)
class _SignedFile:
    """A file with credentials, and their store as it is in the file."""

    file: bytes
    store: bytes


class CredentialsSigner:
    """Signs files. Reads certificate and key again after they changed. Threads may share it."""

    def __init__(self, files: SignerFiles) -> None:
        """Reads and tries certificate and key; raises CredentialsNotUsable if they do not work.

        An expired certificate is no error here, but one of each call, as it can be renewed.
        """
        self._files = files
        self._watcher = FileWatcher([path for path in (files.certificate, files.key) if path])
        self._loaded = self._load()

    @property
    def certificate(self) -> SigningCertificate:
        """The certificate that files are signed with at this moment."""
        return self._reload()[0]

    def sign(self, data: bytes, media_type: str, content: CredentialsContent) -> bytes:
        """Returns a file with Content Credentials; its pixels stay the same.

        Raises CredentialsNotUsable when the certificate has expired or the signer refuses, and
        SignerUnavailable when the signer or the timestamp authority does not answer.
        """
        certificate, key = self._reload()
        certificate.check_dates()
        url, unsigned = self._files.timestamp_url, _UnsignedFile(data, media_type, content)
        try:
            # A timestamp dates the signature, which nothing may replace then.
            if self._files.remote and url:
                return _sign_with_callback(self._files.remote, certificate, unsigned, url)
            if self._files.remote:
                return _sign_remotely(self._files.remote, certificate, key, unsigned)
            with _open_key_signer(certificate, key, url) as signer:
                return _embed(signer, unsigned).file
        except c2pa.C2paError as error:
            if not url:
                raise
            log.warning("timestamp authority failed", cause=str(error))
            raise SignerUnavailable("the timestamp authority does not answer") from None

    def try_signing(self) -> None:
        """Signs a pixel; raises what `sign` raises."""
        self.sign(PIXEL, PIXEL_TYPE, CredentialsContent(TRIAL))

    def measure(self, content: CredentialsContent) -> int:
        """Returns how many bytes the credentials add to a file at most."""
        certificate, key = self._reload()
        with _open_key_signer(certificate, key) as signer:
            signed = _embed(signer, _UnsignedFile(PIXEL, PIXEL_TYPE, content)).file
        timestamp = TIMESTAMP_BYTES if self._files.timestamp_url else 0
        return len(signed) - len(PIXEL) + timestamp + MARGIN_BYTES

    def _reload(self) -> tuple[SigningCertificate, bytes]:
        """Returns certificate and key, from changed files if those can be used."""
        if self._watcher.has_changed():
            try:
                self._loaded = self._load()
                log.info("signing certificate reloaded")
            except CredentialsNotUsable as error:
                log.warning("changed signing certificate ignored", cause=str(error))
        return self._loaded

    def _load(self) -> tuple[SigningCertificate, bytes]:
        """Reads and tries the certificate and the key; a throwaway key with a remote signer."""
        path = self._files.certificate
        certificate = read_certificate(path)
        CERTIFICATE_EXPIRY.labels(str(path)).set(certificate.leaf.not_valid_after_utc.timestamp())
        if self._files.key:
            key = read_private_key(self._files.key, certificate)
        else:
            key = certificate.create_similar_key()
        # One that has expired, or is not valid yet, signs nothing.
        if certificate.is_valid_now:
            _try_certificate(certificate, key, path, is_throwaway=not self._files.key)
        return certificate, key


def _open_key_signer(
    certificate: SigningCertificate, key: bytes, timestamp_url: str = ""
) -> c2pa.Signer:
    """Opens the library's signer with a private key in PEM."""
    info = c2pa.C2paSignerInfo(
        certificate.algorithm.encode(),
        certificate.pem.encode(),
        key,
        timestamp_url.encode() or None,
    )
    return c2pa.Signer.from_info(info)


def _embed(signer: c2pa.Signer, unsigned: _UnsignedFile) -> _SignedFile:
    """Returns a file with signed credentials; raises C2paError if the signer fails."""
    signed = io.BytesIO()
    with c2pa.Builder(json.dumps(unsigned.content.manifest), open_context()) as builder:
        if unsigned.content.photo:
            _add_photo(builder, unsigned.content.photo)
        store = builder.sign(signer, unsigned.media_type, io.BytesIO(unsigned.data), signed)
    return _SignedFile(signed.getvalue(), store)


def _sign_remotely(
    remote: RemoteSigner, certificate: SigningCertificate, key: bytes, unsigned: _UnsignedFile
) -> bytes:
    """Returns a file that a server signed; raises its errors.

    The library reserves 10 kB for the signature of a server. Instead a throwaway key signs, and the
    server's signature, of the same length, replaces that.

    key: a throwaway key, in PEM, of the certificate's kind.
    """
    with _open_key_signer(certificate, key) as signer:
        draft = _embed(signer, unsigned)
    claim = find_signed_claim(draft.store, certificate.signature_bytes)
    if replace_signature(draft.file, claim, claim.signature) is None:
        return _sign_with_callback(remote, certificate, unsigned)
    signature = remote.sign(claim.signed_bytes, certificate)
    return replace_signature(draft.file, claim, signature) or b""


def _sign_with_callback(
    remote: RemoteSigner,
    certificate: SigningCertificate,
    unsigned: _UnsignedFile,
    timestamp_url: str = "",
) -> bytes:
    """Returns a file that a server signed while the library waits; raises the server's errors."""
    failures: list[ServiceError] = []

    def sign_bytes(claim: bytes) -> bytes:
        try:
            return remote.sign(claim, certificate)
        # The library passes no exceptions on.
        except ServiceError as error:
            failures.append(error)
            return b""

    algorithm = c2pa.C2paSigningAlg[certificate.algorithm.upper()]
    pem, url = certificate.pem, timestamp_url or None
    with c2pa.Signer.from_callback(sign_bytes, algorithm, pem, url) as signer:
        try:
            return _embed(signer, unsigned).file
        except c2pa.C2paError:
            if failures:
                raise failures[0] from None
            raise


def _add_photo(builder: c2pa.Builder, photo: bytes) -> None:
    """Adds a photo with its own credentials; raises InvalidRequest if they are not an archive."""
    try:
        builder.add_ingredient_from_archive(io.BytesIO(photo))
    except c2pa.C2paError:
        text = "is no C2PA ingredient archive; send the one from SegmentProductResponse"
        raise InvalidRequest(Violation(PHOTO_FIELD, text)) from None


def _try_certificate(
    certificate: SigningCertificate, key: bytes, path: Path, *, is_throwaway: bool
) -> None:
    """Signs a pixel; raises CredentialsNotUsable if readers would reject the certificate.

    is_throwaway: whether the key is not that of the certificate, so that its signature is invalid.
    """
    try:
        with _open_key_signer(certificate, key) as signer:
            trial = _UnsignedFile(PIXEL, PIXEL_TYPE, CredentialsContent(TRIAL))
            signed = _embed(signer, trial).file
    except c2pa.C2paError as error:
        raise _build_profile_error(path, str(error)) from None
    found = read_credentials(signed)
    problems = [each for each in found.problems if not is_throwaway or each != MISMATCH]
    if found.state == INVALID and (problems or not is_throwaway):
        raise _build_profile_error(path, ", ".join(problems))


def _build_profile_error(path: Path, problem: str) -> CredentialsNotUsable:
    """Returns the error of a certificate that is not one for Content Credentials."""
    needed = "it needs the key usage digitalSignature and the extended key usage emailProtection"
    return CredentialsNotUsable(
        f"{path} is no certificate for Content Credentials ({problem}); {needed}"
    )
