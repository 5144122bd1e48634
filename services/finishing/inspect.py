"""Verifies finished files against their certificates and checks them against platform rules."""

import json

from cyclorama.v1 import finishing_pb2
from services.finishing.checks import check_profile
from services.finishing.credentials_report import report_credentials
from services.finishing.metadata import EmbeddedMetadata, read_embedded_metadata
from services.finishing.verify import read_pixel_lock, verify_pixel_lock
from services.imaging.box import box_to_message
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidImage
from services.runtime.formats import RAW_CHANNELS
from services.runtime.profiles import load_profile


def verify_file(
    request: finishing_pb2.VerifyFileRequest, images: ImageCodec, anchors: str = ""
) -> finishing_pb2.VerifyFileResponse:
    """Compares a file with the certificate of its product's pixels, the pixel lock.

    Returns whether they are unchanged and where they differ, and what the file's metadata says of
    its origin. Raises InvalidImage or InvalidRequest for a request that cannot be decoded.

    anchors: PEM text of the certificate authorities whose Content Credentials are trusted.
    """
    certificate = read_pixel_lock(request.pixel_lock, "pixel_lock", images)
    values = json.loads(request.pixel_lock)
    verification = verify_pixel_lock(images.read_rgb(request.image, "image"), certificate)
    is_file = request.image.format not in RAW_CHANNELS
    metadata = read_embedded_metadata(request.image.data) if is_file else EmbeddedMetadata()
    return finishing_pb2.VerifyFileResponse(
        locked=verification.locked,
        pixels_unchanged=verification.unchanged,
        verdict=verification.sentence,
        differing=map(box_to_message, verification.differing),
        source=metadata.source,
        record=metadata.record,
        credentials=report_credentials(request.image.data if is_file else b"", values, anchors),
    )


def check_file(
    request: finishing_pb2.CheckFileRequest, images: ImageCodec
) -> finishing_pb2.CheckFileResponse:
    """Checks a file against the rules of an advertising platform, its profile.

    Returns the value, limit and verdict for each rule. Raises InvalidImage for RAW pixels and for
    a file that cannot be decoded, InvalidRequest for an unknown profile.
    """
    profile = load_profile(request.profile, "profile")
    if request.image.format in RAW_CHANNELS:
        raise InvalidImage("image", "is RAW; the rules are about files, send one")
    pixels = images.read_rgb(request.image, "image")
    report = check_profile(profile, request.image.data, pixels, request.file_name)
    return finishing_pb2.CheckFileResponse(report=report)
