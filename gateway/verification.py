"""Verifies a delivered file against its manifest: bytes and record here, pixels in finishing."""

import json
from typing import Any

from cyclorama.documents import read_json
from cyclorama.v1 import ads_pb2, finishing_pb2, image_pb2
from gateway.credentials_check import INTACT, has_authentic_credentials, list_remarks
from gateway.manifest import record_from_manifest
from services.runtime.errors import InvalidRequest, Violation

# A signature leaves out the zeros that are reserved for it, and its own headers.
OTHER_BYTES = (
    "its bytes are not those that were delivered: it was signed again, or changed where no "
    "signature reaches"
)


def read_manifest(text: str) -> dict[str, Any]:
    """Parses the manifest of an ad, the document that says how it was made, from JSON text.

    Raises InvalidRequest when the text is no manifest, or one without a pixel lock: the hash of the
    product's pixels, which verification compares.
    """
    try:
        manifest: dict[str, Any] = read_json(text)
        # Only to raise an error when something that verification needs is missing.
        manifest["pixel_lock"], manifest["ad"]["sha256"], record_from_manifest(manifest)
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "is no manifest with a pixel lock; send the JSON file that came with the ad"
        raise InvalidRequest(Violation("manifest", reason)) from None
    return manifest


def build_verify_file_request(
    image: image_pb2.Image, manifest: dict[str, Any]
) -> finishing_pb2.VerifyFileRequest:
    """Builds the request to the finishing stage, which compares pixels with the manifest.

    image: the file to verify. manifest: as `read_manifest` returns it; its pixel lock contains the
    hash of the product's pixels.
    """
    return finishing_pb2.VerifyFileRequest(
        image=image, pixel_lock=json.dumps(manifest["pixel_lock"])
    )


def build_verify_ad_response(
    file_hash: str, manifest: dict[str, Any], pixel_report: finishing_pb2.VerifyFileResponse
) -> ads_pb2.VerifyAdResponse:
    """Checks bytes and manifest of a file; returns that together with the report on its pixels.

    file_hash: SHA-256 of the file, in hexadecimal. manifest: as `read_manifest` returns it.
    pixel_report: of the finishing stage. The record, a
    hash of all that an ad is made from, must be the same in the file, in the manifest, and when it
    is computed from the manifest.
    """
    file_unchanged = file_hash == manifest["ad"]["sha256"]
    computed_record = record_from_manifest(manifest)
    remarks = [pixel_report.verdict]
    if manifest.get("draft"):
        remarks.append("this is a draft, not the finished ad")
    if file_unchanged:
        remarks.append("the file is the one that was delivered, byte for byte")
    elif not pixel_report.record:
        remarks.append("its marks were removed: it no longer names its record and source")
    remarks += list_remarks(pixel_report.credentials, manifest)
    if not file_unchanged and pixel_report.credentials.state in INTACT:
        remarks.append(OTHER_BYTES)
    if computed_record != manifest.get("record"):
        remarks.append("the manifest was changed after it was written")
    return ads_pb2.VerifyAdResponse(
        locked=pixel_report.locked,
        verdict="; ".join(remarks),
        file_unchanged=file_unchanged,
        pixels_unchanged=pixel_report.pixels_unchanged,
        differing=pixel_report.differing,
        source=pixel_report.source,
        record_matches=pixel_report.record == computed_record == manifest.get("record"),
        credentials=pixel_report.credentials,
        authentic=pixel_report.locked
        and has_authentic_credentials(pixel_report.credentials, manifest),
    )
