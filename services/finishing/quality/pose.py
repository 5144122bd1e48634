"""Judges whether the product is placed as its photo shows it, leans, or stands on a toe."""

import math
from typing import Literal

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.scene import scene_from_message
from services.imaging.stance import estimate_stance, measure_resting_slope
from services.imaging.tilt import estimate_tilt
from services.imaging.view import Pose, view_from_message
from services.runtime.limits import MIN_LYING_PITCH

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
    ("standing", "lying"): 0.4,
    ("standing", "hanging"): 0.3,
    ("floating", "lying"): 0.3,
    ("hanging", "lying"): 0.2,
}
# Larger: product shots seen from the side pass in scenes seen from above.
POSE = JudgingScale(
    "pose",
    best=0.0,
    good=0.25,
    bad=0.6,
    unit="",
    note="How wrong the product's stance looks, from 0 to 1, with what its photo shows.",
    remedy="Set compositing.arrangement.stance to that of the photo, or send a photo of the "
    "product as it is to be placed.",
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
# In degrees. Of 211 ads, eleven had more than 5, and most of these stood well: pairs, and shoes
# that face the camera at an angle, have up to 10. Larger: shoes on their toe and teddy bears on one
# leg pass.
BASE_SLOPE = JudgingScale(
    "base_slope",
    best=0.0,
    good=12.0,
    bad=18.0,
    unit="degrees",
    note="How much steeper the product's base slopes than level lines do in the scene.",
    remedy="Let the background follow the photo's view (background.follow_photo), or send a photo "
    "of the product on level ground.",
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
    return POSE.judge(WRONGNESS.get((suited, shown), 0.0))


def judge_lean(picture: AssessedPicture) -> AdMeasurement:
    """Judges by how much a standing product is off upright; unknown without a product.

    That is by how much it was turned from how its photo would stand upright, or by how much its
    outline leans if more.
    """
    if picture.silhouette is None:
        return LEAN.skip("no product known", "Send a mask of the product.")
    if find_ad_stance(picture) not in ("", "standing"):
        return LEAN.pass_over("does not stand")
    leans = measure_turn(picture.circumstances), estimate_tilt(picture.silhouette) or 0.0
    return LEAN.judge(max(abs(lean) for lean in leans))


def measure_turn(known: finishing_pb2.Circumstances) -> float:
    """Returns the clockwise degrees that a product leans by its placement; 0 if not known.

    A product whose photo shows no lean is taken to be upright there.
    """
    tilt = view_from_message(known.view).tilt or 0.0
    return known.placement.rotation + (-tilt if known.placement.flipped else tilt)


def judge_base_slope(picture: AssessedPicture) -> AdMeasurement:
    """Judges the slope of the line on which a standing product rests; unknown without a scene.

    Level lines that run across the view at 45 degrees slope by atan(sin(pitch)).
    """
    stance = find_ad_stance(picture)
    if picture.silhouette is None or not stance:
        return BASE_SLOPE.skip("view of the scene not known", "Assess the ad with its manifest.")
    if stance != "standing":
        return BASE_SLOPE.pass_over("does not stand")
    pitch = math.radians(scene_from_message(picture.circumstances.scene).ground_pitch)
    level = math.degrees(math.atan(math.sin(pitch)))
    return BASE_SLOPE.judge(max(0.0, measure_resting_slope(picture.silhouette) - level))


def find_ad_stance(picture: AssessedPicture) -> Pose | Literal[""]:
    """Returns how the product is placed in the ad; empty without a scene.

    What stands on the ground line of a scene that is not seen from above stands, even if it is
    meant to lie.
    """
    known = picture.circumstances
    if not known.HasField("scene"):
        return ""
    scene = scene_from_message(known.scene)
    if scene.lying:
        return "lying"
    if known.placement.stands:
        return "standing"
    return "hanging" if scene.stance == "hanging" else "floating"


def find_suited_stance(picture: AssessedPicture) -> Pose | Literal[""]:
    """Returns the stance that suits the product as its photo, or else its outline, shows it.

    A product that is seen from above lies. Empty where it is not clear, or without a product.
    """
    view = view_from_message(picture.circumstances.view)
    if view.followed_pitch is not None and view.followed_pitch >= MIN_LYING_PITCH:
        return "lying"
    if view.stance:
        return view.stance
    silhouette = picture.silhouette
    return estimate_stance(silhouette, picture.circumstances.cut_sides) if silhouette else ""


MEASUREMENTS = (judge_pose, judge_lean, judge_base_slope)
