"""Measures where a product's outline is straight along an axis, as where a photo cut it off."""

from collections.abc import Mapping

import numpy as np

from services.imaging.box import Box, crop_to_box
from services.runtime.limits import SIDES

# Pixels by which a straight edge may waver: lossy compression moves edges by less than one. Larger:
# rounded corners count as straight.
WAVER = 2


def measure_straight_edges(product: np.ndarray, box: Box) -> Mapping[str, float]:
    """Returns by side how much of the product's box its outline runs along without a gap, 0 to 1.

    product: uint8 0, 1 (H, W).
    box: the bounds of the product: x, y, width, height.
    """
    inside = crop_to_box(product, box)
    strips = {
        "top": inside[:WAVER].max(axis=0),
        "right": inside[:, -WAVER:].max(axis=1),
        "bottom": inside[-WAVER:].max(axis=0),
        "left": inside[:, :WAVER].max(axis=1),
    }
    return {side: _measure_longest_run(strips[side]) / strips[side].size for side in SIDES}


def _measure_longest_run(flags: np.ndarray) -> int:
    """Returns the length of the longest run of ones in uint8 0, 1 (n,)."""
    changes = np.diff(np.concatenate([[0], flags.view(np.int8), [0]]))
    starts, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    return int((ends - starts).max(initial=0))
