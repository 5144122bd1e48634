"""From an ad's pixels to the file, and the layers, that leave the system."""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.checks import check_profile
from services.finishing.facts import file_facts, picture_facts
from services.finishing.files import KILOBYTE, LOSSLESS, File, write_file
from services.finishing.layered import Named, write_photoshop
from services.finishing.lettering import FREE_EDGE, Lettering, letter
from services.finishing.lock import OPAQUE, certify
from services.finishing.marks import Marks
from services.finishing.quality import Subject, report_quality
from services.finishing.typesetting import check_characters
from services.imaging.images import PNG, RAW_CHANNELS, Images, check_sides, encode
from services.runtime.errors import BadImage, InvalidRequest, Violation
from services.runtime.options import given
from services.runtime.profiles import find
from services.runtime.rules import COMPOSITE_SIDES


def finish(
    request: finishing_pb2.FinishAdRequest, images: Images, font: str
) -> finishing_pb2.FinishAdResponse:
    """Answers a FinishAdRequest; raises BadImage, CannotFit or InvalidRequest.

    font: a font file for lettering, empty for Lato Bold.
    """
    bare = images.read_rgb(request.ad, "ad")
    check_sides(bare, *COMPOSITE_SIDES, "ad")
    mask = same_size(images.read_gray(request.mask, "mask"), bare, "mask")
    composite = same_size(images.read_rgb(request.composite, "composite"), bare, "composite")
    ad = bare
    if request.HasField("lettering"):
        ad = letter(bare, mask, lettering_of(request.lettering, images, font))
    asked, fmt = request.delivery, request.accept_format or PNG
    file = write_file(ad, fmt, marks_of(request), **limits_of(asked))
    written = read_back(file, fmt, ad, images)
    lock = certify(composite, mask, ad, written)
    subject = Subject(bare, composite, mask, lock["differing_pixels"], request.circumstances)
    response = finishing_pb2.FinishAdResponse(
        file=image_pb2.Image(data=file.data, format=fmt, width=ad.shape[1], height=ad.shape[0]),
        quality=file.quality,
        pixel_lock=json.dumps(lock),
        quality_report=report_quality(subject),
    )
    if asked.profile:
        response.profile_report.CopyFrom(profile_report(request, file, written, ad, mask))
    if asked.layers or asked.layered_file:
        below = list(layers_of(request, images))
        if asked.layered_file:
            response.layered_file = write_photoshop([*below, ("final", ad)])
        if asked.layers:
            above = [("composite", composite), ("mask", mask), ("final", ad)]
            response.layers.extend(layer_messages([*below, *above]))
    return response


def profile_report(
    request: finishing_pb2.FinishAdRequest,
    file: File,
    written: np.ndarray,
    ad: np.ndarray,
    mask: np.ndarray,
) -> finishing_pb2.ProfileReport:
    """Holds the rules of the profile asked for against the file and its master."""
    profile = find(request.delivery.profile, "delivery.profile")
    if request.accept_format in RAW_CHANNELS:
        text = "is RAW, and a profile is about files; ask for PNG or JPEG"
        raise InvalidRequest(Violation("accept_format", text))
    picture = picture_facts(written, ad, mask)
    return check_profile(profile, file_facts(file.data), picture)


def read_back(file: File, fmt: int, ad: np.ndarray, images: Images) -> np.ndarray:
    """The pixels that others will read from the file: uint8 RGB (H, W, 3)."""
    if file.quality == LOSSLESS:
        return ad
    return images.read_rgb(image_pb2.Image(data=file.data, format=fmt), "ad")


def same_size(pixels: np.ndarray, ad: np.ndarray, field: str) -> np.ndarray:
    """The pixels, when they are of the ad's size."""
    if pixels.shape[:2] != ad.shape[:2]:
        found = f"is {pixels.shape[1]} x {pixels.shape[0]}, the ad {ad.shape[1]} x {ad.shape[0]}"
        raise BadImage(field, f"{found}; send equal sizes")
    return pixels


def lettering_of(message: finishing_pb2.Lettering, images: Images, font: str) -> Lettering:
    """Reads a Lettering message; raises InvalidRequest when the font lacks a character."""
    for field in ("headline", "call_to_action"):
        check_characters(getattr(message, field), font, f"lettering.{field}")
    logo = images.read(message.logo, "lettering.logo") if message.HasField("logo") else None
    if logo is not None and logo.shape[2] == 3:
        logo = np.dstack([logo, np.full(logo.shape[:2], OPAQUE, np.uint8)])
    sides = ("top", "right", "bottom", "left")
    free = tuple(getattr(message, side) if message.HasField(side) else FREE_EDGE for side in sides)
    return Lettering(message.headline.strip(), message.call_to_action.strip(), logo, free, font)


def marks_of(request: finishing_pb2.FinishAdRequest) -> Marks:
    """What the file is to say about itself."""
    dpi = {"dpi": request.delivery.dpi} if request.delivery.HasField("dpi") else {}
    return Marks(request.generative, request.record, **dpi)


def limits_of(delivery: finishing_pb2.Delivery) -> dict[str, int]:
    """The limits of a Delivery as arguments of write_file."""
    asked = given(delivery)
    limits = {"quality": asked["quality"]} if "quality" in asked else {}
    if "max_kilobytes" in asked:
        limits["max_bytes"] = asked["max_kilobytes"] * KILOBYTE
    return limits


def layers_of(request: finishing_pb2.FinishAdRequest, images: Images) -> Iterator[Named]:
    """The layers that came with the request."""
    for at, layer in enumerate(request.layers):
        yield layer.name, images.read(layer.image, f"layers[{at}].image")


def layer_messages(layers: Sequence[Named]) -> Iterator[finishing_pb2.Layer]:
    """Writes Layer messages."""
    for name, pixels in layers:
        yield finishing_pb2.Layer(name=name, image=encode(pixels, PNG))
