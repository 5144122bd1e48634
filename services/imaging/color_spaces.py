"""Finds the color space of an image file: its ICC profile, or what codes, tags and chunks name."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from services.imaging.color import linear_light_from_srgb
from services.imaging.color_profiles import (
    CURVE_SIZE,
    D65,
    Chromaticities,
    build_rgb_profile,
    is_valid_profile,
)

# The primaries of sRGB (IEC 61966-2-1), Adobe RGB (1998), ITU-R BT.2020 and SMPTE RP 431-2.
_BT_709: Chromaticities = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_ADOBE_RGB: Chromaticities = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_BT_2020: Chromaticities = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_P3: Chromaticities = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
# The white of DCI-P3, which is that of cinemas (SMPTE RP 431-2).
_DCI_WHITE = (0.314, 0.351)
# Wide gamuts by their code for primaries (ITU-T H.273, table 2), each with its white. The others
# are sRGB, or those of standard television, which are about as wide.
_GAMUTS = {9: (_BT_2020, D65), 11: (_P3, _DCI_WHITE), 12: (_P3, D65)}
# The exponent of Adobe RGB (1998), annex A.
ADOBE_GAMMA = 563 / 256
# The exponent of files that say nothing, or only roughly what sRGB is. Any near it means sRGB.
USUAL_GAMMA, GAMMA_TOLERANCE = 2.2, 0.05
# How far chromaticities may differ from those of sRGB. Larger: similar spaces count as sRGB.
XY_TOLERANCE = 0.005
# Luminance of white in cd/m² in pictures of high dynamic range, the brightest level of which has
# 10,000 (ITU-R BT.2408). Larger: darker pictures with more detail in highlights.
HDR_WHITE = 203
# Values of the EXIF tag ColorSpace: sRGB, and Adobe RGB as some cameras write it; the index of
# interoperability that stands for Adobe RGB where the tag says "uncalibrated" (DCF 2.0).
EXIF_SRGB, EXIF_ADOBE_RGB, ADOBE_RGB_INDEX = 1, 2, "R03"
# The offset that ends a directory of tags. Some cameras leave it out at the end of the EXIF block,
# of which Pillow would warn.
NO_NEXT_DIRECTORY = bytes(4)
# Bytes at the start of an AVIF file in which its color codes are sought. Larger: files with many
# pictures are understood too.
AVIF_HEADER_BYTES = 65536
# The length and name of a PNG chunk with color codes, and of such a box in an AVIF file.
CICP_CHUNK, NCLX_BOX = b"\0\0\0\4cICP", b"\0\0\0\x13colrnclx"


def find_color_profile(picture: Image.Image, data: bytes) -> bytes | None:
    """Returns the ICC profile of a picture's color space; None for sRGB or what counts as it.

    It is the embedded one, or one that is built from codes, chunks or EXIF tags, in this order.

    picture: an opened file that has not been decoded, as decoding closes some.
    data: the bytes of the file.
    """
    embedded = picture.info.get("icc_profile")
    if embedded and is_valid_profile(embedded):
        return embedded
    return next(filter(None, _build_profiles(picture, data)), None)


def _build_profiles(picture: Image.Image, data: bytes) -> Iterator[bytes | None]:
    """Yields the profile that each part of a file asks for besides an embedded one."""
    codes = _find_color_codes(picture, data)
    if codes:
        yield _build_coded_profile(*codes)
    # PNG files with either state their color space (PNG, third edition, 4.3). The codes in others
    # say sRGB wherever a program does not know better.
    if picture.format == "PNG" and (codes or "srgb" in picture.info):
        return
    yield _build_png_profile(picture)
    # Valid pixels are worth more than a corrupt EXIF block.
    try:
        yield _build_exif_profile(_read_exif(picture))
    except Exception:
        return


def _find_color_codes(picture: Image.Image, data: bytes) -> tuple[int, int] | None:
    """Returns the codes for primaries and transfer (ITU-T H.273) in a file; None without them.

    picture: the opened file. data: its bytes.
    """
    if "color_codes" in picture.info:
        primaries, transfer = picture.info["color_codes"]
        return None if primaries is None else (primaries, transfer)
    if picture.format == "PNG":
        at = data.find(CICP_CHUNK, 0, data.find(b"IDAT"))
        return (data[at + len(CICP_CHUNK)], data[at + len(CICP_CHUNK) + 1]) if at >= 0 else None
    if picture.format == "AVIF":
        _, _, box = data[:AVIF_HEADER_BYTES].partition(NCLX_BOX)
        return (int.from_bytes(box[:2]), int.from_bytes(box[2:4])) if box else None
    return None


def _build_coded_profile(primaries: int, transfer: int) -> bytes | None:
    """Returns the profile of the codes of ITU-T H.273; None for sRGB or unspecified ones."""
    curves: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        4: lambda levels: levels**2.2,
        5: lambda levels: levels**2.8,
        8: lambda levels: levels,
        16: _light_from_pq,
        18: _light_from_hlg,
    }
    if primaries not in _GAMUTS and transfer not in curves:
        return None
    gamut, white = _GAMUTS.get(primaries, (_BT_709, D65))
    return build_rgb_profile(
        gamut, white, curves.get(transfer, linear_light_from_srgb)(_list_levels())
    )


def _build_png_profile(picture: Image.Image) -> bytes | None:
    """Returns the profile of the PNG chunks gAMA and cHRM; None without them, or if they say sRGB.

    The first has the exponent from light to levels; the second white, red, green and blue.
    """
    gamma = 1 / (picture.info.get("gamma") or 1 / USUAL_GAMMA)
    numbers = picture.info.get("chromaticity") or ()
    return _build_gamma_profile(gamma, numbers[:2], numbers[2:])


def _read_exif(picture: Image.Image) -> Image.Exif:
    """Reads the EXIF tags of an opened file; a corrupt block raises almost anything."""
    block = picture.info.get("exif")
    # TIFF files have them among their own tags.
    if not block:
        return picture.getexif()
    exif = Image.Exif()
    exif.load(block + NO_NEXT_DIRECTORY)
    return exif


def _build_exif_profile(exif: Image.Exif) -> bytes | None:
    """Returns the profile of the color space in EXIF tags; None for sRGB or an unknown one."""
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    space = tags.get(ExifTags.Base.ColorSpace)
    index: Any = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex, "")
    name = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    if space == EXIF_SRGB:
        return None
    if space == EXIF_ADOBE_RGB or name.rstrip("\0 ") == ADOBE_RGB_INDEX:
        return build_rgb_profile(_ADOBE_RGB, D65, _list_levels() ** ADOBE_GAMMA)
    gamma = float(tags.get(ExifTags.Base.Gamma) or USUAL_GAMMA)
    white, primaries = (
        tuple(map(float, exif.get(tag) or ()))
        for tag in (ExifTags.Base.WhitePoint, ExifTags.Base.PrimaryChromaticities)
    )
    return _build_gamma_profile(gamma, white, primaries)


def _build_gamma_profile(
    gamma: float, white: tuple[float, ...], numbers: tuple[float, ...]
) -> bytes | None:
    """Returns the profile of an exponent and chromaticities; None if they are about sRGB's.

    gamma: the exponent from levels to light.
    white: x and y, or nothing for D65.
    numbers: x and y of red, green and blue, or nothing for those of sRGB.
    """
    is_usual_gamma = abs(gamma / USUAL_GAMMA - 1) <= GAMMA_TOLERANCE
    x, y = white or D65
    given = np.reshape(numbers or _BT_709, (3, 2))
    is_usual_gamut = np.abs(given - _BT_709).max() <= XY_TOLERANCE
    if is_usual_gamma and is_usual_gamut:
        return None
    red, green, blue = map(tuple, given.tolist())
    return build_rgb_profile((red, green, blue), (x, y), _list_levels() ** gamma)


def _list_levels() -> np.ndarray:
    """Returns the levels at which curves are computed: float64 (CURVE_SIZE,), 0 to 1."""
    return np.linspace(0, 1, CURVE_SIZE)


def _light_from_pq(levels: np.ndarray) -> np.ndarray:
    """Returns the light of PQ levels relative to HDR_WHITE, clipped (SMPTE ST 2084).

    levels: float (n,), 0 to 1. Returns its shape.
    """
    root = levels ** (32 / 2523)
    light = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    return np.minimum(light ** (8192 / 1305) * 10_000 / HDR_WHITE, 1)


def _light_from_hlg(levels: np.ndarray) -> np.ndarray:
    """Returns the light of HLG levels relative to white, which is at level 0.75, clipped.

    By ITU-R BT.2100, table 5, and BT.2408.

    levels: float (n,), 0 to 1. Returns its shape.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - c) / a) + b) / 12)
    white = (np.exp((0.75 - c) / a) + b) / 12
    return np.minimum(light / white, 1)
