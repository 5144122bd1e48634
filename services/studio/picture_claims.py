"""Checks the finished picture of a set for what its brief asks of light, sky and wall."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.imaging.color import linear_light_from_srgb
from services.imaging.scene import RGB
from services.studio.briefs.brief import LeftOut, NamedWall
from services.studio.rooms import ROOMS
from services.studio.rooms.parts import OPEN_ROOMS
from services.studio.sets import SetPlan

# Materials that walls of the studio are built of.
WALL_MATERIALS = frozenset(("", "plaster", "concrete"))
# Red divided by blue of the lit half of a picture, linear, from which its light is warm; daylight
# on gray has about 1.
WARM_RATIO = 1.15
# Brightest median of CIE lightness of a picture that is seen as night: a dim room is at about 45.
NIGHT_LIGHTNESS = 46.0
# Least share of the upper half's pixels that are blue for a blue sky to be seen: a narrow strip.
BLUE_SHARE = 0.04
# sRGB of a clear sky, and the share of the upper half in its hue from which the sky is clear.
SKY_BLUE, CLEAR_SHARE = (120, 170, 224), 0.4
# CIE Lab: chroma from which a color has a hue, and the degrees within which two look alike.
MIN_CHROMA, HUE_RANGE = 9.0, 38.0
# Share of the picture's height in which a wall is looked for, and of its pixels in its hue.
WALL_ROWS, WALL_SHARE = 0.4, 0.2


def list_unlike_picture(
    plan: SetPlan, shown: frozenset[str], pixels: np.ndarray
) -> tuple[tuple[LeftOut, ...], tuple[LeftOut, ...]]:
    """Lists the words of a brief that its picture does not show, and those it shows in part.

    plan: of the set. shown: names of the things and parts that can be seen, as in StudioSet.
    pixels: the finished picture, uint8 RGB (h, w, 3).
    """
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    hidden = tuple(
        LeftOut(wall.words) for wall in plan.brief.walls if not _has_wall(wall, plan, shown)
    )
    in_part = (
        *_list_unlike_light(plan, pixels, lab),
        *_list_unlike_skies(plan, shown, lab),
        *_list_unlike_walls(plan, lab),
    )
    return hidden, in_part


def _list_unlike_light(plan: SetPlan, pixels: np.ndarray, lab: np.ndarray) -> Iterator[LeftOut]:
    """Yields the words for a low sun without warm light, and for a night that is not dark."""
    if measure_warmth(pixels) < WARM_RATIO:
        yield from (LeftOut(words, "neutral light") for words, _ in plan.brief.low_suns)
    if float(np.median(lab[..., 0])) > NIGHT_LIGHTNESS:
        yield from (LeftOut(words, "dim light") for words in plan.brief.nights)


def measure_warmth(pixels: np.ndarray) -> float:
    """Returns red divided by blue of the brighter half of a picture, linear; 1 is neutral.

    pixels: uint8 RGB (h, w, 3).
    """
    light = linear_light_from_srgb(pixels.reshape(-1, 3) / np.float32(255))
    level = light.sum(axis=1)
    red, _, blue = light[level >= np.median(level)].mean(axis=0)
    return float(red / max(blue, 1e-4))


def _list_unlike_skies(plan: SetPlan, shown: frozenset[str], lab: np.ndarray) -> Iterator[LeftOut]:
    """Yields the words for a blue sky of a picture without one, and for a covered one that is blue.

    lab: CIE, float32 (h, w, 3).
    """
    if _share_hue(lab[: len(lab) // 2], SKY_BLUE) > CLEAR_SHARE and "sky" in shown:
        yield from (LeftOut(words, "clear sky") for words in plan.brief.overcasts)
    for want in plan.brief.things:
        is_blue = want.name == "sky" and want.color is not None and want.color[2] == max(want.color)
        if is_blue and want.color and _share_hue(lab[: len(lab) // 2], want.color) < BLUE_SHARE:
            yield LeftOut(want.words, "sky")


def _list_unlike_walls(plan: SetPlan, lab: np.ndarray) -> Iterator[LeftOut]:
    """Yields the words for walls that are in view in another material or color."""
    upper = lab[: round(WALL_ROWS * len(lab))]
    for wall in plan.brief.walls:
        if wall.color and _share_hue(upper, wall.color) < WALL_SHARE:
            yield LeftOut(wall.words, "wall in another color")
        elif wall.material not in WALL_MATERIALS:
            yield LeftOut(wall.words, "painted wall")


def _has_wall(wall: NamedWall, plan: SetPlan, shown: frozenset[str]) -> bool:
    """Returns whether a wall of the brief is in view: not from above, and not in the open."""
    if plan.camera.is_overhead:
        return False
    names = {plan.brief.setting, plan.brief.place}
    is_room = bool(names & ROOMS.keys()) and not names & OPEN_ROOMS
    return "wall" in shown or is_room or (wall.material == "brick" and "brick_wall" in shown)


def _share_hue(lab: np.ndarray, color: RGB) -> float:
    """Returns the share of pixels in a color's hue, 0 to 1; 1 for colors without a hue.

    lab: CIE, float32 (h, w, 3). color: sRGB.
    """
    patch = np.array([[color]], np.float32) / 255
    _, a, b = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)[0, 0]
    if np.hypot(a, b) < 2 * MIN_CHROMA:
        return 1.0
    turn = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(b, a))
    is_near = np.abs((turn + 180) % 360 - 180) < HUE_RANGE
    has_hue = np.hypot(lab[..., 1], lab[..., 2]) > MIN_CHROMA
    return float(np.mean(is_near & has_hue))
