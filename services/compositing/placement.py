"""Computes where a product goes in its scene, and at which size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.arrangement import DEFAULT_ARRANGEMENT, Arrangement, Margins, ProductSpot
from services.imaging.box import Box
from services.imaging.scene import Scene

# Free space above a standing product, as a share of the height. Larger: more air, smaller products.
HEADROOM = 0.06
# Lower end of the space for a product above the ground: how far above the ground line, and how low
# it is at least, as shares of the height. Larger clearance: it floats higher and gets smaller.
CLEARANCE, LOWEST_CLEAR_ROW = 0.12, 0.5
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
    """The resized product's box on the canvas, in pixels, and its scale."""

    x: int
    y: int
    width: int
    height: int
    scale: float

    @property
    def box(self) -> Box:
        """The box alone."""
        return self.x, self.y, self.width, self.height

    def extend(self, product_box: Box, size: tuple[int, ...]) -> Box:
        """Returns the box on the canvas of a whole cut-out whose product has this place.

        product_box: x, y, width and height of the product within the cut-out, in its pixels. What
            lies around it, such as a soft shadow, may reach outside the canvas.
        size: (height, width) of the cut-out.
        """
        x, y, _, _ = product_box
        height, width = (max(1, round(side * self.scale)) for side in size)
        return self.x - round(x * self.scale), self.y - round(y * self.scale), width, height


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
    """Computes where on the canvas a product goes, and at which size; keeps its aspect ratio.

    The product stands on the scene's ground line or is at its anchor; without an anchor, its middle
    is in the scene's column for it, and products above the ground float in the middle or hang at
    the top of the space there. At sides where the
    photo cut it off it runs out of the canvas. A spot of the caller's comes before all of that.

    cutout: (height, width) of the product as it was cut out of its photo.
    canvas: (height, width) of the ad.
    cut_sides: values of the contract's Side at which the photo cut off the product.
    shares: its largest size.
    arrangement: where the caller wants it.
    foot: how far down the cut-out its solid part ends, 0 to 1.
    """
    if arrangement.spot:
        return _place_at_spot(cutout, canvas, arrangement.spot)
    canvas_height, canvas_width = canvas
    area = _find_area(canvas, scene, cut_sides, arrangement)
    scale = _choose_scale(cutout, canvas, shares, area)
    width, height = (max(1, round(side * scale)) for side in (cutout[1], cutout[0]))
    x = _align_to_cut(width, canvas_width, SIDE_LEFT in cut_sides, SIDE_RIGHT in cut_sides)
    if x is None:
        wanted_x = area.x + arrangement.anchor_x * (area.width - width)
        # The scene knows a place of its own, but not what the margins leave of it.
        if not arrangement.anchor and area.width == canvas_width:
            wanted_x = scene.product_x * canvas_width - width / 2
        wanted_x += arrangement.offset_x * canvas_width
        x = _round_inside(wanted_x, width, area.x, area.width)
    y = _align_to_cut(height, canvas_height, SIDE_TOP in cut_sides, SIDE_BOTTOM in cut_sides)
    if y is None:
        is_hung = not arrangement.anchor and arrangement.choose_stance(scene) == "hanging"
        anchor_y = 0.0 if is_hung else arrangement.anchor_y
        wanted_y = area.y + anchor_y * (area.height - height)
        if area.ground is not None:
            wanted_y = area.ground - round(foot * height)
        wanted_y += arrangement.offset_y * canvas_height
        y = _round_inside(wanted_y, height, area.y, area.height)
    return Placement(x, y, width, height, scale)


def _place_at_spot(
    cutout: tuple[int, ...], canvas: tuple[int, int], spot: ProductSpot
) -> Placement:
    """Returns the place of a product whose middle and width the caller chose.

    cutout: (height, width) of the product. canvas: (height, width) of the ad.
    """
    scale = max(1.0, spot.width * canvas[1]) / cutout[1]
    width, height = (max(1, round(side * scale)) for side in (cutout[1], cutout[0]))
    x, y = spot.center_x * canvas[1] - width / 2, spot.center_y * canvas[0] - height / 2
    return Placement(round(x), round(y), width, height, scale)


