"""Signs finished ads with Content Credentials, the last step, within their size limit."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import structlog

from cyclorama.v1 import finishing_pb2
from services.credentials.store import find_media_type, is_library_installed
from services.finishing.engine import FinishedFile, FinishingEngine, FinishingRequest
from services.finishing.engines import DELIVER, FinishingSettings
from services.finishing.lock import hash_certificate
from services.finishing.provenance import add_pixel_lock, describe_provenance
from services.runtime.engines import CREDENTIALS_LEFT_OUT, NOT_SIGNED, EngineWarning
from services.runtime.errors import CredentialsNotUsable, SignerUnavailable
from services.runtime.formats import RAW_CHANNELS
from services.runtime.settings import name_variable

if TYPE_CHECKING:
    from services.credentials.signer import CredentialsContent, CredentialsSigner
    from services.credentials.trust import TrustList

# Share of a size limit that the credentials of a photo may take. Larger: less is left for the ad.
PHOTO_SHARE = 0.5
# Stands for the hash of a certificate that does not exist yet, to measure credentials.
UNKNOWN_HASH = "0" * 64
STAGE_NAME = "finishing"
CERT_VARIABLE = "CYCLORAMA_FINISHING_CREDENTIALS_CERT"
# Settings that say how to sign, which a certificate is needed for.
NEED_CERTIFICATE = (
    *("credentials_key", "credentials_signer_url", "credentials_signer_token"),
    "credentials_timestamp_url",
)

log = structlog.get_logger()


@dataclass(frozen=True)
class SignedFile:
    """A file after signing.

    unsigned_sha256: of the file before, in hexadecimal; empty if it could not be signed.
    """

    file: FinishedFile
    unsigned_sha256: str = ""
    warnings: Sequence[EngineWarning] = ()


@dataclass(frozen=True)
class AdSigning:
    """Signs ads; safe to use from several threads.

    delivers_unsigned: whether an ad that cannot be signed is delivered with a warning, rather than
    refused.
    """

    signer: "CredentialsSigner"
    delivers_unsigned: bool = False

    def prepare(self, engine: FinishingEngine, request: FinishingRequest) -> FinishingRequest:
        """Returns a request that leaves room for the credentials in its size limit.

        The credentials of the photo are left out where they would take most of the limit. Raises
        CredentialsNotUsable if the certificate has expired, unless such ads are delivered unsigned.
        """
        if request.options.format in RAW_CHANNELS:
            return request
        if not self.delivers_unsigned:
            self.signer.certificate.check_dates()
        limit = request.options.max_bytes
        if limit is None or not self.signer.certificate.is_valid_now:
            return request
        provenance = request.provenance
        if len(provenance.photo_credentials) > PHOTO_SHARE * limit:
            provenance = replace(provenance, photo_credentials=b"", credentials_left_out=True)
            request = replace(request, provenance=provenance)
        size = self.signer.measure(_build_content(engine, request, UNKNOWN_HASH))
        return replace(request, options=replace(request.options, reserved_bytes=size))

    def sign(
        self,
        engine: FinishingEngine,
        request: FinishingRequest,
        file: FinishedFile,
        certificate: dict[str, Any],
    ) -> SignedFile:
        """Returns the file with Content Credentials, or why it has none.

        Raises CredentialsNotUsable and SignerUnavailable, unless such ads are delivered unsigned.

        certificate: the pixel lock of the file, as plain JSON values.
        """
        if file.format in RAW_CHANNELS:
            text = "RAW pixels have no Content Credentials; ask for PNG, JPEG, WEBP, AVIF or TIFF"
            return SignedFile(file, warnings=[EngineWarning(NOT_SIGNED, text)])
        content = _build_content(engine, request, hash_certificate(certificate))
        try:
            signed = self.signer.sign(file.data, find_media_type(file.data), content)
        except (CredentialsNotUsable, SignerUnavailable) as error:
            if not self.delivers_unsigned:
                raise
            log.warning("ad delivered unsigned", cause=str(error))
            text = f"the file has no Content Credentials: {error}"
            return SignedFile(file, warnings=[EngineWarning(NOT_SIGNED, text)])
        return SignedFile(
            replace(file, data=signed),
            hashlib.sha256(file.data).hexdigest(),
            list(_list_warnings(request)),
        )

    def describe(self) -> dict[str, str]:
        """Returns who signs, for the record of a run."""
        certificate = self.signer.certificate
        return {"signer": certificate.subject, "algorithm": certificate.algorithm}


def _list_warnings(request: FinishingRequest) -> Sequence[EngineWarning]:
    """Returns what the caller should know of a signed file."""
    warnings = []
    if request.provenance.credentials_left_out:
        text = "the photo's own Content Credentials would take most of the size limit"
        warnings.append(
            EngineWarning(CREDENTIALS_LEFT_OUT, f"{text}, so the ad names the photo without them")
        )
    if request.options.layers or request.options.layered_file:
        text = "the file has Content Credentials; its layers and the Photoshop file have none"
        warnings.append(EngineWarning(NOT_SIGNED, text))
    return warnings


def _build_content(
    engine: FinishingEngine, request: FinishingRequest, lock_sha256: str
) -> "CredentialsContent":
    """Returns what the credentials of an ad say.

    lock_sha256: hash of its pixel-lock certificate, in hexadecimal.
    """
    # Loads the library, which processes that do not sign do without.
    from services.credentials.signer import CredentialsContent

    provenance = request.provenance
    run = finishing_pb2.StageRun(stage=STAGE_NAME, engine=engine.name, version=engine.version)
    manifest = describe_provenance(
        provenance,
        run,
        generative=request.metadata.generative,
        lettered=request.lettering is not None,
    )
    return CredentialsContent(add_pixel_lock(manifest, lock_sha256), provenance.photo_credentials)


def open_signing(settings: FinishingSettings) -> AdSigning | None:
    """Opens what signs ads, as set; None where nothing is to be signed.

    Exits with a sentence if the library is missing, certificate and key cannot be used, or settings
    of signing are there without a certificate.
    """
    if not settings.credentials_cert:
        _refuse_lone_settings(settings)
        return None
    _require_library(CERT_VARIABLE)
    from services.credentials.remote_signer import RemoteSigner
    from services.credentials.signer import CredentialsSigner, SignerFiles

    url, token = settings.credentials_signer_url, settings.credentials_signer_token
    if bool(url) == bool(settings.credentials_key):
        ways = "CYCLORAMA_FINISHING_CREDENTIALS_KEY or CYCLORAMA_FINISHING_CREDENTIALS_SIGNER_URL"
        raise SystemExit(f"{CERT_VARIABLE} is set; set {ways} too, and not both")
    files = SignerFiles(
        certificate=settings.credentials_cert,
        key=settings.credentials_key,
        remote=RemoteSigner(url, token) if url else None,
        timestamp_url=settings.credentials_timestamp_url,
    )
    try:
        signer = CredentialsSigner(files)
    except CredentialsNotUsable as error:
        raise SystemExit(f"Content Credentials: {error}") from None
    return AdSigning(signer, settings.credentials_failure == DELIVER)


def _refuse_lone_settings(settings: FinishingSettings) -> None:
    """Exits with a sentence if settings have no effect without the certificate, which is unset."""
    for name in NEED_CERTIFICATE:
        if getattr(settings, name):
            raise SystemExit(f"{name_variable(settings, name)} is set; set {CERT_VARIABLE} too")


def open_trust(settings: FinishingSettings) -> "TrustList | None":
    """Opens the list of trusted authorities; None where none is set.

    Exits with a sentence if the library is missing, or the file cannot be read.
    """
    if not settings.credentials_trust:
        return None
    _require_library(name_variable(settings, "credentials_trust"))
    from services.credentials.trust import TrustList

    try:
        return TrustList(settings.credentials_trust)
    except CredentialsNotUsable as error:
        raise SystemExit(f"Content Credentials: {error}") from None


def _require_library(variable: str) -> None:
    """Exits with a sentence if the library is missing. variable: what needs it."""
    if not is_library_installed():
        raise SystemExit(f"{variable} needs the extra c2pa: pip install c2pa-python")
