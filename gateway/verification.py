"""What a manifest and the finishing stage together tell about a file."""

import hashlib
import json
from typing import Any

from cyclorama.documents import read_json
from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2
from gateway.manifest import record_of
from services.runtime.errors import InvalidRequest, Violation


def read_manifest(text: str) -> dict[str, Any]:
    """Reads a manifest; raises InvalidRequest when it is none or has no certificate."""
    try:
        manifest = read_json(text)
        manifest["pixel_lock"], manifest["ad"]["sha256"], record_of(manifest)
    except (ValueError, KeyError, TypeError, AttributeError):
        text = "is no manifest with a pixel lock; send the JSON file that came with the ad"
        raise InvalidRequest(Violation("manifest", text)) from None
    return manifest


def verify_request(
    image: image_pb2.Image, manifest: dict[str, Any]
) -> finishing_pb2.VerifyFileRequest:
    """Builds the finishing stage's part of the question."""
    return finishing_pb2.VerifyFileRequest(
        image=image, pixel_lock=json.dumps(manifest["pixel_lock"])
    )


def verification(
    file: bytes, manifest: dict[str, Any], found: finishing_pb2.VerifyFileResponse
) -> ads_pb2.VerifyAdResponse:
    """Adds to what the pixels tell what the bytes and the manifest do."""
    unchanged = hashlib.sha256(file).hexdigest() == manifest["ad"]["sha256"]
    record = record_of(manifest)
    notes = [found.verdict]
    if unchanged:
        notes.append("the file is the one that was delivered, byte for byte")
    elif not found.record:
        notes.append("its marks were removed: it no longer names its record and source")
    if record != manifest.get("record"):
        notes.append("the manifest was changed after it was written")
    return ads_pb2.VerifyAdResponse(
        locked=found.locked,
        verdict="; ".join(notes),
        file_unchanged=unchanged,
        pixels_unchanged=found.pixels_unchanged,
        differing=found.differing,
        source=found.source,
        record_matches=found.record == record == manifest.get("record"),
    )
