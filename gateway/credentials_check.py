"""Compares the Content Credentials of a file with what the manifest of the ad states of them."""

from collections.abc import Iterator
from typing import Any

from cyclorama.v1 import finishing_pb2
from services.runtime.source_types import find_source_type

# States of Content Credentials whose signature is valid.
INTACT = (
    finishing_pb2.CREDENTIALS_STATE_TRUSTED,
    finishing_pb2.CREDENTIALS_STATE_UNKNOWN_SIGNER,
)
ABSENT = finishing_pb2.CREDENTIALS_STATE_ABSENT
UNCHECKED = finishing_pb2.CREDENTIALS_STATE_UNSPECIFIED


def was_signed(manifest: dict[str, Any]) -> bool:
    """Returns whether the ad of a manifest was delivered with Content Credentials."""
    return bool(manifest["ad"].get("unsigned_sha256"))


def has_authentic_credentials(
    report: finishing_pb2.CredentialsReport, manifest: dict[str, Any]
) -> bool:
    """Returns whether a file's Content Credentials are those that its manifest states.

    Those of an ad that was not signed may be absent, or unchecked. A signer who is not on the trust
    list of the stage is accepted only where there is no such list.
    """
    if report.state in (ABSENT, UNCHECKED):
        return not was_signed(manifest)
    is_known = report.state == finishing_pb2.CREDENTIALS_STATE_TRUSTED or not report.has_trust_list
    has_lock = report.lock_matches if report.HasField("lock_matches") else not was_signed(manifest)
    is_intact = report.state in INTACT
    return is_intact and is_known and has_lock and not _has_other_source(report, manifest)


def list_remarks(
    report: finishing_pb2.CredentialsReport, manifest: dict[str, Any]
) -> Iterator[str]:
    """Yields what to say of a file's Content Credentials; nothing of a file that never had any."""
    if report.state == ABSENT:
        if was_signed(manifest):
            yield "its Content Credentials were removed"
        return
    if report.state != UNCHECKED or was_signed(manifest):
        yield report.verdict
    if report.state not in INTACT:
        return
    if was_signed(manifest) and not report.HasField("lock_matches"):
        yield "the signature is not the one of this ad: it lacks the hash of the certificate"
    if _has_other_source(report, manifest):
        expected = _find_source(manifest)
        stated = report.source or "none"
        yield f"the signature states another source ({stated}) than the manifest ({expected})"


def _has_other_source(report: finishing_pb2.CredentialsReport, manifest: dict[str, Any]) -> bool:
    """Returns whether credentials state another source than the manifest.

    Other programs that sign an unsigned ad later may state none.
    """
    is_required = bool(report.source) or was_signed(manifest)
    return is_required and report.source != _find_source(manifest)


def _find_source(manifest: dict[str, Any]) -> str:
    """Returns the digital source type of an ad, which follows from the stages that ran."""
    return find_source_type(
        generative=any(stage.get("generative") is True for stage in manifest["stages"])
    )
