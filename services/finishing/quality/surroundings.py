"""Judges how colorful the surroundings of the product are."""

import numpy as np

from services.finishing.quality.composition import is_described_as_plain
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.color import lab_from_srgb
from services.imaging.mask import FAINT_ALPHA
from services.imaging.resizing import shrink_to_fit

# Mean distance from gray in L*a*b*: a gray sweep has 1 to 3, a kitchen 15 to 25. Smaller: gray
# pictures pass.
CHROMA = JudgingScale(
    "surroundings_chroma",
    best=25.0,
    good=4.0,
    bad=1.0,
    unit="",
    note="Mean chroma of what surrounds the product; gray pictures look dull.",
    remedy="Name a color, a material or a warm light in the prompt, or send a backdrop with color.",
)
# Longer side in pixels of the picture whose colors are averaged. Larger: slower.
COLOR_SIDE = 128


def judge_chroma(picture: AssessedPicture) -> AdMeasurement:
    """Judges the mean chroma outside the product; passes plain sets that the prompt describes."""
    if picture.mask is None:
        return CHROMA.skip("no product known")
    ground = shrink_to_fit(picture.mask, COLOR_SIDE) < FAINT_ALPHA
    if is_described_as_plain(picture) or not ground.any():
        return CHROMA.pass_over("plain set, as described")
    lab = lab_from_srgb(shrink_to_fit(picture.ad, COLOR_SIDE))
    return CHROMA.judge(float(np.hypot(lab[..., 1], lab[..., 2])[ground].mean()))


MEASUREMENTS = (judge_chroma,)
