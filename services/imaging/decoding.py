"""Decodes image files to upright 8-bit sRGB pixels, within limits checked before decoding."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from services.runtime.errors import InvalidImage
from services.runtime.formats import FILE_SUFFIXES, join_names

# Suffixes of the readable formats by Pillow's name: those of the contract, and two that are never
# written. Pillow would also open formats that run programs or read other files.
READABLE_FORMATS = FILE_SUFFIXES | {"BMP": (".bmp",), "GIF": (".gif",)}
# TIFF tags DNGVersion (DNG specification) and NewSubfileType, and the latter's value for a preview
# of reduced resolution (TIFF 6.0).
DNG_VERSION, SUBFILE_TYPE, REDUCED_SIZE = 50706, 254, 1
# The factor from 8 to 16 bits, which maps 255 to 65535.
LEVELS_16_BIT = 257

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

# Off, as check_image_size applies our own limit to the header.
Image.MAX_IMAGE_PIXELS = None


class ImageLimits(Protocol):
    """Limits on an image: MiB of the encoded file, megapixels, and pixels of the longer side."""

    max_image_mib: int
    max_megapixels: float
    max_image_side: int


def decode_image_file(data: bytes, limits: ImageLimits, field: str) -> np.ndarray:
    """Decodes an image file to uint8 (H, W, 3) RGB, or (H, W, 4) RGBA if it has alpha.

    Takes the first frame, applies orientation tags, converts embedded ICC profiles to sRGB and
    scales 16-bit samples. Raises InvalidImage, naming `field`, if the file is corrupt, truncated,
    too large or of an unsupported kind.
    """
    with _translate_errors(field):
        picture = Image.open(io.BytesIO(data), formats=tuple(READABLE_FORMATS))
    with picture:
        check_image_size(picture.width, picture.height, limits, field)
        if _is_camera_raw(picture, data):
            raise InvalidImage(field, "is a camera RAW file; develop it to TIFF or JPEG first")
        with _translate_errors(field):
            picture.load()
        return np.asarray(_convert_to_srgb(_turn_upright(picture), field))


def check_image_size(width: int, height: int, limits: ImageLimits, field: str) -> None:
    """Raises InvalidImage, naming `field`, if an image of this size exceeds the limits."""
    if max(width, height) > limits.max_image_side:
        text = f"is {width} x {height}; send sides of at most {limits.max_image_side} pixels"
        raise InvalidImage(field, text)
    if width * height > limits.max_megapixels * 1e6:
        text = f"is {width} x {height}; send at most {limits.max_megapixels:g} megapixels"
        raise InvalidImage(field, text)


@contextmanager
def _translate_errors(field: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except UnidentifiedImageError:
        text = f"is no picture that can be read; send {join_names(READABLE_FORMATS)}"
        raise InvalidImage(field, text) from None
    # Corrupt files make the decoders raise almost anything, down to struct.error and SyntaxError.
    except Exception as error:
        raise InvalidImage(field, "is damaged or cut short; export or send it again") from error


def _is_camera_raw(picture: Image.Image, data: bytes) -> bool:
    """Whether a file is camera RAW: a TIFF whose first image is only a preview."""
    tags = getattr(picture, "tag_v2", {})
    reduced = tags.get(SUBFILE_TYPE) == REDUCED_SIZE
    return picture.format == "TIFF" and (reduced or DNG_VERSION in tags or data[8:10] == b"CR")


def _turn_upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture) or picture
    # Valid pixels are worth more than a corrupt EXIF block.
    except Exception:
        return picture


def _convert_to_srgb(picture: Image.Image, field: str) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = _convert_16_bit(picture)
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


def _convert_16_bit(picture: Image.Image) -> Image.Image:
    samples = np.asarray(picture).astype(np.float64)
    return Image.fromarray(np.clip(np.rint(samples / LEVELS_16_BIT), 0, 255).astype(np.uint8))


def _convert_profile(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                converted = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
                return converted or picture.convert("RGB")
        # Ignore a corrupt profile or one of another color space, as browsers do.
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB")
