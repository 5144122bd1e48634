"""What of a photo's view a background follows."""

from math import log

from cyclorama.v1 import ads_pb2, background_pb2, engine_pb2, scene_pb2
from services.runtime.limits import FOLLOWED_CONFIDENCE

# Pitches in degrees at which the photos of a campaign share backgrounds: eye level, a table seen
# from a chair, from above it, and straight down. More steps: fewer photos share one.
PITCH_STEPS = (0.0, 8.0, 15.0, 25.0, 35.0, 50.0, 90.0)
# Degrees that pitches of single ads are rounded to. Larger: more corrections of a cut-out keep its
# scene, which looks less as the photo does.
PITCH_STEP = 2.0
# Shapes of products, as width divided by height, that share backgrounds, so that a small correction
# of a cut-out keeps its scene. More steps: more corrections change it.
ASPECT_STEPS = (0.3, 0.45, 0.65, 0.9, 1.25, 1.7, 2.4)


def may_follow_photo(ad: ads_pb2.CreateAdRequest, engine: engine_pb2.EngineStatus) -> bool:
    """Whether the background of an ad depends on the view of its photo.

    Engines that paint what words describe follow its pitch alone, in words, unless the caller chose
    one. engine: of the background stage, that is expected to run; empty where it is not known.
    """
    if ad.background.follow_photo == background_pb2.FOLLOW_PHOTO_NEVER:
        return False
    if engine.follows_camera:
        return True
    return engine.generative and not ad.background.HasField("camera_pitch")


def select_followed_view(ad: ads_pb2.CreateAdRequest, view: scene_pb2.View) -> scene_pb2.View:
    """Returns what of a photo's view its background follows, as `follow_photo` says.

    Its stance, its light, the nearest of ASPECT_STEPS, and its pitch where that is sure, rounded to
    PITCH_STEP; in steps, the stance and the nearest of PITCH_STEPS. What is not followed is left
    out, and what is hardly seen rounded, so that a small correction of a cut-out, which moves all
    estimates a little, keeps its background. view: as segmentation returned it.
    """
    in_steps = ad.background.follow_photo == background_pb2.FOLLOW_PHOTO_IN_STEPS
    followed = scene_pb2.View(stance=view.stance)
    if view.HasField("ground_pitch") and view.pitch_confidence >= FOLLOWED_CONFIDENCE:
        followed.ground_pitch = _round_pitch(view.ground_pitch, in_steps)
        followed.pitch_confidence = 1.0
    if in_steps:
        return followed
    if view.HasField("light_azimuth"):
        followed.light_azimuth = view.light_azimuth
    if view.HasField("aspect"):
        followed.aspect = min(ASPECT_STEPS, key=lambda step: abs(log(step / view.aspect)))
    return followed


def _round_pitch(pitch: float, in_steps: bool) -> float:
    """Returns the nearest of PITCH_STEPS, or the nearest multiple of PITCH_STEP, in degrees."""
    if in_steps:
        return min(PITCH_STEPS, key=lambda step: abs(step - pitch))
    return PITCH_STEP * round(pitch / PITCH_STEP)
