"""Folds of draped cloth, as heights over a plane."""

import numpy as np

from services.studio.terrain import HeightField, create_noise_field

# How many times longer than wide folds are. Larger: straighter folds.
FOLD_LENGTH = 5.0
# Of a field with a deviation of 1. Larger: rounder, shallower creases.
CREASE_ROUNDING = 0.16


def create_cloth_folds(seed: int, slant: float, spacing: float, depth: float) -> HeightField:
    """Creates the heights of long folds that run along z, sway, fade and merge.

    seed: of the folds' noise.
    slant: sideways drift in x per unit of z.
    spacing: distance between folds, in units, about.
    depth: height from valley to ridge, in units, about.

    Returns a function of x and z, float arrays (...), to heights of the same shape.

    Method: noise stretched along z and read at swaying positions. Its zeros are the creases; the
    cloth is round between them.
    """
    sway = create_noise_field(seed=seed * 3, size=5 * spacing, octaves=2)
    broad = create_noise_field(seed=seed * 3 + 1, size=spacing, octaves=2, fade=0.3)
    fine = create_noise_field(seed=seed * 3 + 2, size=0.5 * spacing, octaves=1)

    def fold_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the height of the folds at points (x, z): float, of the same shape."""
        across = x + slant * z + 0.7 * spacing * sway(x, 0.6 * z)
        broad_folds = _round_folds(broad(across, z / FOLD_LENGTH))
        fine_folds = _round_folds(fine(across, z / FOLD_LENGTH))
        return depth * (broad_folds + 0.22 * fine_folds)

    return fold_heights


def _round_folds(field: np.ndarray) -> np.ndarray:
    """Turns signed noise into ridges, 0 and up, with slightly rounded creases at its zeros.

    field: float of any shape; the result has the same.
    """
    return np.sqrt(field * field + CREASE_ROUNDING * CREASE_ROUNDING) - CREASE_ROUNDING
