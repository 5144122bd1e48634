"""Cuts a product out of a plain background: the area in sharp outlines, less shadows and holes."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.cleaning import clean_mask
from services.segmentation.consensus import compute_iou
from services.segmentation.grabcut import MapCuts, run_grabcut
from services.segmentation.morphology import (
    dilate_mask,
    erode_mask,
    flood_from_outside,
    label_components,
    open_mask,
)
from services.segmentation.outlines import trace_outlines
from services.segmentation.photo_background import PhotoBackground, measure_lab_difference

# GrabCut iterations. More take proportionally longer; the seeds are close to the result already.
GRABCUT_ITERATIONS = 2
# Gray levels per Lab unit in the difference image that GrabCut cuts. Larger: smaller differences
# separate, larger ones saturate. Color counts more than lightness, which shadows change as well.
LEVELS_PER_LAB = (1.2, 2.0, 2.0)
# The least area of a part of the product, as a share of the largest part's. Larger: fewer crumbs,
# but small parts such as an earring's hook are lost.
MIN_PART_SHARE = 0.05

# Radius of the ball that is stopped by outlines, as a share of the longer side: outlines with gaps
# up to twice as wide still enclose. Larger: concave shapes are filled.
BALL_RADIUS = 0.018
# The same for products whose outlines are too broken for the first ball.
WIDE_BALL_RADIUS = 0.03
# The wide ball is used if it finds more than this share of additional area that does not look like
# background. Smaller: more concave shapes are filled.
MAX_MISSED_SHARE = 0.3

# Width of the rim of background that an outline encloses with the product, as a share of the longer
# side. Larger: the outermost part of the product is less certain.
OUTLINE_HALO = 0.006
# Side in pixels of the window in which most pixels must match the background, since noise makes
# some differ. Larger: narrow gaps in the product are not seen as background.
BACKGROUND_WINDOW = 5
# The least share of matching pixels in that window. Larger: less area is certain background.
MIN_BACKGROUND_SHARE = 0.6

# Differences that no shadow causes, in Lab units. Smaller: shadows and reflections become product;
# larger: pale products do not count as certain.
# Change in a and b, since a shadow keeps the background's hue.
MIN_COLOR_CHANGE = 6.0
# Change in lightness upwards, since a shadow only darkens.
MIN_BRIGHTENING = 4.0
# Lightness relative to the background's, below which a pixel is darker than a shadow.
DARKEST_SHADOW = 0.35
# All of these differences must also exceed the noise by this factor. Larger: noisier photos have
# less certain product.
MIN_NOISE_RATIO = 5.0

# A part in the background's colors ("lookalike") is product if an outline covers at least this
# share of its rim. Smaller: reflections of the product on the ground are kept.
MIN_OUTLINED_SHARE = 0.75
# The least share of a lookalike's boundary that lies on the product's rim. Smaller: holes and
# crevices, which are surrounded by the product, count as lookalikes.
MIN_RIM_SHARE = 0.4
# The least area of a lookalike, as a share of the longer side squared. Smaller: noise counts.
MIN_LOOKALIKE_AREA = 0.002
# Median darkening in Lab units from which on a lookalike is a shadow, unless it has a tint. Larger:
# darker shadows are kept.
SHADOW_DARKENING = 12.0
# Median change in a and b, in Lab units, from which on a dark lookalike is tinted, thus no shadow.
# Larger: dark glass is lost.
MIN_TINT = 3.0

# Lab difference below which a pixel has the background's color. Larger: more products count as
# transparent or as white on white.
LOOKALIKE_DIFFERENCE = 6.0
# Share of such pixels from which on outlines alone decide what is product. Smaller: products with
# some background color take in enclosed background.
LOOKALIKE_SHARE = 0.2
# Radius that rounds off the broken outline of such a product, as a share of the longer side.
# Larger: deeper notches are closed, and thin parts are lost.
ROUNDING_RADIUS = 0.025
# Share of a closed pinhole that must be certain product for it to stay closed: the majority.
MIN_SOLID_SHARE = 0.5


@dataclass(frozen=True)
class PlainBackgroundCut:
    """The cut of a product from a plain background.

    mask: bool (h, w).
    lookalike: share of the product with the background's colors, 0 to 1, high for clear glass.
    confidence: 0 to 1, overlap of two cuts by different colors, less the lookalike share.
    """

    mask: np.ndarray
    lookalike: float
    confidence: float


@dataclass(frozen=True)
class _PixelEvidence:
    """What each pixel says about product and background.

    difference: float32 (h, w, 3), see measure_lab_difference. The others are bool (h, w).
    solid: certain product, since no shadow looks like it.
    background: areas in which most pixels match the background.
    outlined: on an outline or next to one.
    enclosed: enclosed by outlines; everything else is background.
    """

    difference: np.ndarray
    solid: np.ndarray
    background: np.ndarray
    outlined: np.ndarray
    enclosed: np.ndarray

    @property
    def color_change(self) -> np.ndarray:
        """Change in a and b together, in Lab units: float32 (h, w)."""
        return np.hypot(self.difference[..., 1], self.difference[..., 2])

    def pixels_from_share(self, share: float) -> int:
        """Converts a share of the photo's longer side, 0 to 1, to whole pixels, at least 1."""
        return max(1, round(share * max(self.solid.shape)))


