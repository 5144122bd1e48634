"""Measures halos: a light or dark rim whose color neither the product nor its ground has."""

import cv2
import numpy as np

from services.finishing.quality.profiles import sample_profiles
from services.imaging.box import crop_to_box, find_bounding_box, widen_box
from services.imaging.delta_e import delta_e

# Pixels from the outline, outward: what is product, where a rim shows, and what is ground. Larger
# distances: thin parts of the product, such as frames, count as rims.
INSIDE, RIM, OUTSIDE = (-8, -7, -6, -5, -4, -3), (-2, -1, 0, 1), (4, 5, 6, 7)
# Neighboring profiles on either side that are averaged with each one. Larger: textures such as fur
# count less, short rims too.
NEIGHBORS = 4
# Share of neighbors that must be known. Larger: thin parts of the product go unjudged.
MIN_KNOWN_SHARE = 0.6
# Share of the outline that may be free of a halo. Larger: bright soles and lids count as halos.
CLEAN_SHARE = 0.35
# Profiles below which nothing is known.
MIN_PROFILES = 30


def measure_halo(picture: np.ndarray, mask: np.ndarray) -> float | None:
    """Returns how far most of the product's rim differs from a clean one, in CIEDE2000.

    A clean rim mixes a color of the product near it with the ground's. Soles and lips of other
    colors are rims too, but not all the way round, and not both light and dark.
    None if too little of a clear outline is seen.

    picture: uint8 RGB (H, W, 3).
    mask: uint8 alpha (H, W) of the product.
    """
    near_product = widen_box(find_bounding_box(mask), max(OUTSIDE) + 1, *mask.shape)
    profiles = sample_profiles(
        crop_to_box(picture, near_product),
        crop_to_box(mask, near_product),
        np.array(INSIDE + RIM + OUTSIDE, float),
    )
    if profiles is None:
        return None
    smooth = _average_neighbors(profiles.colors)
    smooth = smooth[~np.isnan(smooth).any(axis=(1, 2))]
    if len(smooth) < MIN_PROFILES:
        return None
    inside, rim, outside = np.split(smooth, np.cumsum((len(INSIDE), len(RIM))), axis=1)
    clean = _find_clean_rim(rim, inside, outside.mean(axis=1))
    differences = delta_e(*(np.rint(colors).astype(np.uint8) for colors in (rim, clean)))
    worst = np.arange(len(rim)), differences.argmax(axis=1)
    is_light = rim[worst].sum(axis=1) > clean[worst].sum(axis=1)
    return float(
        max(np.quantile(differences[worst] * side, CLEAN_SHARE) for side in (is_light, ~is_light))
    )


def _find_clean_rim(rim: np.ndarray, inside: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns the mixes of product and ground that are nearest to a rim: float32 (n, k, 3), sRGB.

    rim: float32 (n, k, 3). inside: float32 (n, m, 3), of the product. ground: float32 (n, 3).
    """
    ground = ground[:, np.newaxis, np.newaxis]
    # Of each rim color (axis 1) against each inside color (axis 2).
    span, offset = inside[:, np.newaxis] - ground, rim[:, :, np.newaxis] - ground
    shares = (offset * span).sum(axis=3) / np.maximum((span**2).sum(axis=3), 1e-6)
    mixes = ground + np.clip(shares, 0, 1)[..., np.newaxis] * span
    nearest = ((rim[:, :, np.newaxis] - mixes) ** 2).sum(axis=3).argmin(axis=2)
    return np.take_along_axis(mixes, nearest[..., np.newaxis, np.newaxis], axis=2)[:, :, 0]


def _average_neighbors(profiles: np.ndarray) -> np.ndarray:
    """Returns profiles averaged with their neighbors, NaN where too few of these are known.

    profiles: float32 (n, k, 3), NaN where not known; in the order of the outline.
    """
    known = ~np.isnan(profiles)
    window = (1, 2 * NEIGHBORS + 1)
    summed, share = (
        cv2.blur(values.reshape(len(values), -1).astype(np.float32), window)
        for values in (np.where(known, profiles, 0), known)
    )
    averages = summed / np.maximum(share, 1e-6)
    averages[share < MIN_KNOWN_SHARE] = np.nan
    return averages.reshape(profiles.shape)
