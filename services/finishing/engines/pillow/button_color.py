"""Chooses the color of a button: one of the product, or else of the scene around it."""

import cv2
import numpy as np

from services.finishing.engines.pillow.text_contrast import (
    MIN_CONTRAST,
    choose_text_color,
    compute_contrast,
    measure_contrasts,
)
from services.imaging.color import lab_from_srgb, srgb_from_lab
from services.imaging.product import find_product_pixels
from services.imaging.resizing import shrink_to_fit
from services.imaging.scene import RGB

# Least contrast of a button to its ground (WCAG 2.2, success criterion 1.4.11).
MIN_BUTTON_CONTRAST = 3.0
# Longer side in pixels at which colors are counted. Larger: slower, and thin parts count.
COUNTED_SIDE = 200
# Chroma in CIELAB from which a pixel has a color of its own, and the chroma above which it counts
# no more: a small bright part does not outweigh the product's main color.
MIN_CHROMA, FULL_CHROMA = 14.0, 45.0
# Share of the pixels that have to be of one hue. Larger: more buttons in the color of the text.
MIN_SHARE = 0.06
# Hues into which the pixels are counted. More: purer colors, and fewer pixels of each.
HUE_COUNT = 24
# Lightness that a button's color may have, in CIELAB, and the least and largest chroma that it
# gets: the muted color of a photo is a dull button, a glaring one outshines the product.
LIGHTNESSES, BUTTON_CHROMAS = np.arange(18.0, 90.0, 2.0), (30.0, 62.0)


def choose_button_color(picture: np.ndarray, mask: np.ndarray, ground: np.ndarray, ink: RGB) -> RGB:
    """Chooses the color of a filled button; `ink` where neither product nor scene has a color.

    The color's lightness is the nearest to its own at which the button stands out from its ground,
    and its text from the button.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    ground: uint8 RGB (h, w, 3), what is behind the button.
    ink: the color of the headline.
    """
    small = shrink_to_fit(picture, COUNTED_SIDE)
    size = (small.shape[1], small.shape[0])
    counted = find_product_pixels(mask).astype(np.uint8)
    is_product = cv2.resize(counted, size, interpolation=cv2.INTER_NEAREST) > 0
    lab = lab_from_srgb(small)
    for pixels in (lab[is_product], lab[~is_product]):
        color = find_main_color(pixels)
        fitted = None if color is None else _fit_lightness(color, ground)
        if fitted is not None:
            return fitted
    return ink


def find_main_color(lab: np.ndarray) -> np.ndarray | None:
    """Returns the main color among pixels, float (3,) in CIELAB; None where they are all gray.

    lab: float (n, 3).
    """
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    weight = np.clip(chroma, 0, FULL_CHROMA) * (chroma >= MIN_CHROMA)
    if not len(lab) or not weight.any():
        return None
    turn = np.arctan2(lab[:, 2], lab[:, 1]) / (2 * np.pi) % 1
    sector = (turn * HUE_COUNT).astype(int) % HUE_COUNT
    totals = np.bincount(sector, weight, HUE_COUNT)
    near = totals + np.roll(totals, 1) + np.roll(totals, -1)
    distance = np.abs((sector - int(near.argmax()) + HUE_COUNT // 2) % HUE_COUNT - HUE_COUNT // 2)
    chosen = (distance <= 1) & (weight > 0)
    if chosen.mean() < MIN_SHARE:
        return None
    return np.asarray(np.average(lab[chosen], axis=0, weights=weight[chosen]))


def _fit_lightness(color: np.ndarray, ground: np.ndarray) -> RGB | None:
    """Returns a color as light as it can be seen on a ground, and text on it; None for none.

    color: float (3,) in CIELAB. ground: uint8 RGB (h, w, 3).
    """
    chroma = float(np.hypot(color[1], color[2]))
    hue = color[1:] / chroma * np.clip(chroma, *BUTTON_CHROMAS)
    nearest = sorted(LIGHTNESSES, key=lambda lightness: abs(lightness - float(color[0])))
    candidates = np.array([[lightness, *hue] for lightness in nearest], np.float32)
    colors = srgb_from_lab(candidates)
    contrasts = measure_contrasts(colors, ground)
    for each, contrast in zip(colors, contrasts, strict=True):
        rgb: RGB = tuple(int(channel) for channel in each)  # type: ignore[assignment]
        is_readable = compute_contrast(rgb, choose_text_color(rgb)) >= MIN_CONTRAST
        if contrast >= MIN_BUTTON_CONTRAST and is_readable:
            return rgb
    return None
