"""Finds and removes soft shadows that were baked into a cut-out.

Such a shadow is an area next to the product that is soft, smooth, of one dark color without
detail, and that fades into transparency. Glass ends at a visible edge, hair and smoke are rough or
light, and the soft edge of a blurred product has no step where the product begins.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.blur import MIN_WEIGHT, blur_weighted, gaussian_blur
from services.imaging.box import find_bounding_box

# Longer side in pixels to which the product is reduced to look for its shadow. Larger: finds
# thinner shadows, and takes longer.
WORKING_SIDE = 320
# Opacity of what may be a shadow. Below the first it cannot be seen; larger than the second: dark
# glass and the product itself become candidates.
MIN_OPACITY, MAX_OPACITY = 0.012, 0.72
# Difference in opacity from the mean of the window around a pixel, of 5 pixels, up to which it is
# smooth. Larger: strands of hair pass.
MAX_ROUGHNESS = 0.03
# Pixels around the product that its own soft edge may cover.
EDGE_RADIUS = 3
# Brightest channel, of 255, up to which a color is a shadow's, if it lies along the product's
# outline as a halo does, and anywhere. Larger: smoke and steam count as shadows.
MAX_HALO_LEVEL, MAX_SHADOW_LEVEL = 175, 100
# Length of the contact with the product, in square roots of the area, from which a soft area counts
# as halo, and as shadow. Smaller: smoke and other soft things nearby count.
HALO_CONTACT, SHADOW_CONTACT = 8.0, 1.5
# Share of a shadow above the product's top, at most, unless it is a halo: smoke rises, shadows
# fall.
MAX_SHARE_ABOVE = 0.25
# Area, as a share of the squared side of the product, from which on a shadow is looked at.
MIN_AREA_SHARE = 0.004
# Share of a shadow that must have its color; noise of the file allowed for.
MIN_UNIFORM_SHARE = 0.85
# Levels that a color may differ by, and more where it is faint and its color rounded.
COLOR_TOLERANCE, FAINT_COLOR_TOLERANCE = 12, 2
# Share of a shadow's outer rim that must be clear, and opacity up to which it is.
MIN_CLEAR_SHARE, CLEAR_OPACITY = 0.7, 0.05
# Share of the step in opacity between shadow and product that must happen within two pixels.
# Smaller: the blurred edge of a dark product counts as its shadow.
MIN_STEP_SHARE = 0.55
# Area of a further part of the same color, relative to the shadow's. Larger: the lenses of black
# sunglasses count as shadow.
MAX_PART_SHARE = 0.1
# Parts that are looked at, largest first, and their least pixels: more of them are no shadow.
MAX_PARTS, MIN_PART_AREA = 40, 4
# Share of all soft areas of the shadow's color that must be shadows. Smaller: a wisp of dark smoke
# that touches the product counts as its shadow, though others do not.
MIN_SHADOW_SHARE = 0.8
# Distance of two colors, in levels, from which on a mix of them says how much of each it has.
DISTINCT_COLORS = 100
# Share of the product in a pixel below which it is noise.
MIN_PRODUCT_SHARE = 0.06


@dataclass(frozen=True)
class _SoftAreas:
    """A reduced cut-out: opacity 0 to 1 and color 0 to 255, float32; solid, edge and smooth: bool.

    edge: the product and its own soft edge. step: the largest change of opacity within two pixels,
    near each pixel.
    """

    opacity: np.ndarray
    color: np.ndarray
    solid: np.ndarray
    edge: np.ndarray
    step: np.ndarray
    extent: int


def remove_soft_shadow(cutout: np.ndarray) -> np.ndarray:
    """Removes the soft shadow from a cut-out, also from beneath the product's soft edge.

    cutout: uint8 RGBA (h, w, 4) with straight alpha. Returns the same type, and the same array if
    there is no soft shadow.
    """
    solid = cutout[..., 3] > MAX_OPACITY * 255
    extent = max(find_bounding_box(solid)[2:])
    if not extent:
        return cutout
    step = max(1, round(extent / WORKING_SIDE))
    areas = _measure_soft_areas(np.ascontiguousarray(cutout[::step, ::step]))
    shadow, color = _find_shadow(areas)
    if not shadow.any():
        return cutout
    return _subtract_shadow(cutout, areas, shadow, color)


def _measure_soft_areas(sample: np.ndarray) -> _SoftAreas:
    """Measures what distinguishes shadows from other soft areas.

    sample: uint8 RGBA (h, w, 4), pixels at even distances of a cut-out, so that detail stays.
    """
    opacity = sample[..., 3].astype(np.float32) / 255
    solid = (opacity > MAX_OPACITY).astype(np.uint8)
    kernel = np.ones((3, 3), np.uint8)
    change = cv2.dilate(opacity, kernel) - cv2.erode(opacity, kernel)
    return _SoftAreas(
        opacity=opacity,
        color=sample[..., :3].astype(np.float32),
        solid=solid.astype(bool),
        edge=_dilate(solid, EDGE_RADIUS),
        step=cv2.dilate(change, np.ones((2 * EDGE_RADIUS + 3,) * 2, np.uint8)),
        extent=max(find_bounding_box(solid)[2:]),
    )


def _find_shadow(areas: _SoftAreas) -> tuple[np.ndarray, np.ndarray]:
    """Returns where the shadow is, bool (h, w), and its color, float32 (3,)."""
    parts = [(part, color) for part, color in _list_parts(areas) if _is_uniform(areas, part, color)]
    least = MIN_AREA_SHARE * areas.extent**2
    shadows = [
        (part, color)
        for part, color in parts
        if np.count_nonzero(part) >= least and _is_shadow(areas, part, color)
    ]
    if not shadows:
        return np.zeros(areas.solid.shape, bool), np.zeros(3, np.float32)
    # The list begins with the largest.
    largest, shadow_color = shadows[0]
    most = MAX_PART_SHARE * np.count_nonzero(largest)
    shadow = np.logical_or.reduce([part for part, _ in shadows])
    alike = [part for part, color in parts if _is_alike(color, shadow_color)]
    area = sum(np.count_nonzero(part) for part in alike)
    if np.count_nonzero(shadow) < MIN_SHADOW_SHARE * area:
        return np.zeros_like(shadow), shadow_color
    small = [part for part in alike if np.count_nonzero(part) <= most]
    return np.logical_or.reduce([shadow, *small]), shadow_color


def _is_alike(color: np.ndarray, other: np.ndarray) -> bool:
    """Whether two colors, float32 (3,), are those of parts of one shadow."""
    return bool(np.abs(color - other).max() <= 2 * COLOR_TOLERANCE)


def _list_parts(areas: _SoftAreas) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the soft, smooth and dark parts, largest first, with their colors.

    A part is bool (h, w), its color float32 (3,).
    """
    roughness = np.abs(areas.opacity - cv2.blur(areas.opacity, (5, 5)))
    red, green, blue = cv2.split(areas.color)
    # Ten times as fast as the maximum over the last axis.
    brightest = cv2.max(cv2.max(red, green), blue)
    candidates = (
        (areas.opacity > MIN_OPACITY)
        & (areas.opacity < MAX_OPACITY)
        & ~areas.edge
        & (brightest < MAX_HALO_LEVEL)
        & (roughness < MAX_ROUGHNESS)
    )
    _, labels, stats, _ = cv2.connectedComponentsWithStats(candidates.astype(np.uint8))
    sizes = stats[:, cv2.CC_STAT_AREA]
    sizes[0] = 0
    for number in np.argsort(-sizes, kind="stable")[:MAX_PARTS]:
        if sizes[number] >= MIN_PART_AREA:
            part = labels == number
            yield part, _find_median_color(areas, part)


