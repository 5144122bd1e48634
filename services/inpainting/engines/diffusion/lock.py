"""The pixel lock: how far a server moved the product, and the product's own pixels over that."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.blur import blur_weighted
from services.inpainting.engines.diffusion.ring import distance_outside

FEATHER = 5.0
SIGMA = 4.0


@dataclass(frozen=True)
class Drift:
    """changed: share of the locked pixels that differ, 0 to 1. levels: mean absolute difference."""

    changed: float
    levels: float


def measure_drift(drawn: np.ndarray, composite: np.ndarray, locked: np.ndarray) -> Drift:
    """Compares uint8 RGB (H, W, 3) within bool `locked` (H, W)."""
    apart = np.abs(drawn[locked].astype(np.int16) - composite[locked])
    if not apart.size:
        return Drift(0.0, 0.0)
    return Drift(float((apart > 0).any(axis=1).mean()), float(apart.mean()))


def put_back(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lays the product of uint8 RGB `composite` (H, W, 3) over the server's picture.

    mask: uint8 alpha (H, W). Wherever it is not 0 the composite's pixels come through bit-equal.
    Outside, the server's detail fades in over 5 pixels, for servers smear the product a little
    across its outline; its colors hold up to the outline, or the old ones would shine as a halo.
    Two bands suffice (Burt and Adelson, 'A Multiresolution Spline', 1983).
    """
    free = (mask == 0).astype(np.float32)
    change = drawn.astype(np.float32) - composite
    broad = blur_weighted(change, free, SIGMA, _blur_mirrored)
    share = np.clip(distance_outside(mask) / FEATHER, 0, 1)
    # Smoothstep: no edge where the fading begins or ends.
    weight = (share * share * (3 - 2 * share))[..., None]
    mixed = composite + broad + (change - broad) * weight
    mixed = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return np.where(mask[..., None] > 0, composite, mixed)


def _blur_mirrored(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs as if the picture went on mirrored: its edges keep their colors."""
    return cv2.GaussianBlur(pixels, (0, 0), sigma)
