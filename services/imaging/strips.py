"""Converts decoded pictures to uint8 sRGB in strips of rows, so that no step copies all of it."""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from services.imaging.color_profiles import build_srgb_conversion

# Pixels of a strip. Larger: more memory while converting; smaller: more calls per picture.
STRIP_PIXELS = 1 << 20
# The factor from 8 to 16 bits, which maps 255 to 65535.
LEVELS_16_BIT_PER_8_BIT = 257
# How arrays are turned upright, by the orientation that EXIF states (CIPA DC-008, 4.6.5).
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.flip(pixels, -1),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: _flip_in_place(cv2.transpose(pixels)),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
# The first orientation of those that swap width and height.
SWAPPED_SIDES = 5


def convert_picture_to_srgb(
    picture: Image.Image, profile: bytes | None, check_active: Callable[[], None]
) -> np.ndarray:
    """Converts a decoded picture of any mode but F to uint8 sRGB (H, W, 3), or RGBA (H, W, 4).

    RGBA if it has alpha, whose colors become straight. 16 bits are scaled to 8.

    profile: the ICC profile of its colors; None for the usual color space of its mode.
    check_active: called after each strip; may raise.
    """
    width, height = picture.size
    channels = 4 if has_alpha(picture) else 3
    pixels = np.empty((height, width, channels), np.uint8)
    rows = max(1, STRIP_PIXELS // width)
    convert = _build_conversion(picture, profile)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        pixels[top : top + rows] = np.asarray(convert(strip))
        check_active()
    return pixels


def convert_pixels_to_srgb(
    pixels: np.ndarray, profile: bytes | None, check_active: Callable[[], None]
) -> np.ndarray:
    """Converts colors from an ICC profile to sRGB within their array, and returns it.

    pixels: uint8 RGB (H, W, 3) or RGBA (H, W, 4).
    profile: the profile; None leaves the colors as they are.
    check_active: called after each strip; may raise.
    """
    if profile is None:
        return pixels
    rows, convert = max(1, STRIP_PIXELS // pixels.shape[1]), build_srgb_conversion("RGB", profile)
    for top in range(0, len(pixels), rows):
        colors = pixels[top : top + rows, :, :3]
        colors[:] = np.asarray(convert(Image.fromarray(np.ascontiguousarray(colors))))
        check_active()
    return pixels


def has_alpha(picture: Image.Image) -> bool:
    """Whether a picture has alpha that is kept; that of gray ones with 16 bits is a single level.

    picture: opened; what stands behind the pixels of its file counts once it is decoded.
    """
    return picture.has_transparency_data and not picture.mode.startswith("I")


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Rotates or mirrors uint8 (H, W, C) as the EXIF tag of this value says; others change nothing.

    Returns uint8 of the same shape, or (W, H, C) from SWAPPED_SIDES on.
    """
    return _TURNS[orientation](pixels) if orientation in _TURNS else pixels


def _flip_in_place(pixels: np.ndarray) -> np.ndarray:
    """Turns uint8 (H, W, C) by half within its array, and returns it."""
    return cv2.flip(pixels, -1, dst=pixels)


def _build_conversion(
    picture: Image.Image, profile: bytes | None
) -> Callable[[Image.Image], Image.Image]:
    """Returns a function that converts strips of a picture to mode RGBA if it has alpha, else RGB.

    profile: the ICC profile of its colors; None for the usual color space of its mode.
    """
    mode = picture.mode
    # Pillow's modes I and I;16: one channel of integers of more than 8 bits.
    if mode.startswith("I"):
        convert_gray = build_srgb_conversion("L", profile)
        return lambda strip: convert_gray(_convert_16_bit(strip))
    if not has_alpha(picture):
        return build_srgb_conversion(mode, profile)
    opaque_mode = "L" if Image.getmodebase(mode) == "L" else "RGB"
    convert = build_srgb_conversion(opaque_mode, profile)

    def convert_transparent(strip: Image.Image) -> Image.Image:
        # A profile describes the colors without alpha, which is put back unchanged.
        rgba = _divide_by_alpha(strip).convert("RGBA")
        opaque = convert(rgba.convert(opaque_mode))
        opaque.putalpha(rgba.getchannel("A"))
        return opaque

    return convert_transparent


def _divide_by_alpha(picture: Image.Image) -> Image.Image:
    """Converts colors that are premultiplied by alpha to straight ones; returns others as is."""
    # Pillow's modes La and RGBa.
    return picture.convert(f"{picture.mode[:-1]}A") if picture.mode.endswith("a") else picture


def _convert_16_bit(picture: Image.Image) -> Image.Image:
    """Converts a gray picture of 16 bits (0 to 65535) to one of 8 bits (0 to 255), rounded."""
    samples = np.clip(np.asarray(picture), 0, 0xFFFF).astype(np.uint32)
    half = LEVELS_16_BIT_PER_8_BIT // 2
    return Image.fromarray(((samples + half) // LEVELS_16_BIT_PER_8_BIT).astype(np.uint8))
