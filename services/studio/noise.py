"""Seamless random fields, the base of every drawn texture."""

import cv2
import numpy as np

# Cells of a lattice repeated beyond its edges, so that cubic interpolation wraps around.
LATTICE_MARGIN = 3
# Octaves whose cells span at least so many pixels are drawn this many times smaller, and enlarged.
# Smaller cells would lose height: at 24 pixels a cell still has 6 in the small field.
SMOOTH_CELL_PIXELS, SMOOTH_SHRINK = 24, 4
# Samples of a field repeated beyond its edges, for the same reason.
FIELD_MARGIN = 4


def generate_smooth_noise(size: int, across: int, down: int, seed: int) -> np.ndarray:
    """Generates float32 (size, size) noise, about 0 +- 1, by interpolating random lattice points.

    size: pixels per side.
    across, down: cells of the lattice. Opposite edges of the field meet without a seam.
    """
    lattice = np.random.default_rng(seed).standard_normal((down, across)).astype(np.float32)
    return _enlarge_seamless(lattice, size, margin=LATTICE_MARGIN)


def generate_fractal_noise(
    size: int, cells: int, octaves: int, seed: int, stretch: float = 1.0, fade: float = 0.5
) -> np.ndarray:
    """Generates float32 (size, size) noise of mean 0 and deviation 1 from finer and finer octaves.

    size: pixels per side.
    cells: across, in the coarsest octave; each octave doubles them.
    octaves: count of layers of noise.
    stretch: how many times longer than wide the cells are.
    fade: strength of each octave relative to the one before. Larger: rougher.
    """
    field = np.zeros((size, size), np.float32)
    small = np.zeros((size // SMOOTH_SHRINK, size // SMOOTH_SHRINK), np.float32)
    for octave in range(octaves):
        across = min(cells << octave, size // 2)
        down = min(max(1, round(across / stretch)), size // 2)
        is_smooth = max(across, down) * SMOOTH_CELL_PIXELS <= size and size % SMOOTH_SHRINK == 0
        target = small if is_smooth else field
        target += fade**octave * generate_smooth_noise(
            len(target), across, down, seed=seed * 31 + octave
        )
    if small.any():
        field += upscale_field(small, size)
    return (field - field.mean()) / field.std()


def displace_field(field: np.ndarray, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Samples a seamless field, float32 (h, w), at displaced pixels; same shape.

    right, down: displacement in pixels, float32 (h, w) each.
    """
    height, width = field.shape[:2]
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    return cv2.remap(
        field, columns + right, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )


def upscale_field(field: np.ndarray, size: int) -> np.ndarray:
    """Upscales a seamless field, float32 (n, n), to (size, size); it stays seamless."""
    return _enlarge_seamless(field, size, margin=FIELD_MARGIN)


def _enlarge_seamless(field: np.ndarray, size: int, margin: int) -> np.ndarray:
    """Enlarges a seamless field, float32 (h, w), to (size, size); it stays seamless.

    margin: samples repeated beyond its edges. A margin of whole pixels keeps its place; else it
    moves by less than a pixel.
    """
    height, width = field.shape
    wrapped = np.pad(field, margin, mode="wrap")
    large = cv2.resize(
        wrapped, None, fx=size / width, fy=size / height, interpolation=cv2.INTER_CUBIC
    )
    top, left = round(margin * size / height), round(margin * size / width)
    return large[top : top + size, left : left + size]
