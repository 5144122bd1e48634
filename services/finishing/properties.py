"""Reads the properties of finished files that platform rules refer to."""

from dataclasses import dataclass
from pathlib import PurePath

from services.finishing.metadata import read_embedded_metadata
from services.finishing.product_record import ProductRecord
from services.imaging.animation import is_animation
from services.imaging.color_profiles import is_srgb_profile
from services.imaging.color_spaces import find_color_profile
from services.imaging.opening import READABLE_FORMATS as SUFFIXES_BY_FORMAT
from services.imaging.opening import find_format_name, open_image_file
from services.runtime.limits import KILOBYTE

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
    suffix_fits: whether the name's suffix fits the format; None for a name without one. A file
        without a name fits, as it can still be named after its format.
    product: what the file records about its product; None if nothing, or of a picture of another
        size, as it has been cropped or scaled since.
    draft: whether the file says that it is a draft of an ad.
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
    product: ProductRecord | None
    draft: bool


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
        metadata = read_embedded_metadata(data)
        product = metadata.product
        is_current = product is not None and product.size == picture.size
        return FileProperties(
            format=fmt,
            width=picture.width,
            height=picture.height,
            kilobytes=len(data) / KILOBYTE,
            srgb=picture.mode in RGB_MODES and (not profile or is_srgb_profile(profile)),
            full_chroma=all(factors == sampling[0] for factors in sampling),
            still=not is_animation(picture),
            source=metadata.source,
            suffix_fits=_suffix_fits(name, fmt),
            product=product if is_current else None,
            draft=metadata.draft,
        )


def _suffix_fits(name: str, fmt: str) -> bool | None:
    """Whether a file name's suffix fits Pillow's name of a format; None for no suffix."""
    if not name:
        return True
    suffix = PurePath(name).suffix.lower()
    return suffix in SUFFIXES_BY_FORMAT.get(fmt, ()) if suffix else None
