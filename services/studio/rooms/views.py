"""Views out of a room's windows: small pictures of light, soft as what is far away is."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb, rgb_from_kelvin
from services.studio.rooms.room import Room

# Pixels per side of a view, and the blur of its parts in pixels. Larger blurs: softer greenery.
VIEW_SIDE, LEAF_BLUR = 64, 1.7
# sRGB of leaves in the sun and in the shade.
SUNNY_LEAVES: tuple[RGB, ...] = ((176, 196, 104), (140, 170, 84), (206, 210, 140))
SHADY_LEAVES: tuple[RGB, ...] = ((70, 96, 56), (96, 124, 72), (58, 80, 58))
# Brightness of leaves as a share of the sky's. Larger: windows without contrast.
LEAF_LIGHT = 0.42
# Patches of leaves, and lit windows of a town, in one view.
LEAF_PATCHES, TOWN_LIGHTS = 90, 14


def paint_view(room: Room, name: str = "garden") -> np.ndarray:
    """Paints what a window looks out on: linear light, float32 RGB (64, 64, 3).

    room: its hour and daylight color the view.
    name: garden, town or snow.
    """
    view = np.empty((VIEW_SIDE, VIEW_SIDE, 3), np.float32)
    share = np.linspace(0, 1, VIEW_SIDE, dtype=np.float32)[:, None, None]
    # Skies are paler toward the horizon.
    view[:] = room.daylight * (0.9 + 0.2 * share)
    _VIEWS[name](room, view)
    return np.maximum(cv2.GaussianBlur(view, (0, 0), LEAF_BLUR), 0)


def _paint_greenery(room: Room, view: np.ndarray) -> None:
    """Paints trees from the lower edge to above the middle.

    view: linear light, float32 RGB (64, 64, 3), changed in place.
    """
    rng = room.rng
    crown = rng.uniform(0.25, 0.5) * VIEW_SIDE
    for number in range(LEAF_PATCHES):
        share = number / LEAF_PATCHES
        leaves = SHADY_LEAVES if rng.random() > 0.25 + 0.4 * share else SUNNY_LEAVES
        color = linear_from_srgb(leaves[int(rng.integers(3))])
        x = rng.uniform(-4, VIEW_SIDE + 4)
        y = crown + abs(rng.normal(0, 0.45)) * VIEW_SIDE * (1.1 - 0.3 * np.cos(x / 9 + crown))
        radius = int(rng.integers(3, 8))
        # Against the sky leaves are near its color.
        light = room.daylight * (LEAF_LIGHT * (0.3 + color * rng.uniform(0.8, 1.6)))
        cv2.circle(view, (round(x), round(y)), radius, [float(v) for v in light], -1)


def _paint_town(room: Room, view: np.ndarray) -> None:
    """Paints house fronts with a strip of sky; in the evening with lit windows.

    view: linear light, float32 RGB (64, 64, 3), changed in place.
    """
    rng, left = room.rng, 0
    while left < VIEW_SIDE:
        right = left + int(rng.integers(14, 30))
        top = int(rng.integers(6, 26))
        front = linear_from_srgb(room.pick((190, 170, 150), (150, 130, 118), (170, 176, 180)))
        light = [float(v) for v in room.daylight * (0.06 + 0.4 * front)]
        cv2.rectangle(view, (left, top), (right, VIEW_SIDE), light, -1)
        left = right
    lamp = 0.2 * rgb_from_kelvin(2900) if room.style.hour in ("evening", "night") else 0.12
    pane = [float(v) for v in np.broadcast_to(lamp * np.ones(3), 3)]
    for _ in range(TOWN_LIGHTS):
        x, y = int(rng.integers(VIEW_SIDE)), int(rng.integers(26, VIEW_SIDE))
        cv2.rectangle(view, (x, y), (x + 2, y + 3), pane, -1)


def _paint_snow(room: Room, view: np.ndarray) -> None:
    """Paints snowy ground and firs.

    view: linear light, float32 RGB (64, 64, 3), changed in place.
    """
    rng = room.rng
    view[40:] = 0.95 * room.daylight
    for _ in range(9):
        x, foot = int(rng.integers(VIEW_SIDE)), int(rng.integers(38, 52))
        height, spread = int(rng.integers(16, 34)), int(rng.integers(5, 10))
        fir = np.array([(x, foot - height), (x - spread, foot), (x + spread, foot)])
        light = [float(v) for v in room.daylight * (0.12, 0.2, 0.2)]
        cv2.fillConvexPoly(view, fir, light)


_VIEWS: Mapping[str, Callable[[Room, np.ndarray], None]] = {
    "garden": _paint_greenery,
    "town": _paint_town,
    "snow": _paint_snow,
}
