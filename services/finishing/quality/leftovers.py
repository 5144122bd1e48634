"""Judges what the cut-out kept of the photo's surroundings: ground, backdrop and soft shadow."""

import math
from dataclasses import replace

import cv2
import numpy as np

from services.finishing.quality.cutout import CONFIDENCE
from services.finishing.quality.measurement import FAIL, WARN, AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.places import enlarge_box, find_largest_part
from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import FAINT_ALPHA, OPAQUE_ALPHA
from services.imaging.resizing import shrink_to_fit

# Per mille of the product's area. Clean photos of shoes and toys have up to 3.7, as their soles and
# noses have colors of their own; remnants worth a look have 10 to 70. Larger: small remnants pass.
LEFTOVERS = JudgingScale(
    "leftovers",
    best=0.0,
    good=4.0,
    bad=10.0,
    unit="per mille",
    note="Share of the product, at its foot or a side, in dull colors that the rest of it lacks.",
    remedy="Look at the cut-out's ends; send a box, points or a mask if they kept surroundings.",
)
# Shares of the product's area. Clean cut-outs have up to 0.015. Larger: kept shadows pass.
SOFT_LEFTOVERS = JudgingScale(
    "soft_leftovers",
    best=0.0,
    good=0.02,
    bad=0.08,
    unit="",
    note="Share of the product that is half transparent and wide, as a kept shadow or haze is.",
    remedy="Leave segmentation.photo_shadow at its default, or send a mask.",
)
# Longer side in pixels of the product that is searched. Larger: finds finer blades, and noise.
SEARCHED_SIDE = 256
# Quarter turns counterclockwise that bring an end down: the foot, the left and the right side. Lids
# of cans and openings of shoes look like remnants at the top.
SEARCHED_ENDS = (0, 1, 3)
# Part of the product's height or width that is an end. Larger: whole wheels and beaks are searched.
END_SHARE = 0.15
# Share of the product's rest that must have a color for it to be the product's. Larger: more is
# taken for remnants.
MIN_COLOR_SHARE = 0.002
# Chroma up to which a color may be that of a ground, such as grass or tan paper. Larger: bright
# parts of products count as remnants.
MAX_GROUND_CHROMA = 35.0
# Share of a color's pixels at an end that may lie beyond it. Larger: whole parts of products, such
# as hats, are taken for remnants.
SPILL_SHARE = 0.1
# Bins of L*, a* and b* and their widths: colors in neighboring bins count as equal. Wider: remnants
# that resemble the product go unseen.
BINS, BIN_WIDTHS = (13, 28, 28), (10.0, 8.0, 8.0)
# What makes all three coordinates positive and leaves an empty bin before them.
BIN_OFFSETS = (10.0, 108.0, 108.0)
# Sigma in pixels of the blur that takes the noise. Larger: finer blades are lost.
NOISE_SIGMA = 0.8
# Pixels from the outline within which a remnant begins.
OUTLINE_REACH = 2
# Alpha above which a pixel is solid, and width in pixels of a soft edge that is no remnant, in the
# reduced picture.
NEARLY_SOLID_ALPHA, SOFT_EDGE_WIDTH = 220, 5