def _find_median_color(areas: _SoftAreas, part: np.ndarray) -> np.ndarray:
    """Returns the median color of the more opaque half of a part, bool (h, w): float32 (3,).

    Faint pixels are left out, as their colors are rounded.
    """
    opaque = part & (areas.opacity >= np.median(areas.opacity[part]))
    return np.median(areas.color[opaque], axis=0)


def _is_uniform(areas: _SoftAreas, part: np.ndarray, color: np.ndarray) -> bool:
    """Whether nearly all of a part, bool (h, w), has its color, float32 (3,)."""
    weight = areas.opacity[part]
    difference = np.abs(areas.color[part] - color).max(axis=1)
    is_alike = difference <= COLOR_TOLERANCE + FAINT_COLOR_TOLERANCE / weight
    return float((weight * is_alike).sum()) >= MIN_UNIFORM_SHARE * float(weight.sum())


def _is_shadow(areas: _SoftAreas, part: np.ndarray, color: np.ndarray) -> bool:
    """Whether a part of one color is a shadow, by its place, its rim and the product's outline.

    part: bool (h, w). color: float32 (3,).
    """
    outer_rim = _dilate(part, 2) & ~part & ~areas.edge
    is_faded = (areas.opacity[outer_rim] <= CLEAR_OPACITY).mean() if outer_rim.any() else 0.0
    if is_faded < MIN_CLEAR_SHARE:
        return False
    contact = part & _dilate(areas.edge, 2)
    contact_length = np.count_nonzero(contact) / math.sqrt(np.count_nonzero(part))
    if contact_length < HALO_CONTACT and not _can_fall(areas, part, color, contact_length):
        return False
    # A clean edge goes from the shadow's opacity to that of the product at once.
    step_share = areas.step[contact] / (1 - areas.opacity[contact])
    return float(np.median(step_share)) >= MIN_STEP_SHARE


