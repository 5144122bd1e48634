"""Estimates how opaque each part of a transparent product is: glass, lids and contents."""

import cv2
import numpy as np

from services.segmentation.morphology import label_components
from services.segmentation.photo_background import measure_lab_difference
from services.segmentation.transmission import LEAST_OPACITY

# Change of lightness and of color, in Lab units, up to which a part is glass, and from which on it
# is opaque, besides the usual attenuation. Larger: lids and contents shine through; smaller: thick
# bottoms become opaque.
DARKENING_RAMP, COLOR_RAMP = (28.0, 52.0), (7.0, 14.0)
# Change of lightness, in Lab units, from which on glass is thick, cut or filled with something pale
# such as salt, and from which on it shows as much of itself as it ever does; and how much that is.
# Larger: pale fillings vanish; smaller: clear glass becomes milky.
VEIL_RAMP, VEIL_OPACITY = (4.0, 16.0), 0.7
# Radius in pixels over which a veil is smooth. Larger: fillings have no edge.
VEIL_RADIUS = 2.0
# Opacity from which on a part counts as opaque, and shows the photo's own pixels, and from which on
# what touches it belongs to it, as glints on metal do. Larger: metal takes on the scene's colors.
OPAQUE, NEARLY_OPAQUE = 0.5, 0.3
# Share of such a part that must be opaque. Larger: pale metal shines through.
MIN_CORE_SHARE = 0.3
# Half width of the narrowest opaque part, as a share of the longer side. Larger: small parts shine
# through; smaller: refraction at the rim and highlights become opaque.
OPAQUE_RADIUS = 0.02
# Pixels across up to which a clear place in an opaque part is a glint. Larger: walls close.
GLINT = np.ones((5, 5), np.uint8)
NEAR = np.ones((3, 3), np.uint8)


def estimate_opacity(
    lab: np.ndarray,
    backdrop: np.ndarray,
    mask: np.ndarray,
    glass: np.ndarray,
    is_uneven: bool = False,
) -> np.ndarray:
    """Returns how opaque each part of a transparent product is: float32 (h, w), 0 to 1.

    Lids and contents are opaque, glass is as clear as LEAST_OPACITY. What is narrow, as refraction
    and highlights are, counts as glass.

    lab, backdrop, mask: as measure_glass takes them. glass: as find_glass_color returns it.
    is_uneven: whether the glass is thick, cut or filled, so that what is darker than clear glass
        shows more of itself, and pale fillings remain.
    """
    difference = measure_lab_difference(lab, backdrop)
    change = np.minimum(np.abs(difference), np.abs(difference - glass))
    color = np.hypot(change[..., 1], change[..., 2])
    by_lightness = np.interp(change[..., 0], DARKENING_RAMP, (0, 1))
    by_color = np.interp(color, COLOR_RAMP, (0, 1))
    opacity = np.where(mask, np.maximum(by_lightness, by_color), 0).astype(np.float32)
    radius = max(2, round(OPAQUE_RADIUS * max(mask.shape)))
    parts = _find_opaque_parts(opacity, mask, radius)
    # Pixels at the edge of a part contain some of the backdrop, which must not become opaque.
    inner = cv2.erode(parts, NEAR, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    clear = np.maximum(inner, LEAST_OPACITY)
    if not is_uneven:
        return clear
    veil = np.interp(cv2.GaussianBlur(change[..., 0], (0, 0), VEIL_RADIUS), VEIL_RAMP, (0, 1))
    # Fillings end gradually, as no line is known where they do.
    faded = cv2.GaussianBlur(inner, (0, 0), VEIL_RADIUS)
    return np.maximum(clear, np.maximum(faded, VEIL_OPACITY * veil)).astype(np.float32)


def _find_opaque_parts(opacity: np.ndarray, mask: np.ndarray, radius: int) -> np.ndarray:
    """Returns where lids and contents are, without gaps: float32 (h, w), 0 or 1.

    opacity: of each pixel alone, float32 (h, w), 0 to 1. mask: of the product, bool (h, w).
    radius: half width of the narrowest part, in pixels.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # Glints on metal and gaps between grains are no openings.
    closed = cv2.morphologyEx(opacity, cv2.MORPH_CLOSE, GLINT)
    solid = (mask & (closed >= NEARLY_OPAQUE)).astype(np.float32)
    wide = cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc)
    labels, areas = label_components(wide > 0)
    core = np.bincount(labels[closed >= OPAQUE], minlength=len(areas)) >= MIN_CORE_SHARE * areas
    kept = (core & (areas > 0))[labels].astype(np.float32)
    # Opening rounds corners off, which the next pixels of the same part restore.
    restored = np.maximum(kept, np.minimum(cv2.dilate(kept, NEAR), solid))
    closed_parts = cv2.morphologyEx(restored, cv2.MORPH_CLOSE, disc)
    return np.where(mask, closed_parts, 0).astype(np.float32)
