"""Measures how far the tint moves a product's colors."""

import numpy as np

from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA


def measure_color_shift(before: np.ndarray, after: np.ndarray) -> float:
    """Returns the mean CIEDE2000 difference of a product's opaque pixels; 0 if it has none.

    Samples every sixteenth row and column.

    before, after: premultiplied uint8 RGBA (h, w, 4).
    """
    samples = [each[::16, ::16] for each in (before, after)]
    opaque = samples[0][..., 3] == OPAQUE_ALPHA
    if not opaque.any():
        return 0.0
    return float(delta_e(*(each[opaque][:, :3] for each in samples)).mean())
