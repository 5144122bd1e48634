"""How far a tint moves the colors of a product."""

import numpy as np

from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA


def color_shift(before: np.ndarray, after: np.ndarray) -> float:
    """Mean CIEDE2000 between two states of a product, premultiplied uint8 RGBA (h, w, 4).

    Every sixteenth pixel both ways counts, where it is opaque.
    """
    samples = [each[::16, ::16] for each in (before, after)]
    opaque = samples[0][..., 3] == OPAQUE_ALPHA
    if not opaque.any():
        return 0.0
    return float(delta_e(*(each[opaque][:, :3] for each in samples)).mean())
