"""Answers questions about files that come back: are they still what they were, do they fit."""

from cyclorama.v1 import finishing_pb2
from services.finishing.checks import check_profile
from services.finishing.facts import file_facts, picture_facts
from services.finishing.marks import Found, read_marks
from services.finishing.verify import read_certificate, verify
from services.imaging.box import box_to_message
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidImage
from services.runtime.formats import RAW_CHANNELS
from services.runtime.profiles import load_profile


def verify_file(
    request: finishing_pb2.VerifyFileRequest, images: ImageCodec
) -> finishing_pb2.VerifyFileResponse:
    """Answers a VerifyFileRequest; raises InvalidImage or InvalidRequest."""
    certificate = read_certificate(request.pixel_lock, "pixel_lock", images)
    verdict = verify(images.read_rgb(request.image, "image"), certificate)
    is_file = request.image.format not in RAW_CHANNELS
    marks = read_marks(request.image.data) if is_file else Found()
    return finishing_pb2.VerifyFileResponse(
        locked=verdict.locked,
        pixels_unchanged=verdict.unchanged,
        verdict=verdict.sentence,
        differing=map(box_to_message, verdict.differing),
        source=marks.source,
        record=marks.record,
    )


def check_file(
    request: finishing_pb2.CheckFileRequest, images: ImageCodec
) -> finishing_pb2.CheckFileResponse:
    """Answers a CheckFileRequest; raises InvalidImage or InvalidRequest."""
    profile = load_profile(request.profile, "profile")
    if request.image.format in RAW_CHANNELS:
        raise InvalidImage("image", "is RAW; the rules are about files, send one")
    pixels = images.read_rgb(request.image, "image")
    facts = file_facts(request.image.data, request.file_name)
    report = check_profile(profile, facts, picture_facts(pixels))
    return finishing_pb2.CheckFileResponse(report=report)
