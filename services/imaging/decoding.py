"""Reads a picture file into upright 8-bit sRGB pixels, within bounds checked before decoding."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from PIL import Image, ImageCms, ImageOps

from services.runtime.errors import InvalidImage
from services.runtime.formats import FILE_SUFFIXES, join_names

# Suffixes by Pillow's names of the formats that are read: those of the contract and two that are
# never written. Pillow would also open formats that run programs or read other files.
READABLE = FILE_SUFFIXES | {"BMP": (".bmp",), "GIF": (".gif",)}
DNG_VERSION, SUBFILE_TYPE, REDUCED_SIZE = 50706, 254, 1

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

# Our own bound, checked on the header, replaces Pillow's.
Image.MAX_IMAGE_PIXELS = None


class Limits(Protocol):
    """Bounds on a picture: MiB of an encoded one, megapixels, and pixels of its longer side."""

    max_image_mib: int
    max_megapixels: float
    max_image_side: int


def read_file(data: bytes, limits: Limits, field: str) -> np.ndarray:
    """Decodes an encoded picture to uint8 (H, W, 3) RGB, or (H, W, 4) RGBA where it has alpha.

    The first frame counts; orientation tags are applied; embedded ICC profiles are converted to
    sRGB; 16-bit samples are scaled. Raises InvalidImage, naming `field`, for anything unreadable.
    """
    with _readable(field):
        picture = Image.open(io.BytesIO(data), formats=tuple(READABLE))
    with picture:
        check_size(picture.width, picture.height, limits, field)
        if _is_camera_raw(picture, data):
            raise InvalidImage(field, "is a camera RAW file; develop it to TIFF or JPEG first")
        with _readable(field):
            picture.load()
        return np.asarray(_to_srgb(_upright(picture), field))


def check_size(width: int, height: int, limits: Limits, field: str) -> None:
    """Raises InvalidImage when a picture of this size must not be decoded."""
    if max(width, height) > limits.max_image_side:
        text = f"is {width} x {height}; send sides of at most {limits.max_image_side} pixels"
        raise InvalidImage(field, text)
    if width * height > limits.max_megapixels * 1e6:
        text = f"is {width} x {height}; send at most {limits.max_megapixels:g} megapixels"
        raise InvalidImage(field, text)


@contextmanager
def _readable(field: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Image.UnidentifiedImageError:
        text = f"is no picture that can be read; send {join_names(READABLE)}"
        raise InvalidImage(field, text) from None
    # Broken files make the decoders raise almost anything, down to struct.error and SyntaxError.
    except Exception as error:
        raise InvalidImage(field, "is damaged or cut short; export or send it again") from error


def _is_camera_raw(picture: Image.Image, data: bytes) -> bool:
    """RAW files are TIFFs whose first picture is a mere preview."""
    tags = getattr(picture, "tag_v2", {})
    reduced = tags.get(SUBFILE_TYPE) == REDUCED_SIZE
    return picture.format == "TIFF" and (reduced or DNG_VERSION in tags or data[8:10] == b"CR")


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    # A damaged EXIF block is no reason to refuse sound pixels.
    except Exception:
        return picture


def _to_srgb(picture: Image.Image, field: str) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = _from_16_bit(picture)
    if picture.mode == "F":
        raise InvalidImage(
            field, "has floating-point pixels; save it with 8 or 16 bits per channel"
        )
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        opaque = _convert_profile(rgba.convert("RGB"), picture.info.get("icc_profile"))
        opaque.putalpha(rgba.getchannel("A"))
        return opaque
    if picture.mode in ("P", "1", "YCbCr", "HSV"):
        picture, profile = picture.convert("RGB"), picture.info.get("icc_profile")
        return _convert_profile(picture, profile)
    return _convert_profile(picture, picture.info.get("icc_profile"))


def _from_16_bit(picture: Image.Image) -> Image.Image:
    samples = np.asarray(picture).astype(np.float64)
    return Image.fromarray(np.clip(np.rint(samples / 257), 0, 255).astype(np.uint8))


def _convert_profile(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                return ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
        # A profile that is damaged or of another color space is ignored, as browsers do.
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB")