def mirror_sides(cut_sides: Sequence[int]) -> list[int]:
    """Swaps left and right among sides of a product, given as values of the contract's Side."""
    opposite: dict[int, int] = {SIDE_LEFT: SIDE_RIGHT, SIDE_RIGHT: SIDE_LEFT}
    return [opposite.get(side, side) for side in cut_sides]


def _find_area(
    canvas: tuple[int, int], scene: Scene, cut_sides: Sequence[int], arrangement: Arrangement
) -> _PlacementArea:
    """Returns the part of the canvas inside the margins, and the row on which the product stands.

    The margins are those of the arrangement, where the caller wants the product.
    That row is the scene's ground line, raised if the bottom margin begins higher; the canvas's
    bottom if the photo cut off the product there; None for a product that does not stand. Without
    an anchor, the part for a product above the ground ends above the scene's ground line.

    canvas: (height, width).
    cut_sides: values of the contract's Side at which the photo cut off the product.
    """
    height, width = canvas
    standing = arrangement.is_standing(scene)
    is_lifted = not arrangement.anchor and arrangement.is_raised(scene)
    margins = arrangement.margins or Margins()
    headroom = HEADROOM if standing or is_lifted else 0.0
    top = math.ceil((headroom if margins.top is None else margins.top) * height)
    bottom = math.floor((1 - margins.bottom) * height)
    if is_lifted:
        clear_row = max(LOWEST_CLEAR_ROW, scene.ground_line - CLEARANCE)
        bottom = max(top + 1, min(bottom, math.floor(clear_row * height)))
    ground = height if SIDE_BOTTOM in cut_sides else min(bottom, scene.ground_line * height)
    ground_row = max(round(ground), top + 1) if standing else None
    left, right = math.ceil(margins.left * width), math.floor((1 - margins.right) * width)
    return _PlacementArea(x=left, y=top, width=right - left, height=bottom - top, ground=ground_row)


def _choose_scale(
    cutout: tuple[int, ...], canvas: tuple[int, int], shares: SizeShares, area: _PlacementArea
) -> float:
    """Returns the largest scale at which a product fits the area and its share of the canvas.

    Scale 1 keeps the product's pixels as they are in its photo.

    cutout: (height, width) of the product as it was cut out of its photo.
    canvas: (height, width) of the ad.
    shares: the product's largest width and height, or the area that it covers.
    area: the part of the canvas inside the margins; a standing product stays above its ground.
    """
    (cutout_height, cutout_width), (canvas_height, canvas_width) = cutout, canvas
    available_height = area.height if area.ground is None else area.ground - area.y
    max_width, max_height = float(area.width), max(1.0, available_height)
    if shares.area is None:
        max_width = min(max_width, shares.width * canvas_width)
        max_height = min(max_height, max(1.0, shares.height * canvas_height))
    fitting_scale = min(max_width / cutout_width, max_height / cutout_height)
    if shares.area is None:
        return fitting_scale
    covered = max(shares.coverage, 1e-3) * cutout_height * cutout_width
    return min(fitting_scale, math.sqrt(shares.area * canvas_height * canvas_width / covered))


def _align_to_cut(size: int, canvas: int, at_start: bool, at_end: bool) -> int | None:
    """Returns the x (or y) of a product that runs out of the canvas where the photo cut it off.

    None if the photo did not; a product that is cut at both ends is centered.

    size, canvas: the width (or height) of product and canvas in pixels.
    at_start, at_end: whether the photo cut it off at the left (top) and at the right (bottom).
    """
    if not (at_start or at_end):
        return None
    if at_start == at_end:
        return (canvas - size) // 2
    return -OVERLAP if at_start else canvas - size + OVERLAP


def _round_inside(wanted: float, size: int, start: int, length: int) -> int:
    """Rounds a wanted x or y to a pixel and moves it so that the product lies inside an area.

    size: the product's width or height in pixels.
    start, length: where the area begins, and how many pixels it has.
    """
    # Rounds halves down.
    return max(start, min(math.ceil(wanted - 0.5), start + length - size))
