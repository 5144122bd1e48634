"""Reads panoramas from files of high dynamic range: .exr and .hdr, once around and up to down."""

import re
import struct
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from services.imaging.color import LUMINANCE

SUFFIXES = (".exr", ".hdr")
# Largest file and pixels per side. Larger: memory beyond what a studio set may take; a quarter of
# that is enough, as backgrounds are out of focus.
MAX_FILE_MIB, MAX_WIDTH = 96, 4096
# Least pixels. Smaller: blots even out of focus.
MIN_WIDTH = 128
# Pixels to which panoramas are reduced, and how many of them (6 MiB each) are kept.
KEPT_WIDTH, MAX_CACHED = 1024, 4
# Brightest light as a multiple of the median below which a picture has no light of its own: a
# photo whose highlights are white and no more.
MIN_RANGE = 12.0
# The same where more than this share of the pixels is as bright as the brightest: where highlights
# were cut off. Larger range: dark photos pass no more, hazy panoramas neither.
MIN_CLIPPED_RANGE, MAX_CLIPPED_SHARE = 60.0, 0.003
# Bytes in which both formats name their size.
HEADER_BYTES = 65536
MIB = 2**20


class UnusablePanorama(Exception):
    """A file is no panorama that can light a set; the text names the file and says why."""


@lru_cache(maxsize=MAX_CACHED)
def read_panorama(path: Path) -> np.ndarray:
    """Reads a panorama: linear RGB, float32 (h, w, 3), w = 2 h, 0 and up, read-only.

    path: of an equirectangular .exr or .hdr file.

    Raises UnusablePanorama for a file that is broken, too large or too small, of another shape, or
    of low range.
    """
    _check_size(path)
    light = _decode(path)
    if not np.isfinite(light).all():
        raise UnusablePanorama(f"{path.name} has values that are no numbers; export it again")
    light = _reduce(np.maximum(light, 0))
    _check_range(path, light)
    light.setflags(write=False)
    return light


def _decode(path: Path) -> np.ndarray:
    """Decodes a file to linear RGB, float32 (h, w, 3); raises UnusablePanorama when it is corrupt.

    Mitsuba's reader of .exr is not used: where a process may use one core only, it never returns.
    """
    try:
        light = _decode_exr(path) if path.suffix.lower() == ".exr" else _decode_hdr(path)
    # OpenEXR raises RuntimeError for bytes that it cannot decode, ValueError for their values.
    except (RuntimeError, ValueError) as error:
        raise UnusablePanorama(f"{path.name} is corrupt or incomplete; export it again") from error
    if light.ndim == 2:
        light = np.stack([light] * 3, axis=-1)
    return light[..., :3].astype(np.float32)


def _decode_exr(path: Path) -> np.ndarray:
    """Decodes the colors, or else the gray, of an .exr file: float16 or float32 (h, w[, 3 or 4]).

    Raises RuntimeError or ValueError when it is corrupt.
    """
    # Imported here, so that checks of a folder's names work without it.
    import OpenEXR

    with OpenEXR.File(str(path)) as file:
        layers = [channel.pixels for channel in file.channels().values()]
    return max(layers, key=lambda pixels: pixels.ndim)


def _decode_hdr(path: Path) -> np.ndarray:
    """Decodes an .hdr file; raises ValueError for a corrupt one."""
    colors = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if colors is None:
        raise ValueError(f"{path.name} is no .hdr picture")
    return colors[..., ::-1]


def _check_size(path: Path) -> None:
    """Raises UnusablePanorama unless the file's size and shape, by its header, are those allowed.

    So huge pictures are refused before they are decoded.
    """
    try:
        mib = path.stat().st_size / MIB
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        raise UnusablePanorama(f"{path.name} cannot be read; check its permissions") from error
    if mib > MAX_FILE_MIB:
        raise UnusablePanorama(f"{path.name} has {mib:.0f} MiB; at most {MAX_FILE_MIB} are read")
    size = _find_size(header)
    if size is None:
        raise UnusablePanorama(f"{path.name} is no .exr or .hdr picture")
    height, width = size
    if width != 2 * height:
        raise UnusablePanorama(
            f"{path.name} is {width} x {height}; a panorama is twice as wide as it is high"
        )
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise UnusablePanorama(
            f"{path.name} is {width} pixels wide; save it with {MIN_WIDTH} to {MAX_WIDTH}"
        )


def _find_size(header: bytes) -> tuple[int, int] | None:
    """Returns (height, width) as the start of a file names it; None for other formats."""
    window = re.search(rb"dataWindow\0box2i\0\x10\0\0\0(.{16})", header, re.DOTALL)
    if header.startswith(b"\x76\x2f\x31\x01") and window:
        left, top, right, bottom = struct.unpack("<4i", window[1])
        return bottom - top + 1, right - left + 1
    resolution = re.search(rb"\n-Y (\d{1,6}) \+X (\d{1,6})\n", header)
    if header.startswith(b"#?") and resolution:
        return int(resolution[1]), int(resolution[2])
    return None


def _reduce(light: np.ndarray) -> np.ndarray:
    """Reduces linear RGB, float32 (h, w, 3), to KEPT_WIDTH pixels of width at most."""
    if light.shape[1] <= KEPT_WIDTH:
        return light
    return cv2.resize(light, (KEPT_WIDTH, KEPT_WIDTH // 2), interpolation=cv2.INTER_AREA)


def _check_range(path: Path, light: np.ndarray) -> None:
    """Raises UnusablePanorama for the range of an ordinary photo.

    light: linear RGB, float32 (h, w, 3).
    """
    luminance = light @ LUMINANCE
    brightest = float(luminance.max())
    reached = brightest / max(float(np.median(luminance)), 1e-6)
    # Reduced pictures have averages at the edges of what was cut off.
    is_clipped = (luminance > 0.98 * brightest).mean() > MAX_CLIPPED_SHARE
    if reached < (MIN_CLIPPED_RANGE if is_clipped else MIN_RANGE):
        raise UnusablePanorama(
            f"{path.name} has the range of an ordinary photo: its brightest light is "
            f"{reached:.0f} times its median; merge a series of exposures into a panorama"
        )