def cut_from_plain_background(
    photo: np.ndarray, background: PhotoBackground, map_cuts: MapCuts = map
) -> PlainBackgroundCut:
    """Cuts the product out of a photo with a plain background, by its outlines and colors.

    The result is its mask, empty if nothing stands out, with its confidence and the share of the
    product that looks like the background ("lookalike").

    photo: uint8 RGB (h, w, 3). background: the surface of color that was fitted to the photo.
    map_cuts: applies a function to independent inputs, like `map`; it may run them in parallel.
    """
    evidence = _collect_evidence(photo, background)
    inner = erode_mask(evidence.enclosed, evidence.pixels_from_share(OUTLINE_HALO))
    seeds = _create_seeds(evidence, inner)
    # Two cuts from the same seeds: by the difference from the background, and by the colors.
    # The second one only tells how certain the first is.
    images = (_render_difference(evidence.difference), photo)
    colored, peer = map_cuts(lambda image: run_grabcut(image, seeds, GRABCUT_ITERATIONS), images)
    lookalikes = list(_find_lookalikes(evidence, inner & ~colored, colored))
    mask = colored.copy()
    for part, outlined_share in lookalikes:
        if outlined_share >= MIN_OUTLINED_SHARE:
            mask |= part
    lookalike_share = _measure_lookalike_share(evidence, mask)
    # The product looks much like the background, as glass does: its outline alone decides.
    if lookalike_share >= LOOKALIKE_SHARE:
        mask_with_lookalikes = np.logical_or.reduce([mask, *(part for part, _ in lookalikes)])
        mask = _round_outline(mask_with_lookalikes, evidence)
    mask = _clean_parts_and_pinholes(mask, evidence.solid)
    confidence = compute_iou(mask, clean_mask(peer, MIN_PART_SHARE)) * (1 - lookalike_share)
    return PlainBackgroundCut(mask, lookalike_share, confidence)


def _collect_evidence(photo: np.ndarray, background: PhotoBackground) -> _PixelEvidence:
    """Compares each pixel with the plain background, and traces outlines.

    Returns what each pixel says about product and background.

    photo: uint8 RGB (h, w, 3). background: the surface of color that was fitted to the photo.
    """
    lab = lab_from_srgb(photo)
    height, width = lab.shape[:2]
    # The background's color at each pixel, also behind the product.
    surface = background.render_surface(height, width)
    difference = measure_lab_difference(lab, surface)
    matching = np.linalg.norm(difference, axis=2) <= background.tolerance
    dark = lab[..., 0] < DARKEST_SHADOW * surface[..., 0]
    solid = _find_solid_pixels(difference, dark, matching)
    outlines = trace_outlines(difference[..., 0], matching) | solid
    window = (BACKGROUND_WINDOW, BACKGROUND_WINDOW)
    background_area = cv2.blur(matching.astype(np.float32), window) > MIN_BACKGROUND_SHARE
    return _PixelEvidence(
        difference=difference,
        solid=solid,
        background=background_area,
        outlined=dilate_mask(outlines, 1),
        enclosed=_fill_outlines(outlines, background_area),
    )


