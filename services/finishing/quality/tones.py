"""Judges the product's tones: colors that the tint moved, blacks and whites without detail."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.color import find_channel_extremes

# In CIEDE2000. Larger: products in visibly different colors pass.
COLOR_SHIFT = JudgingScale(
    "color_shift",
    best=0.0,
    good=3.0,
    bad=6.0,
    unit="Delta E",
    note="Mean change of the product's colors by the tint.",
    remedy="Set compositing.tint lower, or compositing.locked for no tint at all.",
)
# Levels up to which a pixel is black, and from which on it is white, in every channel: one level
# of tolerance for lossy files.
CLIPPED_LOW, CLIPPED_HIGH = 1, 254
# Share of the product. Larger: overexposed products pass.
CLIPPING = JudgingScale(
    "clipping",
    best=0.0,
    good=0.05,
    bad=0.25,
    unit="",
    note="Share of the product that is pure white or pure black and shows no detail.",
    remedy="Send a photo that is neither overexposed nor underexposed.",
)


def judge_color_shift(picture: AssessedPicture) -> AdMeasurement:
    """Judges how far the tint, which adapts the product to the scene, moved its colors."""
    known = picture.circumstances
    if not known.HasField("color_shift"):
        return COLOR_SHIFT.skip("not known", "Assess the ad with its manifest.")
    return COLOR_SHIFT.judge(known.color_shift)


def judge_clipping(picture: AssessedPicture) -> AdMeasurement:
    """Judges how many of the product's pixels are pure white or black and show no detail."""
    if picture.solid is None:
        return CLIPPING.skip("no product known")
    darkest, lightest = find_channel_extremes(picture.ad)
    clipped = ((darkest >= CLIPPED_HIGH) | (lightest <= CLIPPED_LOW)) & picture.solid
    return CLIPPING.judge(float(clipped.sum() / picture.solid.sum()))


MEASUREMENTS = (judge_color_shift, judge_clipping)
