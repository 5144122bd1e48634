"""Judges how the product meets the ground."""

import numpy as np

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture

# In rows of a picture of 1000 rows. Larger: products that visibly float or sink pass.
GAP = JudgingScale(
    "contact_gap",
    best=0.0,
    good=2.0,
    bad=5.0,
    unit="px of 1000",
    note="Distance of the product's foot from the line that it stands on.",
    remedy="Look at the product's base; segment it again if its foot is missing.",
)


def judge_contact_gap(picture: AssessedPicture) -> AdMeasurement:
    """Judges the distance between the product's foot and the ground line; unknown without one."""
    if picture.solid is None or not picture.circumstances.HasField("scene"):
        return GAP.skip("not known", "Assess the ad with its manifest.")
    if not picture.stands:
        return GAP.pass_over("does not stand")
    height = len(picture.solid)
    foot = int(np.flatnonzero(picture.solid.any(axis=1))[-1]) + 1
    if foot == height:
        # A product that the photo cut off at the bottom runs out of the picture.
        return GAP.pass_over("runs out of the picture")
    gap = abs(picture.circumstances.scene.ground_line * height - foot)
    return GAP.judge(1000 * gap / height)


MEASUREMENTS = (judge_contact_gap,)
