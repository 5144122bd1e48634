"""Describes what was read in a brief as plain JSON values."""

from services.imaging.scene import RGB
from services.studio.briefs.brief import Brief
from services.studio.color import hex_from_rgb

# Degrees of the camera's pitch from which it looks from the top, from high, and up to which it is
# at eye level.
TOP_PITCH, HIGH_PITCH, EYE_PITCH = 60, 25, 9
# View angles in degrees up to which the lens is close, and from which it is wide.
CLOSE_VIEW_ANGLE, WIDE_VIEW_ANGLE = 17, 30


def describe_brief(brief: Brief) -> dict[str, object]:
    """Returns the parts of the set that a brief asks for, without those that it leaves open."""
    parts: dict[str, object] = {
        "place": brief.place,
        "setting": brief.setting,
        "surface": brief.surface,
        "surface_kind": brief.surface_kind,
        "things": [{"name": thing.name, "words": thing.words} for thing in brief.things],
        "light": sorted(brief.light.names),
        "colors": [hex_from_rgb(color) for color in list_colors(brief)],
        "air": sorted(brief.air),
        "camera": _name_camera(brief.pitch),
        "lens": _name_lens(brief),
        "pose": brief.pose,
        "text_area": brief.text_area,
        "avoid": sorted(brief.excluded),
        "product": brief.product,
        "understood": list(brief.understood),
        "left_out": [
            {"words": each.words, **({"nearest": each.nearest} if each.nearest else {})}
            for each in brief.left_out
        ],
        "language": brief.language,
    }
    return {name: value for name, value in parts.items() if value not in (None, "", [])}


def list_colors(brief: Brief) -> tuple[RGB, ...]:
    """Lists every color that a brief names, each once: of parts, things and lamps, and the rest."""
    things = (thing.color for thing in brief.things if thing.color)
    blends = (*(brief.gradient or ()), *(brief.split or ()))
    found = (*blends, *brief.colors.values(), *things, *brief.light.colors, *brief.palette)
    return tuple(dict.fromkeys(found))


def _name_camera(pitch: float | None) -> str | None:
    """Names the height of a camera that looks down by degrees; None where it is open."""
    if pitch is None:
        return None
    if pitch >= TOP_PITCH:
        return "top"
    if pitch >= HIGH_PITCH:
        return "high"
    return "eye" if pitch <= EYE_PITCH else None


def _name_lens(brief: Brief) -> list[str]:
    """Names what a brief asks of the lens: shallow, deep, close or wide."""
    angle = brief.view_angle
    names = {
        "shallow": brief.blur_factor > 1,
        "deep": brief.blur_factor < 1,
        "close": angle is not None and angle <= CLOSE_VIEW_ANGLE,
        "wide": angle is not None and angle >= WIDE_VIEW_ANGLE,
    }
    return [name for name, is_so in names.items() if is_so]
