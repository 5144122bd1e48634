"""Reads the prompt of a segmentation request: box, points, mask and options."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from cyclorama.v1 import segmentation_pb2
from services.imaging.box import box_from_message, clip_box
from services.imaging.images import ImageCodec
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from services.runtime.options import read_set_fields
from services.segmentation.engine import SegmentationPrompt

# How far the aspect ratios of photo and mask may differ, relatively, since sides are rounded.
MAX_ASPECT_ERROR = 0.02
# The precision of edges other than the normal one.
EDGES = {segmentation_pb2.EDGE_FINE: "fine", segmentation_pb2.EDGE_MASK: "mask"}


def read_segmentation_prompt(
    request: segmentation_pb2.SegmentProductRequest, photo_size: tuple[int, int], images: ImageCodec
) -> SegmentationPrompt:
    """Reads from a request where the product is and how to cut it out, with defaults filled in.

    photo_size: (height, width) of the request's photo in pixels. images: decodes the mask, if any.

    Raises InvalidRequest, which names every box and point outside the photo and points that
    contradict each other, and InvalidImage for the mask.
    """
    options, defaults = request.options, SegmentationPrompt()
    height, width = photo_size
    violations = (
        *_check_inside_photo(options, height, width),
        *_check_points_agree(options.points),
        *_check_edge_has_mask(request),
    )
    if violations:
        raise InvalidRequest(*violations)
    given: Mapping[str, Any] = read_set_fields(options)
    return SegmentationPrompt(
        box_share=given.get("box_share", defaults.box_share),
        max_side=given.get("max_side", defaults.max_side),
        edge=EDGES.get(options.edge, defaults.edge),
        photo_shadow=(
            "keep"
            if options.photo_shadow == segmentation_pb2.PHOTO_SHADOW_KEEP
            else defaults.photo_shadow
        ),
        opaque=options.opaque,
        product=options.product,
        box=clip_box(box_from_message(options.box), height, width)
        if options.HasField("box")
        else None,
        points=tuple((point.x, point.y, not point.outside) for point in options.points),
        mask=_read_mask(request, photo_size, images) if request.HasField("mask") else None,
    )


def _check_inside_photo(
    options: segmentation_pb2.SegmentationOptions, height: int, width: int
) -> Iterator[Violation]:
    """Yields an error for the box and for each point that lies outside the photo.

    options: of the request, with the box and points, if any. height, width: of the photo in pixels.
    """
    text = f"lies outside of the {width} x {height} photo"
    if options.HasField("box"):
        _, _, across, down = clip_box(box_from_message(options.box), height, width)
        if not (across and down):
            yield Violation("options.box", text)
    for index, point in enumerate(options.points):
        if not (0 <= point.x <= width and 0 <= point.y <= height):
            yield Violation(f"options.points[{index}]", text)


def _check_points_agree(points: Iterable[segmentation_pb2.Point]) -> Iterator[Violation]:
    """Yields an error for each point at the same pixel as an earlier one of the other side.

    points: of the request, in order.
    """
    first_at_pixel: dict[tuple[int, int], tuple[int, bool]] = {}
    for index, point in enumerate(points):
        pixel = int(point.x), int(point.y)
        first, outside = first_at_pixel.setdefault(pixel, (index, point.outside))
        if outside != point.outside:
            text = f"contradicts options.points[{first}] at the same pixel; send one of them"
            yield Violation(f"options.points[{index}]", text)


def _check_edge_has_mask(
    request: segmentation_pb2.SegmentProductRequest,
) -> Iterator[Violation]:
    """Yields an error when the edge is to be that of a mask, and there is none."""
    if request.options.edge == segmentation_pb2.EDGE_MASK and not request.HasField("mask"):
        yield Violation("options.edge", "is that of the mask; send a mask as well")


def _read_mask(
    request: segmentation_pb2.SegmentProductRequest, photo_size: tuple[int, int], images: ImageCodec
) -> np.ndarray:
    """Decodes a request's mask of the product: bool (h, w) of any size.

    True where the alpha channel, or without one the gray value, is at least half of its range.
    Where the mask's own edge is used, float32 from 0 to 1 instead.

    photo_size: (height, width) of the photo in pixels. images: the codec.

    Raises InvalidImage if the mask is not an image, has another aspect ratio than the photo, or
    marks nothing or everything.
    """
    pixels = images.read(request.mask, "mask")
    levels = pixels[..., -1] if pixels.shape[2] == 4 else pixels.mean(axis=2)
    mask = find_solid_pixels(levels)
    aspect_ratio, expected = mask.shape[1] / mask.shape[0], photo_size[1] / photo_size[0]
    if abs(aspect_ratio / expected - 1) > MAX_ASPECT_ERROR:
        text = f"is {mask.shape[1]} x {mask.shape[0]}; send one of the photo's aspect ratio"
        raise InvalidImage("mask", text)
    if not mask.any() or mask.all():
        raise InvalidImage("mask", "marks nothing or everything; send one that marks the product")
    if request.options.edge == segmentation_pb2.EDGE_MASK:
        return levels.astype(np.float32) / 255
    return mask
