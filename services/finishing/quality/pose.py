"""Judges whether the product is placed as its photo shows it, and whether it leans."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.silhouette import trace_silhouette
from services.imaging.stance import estimate_stance
from services.imaging.tilt import estimate_tilt
from services.imaging.view import Pose
from services.runtime.options import word_from_enum

# How wrong a product looks that the photo shows in the first stance and the ad in the second, from
# 0 to 1; pairs that look right are left out.
WRONGNESS: dict[tuple[Pose, Pose], float] = {
    # Watches on their strap, shirts that stand up, shoes that end in mid-air.
    ("lying", "standing"): 1.0,
    ("floating", "standing"): 0.9,
    ("hanging", "standing"): 1.0,
    # Sunglasses and necklaces in the air.
    ("lying", "floating"): 0.8,
    ("lying", "hanging"): 0.5,
    # Shoes may lie on their side; what has a top that shows, and teddy bears that sit, may not.
    ("standing", "lying"): 0.3,
    ("standing", "hanging"): 0.3,
    ("floating", "lying"): 0.3,
    ("hanging", "lying"): 0.2,
}
POSE = JudgingScale(
    "pose",
    best=0.0,
    good=0.25,
    bad=0.6,
    unit="",
    note="How wrong the product's stance looks, from 0 to 1, with what its photo shows.",
    remedy="Set compositing.arrangement.stance to that of the photo, or send a photo in which the "
    "product {stance}.",
)
# In degrees. The eye sees from 2 to 3 on that something is not upright. Larger: crooked bottles
# pass.
LEAN = JudgingScale(
    "lean",
    best=0.0,
    good=2.5,
    bad=6.0,
    unit="degrees",
    note="Lean of a product that would stand upright.",
    remedy="Set compositing.arrangement.rotation to turn the product upright.",
)


def judge_pose(picture: AssessedPicture) -> AdMeasurement:
    """Judges the product's stance in the ad by the one in its photo, or by its outline.

    Unknown without a scene, or where the photo's stance is not clear.
    """
    shown = find_ad_stance(picture)
    if not shown:
        return POSE.skip("stance in the ad not known", "Assess the ad with its manifest.")
    suited = find_suited_stance(picture)
    if not suited:
        return POSE.skip("stance in the photo not clear")
    wrongness = WRONGNESS.get((suited, shown), 0.0)
    return POSE.judge(wrongness, POSE.remedy.format(stance=VERBS[shown]))


def judge_lean(picture: AssessedPicture) -> AdMeasurement:
    """Judges by how much a standing product is off upright; unknown without a product."""
    if picture.mask is None or picture.solid is None:
        return LEAN.skip("no product known", "Send a mask of the product.")
    if find_ad_stance(picture) not in ("", "standing"):
        return LEAN.pass_over("does not stand")
    silhouette = trace_silhouette(picture.mask)
    tilt = estimate_tilt(silhouette) if silhouette else None
    return LEAN.judge(abs(tilt or 0.0))
