"""Assesses picture files: measures what is wrong with them and predicts a reviewer's mark."""

import math

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import report_quality
from services.finishing.verify import (
    PixelLockCertificate,
    count_changed_pixels,
    read_pixel_lock,
    shows_certified_picture,
)
from services.imaging.box import Box, box_from_message, crop_to_box, scale_box, widen_box
from services.imaging.images import ImageCodec, check_image_sides
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.resizing import shrink_to_fit
from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from services.runtime.guards.cancellation import check_active
from services.runtime.limits import AD_MEGAPIXELS, COMPOSITE_SIDES


def assess_file(
    request: finishing_pb2.AssessFileRequest, images: ImageCodec
) -> finishing_pb2.AssessFileResponse:
    """Measures the quality of a picture file, with all that the request says about it.

    A picture that is larger than ads may be is measured at a reduced size. Raises InvalidImage for
    pictures that cannot be decoded or are too small, and InvalidRequest for a mask or a
    certificate, the pixel lock, that does not fit the picture.

    images: decodes the request's pictures.
    """
    smallest, _ = COMPOSITE_SIDES
    decoded = images.read_photo(request.image, "image")
    check_image_sides(decoded.pixels, smallest, None, "image")
    pixels = _show_on_white(decoded.pixels)
    lock = _read_certificate(request.pixel_lock, decoded.full_size, images)
    differing = None
    if lock:
        _check_picture(pixels, lock)
        differing = count_changed_pixels(pixels, lock)
    ad = shrink_to_fit(pixels, _find_largest_side(decoded.full_size), smallest)
    height, width = ad.shape[:2]
    mask = _resize_alpha(lock.mask, width, height) if lock else None
    if request.HasField("mask"):
        mask = _read_mask(request, decoded.full_size, (height, width), images)
    check_active()
    picture = AssessedPicture(ad, mask, None, differing, request.circumstances)
    return finishing_pb2.AssessFileResponse(quality_report=report_quality(picture))


def _find_largest_side(size: tuple[int, int]) -> int:
    """Returns the longer side in pixels at which a picture has the size of an ad.

    size: (height, width) of the picture, in pixels.
    """
    height, width = size
    within_area = max(size) * math.sqrt(AD_MEGAPIXELS * 1e6 / (height * width))
    return min(COMPOSITE_SIDES[1], int(within_area))


def _show_on_white(pixels: np.ndarray) -> np.ndarray:
    """Returns a picture as it looks on white: uint8 RGB (h, w, 3).

    pixels: uint8 RGB (h, w, 3) or RGBA (h, w, 4).
    """
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / OPAQUE_ALPHA
    return np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _read_certificate(
    text: str, size: tuple[int, int], images: ImageCodec
) -> PixelLockCertificate | None:
    """Decodes the pixel-lock certificate of an ad from JSON; None if the text is empty.

    Raises InvalidRequest if it is invalid or that of a picture of another size.

    size: (height, width) of the picture, in pixels.
    """
    if not text:
        return None
    lock = read_pixel_lock(text, "pixel_lock", images)
    (height, width), (ad_height, ad_width) = size, lock.mask.shape
    if size != lock.mask.shape:
        problem = f"is that of an ad of {ad_width} x {ad_height}, the picture is {width} x {height}"
        advice = "send the file as it was delivered, or assess it without its manifest"
        raise InvalidRequest(Violation("pixel_lock", f"{problem}; {advice}"))
    return lock


def _check_picture(pixels: np.ndarray, lock: PixelLockCertificate) -> None:
    """Raises InvalidRequest if a picture, uint8 RGB (H, W, 3), is not that of its certificate."""
    if not shows_certified_picture(pixels, lock):
        problem = "is that of another picture"
        advice = "send the manifest of this one, or assess it without"
        raise InvalidRequest(Violation("pixel_lock", f"{problem}; {advice}"))


def _read_mask(
    request: finishing_pb2.AssessFileRequest,
    size: tuple[int, int],
    shape: tuple[int, int],
    images: ImageCodec,
) -> np.ndarray:
    """Decodes the product's mask, and scales it into its box: uint8 alpha of the given shape.

    Raises InvalidImage if it cannot be decoded or has no box and another size than the picture,
    InvalidRequest if its box is not within the picture.

    size: (height, width) of the picture, in pixels.
    shape: (height, width) at which it is assessed.
    """
    alpha, (height, width) = _read_alpha(request.mask, images), size
    box = (0, 0, width, height)
    if request.HasField("mask_box"):
        box = box_from_message(request.mask_box)
        _check_box_within(box, size)
    elif alpha.shape != size:
        problem = f"is {alpha.shape[1]} x {alpha.shape[0]}, the picture {width} x {height}"
        raise InvalidImage("mask", f"{problem}; send equal sizes, or mask_box")
    mask = np.zeros(shape, np.uint8)
    box = widen_box(scale_box(box, shape[0] / height, shape[1] / width), 0, *shape)
    crop_to_box(mask, box)[:] = _resize_alpha(alpha, *box[2:])
    return mask


def _resize_alpha(alpha: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes uint8 alpha (h, w) to (height, width); averages areas where it shrinks."""
    shrinks = height * width < alpha.size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(alpha, (width, height), interpolation=method)


def _read_alpha(image: image_pb2.Image, images: ImageCodec) -> np.ndarray:
    """Decodes a mask to uint8 (h, w): its alpha or, without alpha, its brightness."""
    pixels = images.read(image, "mask")
    if pixels.shape[2] == 4:
        return np.ascontiguousarray(pixels[..., 3])
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)


def _check_box_within(box: Box, size: tuple[int, int]) -> None:
    """Raises InvalidRequest if a box is empty or not within a picture.

    box: x, y, width and height in pixels.
    size: (height, width) of the picture, in pixels.
    """
    (x, y, width, height), (image_height, image_width) = box, size
    is_within = 0 <= x <= image_width - width and 0 <= y <= image_height - height
    if min(width, height) < 1 or not is_within:
        problem = f"is not a part of the picture of {image_width} x {image_height}"
        raise InvalidRequest(Violation("mask_box", f"{problem}; send the box of the mask in it"))
