"""Reads the Content Credentials of a file: who signed it, and whether it is unchanged since."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import c2pa

from cyclorama.v1 import finishing_pb2
from services.credentials.content import ACTIONS_LABEL, LOCK_FIELD, LOCK_LABEL
from services.credentials.library import open_context
from services.credentials.store import find_media_type

TRUSTED = finishing_pb2.CREDENTIALS_STATE_TRUSTED
UNKNOWN_SIGNER = finishing_pb2.CREDENTIALS_STATE_UNKNOWN_SIGNER
INVALID = finishing_pb2.CREDENTIALS_STATE_INVALID
ABSENT = finishing_pb2.CREDENTIALS_STATE_ABSENT
# By what the library calls each state.
STATES: Mapping[str, "finishing_pb2.CredentialsState"] = {
    "Trusted": TRUSTED,
    "Valid": UNKNOWN_SIGNER,
    "Invalid": INVALID,
}
# Begin the text of the errors of a file without credentials in it. Those on another server are not
# fetched.
NO_CREDENTIALS = ("ManifestNotFound", "NotSupported", "Remote")
# An unknown signer is a state rather than a problem.
UNTRUSTED = "signingCredential.untrusted"
UNREADABLE = "unreadable"
# Limits on what a report repeats of a file.
MAX_PROBLEMS, MAX_CHARACTERS = 16, 128


@dataclass(frozen=True)
class FileCredentials:
    """The Content Credentials of a file.

    signer, issuer: names in the certificate, as the signer states them; empty if unknown.
    signed_at: of a timestamp authority; None without a timestamp.
    source: IPTC digital source type, without the URL of the vocabulary; empty if missing.
    lock_sha256: the hash of the pixel-lock certificate, in hexadecimal; empty if missing.
    problems: codes of the C2PA specification, or UNREADABLE.
    """

    state: "finishing_pb2.CredentialsState"
    signer: str = ""
    issuer: str = ""
    signed_at: datetime | None = None
    source: str = ""
    lock_sha256: str = ""
    problems: tuple[str, ...] = ()


def read_credentials(data: bytes, anchors: str = "") -> FileCredentials:
    """Reads and verifies the Content Credentials in a file of any format; fetches nothing.

    anchors: PEM text of the certificate authorities that are trusted.
    """
    media_type = find_media_type(data)
    if not media_type:
        return FileCredentials(ABSENT)
    try:
        with c2pa.Reader(media_type, io.BytesIO(data), context=open_context(anchors)) as reader:
            return _read_report(json.loads(reader.json()))
    except c2pa.C2paError as error:
        if str(error).startswith(NO_CREDENTIALS):
            return FileCredentials(ABSENT)
    # Files may state anything: other types than the specification's, and endless nesting.
    except (AttributeError, RecursionError, TypeError, ValueError):
        pass
    return FileCredentials(INVALID, problems=(UNREADABLE,))


def _read_report(report: Mapping[str, Any]) -> FileCredentials:
    """Reads the report of the library on the credentials of a file."""
    manifests: dict[str, Any] = report.get("manifests") or {}
    manifest: dict[str, Any] = manifests.get(report.get("active_manifest", "")) or {}
    signature: dict[str, Any] = manifest.get("signature_info") or {}
    return FileCredentials(
        state=STATES.get(report.get("validation_state", ""), INVALID),
        signer=_limit_text(signature.get("common_name")),
        issuer=_limit_text(signature.get("issuer")),
        signed_at=_read_time(signature.get("time")),
        source=_find_source(manifest),
        lock_sha256=_read_hash(_find_assertion(manifest, LOCK_LABEL).get(LOCK_FIELD)),
        problems=tuple(_list_problems(report)),
    )


def _list_problems(report: Mapping[str, Any]) -> Sequence[str]:
    """Returns the codes of what is wrong, each once; an unknown signer is not."""
    results: dict[str, Any] = report.get("validation_results") or {}
    parts: list[dict[str, Any]] = [results.get("activeManifest") or {}]
    parts += (each.get("validationDeltas") or {} for each in results.get("ingredientDeltas") or ())
    failures = [failure for part in parts for failure in part.get("failure") or ()]
    codes = dict.fromkeys(_limit_text(failure.get("code")) for failure in failures)
    return [code for code in codes if code != UNTRUSTED][:MAX_PROBLEMS]


def _find_source(manifest: Mapping[str, Any]) -> str:
    """Returns the digital source type of the action that created the file; empty if missing."""
    for label in (f"{ACTIONS_LABEL}.v2", ACTIONS_LABEL):
        for action in _find_assertion(manifest, label).get("actions") or ():
            if source := _limit_text(action.get("digitalSourceType")):
                return source.rpartition("/")[2]
    return ""


def _find_assertion(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    """Returns the data of the first assertion with a label; nothing if there is none."""
    for assertion in manifest.get("assertions") or ():
        if assertion.get("label") == label and isinstance(assertion.get("data"), dict):
            data: dict[str, Any] = assertion["data"]
            return data
    return {}


def _limit_text(value: object) -> str:
    """Returns printable text of at most MAX_CHARACTERS; empty for what is no text."""
    text = value if isinstance(value, str) else ""
    return "".join(filter(str.isprintable, text))[:MAX_CHARACTERS]


def _read_hash(value: object) -> str:
    """Reads a hash in base64; returns it in hexadecimal, empty if it is missing or invalid."""
    try:
        return base64.b64decode(_limit_text(value), validate=True).hex()
    except ValueError:
        return ""


def _read_time(value: object) -> datetime | None:
    """Reads the time of a timestamp (ISO 8601); None if missing or invalid."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
