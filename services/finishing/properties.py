"""Measures the properties of finished files and pictures that platform rules refer to."""

from dataclasses import dataclass
from pathlib import PurePath

import cv2
import numpy as np

from services.finishing.metadata import read_embedded_metadata
from services.imaging.animation import is_animation
from services.imaging.box import Box, find_bounding_box
from services.imaging.color_profiles import is_srgb_profile
from services.imaging.color_spaces import find_color_profile
from services.imaging.opening import READABLE_FORMATS as SUFFIXES_BY_FORMAT
from services.imaging.opening import find_format_name, open_image_file
from services.imaging.product import find_product_box
from services.runtime.limits import KILOBYTE

WHITE = 255  # pure white in every channel, as marketplaces require of main pictures
# Pixels around a product that are not judged in lossy files, which ring there: JPEG in full color
# up to 10 pixels far. Larger: less of the ground is judged.
RINGING = 12
# Level below which a pixel is product if no mask is known. The outer half of a soft shadow is
# lighter and counts as ground that is not white. Larger: shadows pass as product.
PRODUCT_BELOW = 238
RGB_MODES = ("RGB", "RGBA", "P", "L")


@dataclass(frozen=True)
class FileProperties:
    """The properties of a picture file.

    format: Pillow's name of the format.
    kilobytes: its size in units of 1000 bytes.
    srgb: whether its color space is sRGB.
    full_chroma: whether colors have the full resolution.
    still: whether it is no animation.
    source: its IPTC digital source type; empty if missing.
    suffix_fits: whether the name's suffix fits the format; None without a name.
    """

    format: str
    width: int
    height: int
    kilobytes: float
    srgb: bool
    full_chroma: bool
    still: bool
    source: str
    suffix_fits: bool | None


@dataclass(frozen=True)
class ImageStatistics:
    """The measurements of a picture's pixels.

    box: x, y, width, height of the product; None if it cannot be found.
    off_white: the share of the ground that is not pure white, 0 to 1.
    exact: whether the ground was judged up to the product itself, else from RINGING pixels on.
    """

    width: int
    height: int
    box: Box | None
    off_white: float
    exact: bool


def read_file_properties(data: bytes, name: str = "") -> FileProperties:
    """Reads format, size, color space and other properties that platform rules refer to.

    data: the bytes of a readable file.
    name: its file name, whose suffix is compared with the format; empty if unknown.
    """
    with open_image_file(data, "image") as picture:
        fmt = find_format_name(picture)
        # A corrupt profile is none of sRGB.
        profile = picture.info.get("icc_profile") or find_color_profile(picture, data)
        # Only JPEG files have it: the sampling factors across and down of each color channel.
        sampling = [layer[1:3] for layer in getattr(picture, "layer", [])]
        return FileProperties(
            format=fmt,
            width=picture.width,
            height=picture.height,
            kilobytes=len(data) / KILOBYTE,
            srgb=picture.mode in RGB_MODES and (not profile or is_srgb_profile(profile)),
            full_chroma=all(factors == sampling[0] for factors in sampling),
            still=not is_animation(picture),
            source=read_embedded_metadata(data).source,
            suffix_fits=_suffix_fits(name, fmt),
        )


def measure_image_statistics(
    pixels: np.ndarray, master: np.ndarray | None = None, mask: np.ndarray | None = None
) -> ImageStatistics:
    """Measures the product's box and how white the ground is, which is all around the product.

    Without a mask the product is what is clearly not white, provided that the median of the
    picture's border is white.

    pixels: uint8 RGB (H, W, 3), as decoded from the file.
    master: uint8 RGB (H, W, 3), the pixels before they were encoded, if known.
    mask: uint8 alpha (H, W) of the product, if known.
    """
    height, width = pixels.shape[:2]
    product: np.ndarray = mask > 0 if mask is not None else np.any(pixels < PRODUCT_BELOW, axis=2)
    kernel = np.ones((2 * RINGING + 1,) * 2, np.uint8)
    near_product = cv2.dilate(product.astype(np.uint8), kernel)
    ground = ~product if master is not None else near_product == 0
    judged = pixels if master is None else master
    is_off_white = (judged[ground] != WHITE).any(axis=1)
    # Faint pixels of the mask are no ground, but do not make the product larger either.
    box = find_bounding_box(product) if mask is None else find_product_box(mask)
    is_found = (mask is not None or _has_white_border(pixels)) and box[2] > 0
    return ImageStatistics(
        width,
        height,
        box=box if is_found else None,
        off_white=float(is_off_white.mean()) if is_off_white.size else 1.0,
        exact=master is not None,
    )


def _has_white_border(pixels: np.ndarray) -> bool:
    """Whether the outermost rows and columns of uint8 RGB (H, W, 3) are mostly about white."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(np.median(border) >= PRODUCT_BELOW)


def _suffix_fits(name: str, fmt: str) -> bool | None:
    """Whether a file name's suffix fits Pillow's name of a format; None for no suffix."""
    suffix = PurePath(name).suffix.lower()
    return suffix in SUFFIXES_BY_FORMAT.get(fmt, ()) if suffix else None
