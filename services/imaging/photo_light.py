"""Estimates from which side a photo's main light comes: cast shadow, shading and highlights."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.mask import find_solid_pixels

# Longer side in pixels of the product that is measured. Larger: takes longer.
WORKING_SIDE = 192
# What is seen of the photo around the product, as a share of its longer side.
MARGIN_SHARE = 0.45
# Azimuths in degrees that are reported: a light from the side is usually a little in front.
LEFT_AZIMUTH, RIGHT_AZIMUTH = 300.0, 60.0
# Width of the ground next to the product that a shadow is looked for in, as a share of the
# product's longer side.
MIN_GROUND_SHARE = 0.3
# Sigma in pixels above which detail of the ground is not grain, and how much of a darkening the
# grain of clutter is worth. Larger weight: fewer shadows are seen on rough ground.
GRAIN_SIGMA, GRAIN_WEIGHT = 3.0, 2.5
# Strength from which a cue has a say, and from which one alone decides.
WEAK, STRONG = 0.42, 1.0
# Difference of the channels up to which a bright spot mirrors the light, rather than being print.
MAX_HIGHLIGHT_SATURATION = 0.12
# Values of the cues that count as strength 1: darkening of the ground on one side, change of
# luminance from edge to edge, and offset of highlights from the middle in half widths.
SHADOW_UNIT, SHADING_UNIT, HIGHLIGHT_UNIT = 0.12, 0.5, 0.5


@dataclass(frozen=True)
class _PhotoWindow:
    """The product and what is around it.

    luminance, saturation: float32 (h, w), 0 to 1. mask: bool (h, w), the product.
    """

    luminance: np.ndarray
    saturation: np.ndarray
    mask: np.ndarray

    @property
    def product(self) -> Box:
        """x, y, width and height of the product."""
        return find_bounding_box(self.mask)


def estimate_light_azimuth(photo: np.ndarray, alpha: np.ndarray, bounds: Box) -> float | None:
    """Returns the direction of a photo's main light in degrees, as in the contract's Light.azimuth.

    None unless two of three cues agree, or one is strong and none disagrees.

    photo: uint8 RGB (H, W, 3).
    alpha: uint8 (h, w) of the cut-out.
    bounds: x, y, width and height of the cut-out in pixels of the photo.
    """
    window = _crop_window(photo, alpha, bounds)
    if window is None:
        return None
    cues = (measure_cast_shadow(window), measure_shading(window), measure_highlights(window))
    heard = [cue for cue in cues if abs(cue) >= WEAK]
    agree = abs(sum(np.sign(heard))) == len(heard) > 0
    if not agree or (len(heard) < 2 and abs(heard[0]) < STRONG):
        return None
    return RIGHT_AZIMUTH if heard[0] > 0 else LEFT_AZIMUTH


def measure_cast_shadow(window: _PhotoWindow) -> float:
    """Returns how much darker the ground is on one side of the product: positive on the left.

    A shadow is darkest next to the product's lower half and fades away from it.
    """
    x, y, width, height = window.product
    rows = slice(y + height // 2, min(len(window.mask), y + height + height // 8))
    right = _measure_darkening(window, rows, slice(x + width, None))
    left = _measure_darkening(window, rows, slice(x - 1, None, -1) if x else slice(0))
    return (left - right) / SHADOW_UNIT


def measure_shading(window: _PhotoWindow) -> float:
    """Returns how much brighter the product is toward one edge: positive on the right."""
    inner = cv2.distanceTransform(window.mask.astype(np.uint8), cv2.DIST_L2, 5)
    band = (inner > 2) & (inner < max(6.0, 0.2 * float(inner.max())))
    depth = cv2.GaussianBlur(inner, (0, 0), 2)
    across = -cv2.Sobel(depth, cv2.CV_32F, 1, 0, ksize=3)[band]
    if len(across) < 100:
        return 0.0
    down = -cv2.Sobel(depth, cv2.CV_32F, 0, 1, ksize=3)[band]
    length = np.maximum(np.hypot(across, down), 1e-3)
    tones = np.log(window.luminance[band] + 0.03)
    design = np.column_stack([across / length, down / length, np.ones_like(across)])
    (slope, _, _), residual, _, _ = np.linalg.lstsq(design, tones, rcond=None)
    spread = math.sqrt(float(residual[0]) / len(tones)) if len(residual) else 1.0
    return float(slope) / SHADING_UNIT * min(1.0, 0.5 / max(spread, 1e-3))


def measure_highlights(window: _PhotoWindow) -> float:
    """Returns where small bright spots lie on the product: positive on the right."""
    x, _, width, _ = window.product
    inside = cv2.erode(window.mask.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    around = cv2.GaussianBlur(window.luminance, (0, 0), 8)
    is_bright = (window.luminance > 0.8) & (window.luminance > around + 0.2)
    spots = inside & is_bright & (window.saturation < MAX_HIGHLIGHT_SATURATION)
    share = np.count_nonzero(spots) / max(1, int(np.count_nonzero(inside)))
    if not 0.001 < share < 0.06:
        return 0.0
    columns = np.nonzero(spots)[1]
    offset = float((columns.mean() - x - width / 2) / (width / 2)) / HIGHLIGHT_UNIT
    # Bright print is easily mistaken for a highlight, so that this cue never decides alone.
    return float(np.clip(offset, -0.9 * STRONG, 0.9 * STRONG))


def _measure_darkening(window: _PhotoWindow, rows: slice, columns: slice) -> float:
    """Returns by which share the ground is darker next to the product than farther away.

    0 where too little of the ground is seen or it is too uneven to tell.

    rows, columns: of the ground, the columns from the product outward.
    """
    ground = window.luminance[rows, columns]
    if not len(ground) or ground.shape[1] < MIN_GROUND_SHARE * WORKING_SIDE:
        return 0.0
    half = ground.shape[1] // 2
    near = np.median(ground[:, 2:half], axis=1)
    far = np.median(ground[:, half:], axis=1)
    darkening = float(np.percentile(far - near, 75))
    # A shadow is smooth, what stands around is not.
    grain = float(np.std(ground - cv2.GaussianBlur(ground, (0, 0), GRAIN_SIGMA)))
    unevenness = float(np.std(far)) + GRAIN_WEIGHT * grain
    return darkening / max(0.05, float(far.mean())) if darkening > unevenness else 0.0


def _crop_window(photo: np.ndarray, alpha: np.ndarray, bounds: Box) -> _PhotoWindow | None:
    """Returns the reduced part of a photo around the product; None if nothing is solid.

    photo: uint8 RGB (H, W, 3). alpha: uint8 (h, w) of the cut-out. bounds: of it in the photo.
    """
    box = widen_box(bounds, MARGIN_SHARE * max(bounds[2:]), *photo.shape[:2])
    scale = min(1.0, WORKING_SIDE / max(bounds[2:]))
    size = [max(1, round(side * scale)) for side in box[2:]]
    small = cv2.resize(crop_to_box(photo, box), size, interpolation=cv2.INTER_AREA)[..., :3]
    luminance = (
        cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    )
    saturation = np.ptp(small, axis=2).astype(np.float32) / 255
    x, y = (round((bounds[i] - box[i]) * scale) for i in (0, 1))
    inner = [max(1, round(side * scale)) for side in bounds[2:]]
    solid = find_solid_pixels(cv2.resize(alpha, inner, interpolation=cv2.INTER_AREA))
    mask = np.zeros(luminance.shape, bool)
    part = mask[y : y + inner[1], x : x + inner[0]]
    part[...] = solid[: part.shape[0], : part.shape[1]]
    return _PhotoWindow(luminance, saturation, mask) if mask.any() else None
