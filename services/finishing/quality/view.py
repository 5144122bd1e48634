"""Judges whether photo and scene look down on the ground at the same angle."""

from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.scene import Scene, scene_from_message
from services.imaging.view import PhotoView, view_from_message

# In degrees. From about 5 on a base looks too round or too flat when it is looked for, from 10 on
# it does to anybody, and at 20 the product seems to tip. Larger: mugs seen from above pass on
# tables seen from the side.
MISMATCH = JudgingScale(
    "view_mismatch",
    best=3.0,
    good=10.0,
    bad=20.0,
    unit="degrees",
    note="Difference of the angles at which photo and scene look down on the ground.",
    remedy="Let the background follow the photo's view (background.follow_photo), or set "
    "background.camera_pitch to that of the photo.",
)


def judge_view_mismatch(picture: AssessedPicture) -> AdMeasurement:
    """Judges the angle between the photo's view of the ground and the scene's.

    Unknown without a scene or where the photo's angle is not sure; passes products in the air.
    """
    known = picture.circumstances
    if not known.HasField("scene") or not known.scene.HasField("camera_pitch"):
        return MISMATCH.skip("view of the scene not known", "Assess the ad with its manifest.")
    scene, view = scene_from_message(known.scene), view_from_message(known.view)
    if scene.stance in ("hanging", "floating"):
        return MISMATCH.pass_over("does not touch the ground")
    mismatch = measure_view_mismatch(view, scene)
    if mismatch is None:
        return MISMATCH.skip("view of the photo not clear")
    return MISMATCH.judge(mismatch)


def measure_view_mismatch(view: PhotoView, scene: Scene) -> float | None:
    """Returns the degrees between the angles at which photo and scene look down on the ground.

    A standing product in a scene seen from above lies on its back, which shows it as a level camera
    does: what counts is then the smaller of both differences. None where the photo's angle is not
    sure.
    """
    pitch = view.followed_pitch
    if pitch is None:
        return None
    mismatch = abs(scene.ground_pitch - pitch)
    return min(mismatch, pitch) if scene.lying else mismatch


MEASUREMENTS = (judge_view_mismatch,)
