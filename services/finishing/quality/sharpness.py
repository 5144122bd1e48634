"""Judges how sharp the product is, by itself and against the set that it stands in.

Sharpness is what is left of the finest band of a Laplacian pyramid at the strongest edges
(P. J. Burt, E. H. Adelson: "The Laplacian Pyramid as a Compact Image Code", 1983). Pictures have
about as much energy in each octave; enlarged ones have little in the finest.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import crop_to_box, widen_box
from services.imaging.mask import FAINT_ALPHA

# Pixels of the ad per pixel of the cut-out. Larger: soft products pass.
ENLARGEMENT = JudgingScale(
    "enlargement",
    best=1.0,
    good=1.2,
    bad=2.0,
    unit="times",
    note="How much the cut-out was enlarged, which makes it soft.",
    remedy="Send a larger photo, or ask for a smaller ad.",
)
# Softness of the product in that of the set. Enlarged twice, a sharp product reaches 1.2. Larger:
# softer products pass.
SOFTNESS = JudgingScale(
    "softness",
    best=0.9,
    good=1.27,
    bad=1.45,
    unit="times",
    note="How much softer the product's edges are than those in focus in the set.",
    remedy="Send a larger or sharper photo, or make the product smaller (compositing.width_share).",
)
# Sigmas in pixels of the blurs that bound the finest band and the next one from below. Larger:
# needs more enlargement to count as soft.
FINE_SIGMA, COARSE_SIGMA = 0.6, 1.2
# Slope in levels per pixel, after the coarse blur, from which on an edge counts. Larger: less
# textured products go unjudged.
MIN_SLOPE = 3.0
# Percentile of the slopes from which on an edge is strong. Larger: fewer, clearer edges.
STRONG_PERCENTILE = 70
# Pixels that must be edges. Larger: fewer products are judged.
MIN_EDGES = 60
# Softness that sets are taken to have: at least that of a sharp photo, as of a set of sharp stones,
# and at most that of a soft one, since a product must not be as soft as an empty backdrop.
SHARPEST_SET, SOFTEST_SET = 1.5, 1.7
# Rows of the product that are compared, the lowest ones: there the set is in focus, if at all.
# More: slower.
MAX_ROWS = 320
# How far around the product the set counts, as a share of the product's longer side. Larger: more
# of a blurred background counts.
SET_MARGIN = 0.15
# Turns the 3 x 3 derivative into levels per pixel: its positive weights, twice, add up to 8.
SOBEL_SCALE = 1 / 8
# Share of the finest band's energy at edges that may be noise. Larger: grainy products are softer.
MAX_NOISE_SHARE = 0.4
# Pixels whose values stand for all. More: percentiles hardly change, and take longer.
MAX_SAMPLES = 10_000
# Pixels along the contour that are left out, since the edge of the cut-out is always sharp.
RIM = 4


def judge_enlargement(picture: AssessedPicture) -> AdMeasurement:
    """Judges by how much the product was enlarged; unknown if not sent."""
    known = picture.circumstances
    if not known.HasField("placement"):
        return ENLARGEMENT.skip("not known", "Assess the ad with its manifest.")
    return ENLARGEMENT.judge(known.placement.scale)


def judge_softness(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product is softer than the set; passes products without edges."""
    if picture.mask is None or picture.box is None:
        return SOFTNESS.skip("no product known")
    x, y, width, height = picture.box
    lower = (x, y + max(0, height - MAX_ROWS), width, min(height, MAX_ROWS))
    near = widen_box(lower, SET_MARGIN * max(width, height), *picture.mask.shape)
    gray = cv2.cvtColor(crop_to_box(picture.ad, near), cv2.COLOR_RGB2GRAY)
    alpha = crop_to_box(picture.mask, near)
    kernel = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    inside = cv2.erode((alpha == alpha.max()).astype(np.uint8), kernel) > 0
    outside = cv2.dilate((alpha >= FAINT_ALPHA).astype(np.uint8), kernel) == 0
    product, surroundings = measure_softness(gray, (inside, outside))
    if product is None:
        return SOFTNESS.pass_over("no edges within the product")
    reference = SOFTEST_SET if surroundings is None else surroundings
    return SOFTNESS.judge(product / min(max(reference, SHARPEST_SET), SOFTEST_SET))


def measure_softness(gray: np.ndarray, parts: Sequence[np.ndarray]) -> list[float | None]:
    """Returns how soft parts of a picture are, from about 1, sharp, to 2.5; None without edges.

    It is the amplitude of the second finest band in that of the finest, at the strongest edges and
    less what the finest has where there are none, which is noise.

    gray: uint8 (h, w).
    parts: bool (h, w) each.
    """
    levels = gray.astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(levels, (0, 0), sigma) for sigma in (FINE_SIGMA, COARSE_SIGMA))
    finest_energy, next_energy = (levels - fine) ** 2, (fine - coarse) ** 2
    slopes = cv2.magnitude(
        *(cv2.Sobel(coarse, cv2.CV_32F, *order, scale=SOBEL_SCALE) for order in ((1, 0), (0, 1)))
    )
    return [_compare_bands(finest_energy, next_energy, slopes, part) for part in parts]


def _compare_bands(
    finest_energy: np.ndarray, next_energy: np.ndarray, slopes: np.ndarray, part: np.ndarray
) -> float | None:
    """Returns the softness of a part of a picture, as `measure_softness` does.

    finest_energy, next_energy: of the bands, float32 (h, w).
    slopes: in levels per pixel, float32 (h, w).
    part: bool (h, w).
    """
    edges = part & (slopes >= MIN_SLOPE)
    if np.count_nonzero(edges) < MIN_EDGES:
        return None
    strong = edges & (slopes >= np.percentile(_thin_out(slopes[edges]), STRONG_PERCENTILE))
    # Both bands are strongest at the two sides of an edge.
    strong = cv2.dilate(strong.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    flat = part & (slopes < MIN_SLOPE)
    noise = float(np.median(_thin_out(finest_energy[flat]))) if flat.any() else 0.0
    finest = float(finest_energy[strong].mean())
    finest -= min(noise, MAX_NOISE_SHARE * finest)
    return math.sqrt(float(next_energy[strong].mean()) / finest)


def _thin_out(values: np.ndarray) -> np.ndarray:
    """Returns at most MAX_SAMPLES of the values, float32 (n,), evenly spread."""
    return values[:: 1 + len(values) // MAX_SAMPLES]


MEASUREMENTS = (judge_enlargement, judge_softness)
