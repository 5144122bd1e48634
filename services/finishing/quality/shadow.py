"""Judges the product's shadow: whether there is one, and on which side."""

import cv2
import numpy as np

from services.finishing.quality.close_up import CloseUp
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.color import find_channel_extremes
from services.imaging.shadows import shadow_direction
from services.runtime.limits import MIN_LYING_PITCH

# Mean darkening in levels per column of the product below which there is no shadow to judge.
# Larger: fainter shadows go unjudged.
MIN_SHADOW = 0.5
# Part of the product's height that counts as its foot. Smaller: the middle of products seen from
# the side is that of their lowest corner. Larger: leaning products shift it.
FOOT_SHARE = 0.25
# Sine of the light's angle below which it comes from front or back and no side is expected.
# Larger: fewer shadows are judged.
FRONTAL_LIGHT = 0.3
# In product widths that the shadow lies towards the light. Larger: shadows on the wrong side pass.
SIDE = JudgingScale(
    "shadow_side",
    best=0.0,
    good=0.04,
    bad=0.15,
    unit="product widths",
    note="How far the shadow lies towards the light instead of away from it.",
    remedy="Let the background follow the photo's light (background.follow_photo).",
)
# Where the ground is looked at, in shares of the product's height above and below its foot, and the
# columns at either end of it that are taken for ground without shadow. Larger: more of what stands
# around is mistaken for shadows.
ABOVE_FOOT, BELOW_FOOT, FAR_SHARE = 0.15, 0.12, 0.1
# Darkening in levels that is taken for a shadow, in standard deviations of the ground without one,
# and at least. Larger: fainter shadows go unjudged.
GRAIN_FACTOR, MIN_DARKENING = 2.0, 6.0
# Standard deviation in levels of ground that is too uneven to see a shadow on. Larger: planks and
# grass are mistaken for shadows.
MAX_GRAIN = 8.0


def judge_shadow_side(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the shadow falls away from the light, to the left or right of the product.

    Unknown without a shadow or a known direction of the light; passes light from front or back.
    """
    known = picture.circumstances
    if not known.HasField("scene") or not known.scene.HasField("light"):
        return SIDE.skip("direction of the light not known")
    if not picture.stands or known.scene.camera_pitch >= MIN_LYING_PITCH:
        return SIDE.pass_over("does not stand in view")
    # From -1, straight to the left, to 1, straight to the right.
    expected_right, _ = shadow_direction(known.scene.light.azimuth)
    if abs(expected_right) < FRONTAL_LIGHT:
        return SIDE.pass_over("light from the front or the back")
    lean = measure_shadow_lean(picture)
    if lean is None:
        return SIDE.skip("no shadow known")
    return SIDE.judge(max(0.0, -lean * float(np.sign(expected_right))))


def measure_shadow_lean(picture: AssessedPicture) -> float | None:
    """Returns how far to the right of the product's foot its shadow lies, in product widths.

    Negative to the left; None without a product or a visible shadow. The shadow is what the
    inpainting darkened outside the product or, where that is not known, ground next to the
    product's foot that is darker than farther away.
    """
    if picture.solid is None or picture.mask is None:
        return None
    if picture.composite is None:
        return None if picture.close_up is None else _measure_seen_lean(picture.close_up)
    _, darkening = find_channel_extremes(cv2.subtract(picture.composite, picture.ad))
    darkening[picture.mask > 0] = 0
    return _measure_lean(darkening.sum(axis=0, dtype=np.float64), picture.solid)


def _measure_seen_lean(close_up: CloseUp) -> float | None:
    """Returns the lean, in product widths, of a shadow that is seen; None if there is none."""
    _, top, _, height = close_up.box
    foot = top + height
    rows = slice(max(foot - round(ABOVE_FOOT * height), 0), foot + round(BELOW_FOOT * height))
    is_ground = close_up.ground[rows]
    if not len(is_ground):
        return None
    levels = cv2.cvtColor(close_up.ad, cv2.COLOR_RGB2GRAY)[rows].astype(np.float32)
    far = max(2, round(FAR_SHARE * levels.shape[1]))
    ends = levels[:, :far], levels[:, -far:]
    if not (is_ground[:, :far].all() and is_ground[:, -far:].all()):
        return None
    grain = max(float(np.median(end.std(axis=0))) for end in ends)
    if grain > MAX_GRAIN:
        return None
    # Without a shadow the ground passes evenly from one end to the other.
    across = np.linspace(0, 1, levels.shape[1], dtype=np.float32)
    left, right = (np.median(end, axis=1)[:, np.newaxis] for end in ends)
    darkening = left + (right - left) * across - levels
    darkening[~is_ground | (darkening < max(MIN_DARKENING, GRAIN_FACTOR * grain))] = 0
    return _measure_lean(darkening.sum(axis=0), close_up.solid)


def _measure_lean(weight: np.ndarray, solid: np.ndarray) -> float | None:
    """Returns how far right of the product's foot a shadow lies; None if it is too faint.

    weight: float (w,), how much each column is darkened in all, in levels.
    solid: bool (h, w), the product.
    """
    columns, rows = (np.flatnonzero(solid.any(axis=axis)) for axis in (0, 1))
    foot = rows[-1] - round(FOOT_SHARE * len(rows))
    foot_middle = np.flatnonzero(solid[foot:].any(axis=0)).mean()
    if weight.sum() < MIN_SHADOW * len(columns):
        return None
    product_width = columns[-1] - columns[0] + 1
    offsets = np.arange(len(weight)) - foot_middle
    return float((weight * offsets).sum() / weight.sum() / product_width)


MEASUREMENTS = (judge_shadow_side,)
