"""Where a product goes in its scene, and how large."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.arrangement import AS_THE_SCENE_SUGGESTS, Arrangement, Margins
from services.imaging.box import Box
from services.imaging.scene import Scene

HEADROOM = 0.06
# Past the canvas by this much, so that no half-transparent rim shows along its edge.
OVERLAP = 2


@dataclass(frozen=True)
class Shares:
    """How large a product may be, as shares of the canvas.

    area: what it covers, in place of width and height; coverage: how much of its own box it
    fills, 0 to 1.
    """

    width: float
    height: float
    area: float | None = None
    coverage: float = 1.0


@dataclass(frozen=True)
class Placement:
    """The resized cut-out's box on the canvas, in pixels, and its scale."""

    x: int
    y: int
    width: int
    height: int
    scale: float

    @property
    def box(self) -> Box:
        """Where it is, without the scale."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True)
class _Room:
    """The part of the canvas that a product may take, in pixels, and the line it stands on."""

    x: int
    y: int
    width: int
    height: int
    ground: int | None


def place(
    cutout: tuple[int, int],
    canvas: tuple[int, int],
    scene: Scene,
    cut_sides: Sequence[int],
    shares: Shares,
    arrangement: Arrangement = AS_THE_SCENE_SUGGESTS,
    foot: float = 1.0,
) -> Placement:
    """Fits a cut-out of (height, width) into a canvas of (height, width), keeping its aspect.

    It stands on the scene's ground line, or is where its anchor says; where the photo cut it
    off, it runs out of the picture. foot: how far down the cut-out its solid part ends, 0 to 1.
    """
    room = _room(canvas, scene, cut_sides, arrangement)
    scale = _scale(cutout, canvas, shares, room)
    width, height = (max(1, round(side * scale)) for side in (cutout[1], cutout[0]))
    x = _along(width, canvas[1], SIDE_LEFT in cut_sides, SIDE_RIGHT in cut_sides)
    if x is None:
        wanted = room.x + arrangement.across * (room.width - width)
        x = _kept(wanted + arrangement.offset_x * canvas[1], width, room.x, room.width)
    y = _along(height, canvas[0], SIDE_TOP in cut_sides, SIDE_BOTTOM in cut_sides)
    if y is None:
        wanted = room.y + arrangement.down * (room.height - height)
        if room.ground is not None:
            wanted = room.ground - round(foot * height)
        y = _kept(wanted + arrangement.offset_y * canvas[0], height, room.y, room.height)
    return Placement(x, y, width, height, scale)


def mirrored(cut_sides: Sequence[int]) -> list[int]:
    """The sides of a photo that is mirrored left to right."""
    swap = {SIDE_LEFT: SIDE_RIGHT, SIDE_RIGHT: SIDE_LEFT}
    return [swap.get(side, side) for side in cut_sides]


def _room(canvas, scene: Scene, cut_sides: Sequence[int], arrangement: Arrangement) -> _Room:
    height, width = canvas
    stands = arrangement.stands(scene.lying)
    margins = arrangement.margins or Margins()
    free_top = (HEADROOM if stands else 0.0) if margins.top is None else margins.top
    top, bottom = math.ceil(free_top * height), math.floor((1 - margins.bottom) * height)
    ground = height if SIDE_BOTTOM in cut_sides else min(bottom, scene.ground_line * height)
    ground = max(round(ground), top + 1) if stands else None
    left, right = math.ceil(margins.left * width), math.floor((1 - margins.right) * width)
    return _Room(left, top, right - left, bottom - top, ground)


def _scale(cutout, canvas, shares: Shares, room: _Room) -> float:
    above_ground = room.height if room.ground is None else room.ground - room.y
    widest, tallest = room.width, max(1.0, above_ground)
    if shares.area is None:
        widest = min(widest, shares.width * canvas[1])
        tallest = min(tallest, max(1.0, shares.height * canvas[0]))
    fitting = min(widest / cutout[1], tallest / cutout[0])
    if shares.area is None:
        return fitting
    covered = max(shares.coverage, 1e-3) * cutout[0] * cutout[1]
    return min(fitting, math.sqrt(shares.area * canvas[0] * canvas[1] / covered))


def _along(size: int, room: int, at_start: bool, at_end: bool) -> int | None:
    if not (at_start or at_end):
        return None
    if at_start == at_end:
        return (room - size) // 2
    return -OVERLAP if at_start else room - size + OVERLAP


def _kept(wanted: float, size: int, start: int, room: int) -> int:
    """Rounds to a whole pixel and keeps what fits into the room from `start` on there."""
    return max(start, min(math.ceil(wanted - 0.5), start + room - size))
