"""ICC profiles: builds them, judges them by their content, and converts pictures to sRGB."""

import io
import struct
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageCms

Chromaticities = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""CIE 1931 x and y of red, green and blue."""

SrgbConversion = Callable[[Image.Image], Image.Image]
"""Converts a picture without alpha, of a mode that is fixed, to 8-bit sRGB, mode RGB."""

# CIE 1931 x and y of the illuminant D65, the white of sRGB and most other color spaces.
D65 = (0.3127, 0.3290)
# X, Y and Z of the illuminant D50, to which profiles refer (ICC.1, 7.2.16).
D50 = np.array([0.9642, 1.0, 0.8249])
# To the responses of the eye's cones, in which Bradford's method scales whites (ICC.1, annex E).
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
# Entries of a curve in a profile that is built. Larger: dark levels are more exact.
CURVE_SIZE = 4096
# Levels by which colors may change in the conversion from a profile that counts as sRGB. The
# profiles in use round the curve and the primaries of sRGB in several ways, within one level.
# Larger: files with such profiles keep their pixels, but so do some of similar color spaces.
SRGB_TOLERANCE = 2
# Levels of each channel at which a profile is compared with sRGB. Larger: a slower comparison.
PROBE_LEVELS = np.linspace(0, 255, 6).astype(np.uint8)
# Bytes of a profile's header, and the version in it: 2.4.0.
HEADER_SIZE, PROFILE_VERSION = 128, 0x02400000

# Pillow's mode of the pixels that a profile describes, by its color space (ICC.1, table 19).
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def build_rgb_profile(
    primaries: Chromaticities, white: tuple[float, float], curve: np.ndarray
) -> bytes:
    """Builds an ICC profile of an RGB color space.

    primaries, white: CIE 1931 chromaticities of full red, green, blue and white.
    curve: float (CURVE_SIZE,), the linear light of equally spaced levels, 0 to 1.
    """
    columns = _adapt_to_d50(primaries, white).T
    levels = np.rint(np.clip(curve, 0, 1) * 0xFFFF).astype(">u2").tobytes()
    table = struct.pack(">4s4xI", b"curv", len(curve)) + levels
    tags = {
        **{
            name: _encode_xyz(xyz)
            for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
        },
        b"wtpt": _encode_xyz(D50),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), table),
    }
    return _join_profile(tags)


def is_srgb_profile(profile: bytes) -> bool:
    """Whether an ICC profile describes sRGB, or gray with the curve of sRGB, whatever its name."""
    source = _read_profile(profile)
    return source is not None and _counts_as_srgb(source)


def is_valid_profile(profile: bytes) -> bool:
    """Whether bytes are an ICC profile of a kind of pixels that pictures have."""
    return _read_profile(profile) is not None


def build_srgb_conversion(mode: str, profile: bytes | None) -> SrgbConversion:
    """Returns a function that converts pictures from an ICC profile to 8-bit sRGB, mode RGB.

    Ignores a corrupt profile, and one of another kind of pixels, as browsers do.

    mode: Pillow's mode of the pictures, without alpha and with 8 bits per channel.
    profile: the bytes of the profile; None for the usual color space of the mode.
    """
    source = _read_profile(profile) if profile else None
    profile_mode = _match_mode(mode, source) if source else None
    # Pillow itself does not convert from Lab.
    if profile_mode is None and mode == "LAB":
        profile_mode, source = "LAB", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if profile_mode is None or source is None or _counts_as_srgb(source):
        return lambda picture: _convert_mode(picture, "RGB")
    if profile_mode == "L":
        levels = _convert_gray_levels(source)
        return lambda picture: Image.fromarray(levels[np.asarray(_convert_mode(picture, "L"))])
    transform, needed_mode = _build_transform(source, profile_mode), profile_mode
    return lambda picture: transform.apply(_convert_mode(picture, needed_mode))


def _read_profile(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    """Reads an ICC profile; None if it is corrupt or describes pixels that pictures never have."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        # Some profiles can be read, but lack what a conversion needs.
        _convert(Image.new(_find_mode(source), (1, 1)), source)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return None
    return source


def _find_mode(source: ImageCms.ImageCmsProfile) -> str:
    """Returns Pillow's mode of the pixels that a profile describes; KeyError if it has none."""
    return _MODES[source.profile.xcolor_space.strip()]


