"""Estimates how opaque each part of a transparent product is: glass, lids and contents."""

import cv2
import numpy as np

from services.segmentation.photo_background import measure_lab_difference
from services.segmentation.transmission import LEAST_OPACITY

# Change of lightness and of color, in Lab units, up to which a part is glass, and from which on it
# is opaque, besides the usual attenuation. Larger: lids and contents shine through; smaller: thick
# bottoms become opaque.
DARKENING_RAMP, COLOR_RAMP = (28.0, 52.0), (7.0, 14.0)
# Half width of the narrowest opaque part, as a share of the longer side. Larger: small parts shine
# through; smaller: refraction at the rim and highlights become opaque.
OPAQUE_RADIUS = 0.02
# Pixels across up to which a clear place in an opaque part is a glint. Larger: walls close.
GLINT = np.ones((5, 5), np.uint8)


def estimate_opacity(
    lab: np.ndarray, backdrop: np.ndarray, mask: np.ndarray, glass: np.ndarray
) -> np.ndarray:
    """Returns how opaque each part of a transparent product is: float32 (h, w), 0 to 1.

    Lids and contents are opaque, glass is as clear as LEAST_OPACITY. What is narrow, as refraction
    and highlights are, counts as glass.

    lab, backdrop, mask: as measure_glass takes them. glass: as find_glass_color returns it.
    """
    difference = measure_lab_difference(lab, backdrop)
    change = np.minimum(np.abs(difference), np.abs(difference - glass))
    color = np.hypot(change[..., 1], change[..., 2])
    by_lightness = np.interp(change[..., 0], DARKENING_RAMP, (0, 1))
    by_color = np.interp(color, COLOR_RAMP, (0, 1))
    opacity = np.where(mask, np.maximum(by_lightness, by_color), 0).astype(np.float32)
    radius = max(2, round(OPAQUE_RADIUS * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # Glints on metal and gaps between grains are no openings.
    closed = cv2.morphologyEx(opacity, cv2.MORPH_CLOSE, GLINT)
    solid = np.where(mask, closed, 0).astype(np.float32)
    wide = cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc)
    # Opening rounds corners off, which the next pixels of the same part restore.
    near = np.ones((3, 3), np.uint8)
    restored = np.maximum(wide, np.minimum(cv2.dilate(wide, near), solid))
    # Pixels at the edge of a part contain some of the backdrop, which must not become opaque.
    inner = cv2.erode(restored, near, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.maximum(inner, LEAST_OPACITY)
