"""What can be measured on a finished file that the rules of platforms ask about."""

import io
from dataclasses import dataclass
from pathlib import PurePath

import cv2
import numpy as np
from PIL import Image, ImageCms

from services.finishing.marks import read_marks
from services.imaging.box import Box, find_bounding_box
from services.imaging.decoding import READABLE_FORMATS
from services.runtime.limits import KILOBYTE

WHITE = 255
# Lossy files ring around a product: JPEG in full color up to 10 pixels far.
RINGING = 12
# Darker than this is product where nothing else tells what the product is: a soft shadow's outer
# half stays lighter, and so counts as ground that is not white.
PRODUCT_BELOW = 238
RGB_MODES = ("RGB", "RGBA", "P", "L")


@dataclass(frozen=True)
class FileFacts:
    """Of the file itself; suffix_fits is None without a name."""

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
class PictureFacts:
    """Of its pixels; box is x, y, width, height of the product, None where it cannot be told.

    off_white: share of the ground that is not pure white, up to the product itself when `exact`,
    else 12 pixels and more from it.
    """

    width: int
    height: int
    box: Box | None
    off_white: float
    exact: bool


def file_facts(data: bytes, name: str = "") -> FileFacts:
    """Reads a file's facts; the file can be decoded."""
    with Image.open(io.BytesIO(data)) as picture:
        sampling = [layer[1:3] for layer in getattr(picture, "layer", [])]
        return FileFacts(
            format=picture.format,
            width=picture.width,
            height=picture.height,
            kilobytes=len(data) / KILOBYTE,
            srgb=picture.mode in RGB_MODES and _is_srgb(picture.info.get("icc_profile")),
            full_chroma=all(each == sampling[0] for each in sampling),
            still=getattr(picture, "n_frames", 1) == 1,
            source=read_marks(data).source,
            suffix_fits=_suffix_fits(name, picture.format),
        )


def picture_facts(
    pixels: np.ndarray, master: np.ndarray | None = None, mask: np.ndarray | None = None
) -> PictureFacts:
    """Measures uint8 RGB (H, W, 3).

    master: the pixels before a lossy file was made of them; mask: uint8 alpha (H, W). Without a
    mask the product is what is clearly not white, provided that most of the picture's edges are.
    """
    height, width = pixels.shape[:2]
    product = mask > 0 if mask is not None else (pixels < PRODUCT_BELOW).any(axis=2)
    near = cv2.dilate(product.astype(np.uint8), np.ones((2 * RINGING + 1,) * 2, np.uint8))
    # On the lossless master the ground must be white up to the product itself.
    ground = ~product if master is not None else near == 0
    judged = pixels if master is None else master
    off_white = (judged[ground] != WHITE).any(axis=1)
    box = find_bounding_box(product)
    known = mask is not None or _on_white(pixels)
    share = float(off_white.mean()) if off_white.size else 1.0
    return PictureFacts(width, height, box if known and box[2] else None, share, master is not None)


def _on_white(pixels: np.ndarray) -> bool:
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(np.median(edges) >= PRODUCT_BELOW)


def _is_srgb(profile: bytes | None) -> bool:
    if not profile:
        return True
    try:
        return "srgb" in ImageCms.getProfileDescription(io.BytesIO(profile)).lower()
    except (ImageCms.PyCMSError, OSError):
        return False


def _suffix_fits(name: str, fmt: str) -> bool | None:
    suffix = PurePath(name).suffix.lower()
    return suffix in READABLE_FORMATS.get(fmt, ()) if suffix else None
