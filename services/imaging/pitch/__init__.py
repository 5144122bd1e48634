"""Estimates from a product's outline how far the camera of its photo looked down.

Round feet and rims appear as ellipses, and boxes as hexagons in perspective. Both are fitted for
every pitch; the estimate is the pitch to which most of the probability belongs.
"""

import math
from collections.abc import Iterator

import numpy as np

from services.imaging.box import Box
from services.imaging.mask import find_solid_pixels
from services.imaging.pitch.boxes import fit_box
from services.imaging.pitch.hypotheses import (
    Hypotheses,
    PitchEstimate,
    choose_pitch,
    combine_round_ends,
    interpolate_box,
)
from services.imaging.pitch.optics import (
    ASSUMED_FOCAL_LENGTHS,
    ASSUMED_SPREAD,
    KNOWN_SPREAD,
    find_focal_pixels,
)
from services.imaging.pitch.outline import is_cut_at_bottom, measure_arc, trace_outline
from services.imaging.pitch.round_ends import fit_round_end
from services.imaging.pitch.symmetry import measure_hole_share, measure_symmetry
from services.imaging.resizing import shrink_to_fit

# Longer side in pixels at which outlines are traced. Larger: slower, and no more exact, as masks
# are off by about a pixel.
TRACED_SIDE = 800
# Share of holes in the area within the outline from which on a product is a ring, and no vessel
# with a handle.
MAX_HOLE_SHARE = 0.2
# Share of rows whose middle lies on one axis, from which on a product may well be round. A handle
# takes more than half of them. Larger: fewer cups are answered, and fewer shoes.
USUAL_SYMMETRY = 0.35

# Distance of a top from the axis as a share of the foot's half width up to which both may be parts
# of one round product. A handle that joins the foot moves its middle. Larger: straps of garments
# count as tops.
OFF_AXIS_TOP = 0.4


def estimate_pitch(
    alpha: np.ndarray,
    box: Box,
    photo_size: tuple[int, int],
    focal_length_mm: float | None = None,
) -> PitchEstimate | None:
    """Estimates the pitch of a photo's camera from the outline of the product in it.

    Returns None where the outline shows no pitch at all: products without a round foot or rim that
    are no boxes, or that run out of the photo below.

    alpha: of the cut-out, uint8 (h, w), of any size.
    box: where it lies in the photo: x, y, width, height in pixels.
    photo_size: height, width in pixels; the middle of the photo counts as the optical axis.
    focal_length_mm: equivalent on 35-mm film; None if it is unknown.
    """
    traced = shrink_to_fit(alpha, TRACED_SIDE)
    solid = find_solid_pixels(traced)
    outline = trace_outline(solid)
    if not len(outline):
        return None
    touches_top, touches_bottom = box[1] <= 0, box[1] + box[3] >= photo_size[0]
    if (touches_bottom and is_cut_at_bottom(solid)) or (
        touches_top and is_cut_at_bottom(solid[::-1])
    ):
        return None
    scale = traced.shape[1] / box[2]
    middle = scale * np.array([photo_size[1] / 2 - box[0], photo_size[0] / 2 - box[1]])
    lengths = (focal_length_mm,) if focal_length_mm else ASSUMED_FOCAL_LENGTHS
    focals = [scale * find_focal_pixels(length, photo_size) for length in lengths]
    spread = KNOWN_SPREAD if focal_length_mm else ASSUMED_SPREAD
    found = [
        *_try_round(solid, outline - middle, float(middle[0]), focals),
        *_try_box(solid, outline - middle, focals, spread),
    ]
    return choose_pitch(found) if any(each.weight.any() for each in found) else None


def _try_round(
    solid: np.ndarray, outline: np.ndarray, middle: float, focals: list[float]
) -> Iterator[Hypotheses]:
    """Yields the pitches of a round product, unless it cannot be one.

    solid: bool (h, w). outline: float (n, 2) from the middle of the photo, in pixels of `solid`.
    middle: column of the middle of the photo. focals: in the same pixels.
    """
    base, top = (measure_arc(outline, facing_down) for facing_down in (True, False))
    if base is None or measure_hole_share(solid) > MAX_HOLE_SHARE:
        return
    if top and abs(top.middle - base.middle) > OFF_AXIS_TOP * base.half_width:
        top = None
    symmetry = measure_symmetry(solid, base.middle + middle)
    top_fit = fit_round_end(top) if top else None
    plausibility = min(1.0, symmetry / USUAL_SYMMETRY)
    yield combine_round_ends(fit_round_end(base), top_fit, focals, plausibility)


def _try_box(
    solid: np.ndarray, outline: np.ndarray, focals: list[float], spread: float
) -> Iterator[Hypotheses]:
    """Yields the pitches of a box, unless the product cannot be one; parameters as above.

    spread: standard deviation of the focal length's logarithm.
    """
    middle_focal = math.exp(sum(map(math.log, focals)) / len(focals))
    fit = fit_box(outline, int(solid.sum()), middle_focal, spread)
    if fit is not None:
        yield interpolate_box(fit)
