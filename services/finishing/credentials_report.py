"""Reports the Content Credentials of a file, in words and next to its pixel-lock certificate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cyclorama.v1 import finishing_pb2
from services.credentials.store import is_library_installed
from services.finishing.lock import hash_certificate

if TYPE_CHECKING:
    from services.credentials.reader import FileCredentials

NOT_CHECKED = "its Content Credentials were not checked: install the extra c2pa of this service"


def report_credentials(
    data: bytes, certificate: Mapping[str, Any], anchors: str
) -> finishing_pb2.CredentialsReport:
    """Verifies the Content Credentials of a file; returns the report.

    data: the bytes of the file; empty for pixels without one. certificate: the pixel lock that the
    file is verified against. anchors: PEM text of the certificate authorities that are trusted.
    """
    if not is_library_installed():
        return finishing_pb2.CredentialsReport(verdict=NOT_CHECKED)
    # Loads the library, which processes without it do without.
    from services.credentials.reader import read_credentials

    found = read_credentials(data, anchors)
    matches = found.lock_sha256 == hash_certificate(certificate) if found.lock_sha256 else None
    report = finishing_pb2.CredentialsReport(
        state=found.state,
        verdict=describe_credentials(found, matches),
        signer=found.signer,
        issuer=found.issuer,
        lock_matches=matches,
        source=found.source,
        problems=found.problems,
        has_trust_list=bool(anchors),
    )
    if found.signed_at:
        report.signed_at.FromDatetime(found.signed_at)
    return report


def describe_credentials(found: "FileCredentials", lock_matches: bool | None) -> str:
    """Says in a sentence who signed a file, and whether it is unchanged since.

    lock_matches: whether it contains the hash of the certificate; None if it contains none.
    """
    match found.state:
        case finishing_pb2.CREDENTIALS_STATE_ABSENT:
            return "the file has no Content Credentials"
        case finishing_pb2.CREDENTIALS_STATE_INVALID:
            return f"its Content Credentials are invalid ({', '.join(found.problems)})"
        case finishing_pb2.CREDENTIALS_STATE_TRUSTED:
            sentence = f"signed by {found.signer or found.issuer}, who is trusted"
        case _:
            name = found.signer or found.issuer or "nobody named"
            sentence = f"signed by {name}, who is not on the trust list"
    if found.signed_at:
        sentence += f", at {found.signed_at:%Y-%m-%d %H:%M} UTC"
    if lock_matches is False:
        sentence += "; the signature is of an ad with another certificate"
    return sentence
