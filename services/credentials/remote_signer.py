"""Has a server sign, which keeps the private key: the protocol of docs/content-credentials.md."""

from dataclasses import dataclass
from pathlib import Path

import structlog

from services.credentials.certificate import SigningCertificate
from services.credentials.request_limit import open_limited_session
from services.runtime.errors import CredentialsNotUsable, SignerUnavailable

# Time for a signature, in all. Larger: ads wait longer for a server that hangs.
TIMEOUT_SECONDS = 10
# Largest signature that is read; that of an RSA key of 4096 bits has 512 bytes.
MAX_SIGNATURE_BYTES = 4096
MEDIA_TYPE = "application/octet-stream"
# Statuses that mean "later".
TRANSIENT = (408, 425, 429)

log = structlog.get_logger()


@dataclass(frozen=True)
class RemoteSigner:
    """A server that signs with the private key of a certificate.

    url: http or https. token_file: contains the bearer token for the server; None for no token.
    """

    url: str
    token_file: Path | None = None

    def sign(self, data: bytes, certificate: SigningCertificate) -> bytes:
        """Returns the signature of `data` by the certificate's key, in the encoding of COSE.

        Raises SignerUnavailable if the server does not answer, CredentialsNotUsable if it refuses
        or its signature does not belong to the certificate.
        """
        status, signature = self._send(data, certificate.algorithm)
        if status >= 500 or status in TRANSIENT:
            log.warning("signer failed", status=status)
            raise SignerUnavailable("the signer of Content Credentials fails")
        if status != 200:
            log.warning("signer refused", status=status)
            text = f"the signer of Content Credentials refuses with status {status}"
            raise CredentialsNotUsable(f"{text}; have its token and address checked")
        is_complete = len(signature) == certificate.signature_bytes
        if not is_complete or not certificate.is_signature_valid(signature, data):
            text = "the signer's signature does not belong to the certificate"
            raise CredentialsNotUsable(f"{text}; have both checked")
        return signature

    def _send(self, data: bytes, algorithm: str) -> tuple[int, bytes]:
        """Posts the bytes to sign; returns the status and the body, or raises SignerUnavailable.

        algorithm: that of C2PA, such as "es256".
        """
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Accept": MEDIA_TYPE,
            "Cyclorama-Algorithm": algorithm,
            **self._authorize(),
        }
        try:
            with (
                open_limited_session(TIMEOUT_SECONDS) as session,
                session.post(
                    self.url,
                    data,
                    headers=headers,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                status, body = response.status_code, response.raw.read(MAX_SIGNATURE_BYTES)
            return status, body
        # urllib3 raises its own errors while the body is read.
        except Exception as error:
            log.warning("signer not reached", cause=type(error).__name__)
            raise SignerUnavailable("the signer of Content Credentials does not answer") from None

    def _authorize(self) -> dict[str, str]:
        """Returns the header with the token, which is read for each call as it may be replaced."""
        if not self.token_file:
            return {}
        try:
            return {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
        except OSError as error:
            log.warning("token of the signer not read", file=self.token_file, cause=error.strerror)
            raise CredentialsNotUsable("the token for the signer cannot be read") from None
