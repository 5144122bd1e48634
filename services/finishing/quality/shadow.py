"""Judges the product's shadow: whether there is one, and on which side."""

import cv2
import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.color import find_channel_extremes
from services.imaging.shadows import shadow_direction
from services.runtime.limits import MIN_LYING_PITCH

# Mean darkening in levels per column of the product below which there is no shadow to judge.
# Larger: fainter shadows go unjudged.
MIN_SHADOW = 0.5
# Part of the product's height that counts as its foot. Larger: leaning products shift its middle.
FOOT_SHARE = 0.06
# Sine of the light's angle below which it comes from front or back and no side is expected.
# Larger: fewer shadows are judged.
FRONTAL_LIGHT = 0.3
# In product widths that the shadow lies towards the light. Larger: shadows on the wrong side pass.
SIDE = JudgingScale(
    "shadow_side",
    best=0.0,
    good=0.02,
    bad=0.1,
    unit="product widths",
    note="How far the shadow lies towards the light instead of away from it.",
    remedy="Let the background follow the photo's light (background.follow_photo).",
)


def judge_shadow_side(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the shadow falls away from the light, to the left or right of the product.

    Unknown without a shadow or a known direction of the light; passes light from front or back.
    """
    known = picture.circumstances
    if not known.HasField("scene") or not known.scene.HasField("light"):
        return SIDE.skip("direction of the light not known")
    if not picture.stands or known.scene.camera_pitch >= MIN_LYING_PITCH:
        return SIDE.pass_over("does not stand in view")
    lean = measure_shadow_lean(picture)
    if lean is None:
        return SIDE.skip("no shadow known")
    # From -1, straight to the left, to 1, straight to the right.
    expected_right, _ = shadow_direction(known.scene.light.azimuth)
    if abs(expected_right) < FRONTAL_LIGHT:
        return SIDE.pass_over("light from the front or the back")
    return SIDE.judge(max(0.0, -lean * float(np.sign(expected_right))))


def measure_shadow_lean(picture: AssessedPicture) -> float | None:
    """Returns how far to the right of the product's foot its shadow lies, in product widths.

    Negative to the left; None without a product, a composite or a visible shadow. The shadow is
    what the inpainting darkened outside the product.
    """
    if picture.solid is None or picture.mask is None or picture.composite is None:
        return None
    columns, rows = (np.flatnonzero(picture.solid.any(axis=axis)) for axis in (0, 1))
    foot = rows[-1] - round(FOOT_SHARE * len(rows))
    foot_middle = np.flatnonzero(picture.solid[foot:].any(axis=0)).mean()
    _, darkening = find_channel_extremes(cv2.subtract(picture.composite, picture.ad))
    darkening[picture.mask > 0] = 0
    # How much each column of the picture was darkened.
    weight = darkening.sum(axis=0, dtype=np.float64)
    if weight.sum() < MIN_SHADOW * len(columns):
        return None
    product_width = columns[-1] - columns[0] + 1
    offsets = np.arange(len(weight)) - foot_middle
    return float((weight * offsets).sum() / weight.sum() / product_width)


MEASUREMENTS = (judge_shadow_side,)