def _fill_outlines(outlines: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns the outlines and what they enclose, bool (h, w), although they may have gaps.

    A ball that rolls in from outside marks what is not enclosed; it does not pass gaps narrower
    than itself. A wider ball is used if the first one takes too much that is not background.

    outlines: bool (h, w). background: bool (h, w), areas that look like the background.
    """
    narrow, wide = (
        ~flood_from_outside(~outlines, max(1, round(radius * max(outlines.shape))))
        for radius in (BALL_RADIUS, WIDE_BALL_RADIUS)
    )
    missed = np.count_nonzero(wide & ~narrow & ~background)
    return wide if missed > MAX_MISSED_SHARE * np.count_nonzero(narrow) else narrow


def _find_solid_pixels(
    difference: np.ndarray, dark: np.ndarray, matching: np.ndarray
) -> np.ndarray:
    """Returns the pixels that differ from the background in a way that no shadow does: bool (h, w).

    They have another hue, are brighter, or are darker than any shadow, each well above the noise.

    difference: of each pixel from the background, float32 (h, w, 3): lightness, then a and b of CIE
        Lab.
    dark: bool (h, w), darker than a shadow. matching: bool (h, w), equal to the background but for
        noise.
    """
    lightness, color = difference[..., 0], np.hypot(difference[..., 1], difference[..., 2])
    noise = np.median(np.abs(lightness[matching])) if matching.any() else 0
    color_noise = np.median(color[matching]) if matching.any() else 0
    min_change = max(MIN_BRIGHTENING, MIN_NOISE_RATIO * noise)
    solid = color > max(MIN_COLOR_CHANGE, MIN_NOISE_RATIO * color_noise)
    solid |= (lightness > min_change) | (dark & (lightness < -min_change))
    # Opening by 2 x 2 drops single noisy pixels.
    return cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0


def _create_seeds(evidence: _PixelEvidence, inner: np.ndarray) -> np.ndarray:
    """Returns what each pixel is at the start of GrabCut, as OpenCV's constants: uint8 (h, w).

    Outside of all outlines is certainly background, solid pixels are certainly product, and the
    rest is probably one of them.

    evidence: what each pixel says about product and background.
    inner: bool (h, w), pixels enclosed by outlines, less the rim that an outline may take in.
    """
    seeds = np.where(evidence.enclosed, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    seeds[evidence.enclosed & (~inner | evidence.background)] = cv2.GC_PR_BGD
    seeds[erode_mask(evidence.solid & inner, 1)] = cv2.GC_FGD
    return seeds


def _render_difference(difference: np.ndarray) -> np.ndarray:
    """Renders Lab differences from the background, float32 (h, w, 3), as uint8; 128 is none."""
    return np.clip(np.rint(128 + difference * LEVELS_PER_LAB), 0, 255).astype(np.uint8)


def _find_lookalikes(
    evidence: _PixelEvidence, rest: np.ndarray, colored: np.ndarray
) -> Iterator[tuple[np.ndarray, float]]:
    """Yields possible parts of the product that have the background's colors, as glass has.

    Each comes as its pixels, bool (h, w), and the share of its outer rim that lies on a traced
    outline, 0 to 1. Holes and crevices, which have little outer rim, and shadows are skipped.

    evidence: what each pixel says about product and background.
    rest: bool (h, w), pixels enclosed by outlines that are not the product by color.
    colored: bool (h, w), the product by color.
    """
    reach = 2 * evidence.pixels_from_share(OUTLINE_HALO)
    rim = evidence.enclosed & dilate_mask(~evidence.enclosed, 1)
    # Opening drops slivers; dilating within `rest` restores the shape of what stays.
    labels, areas = label_components(open_mask(rest, reach))
    for label in np.flatnonzero(areas >= MIN_LOOKALIKE_AREA * max(rest.shape) ** 2):
        part = dilate_mask(labels == label, reach + 1) & rest
        # What bounds the part: the outer rim of all that is enclosed, or product next to it.
        own_rim = rim & dilate_mask(part, reach + 1)
        adjacent_product = colored & dilate_mask(part, 1)
        boundary_length = own_rim.sum() + adjacent_product.sum()
        is_at_rim = own_rim.sum() >= MIN_RIM_SHARE * boundary_length
        # A shadow darkens but keeps the background's hue.
        is_dark = np.median(evidence.difference[..., 0][part]) < -SHADOW_DARKENING
        if is_at_rim and (not is_dark or np.median(evidence.color_change[part]) >= MIN_TINT):
            yield part, float(evidence.outlined[own_rim].mean())


def _measure_lookalike_share(evidence: _PixelEvidence, mask: np.ndarray) -> float:
    """Returns the share of the product, without its rim, that has the background's colors, 0 to 1.

    evidence: how each pixel differs from the background. mask: the product, bool (h, w).
    """
    inside = erode_mask(mask, evidence.pixels_from_share(OUTLINE_HALO))
    distance = np.linalg.norm(evidence.difference[inside], axis=1)
    return float((distance < LOOKALIKE_DIFFERENCE).mean()) if inside.any() else 0.0


def _round_outline(mask: np.ndarray, evidence: _PixelEvidence) -> np.ndarray:
    """Returns a mask, bool (h, w), without the notches and spurs that broken outlines leave.

    Pixels of the mask that are certainly product, as `evidence` says, stay.
    """
    radius = evidence.pixels_from_share(ROUNDING_RADIUS)
    closed = erode_mask(dilate_mask(mask, radius), radius)
    return open_mask(closed, radius) | (mask & evidence.solid)


def _clean_parts_and_pinholes(mask: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Drops a mask's stray parts and closes its pinholes, except those that show the background.

    mask: bool (h, w), like the result. solid: bool (h, w), pixels that are certainly product.
    """
    cleaned = clean_mask(mask, MIN_PART_SHARE)
    # The pinholes that clean_mask closed; one stays closed if most of its pixels are solid.
    labels, areas = label_components(cleaned & ~mask)
    is_solid = np.bincount(labels[solid], minlength=len(areas)) >= MIN_SOLID_SHARE * areas
    return cleaned & (mask | is_solid[labels])
