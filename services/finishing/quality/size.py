"""Judges the product's size against that of the things in the picture."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture

# In times. A product half as large again as it is passes for a large one of its kind, as sizes of
# a kind vary by that; three times is a ring as large as a cup. Larger: toys pass as furniture.
SCALE = JudgingScale(
    "prop_scale",
    best=1.1,
    good=1.5,
    bad=3.0,
    unit="times",
    note="How many times too large or too small the product is against the things around it.",
    remedy="Set background.product_height_mm to the product's height.",
)


def judge_prop_scale(picture: AssessedPicture) -> AdMeasurement:
    """Judges the product's height against its true one in the scene; unknown without a true one."""
    known = picture.circumstances
    height = known.placement.box.height
    true_height = known.scene.product_height * len(picture.ad)
    if not height or not true_height:
        return SCALE.skip("true size not known", "Name the product in background.product.")
    ratio = height / true_height
    remedy = (
        "Set compositing.height_share and width_share smaller, or background.product_height_mm to "
        "the product's height."
    )
    return SCALE.judge(max(ratio, 1 / ratio), remedy if ratio > 1 else "")


MEASUREMENTS = (judge_prop_scale,)
