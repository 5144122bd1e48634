"""Computes where a product goes in its scene, and at which size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.arrangement import DEFAULT_ARRANGEMENT, Arrangement, Margins
from services.imaging.box import Box
from services.imaging.scene import Scene

# Free space above a standing product, as a share of the height. Larger: more air, smaller products.
HEADROOM = 0.06
# Pixels by which a product that the photo cut off extends past the canvas, so that no
# half-transparent rim shows along the edge.
OVERLAP = 2


@dataclass(frozen=True)
class SizeShares:
    """The largest size of a product, as shares of the canvas.

    area: the share that the product covers; replaces width and height.
    coverage: the share of its own box that the product fills, 0 to 1.
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
        """The box alone."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True)
class _PlacementArea:
    """The part of the canvas inside the margins, in pixels, and the row of the ground, if any."""

    x: int
    y: int
    width: int
    height: int
    ground: int | None


def place_product(
    cutout: tuple[int, ...],
    canvas: tuple[int, int],
    scene: Scene,
    cut_sides: Sequence[int],
    shares: SizeShares,
    arrangement: Arrangement = DEFAULT_ARRANGEMENT,
    foot: float = 1.0,
) -> Placement:
    """Fits a cut-out into a canvas and keeps its aspect ratio.

    The product stands on the scene's ground line or floats at its anchor. At sides where the photo
    cut it off it runs out of the canvas.

    cutout, canvas: (height, width).
    cut_sides: values of the contract's Side.
    foot: how far down the cut-out its solid part ends, 0 to 1.
    """
    area = _find_area(canvas, scene, cut_sides, arrangement)
    scale = _choose_scale(cutout, canvas, shares, area)
    width, height = (max(1, round(side * scale)) for side in (cutout[1], cutout[0]))
    x = _align_to_cut(width, canvas[1], SIDE_LEFT in cut_sides, SIDE_RIGHT in cut_sides)
    if x is None:
        wanted = area.x + arrangement.anchor_x * (area.width - width)
        x = _round_inside(wanted + arrangement.offset_x * canvas[1], width, area.x, area.width)
    y = _align_to_cut(height, canvas[0], SIDE_TOP in cut_sides, SIDE_BOTTOM in cut_sides)
    if y is None:
        wanted = area.y + arrangement.anchor_y * (area.height - height)
        if area.ground is not None:
            wanted = area.ground - round(foot * height)
        y = _round_inside(wanted + arrangement.offset_y * canvas[0], height, area.y, area.height)
    return Placement(x, y, width, height, scale)


def mirror_sides(cut_sides: Sequence[int]) -> list[int]:
    """Swaps left and right among values of the contract's Side."""
    swap: dict[int, int] = {SIDE_LEFT: SIDE_RIGHT, SIDE_RIGHT: SIDE_LEFT}
    return [swap.get(side, side) for side in cut_sides]


def _find_area(
    canvas: tuple[int, int], scene: Scene, cut_sides: Sequence[int], arrangement: Arrangement
) -> _PlacementArea:
    height, width = canvas
    standing = arrangement.is_standing(scene.lying)
    margins = arrangement.margins or Margins()
    top_share = (HEADROOM if standing else 0.0) if margins.top is None else margins.top
    top, bottom = math.ceil(top_share * height), math.floor((1 - margins.bottom) * height)
    ground = height if SIDE_BOTTOM in cut_sides else min(bottom, scene.ground_line * height)
    row = max(round(ground), top + 1) if standing else None
    left, right = math.ceil(margins.left * width), math.floor((1 - margins.right) * width)
    return _PlacementArea(left, top, right - left, bottom - top, row)


def _choose_scale(
    cutout: tuple[int, ...], canvas: tuple[int, int], shares: SizeShares, area: _PlacementArea
) -> float:
    """Returns the largest scale at which the cut-out fits the area and its shares."""
    above_ground = area.height if area.ground is None else area.ground - area.y
    max_width, max_height = float(area.width), max(1.0, above_ground)
    if shares.area is None:
        max_width = min(max_width, shares.width * canvas[1])
        max_height = min(max_height, max(1.0, shares.height * canvas[0]))
    fitting = min(max_width / cutout[1], max_height / cutout[0])
    if shares.area is None:
        return fitting
    covered = max(shares.coverage, 1e-3) * cutout[0] * cutout[1]
    return min(fitting, math.sqrt(shares.area * canvas[0] * canvas[1] / covered))


def _align_to_cut(size: int, canvas: int, at_start: bool, at_end: bool) -> int | None:
    """Returns the start of a product that runs out of the canvas; None if it does not."""
    if not (at_start or at_end):
        return None
    if at_start == at_end:
        return (canvas - size) // 2
    return -OVERLAP if at_start else canvas - size + OVERLAP


def _round_inside(wanted: float, size: int, start: int, length: int) -> int:
    """Rounds a position to a pixel and moves it so that `size` pixels fit into the range."""
    return max(start, min(math.ceil(wanted - 0.5), start + length - size))
