"""Limits on the sizes of images in requests, checked before decoding."""

from typing import Protocol

from services.runtime.errors import InvalidImage


class ImageLimits(Protocol):
    """Limits on an image.

    max_image_mib: of the encoded file. max_megapixels, max_image_side: of the decoded image, its
    side in pixels. max_jpeg_megapixels: of a JPEG photo, which is decoded at a reduced size.
    """

    max_image_mib: int
    max_megapixels: float
    max_jpeg_megapixels: float
    max_image_side: int


def is_within_limits(width: int, height: int, limits: ImageLimits) -> bool:
    """Whether an image of this size in pixels may be decoded."""
    is_small = width * height <= limits.max_megapixels * 1e6
    return is_small and max(width, height) <= limits.max_image_side


def check_image_size(width: int, height: int, limits: ImageLimits, field: str) -> None:
    """Raises InvalidImage if an image has too many pixels, in all or along a side.

    width, height: of the image, in pixels.
    limits: the maximum side and the maximum number of megapixels.
    field: path of the image in the request, for the error.
    """
    if is_within_limits(width, height, limits):
        return
    if max(width, height) > limits.max_image_side:
        allowed = f"sides of at most {limits.max_image_side} pixels"
    else:
        allowed = f"at most {limits.max_megapixels:g} megapixels"
    raise InvalidImage(field, f"is {width} x {height}; send {allowed}")
