"""Separates the light that a product transmits from the light that it reflects.

A pixel I of a transparent product before a backdrop B is I = T B + S: the backdrop, attenuated by
T, and highlights S. Refraction is left out (S.-K. Yeung, C.-K. Tang, M. S. Brown, S. B. Kang:
"Matting and Compositing of Transparent and Refractive Objects", ACM TOG 30(1), 2011, simplified).
"""

import cv2
import numpy as np

from services.imaging.box import Box, scale_box
from services.runtime.guards.cancellation import check_active
from services.segmentation.photo_background import FIT_SIDE, PhotoBackground
from services.segmentation.scale import resample_box, resample_part
from services.segmentation.softening import STRIP_ROWS

# Opacity of the clearest glass, whose four surfaces reflect a tenth. Larger: a gray veil on dark
# scenes; below FAINT_ALPHA it does not count as product, and is placed by its highlights.
LEAST_OPACITY = 0.12
# Levels above the backdrop that count as its own light, and levels between it and white that a
# highlight is measured by at least. Smaller: the noise of white backdrops becomes highlights.
HIGHLIGHT_NOISE, MIN_HEADROOM = 3.0, 48.0


def separate_transmission(
    cutout: np.ndarray, photo: np.ndarray, backdrop: np.ndarray, opacity: np.ndarray
) -> np.ndarray:
    """Returns a cut-out through which the background shines: uint8 RGBA (h, w, 4), straight alpha.

    Alpha is the least with which colors exist that look exactly like the photo over the photo's own
    backdrop: attenuation becomes a gray of that opacity, a tint and highlights stay as color.

    cutout: like the result, opaque inside.
    photo: the same part of the photo at the same size, uint8 RGB (h, w, 3).
    backdrop: the color behind each pixel, float32 RGB of any size, stretched over them, 0 to 255.
    opacity: of the product, float32 of any size, stretched over them, 0 to 1; pixels of opacity 1
        stay as they are.
    """
    separated = np.empty_like(cutout)
    height, width = cutout.shape[:2]
    for top in range(0, height, STRIP_ROWS):
        check_active()
        rows = slice(top, min(top + STRIP_ROWS, height))
        behind, floor = (
            resample_part(layer, (rows, slice(0, width)), (height, width))
            for layer in (backdrop, opacity)
        )
        separated[rows] = _separate_rows(cutout[rows], photo[rows], behind, floor)
    return separated


def render_backdrop(
    background: PhotoBackground, photo_shape: tuple[int, ...], bounds: Box
) -> np.ndarray:
    """Returns the modeled backdrop behind a box of a photo: float32 RGB (h, w, 3), 0 to 255.

    photo_shape: starts with the photo's height and width. bounds: x, y, width, height in its
    pixels. The result is small, as the backdrop is smooth.
    """
    shrink = FIT_SIDE / max(photo_shape[:2])
    height, width = (max(1, round(side * shrink)) for side in photo_shape[:2])
    colors = cv2.cvtColor(background.render_surface(height, width), cv2.COLOR_Lab2RGB) * 255
    box = scale_box(bounds, height / photo_shape[0], width / photo_shape[1])
    size = max(2, round(box[3])), max(2, round(box[2]))
    return np.clip(resample_box(colors, box, *size), 0, 255)


def find_least_alpha(photo: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """Returns the least alpha with which a color over the backdrop makes the photo's color.

    Darker channels need as much as the backdrop is attenuated, brighter ones as much as they lack
    to white; before a white backdrop less, as nearly white is no highlight there. float32 (h, w),
    0 to 1.

    photo, backdrop: float32 RGB (h, w, 3), 0 to 255.
    """
    darker = (backdrop - photo) / np.maximum(backdrop, 1)
    brighter = (photo - backdrop - HIGHLIGHT_NOISE) / np.maximum(255 - backdrop, MIN_HEADROOM)
    return np.clip(np.maximum(darker, brighter).max(axis=2), 0, 1)


def _separate_rows(
    cutout: np.ndarray, photo: np.ndarray, backdrop: np.ndarray, opacity: np.ndarray
) -> np.ndarray:
    """Separates some rows: uint8 RGBA (h, w, 4); all at one size, see separate_transmission."""
    colors = photo.astype(np.float32)
    cover = cutout[..., 3].astype(np.float32) / 255
    least = find_least_alpha(colors, backdrop)
    # Rounded up, so that no color is needed that does not exist.
    alpha = np.ceil(np.minimum(np.maximum(least, opacity), cover) * 255) / 255
    own = (colors - (1 - alpha[..., None]) * backdrop) / np.maximum(alpha, 1 / 255)[..., None]
    clear = np.dstack([np.clip(own, 0, 255), alpha * 255])
    return np.where(opacity[..., None] >= 1, cutout, np.rint(clear).astype(np.uint8))