def judge_leftovers(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product's foot or a side has dull colors that the rest of it lacks.

    Only warns where the cut-out is trusted, as such colors may be the product's own, like those of
    lenses at the sides of sunglasses.
    """
    if picture.mask is None or picture.box is None:
        return LEFTOVERS.skip("no product known")
    small = shrink_to_fit(crop_to_box(picture.ad, picture.box), SEARCHED_SIDE)
    alpha = shrink_to_fit(crop_to_box(picture.mask, picture.box), SEARCHED_SIDE)
    solid = _shrink_area(alpha == OPAQUE_ALPHA, 1)
    if not solid.any():
        return LEFTOVERS.pass_over("transparent")
    lab = cv2.GaussianBlur(lab_from_srgb(small), (0, 0), NOISE_SIGMA)
    is_dull = np.hypot(lab[..., 1], lab[..., 2]) <= MAX_GROUND_CHROMA
    layers = np.dstack([_bin_colors(lab), solid, is_dull])
    remnants = [
        np.rot90(find_remnant(end[..., 0], end[..., 1] > 0, end[..., 2] > 0), -turns)
        for turns in SEARCHED_ENDS
        for end in [np.rot90(layers, turns)]
    ]
    remnant = max(remnants, key=np.count_nonzero)
    share = np.count_nonzero(remnant) / np.count_nonzero(solid)
    place = enlarge_box(find_largest_part(remnant), remnant.shape, picture.box)
    found = LEFTOVERS.judge(1000 * share).at(place)
    is_trusted = picture.circumstances.confidence >= CONFIDENCE.good
    is_mild = found.verdict == FAIL and is_trusted
    return replace(found, verdict=WARN, severity=1.0) if is_mild else found


def find_remnant(bins: np.ndarray, solid: np.ndarray, is_dull: np.ndarray) -> np.ndarray:
    """Returns where the product is a remnant of the ground at its lower end: bool (h, w).

    These are dull pixels whose colors the product lacks elsewhere, in parts that reach its outline.

    bins: numbers of color bins, int64 (h, w).
    solid, is_dull: bool (h, w), where the product is, and where colors may be those of a ground.
    """
    end = np.zeros_like(solid)
    end[round((1 - END_SHARE) * len(solid)) :] = True
    at_end, elsewhere = (_count_colors(bins[solid & part]) for part in (end, ~end))
    product_least = MIN_COLOR_SHARE * np.count_nonzero(solid & ~end)
    is_strange = (elsewhere < np.maximum(product_least, SPILL_SHARE * at_end))[bins]
    strange = solid & end & is_strange & is_dull
    _, labels = cv2.connectedComponents(strange.astype(np.uint8))
    at_outline = np.unique(labels[strange & ~_shrink_area(solid, OUTLINE_REACH)])
    return np.isin(labels, at_outline) & strange


def _count_colors(bins: np.ndarray) -> np.ndarray:
    """Returns how many pixels have the color of each bin or of a neighbor: int64 (n,).

    bins: numbers of color bins, int64 (m,).
    """
    counts = np.bincount(bins, minlength=math.prod(BINS)).reshape(BINS)
    for axis in range(3):
        counts = counts + np.roll(counts, 1, axis) + np.roll(counts, -1, axis)
    return counts.reshape(-1)


def _bin_colors(lab: np.ndarray) -> np.ndarray:
    """Returns the number of each color's bin, int64 (h, w); lab: L*a*b* float32 (h, w, 3)."""
    coordinates = (lab + np.array(BIN_OFFSETS, np.float32)) / np.array(BIN_WIDTHS, np.float32)
    return coordinates.astype(np.int64) @ np.array([BINS[1] * BINS[2], BINS[2], 1])


def judge_soft_leftovers(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of an opaque product is half transparent, beyond its soft edge."""
    mask = picture.reduced.mask
    if mask is None or picture.mask is None or picture.solid is None:
        return SOFT_LEFTOVERS.skip("no product known")
    near = crop_to_box(mask, find_bounding_box(mask))
    seen = near >= FAINT_ALPHA
    if not seen.any():
        return SOFT_LEFTOVERS.skip("the product is too thin")
    if picture.circumstances.transparent_share or np.median(near[seen]) < OPAQUE_ALPHA:
        return SOFT_LEFTOVERS.pass_over("transparent")
    half = (seen & (near <= NEARLY_SOLID_ALPHA)).astype(np.uint8)
    kernel = np.ones((SOFT_EDGE_WIDTH, SOFT_EDGE_WIDTH), np.uint8)
    wide = cv2.morphologyEx(half, cv2.MORPH_OPEN, kernel)
    place = enlarge_box(find_largest_part(wide > 0), wide.shape, find_bounding_box(picture.mask))
    return SOFT_LEFTOVERS.judge(np.count_nonzero(wide) / np.count_nonzero(seen)).at(place)


def _shrink_area(area: np.ndarray, pixels: int) -> np.ndarray:
    """Takes pixels off the edge of an area, also where it ends with the picture; bool (h, w)."""
    kernel = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    shrunk = cv2.erode(area.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return shrunk > 0


MEASUREMENTS = (judge_leftovers, judge_soft_leftovers)
