"""Where a product goes in its scene, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.runtime.scene import Scene

HEADROOM = 0.06
# Past the canvas by this much, so that no half-transparent rim shows along its edge.
OVERLAP = 2


@dataclass(frozen=True)
class Placement:
    """The resized cut-out's box on the canvas, in pixels, and its scale."""

    x: int
    y: int
    width: int
    height: int
    scale: float


def place(
    cutout: tuple[int, int],
    canvas: tuple[int, int],
    scene: Scene,
    cut_sides: Sequence[int],
    width_share: float,
    height_share: float,
) -> Placement:
    """Fits a cut-out of (height, width) into a canvas of (height, width), keeping its aspect.

    It stands centred on the scene's ground line with some air above, or lies in the middle of
    a scene seen from above; where the photo cut it off, it runs out of the picture.
    """
    ground = canvas[0] if SIDE_BOTTOM in cut_sides else scene.ground_line * canvas[0]
    room_above = canvas[0] if scene.lying else ground - HEADROOM * canvas[0]
    scale = min(
        width_share * canvas[1] / cutout[1],
        max(1.0, min(height_share * canvas[0], room_above)) / cutout[0],
    )
    width, height = (max(1, round(side * scale)) for side in (cutout[1], cutout[0]))
    x = _along(width, canvas[1], SIDE_LEFT in cut_sides, SIDE_RIGHT in cut_sides)
    y = _along(height, canvas[0], SIDE_TOP in cut_sides, SIDE_BOTTOM in cut_sides)
    if not scene.lying and not {SIDE_TOP, SIDE_BOTTOM} & set(cut_sides):
        y = round(ground) - height
    return Placement(x, y, width, height, scale)


def _along(size: int, room: int, at_start: bool, at_end: bool) -> int:
    if at_start == at_end:
        return (room - size) // 2
    return -OVERLAP if at_start else room - size + OVERLAP
