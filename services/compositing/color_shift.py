"""Measures how far the tint moves a product's colors."""

import numpy as np

from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA


def measure_color_shift(before: np.ndarray, after: np.ndarray) -> float:
    """Returns how far the tint moved a product's colors, as the mean CIEDE2000 difference.

    Compares the opaque pixels among every sixteenth row and column; 0 if there are none.

    before, after: the product without and with tint, premultiplied uint8 RGBA (h, w, 4).
    """
    before, after = before[::16, ::16], after[::16, ::16]
    is_opaque = before[..., 3] == OPAQUE_ALPHA
    if not is_opaque.any():
        return 0.0
    return float(delta_e(before[is_opaque][:, :3], after[is_opaque][:, :3]).mean())