def _match_mode(mode: str, source: ImageCms.ImageCmsProfile) -> str | None:
    """Returns the mode that a profile describes, if pictures of a mode can be converted to it.

    Returns None if they have other channels.
    """
    profile_mode = _find_mode(source)
    if mode == profile_mode:
        return mode
    # Palettes and other spaces of three channels are relative to those of the profile.
    if profile_mode == "RGB" and mode not in ("CMYK", "LAB"):
        return "RGB"
    return "L" if profile_mode == "L" and mode == "1" else None


def _convert_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Converts a picture to a mode; returns one of that mode as is, which would be copied."""
    return picture if picture.mode == mode else picture.convert(mode)


def _counts_as_srgb(source: ImageCms.ImageCmsProfile) -> bool:
    """Whether the conversion from a profile leaves the levels of all channels about as they are."""
    mode = _find_mode(source)
    if mode not in ("RGB", "L"):
        return False
    probes = [_draw_grays()]
    if mode == "RGB":
        colors = np.stack(np.meshgrid(PROBE_LEVELS, PROBE_LEVELS, PROBE_LEVELS), axis=-1)
        probes = [probes[0].convert("RGB"), Image.fromarray(colors.reshape(1, -1, 3))]
    shifts = (
        np.asarray(_convert(probe, source)).astype(int) - np.asarray(probe.convert("RGB"))
        for probe in probes
    )
    return all(np.abs(shift).max() <= SRGB_TOLERANCE for shift in shifts)


def _convert(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Converts a picture of a profile's mode to sRGB, mode RGB."""
    return _build_transform(source, picture.mode).apply(picture)


def _build_transform(
    source: ImageCms.ImageCmsProfile, mode: str, flags: ImageCms.Flags = ImageCms.Flags.NONE
) -> ImageCms.ImageCmsTransform:
    """Returns the conversion from a profile's mode to sRGB, mode RGB, as photo editors do it.

    White stays white and black becomes black; colors beyond sRGB are clipped.
    """
    return ImageCms.buildTransform(
        source,
        _SRGB,
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION | flags,
    )


def _convert_gray_levels(source: ImageCms.ImageCmsProfile) -> np.ndarray:
    """Returns sRGB of each gray level of a profile, uint8 (256, 3).

    Looking levels up is faster than the conversion, and more exact in dark levels.
    """
    grays = _build_transform(source, "L", ImageCms.Flags.NOOPTIMIZE).apply(_draw_grays())
    return np.asarray(grays)[0]


def _draw_grays() -> Image.Image:
    """Returns all gray levels as a picture of mode L, 256 pixels wide and 1 high."""
    return Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])


def _adapt_to_d50(primaries: Chromaticities, white: tuple[float, float]) -> np.ndarray:
    """Returns the matrix from linear RGB to XYZ relative to D50: float (3, 3).

    primaries, white: CIE 1931 chromaticities of full red, green, blue and white.
    """
    columns = np.array([_xyz_from_xy(x, y) for x, y in primaries]).T
    white_xyz = _xyz_from_xy(*white)
    # The amounts of the primaries that add up to white.
    matrix = columns * np.linalg.solve(columns, white_xyz)
    ratio = (BRADFORD @ D50) / (BRADFORD @ white_xyz)
    return np.linalg.solve(BRADFORD, ratio[:, np.newaxis] * (BRADFORD @ matrix))


def _xyz_from_xy(x: float, y: float) -> np.ndarray:
    """Returns the color of a chromaticity with a luminance of 1 as XYZ: float (3,)."""
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _encode_xyz(xyz: np.ndarray) -> bytes:
    """Encodes float (3,) as a tag of type XYZ, whose numbers have 16 bits after the point."""
    return struct.pack(">4s4x3i", b"XYZ ", *np.rint(xyz * 0x10000).astype(int))


def _join_profile(tags: Mapping[bytes, bytes]) -> bytes:
    """Joins header, table and data of an ICC profile of version 2 (ICC.1:2001-04, section 6).

    tags: the data of each tag by its signature, in multiples of 4 bytes.
    """
    start, table, body = HEADER_SIZE + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    # Size, version, class, color spaces, the signature of ICC and the illuminant.
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x12s48x",
        start + len(body),
        PROFILE_VERSION,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        b"acsp",
        _encode_xyz(D50)[8:],
    )
    return header + struct.pack(">I", len(tags)) + table + body