def _can_fall(
    areas: _SoftAreas, part: np.ndarray, color: np.ndarray, contact_length: float
) -> bool:
    """Whether a part that does not surround the product may be a shadow on the ground or a wall.

    part: bool (h, w). color: float32 (3,). contact_length: of part and product, in square roots of
    the part's area.
    """
    top = int(np.flatnonzero(areas.solid.any(axis=1))[0])
    above = areas.opacity[:top][part[:top]].sum() / areas.opacity[part].sum()
    return bool(
        contact_length >= SHADOW_CONTACT
        and color.max() <= MAX_SHADOW_LEVEL
        and above <= MAX_SHARE_ABOVE
    )


def _subtract_shadow(
    cutout: np.ndarray, areas: _SoftAreas, shadow: np.ndarray, color: np.ndarray
) -> np.ndarray:
    """Returns a cut-out without its shadow: uint8 RGBA (h, w, 4), straight alpha.

    A pixel of opacity a has a share p of product over a shadow, a = p + s (1 - p). Its
    premultiplied color is p times the product's plus (a - p) times the shadow's, which gives p
    where these differ. Where they hardly do, p follows from the opacity s of the shadow nearby.

    cutout: like the result. areas: its reduced copy. shadow: bool, of the copy's size. color: of
    the shadow, float32 (3,).
    """
    height, width = cutout.shape[:2]
    near = _dilate(shadow, 2 * EDGE_RADIUS + 1).astype(np.uint8)
    is_near = cv2.resize(near, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    rows, columns = np.nonzero(is_near & (cutout[..., 3] > 0) & (cutout[..., 3] < 255))
    product_color, shadow_opacity = _spread_colors(areas, shadow)
    at = (
        np.float32(columns) * (shadow.shape[1] / width),
        np.float32(rows) * (shadow.shape[0] / height),
    )
    nearby = _sample(product_color, *at), _sample(shadow_opacity, *at)
    straight = cutout[rows, columns].astype(np.float32)
    opacity = straight[:, 3] / 255
    share = _compute_product_share(straight[:, :3], opacity, color, nearby)
    in_shadow = cv2.resize(shadow.astype(np.uint8), (width, height)).astype(bool)[rows, columns]
    share[in_shadow | (share < MIN_PRODUCT_SHARE)] = 0
    product = straight[:, :3] * opacity[:, None] - (opacity - share)[:, None] * color
    product = np.where(share[:, None] > 0, product / np.maximum(share, 1e-3)[:, None], 0)
    out = cutout.copy()
    out[rows, columns, :3] = np.rint(np.clip(product, 0, 255))
    out[rows, columns, 3] = np.rint(share * 255)
    # The thin ends of a shadow reach farther than it can be seen.
    out[out[..., 3] <= MIN_OPACITY * 255] = 0
    return out


def _compute_product_share(
    straight: np.ndarray,
    opacity: np.ndarray,
    color: np.ndarray,
    nearby: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Returns how much of each pixel is product rather than shadow or clear: float32 (n,), 0 to 1.

    straight: colors of the pixels, float32 (n, 3). opacity: float32 (n,). color: of the shadow,
    float32 (3,). nearby: color of the product and opacity of the shadow near each pixel, float32
    (n, 3) and (n,).
    """
    product_color, shadow_opacity = nearby
    span = product_color - color
    distance = np.linalg.norm(span, axis=1)
    # opacity * (straight - color) = share * (product_color - color), solved by least squares.
    mixed = opacity[:, None] * (straight - color)
    by_color = (mixed * span).sum(axis=1) / np.maximum(distance, 1) ** 2
    by_opacity = (opacity - shadow_opacity) / np.maximum(1 - shadow_opacity, 1e-3)
    weight = np.clip(distance / DISTINCT_COLORS, 0, 1)
    share = weight * by_color + (1 - weight) * by_opacity
    return np.clip(share, 0, opacity)


def _spread_colors(areas: _SoftAreas, shadow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the product's color and the shadow's opacity near each pixel of the reduced cut-out.

    They are float32 (h, w, 3), 0 to 255, and (h, w), 0 to 1. shadow: bool (h, w).
    """
    opaque = (areas.opacity > 0.98).astype(np.float32)
    product_color = blur_weighted(areas.color, opaque, EDGE_RADIUS)
    weight = shadow.astype(np.float32)
    shadow_opacity = gaussian_blur(areas.opacity * weight, EDGE_RADIUS)
    return product_color, shadow_opacity / np.maximum(
        gaussian_blur(weight, EDGE_RADIUS), MIN_WEIGHT
    )


def _sample(values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns the values, float32 (h, w[, C]), nearest to places x, y: (n[, C])."""
    height, width = values.shape[:2]
    columns = np.minimum(x.astype(int), width - 1)
    rows = np.minimum(y.astype(int), height - 1)
    return values[rows, columns]


def _dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilates a mask, bool or uint8 (h, w), by a square of `radius` pixels: bool (h, w)."""
    kernel = np.ones((2 * radius + 1,) * 2, np.uint8)
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
