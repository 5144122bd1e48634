"""Judges the composition: how much of the picture the product fills."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture

# Larger of the product's shares of width and height. Larger: more warnings.
SIZE = JudgingScale(
    "product_share",
    best=0.5,
    good=0.3,
    bad=0.1,
    unit="",
    note="Share of the picture's width or height that the product takes, whichever is larger.",
    remedy="Set compositing.width_share and height_share larger.",
)


def judge_size(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product is large enough to be seen."""
    if picture.box is None:
        return SIZE.skip("no product known")
    _, _, width, height = picture.box
    return SIZE.judge(max(width / picture.ad.shape[1], height / picture.ad.shape[0]))


MEASUREMENTS = (judge_size,)
