"""Seamless random fields: the raw stuff of every drawn texture."""

import cv2
import numpy as np


def smooth_noise(size: int, across: int, down: int, seed: int) -> np.ndarray:
    """Returns float32 (size, size), about 0 +- 1: random lattice points, joined smoothly.

    The lattice has `across` x `down` cells; opposite edges of the field meet without a seam.
    """
    lattice = np.random.default_rng(seed).standard_normal((down, across)).astype(np.float32)
    margin = 3
    wrapped = np.pad(lattice, margin, mode="wrap")
    cell_width, cell_height = size / across, size / down
    to_lattice = np.float32(
        [
            [1 / cell_width, 0, margin - 0.5 + 0.5 / cell_width],
            [0, 1 / cell_height, margin - 0.5 + 0.5 / cell_height],
        ]
    )
    return cv2.warpAffine(
        wrapped, to_lattice, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )


def fractal_noise(
    size: int, cells: int, octaves: int, seed: int, stretch: float = 1.0, fade: float = 0.5
) -> np.ndarray:
    """Returns float32 (size, size), mean 0 and deviation 1: octaves of ever finer noise.

    cells: cells across in the coarsest octave; stretch: how much longer than wide they are;
    fade: strength of each octave relative to the one before.
    """
    field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        across = min(cells << octave, size // 2)
        down = min(max(1, round(across / stretch)), size // 2)
        field += fade**octave * smooth_noise(size, across, down, seed * 31 + octave)
    return (field - field.mean()) / field.std()


def warp(field: np.ndarray, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Reads a seamless float32 field at places moved by two float32 fields of pixels."""
    height, width = field.shape[:2]
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    return cv2.remap(
        field, columns + right, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )


def enlarge(field: np.ndarray, size: int) -> np.ndarray:
    """A seamless float32 field (n, n), drawn larger: (size, size), still seamless."""
    margin = 4
    step = field.shape[0] / size
    shift = margin - 0.5 + step / 2
    to_field = np.float32([[step, 0, shift], [0, step, shift]])
    return cv2.warpAffine(
        np.pad(field, margin, mode="wrap"),
        to_field,
        (size, size),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
    )
