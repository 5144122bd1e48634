"""Folds of draped cloth, as heights over a plane."""

import numpy as np

from services.studio.terrain import Field, swell

LONG = 5.0
CREASE = 0.16


def folds(seed: int, lean: float, size: float, depth: float) -> Field:
    """Long folds that run along z, sway, grow, fade and join.

    lean: how far they drift in x for each unit of z; size: about from fold to fold, and depth:
    about from valley to ridge, in units. Noise that is far longer than wide, read at places that
    sway: its zeros are the creases, and cloth is round between them.
    """
    sway, broad = swell(seed * 3, 5 * size, 2), swell(seed * 3 + 1, size, 2, fade=0.3)
    fine = swell(seed * 3 + 2, 0.5 * size, 1)

    def heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        across = x + lean * z + 0.7 * size * sway(x, 0.6 * z)
        total = _rounded(broad(across, z / LONG)) + 0.22 * _rounded(fine(across, z / LONG))
        return depth * total

    return heights


def _rounded(field: np.ndarray) -> np.ndarray:
    """Creases at the zeros of a field, not quite sharp, and round ridges between them."""
    return np.sqrt(field * field + CREASE * CREASE) - CREASE
