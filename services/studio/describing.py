"""Describes a composed set as plain JSON values, for the parameters of a run."""

from services.runtime.limits import MIN_LYING_PITCH
from services.studio.briefs.brief import PLACE_NAMES, Brief
from services.studio.color import hex_from_rgb
from services.studio.composing import ComposedSet
from services.studio.sets import SetPlan

# Degrees of pitch up to which a camera is at eye level, and from which it looks down from high.
EYE_PITCH, HIGH_PITCH = 9.0, 25.0


def describe_set(plan: SetPlan, brief: Brief, place_name: str, composed: ComposedSet) -> dict:
    """Returns what a set shows.

    plan: camera and surface.
    brief: as read.
    place_name: entry of places.PLACES that the set is in.
    """
    pitch, is_overhead = plan.camera.pitch, plan.camera.is_overhead
    place = brief.place or (place_name if place_name in PLACE_NAMES else "studio")
    colors = {part: hex_from_rgb(color) for part, color in brief.colors.items()}
    lists = {"palette": brief.palette, "gradient": brief.gradient, "split": brief.split}
    return {
        "place": place,
        "setting": place_name,
        "surface": plan.surface.name,
        "surface_kind": plan.surface.kind,
        "things": list(composed.things),
        "light": sorted(brief.light.names),
        "colors": colors
        | {
            name: [hex_from_rgb(color) for color in found] for name, found in lists.items() if found
        },
        "camera": name_camera(pitch),
        "pose": plan.brief.pose or ("lying" if is_overhead else "standing"),
        "air": sorted(brief.air),
        "avoid": sorted(brief.excluded),
        "language": brief.language,
    }


def name_camera(pitch: float) -> str:
    """Returns the camera's height in words: "eye", "table", "high" or "top"; pitch in degrees."""
    if pitch >= MIN_LYING_PITCH:
        return "top"
    if pitch >= HIGH_PITCH:
        return "high"
    return "eye" if pitch <= EYE_PITCH else "table"
