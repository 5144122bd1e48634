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
LEVELS_16_BIT_PER_8_BIT = 257

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
    scales 16-bit samples. Raises InvalidImage if the file is corrupt, truncated, too large or of an
    unsupported kind.

    data: the bytes of the file.
    limits: on the size of the image, checked before it is decoded.
    field: path of the image in the request, for the error, such as "photo".
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
    """Raises InvalidImage if an image has too many pixels, in all or along a side.

    width, height: of the image, in pixels.
    limits: the maximum side and the maximum number of megapixels.
    field: path of the image in the request, for the error.
    """
    if max(width, height) > limits.max_image_side:
        text = f"is {width} x {height}; send sides of at most {limits.max_image_side} pixels"
        raise InvalidImage(field, text)
    if width * height > limits.max_megapixels * 1e6:
        text = f"is {width} x {height}; send at most {limits.max_megapixels:g} megapixels"
        raise InvalidImage(field, text)


@contextmanager
def _translate_errors(field: str) -> Iterator[None]:
    """Turns the exceptions of image decoders within a `with` block into InvalidImage.

    MemoryError passes, as it says nothing about the image.

    field: path of the image in the request, for the error.
    """
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
    """Whether a file is a camera RAW file: a TIFF whose first image is only a small preview.

    picture: the opened file.
    data: its bytes.
    """
    # Pillow's TIFF tags by number; pictures of other formats have none.
    tags = getattr(picture, "tag_v2", {})
    is_preview = tags.get(SUBFILE_TYPE) == REDUCED_SIZE
    # Canon's CR2 files have "CR" after the 8 bytes of a TIFF header.
    is_canon_raw = data[8:10] == b"CR"
    return picture.format == "TIFF" and (is_preview or DNG_VERSION in tags or is_canon_raw)


def _turn_upright(picture: Image.Image) -> Image.Image:
    """Rotates or mirrors a picture as its EXIF orientation tag says; without one, returns it."""
    try:
        return ImageOps.exif_transpose(picture) or picture
    # Valid pixels are worth more than a corrupt EXIF block.
    except Exception:
        return picture


def _convert_to_srgb(picture: Image.Image, field: str) -> Image.Image:
    """Converts a decoded picture of any mode to 8-bit sRGB: mode RGBA if it has alpha, else RGB.

    field: path of the image in the request, for the InvalidImage that floating-point pixels raise.
    """
    # Pillow's modes I and I;16: one channel of integers of more than 8 bits.
    if picture.mode.startswith("I"):
        picture = _convert_16_bit(picture)
    # One channel of floats, whose range nothing defines.
    if picture.mode == "F":
        raise InvalidImage(
            field, "has floating-point pixels; save it with 8 or 16 bits per channel"
        )
    if picture.has_transparency_data:
        # A color profile applies to the colors only; alpha is put back unchanged.
        rgba = picture.convert("RGBA")
        opaque = _convert_profile(rgba.convert("RGB"), picture.info.get("icc_profile"))
        opaque.putalpha(rgba.getchannel("A"))
        return opaque
    # Palettes, black and white, and other color spaces: profiles describe their RGB values.
    if picture.mode in ("P", "1", "YCbCr", "HSV"):
        picture, profile = picture.convert("RGB"), picture.info.get("icc_profile")
        return _convert_profile(picture, profile)
    return _convert_profile(picture, picture.info.get("icc_profile"))


def _convert_16_bit(picture: Image.Image) -> Image.Image:
    """Converts a gray picture of 16 bits (0 to 65535) to one of 8 bits (0 to 255)."""
    samples = np.asarray(picture).astype(np.float64)
    return Image.fromarray(
        np.clip(np.rint(samples / LEVELS_16_BIT_PER_8_BIT), 0, 255).astype(np.uint8)
    )


def _convert_profile(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts a picture's colors from its embedded ICC profile to sRGB, mode RGB.

    profile: the bytes of the ICC profile; None if the picture has none and counts as sRGB.
    """
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
