"""Reads a request's prompt: what it says about where the product is."""

import numpy as np

from cyclorama.v1 import image_pb2, segmentation_pb2
from services.imaging.box import box_from_message, clip_box
from services.imaging.images import ImageCodec
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from services.runtime.options import read_set_fields
from services.segmentation.engine import Prompt

# How far the aspect ratios of photo and mask may be apart, for rounded sides.
MOST_SKEW = 0.02


def read_prompt(
    request: segmentation_pb2.SegmentProductRequest, photo: tuple[int, int], images: ImageCodec
) -> Prompt:
    """Reads the prompt for a photo of (height, width), defaults filled in.

    Raises InvalidRequest, which names every box and point that is not in the photo, and
    InvalidImage.
    """
    options = request.options
    violations = tuple(_outside(options, *photo))
    if violations:
        raise InvalidRequest(*violations)
    told = {
        name: value
        for name, value in read_set_fields(options).items()
        if name in ("box_share", "max_side")
    }
    if options.edge == segmentation_pb2.EDGE_FINE:
        told["edge"] = "fine"
    if options.HasField("box"):
        told["box"] = clip_box(box_from_message(options.box), *photo)
    points = tuple((point.x, point.y, not point.outside) for point in options.points)
    mask = _read_mask(request.mask, photo, images) if request.HasField("mask") else None
    return Prompt(**told, points=points, mask=mask)


def _outside(options: segmentation_pb2.SegmentationOptions, height: int, width: int):
    if options.HasField("box"):
        _, _, across, down = clip_box(box_from_message(options.box), height, width)
        if not (across and down):
            yield Violation("options.box", f"lies outside of the {width} x {height} photo")
    for number, point in enumerate(options.points):
        if not (0 <= point.x <= width and 0 <= point.y <= height):
            text = f"lies outside of the {width} x {height} photo"
            yield Violation(f"options.points[{number}]", text)


def _read_mask(image: image_pb2.Image, photo: tuple[int, int], images: ImageCodec) -> np.ndarray:
    pixels = images.read(image, "mask")
    mask = find_solid_pixels(pixels[..., -1] if pixels.shape[2] == 4 else pixels.mean(axis=2))
    skew = (mask.shape[1] / mask.shape[0]) / (photo[1] / photo[0])
    if abs(skew - 1) > MOST_SKEW:
        text = f"is {mask.shape[1]} x {mask.shape[0]}; send one of the photo's aspect ratio"
        raise InvalidImage("mask", text)
    if not mask.any() or mask.all():
        raise InvalidImage("mask", "marks nothing or everything; send one that marks the product")
    return mask
