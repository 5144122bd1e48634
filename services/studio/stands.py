"""Stands of products: a plinth as wide as the image allows, its top at y = 0."""

import math
from dataclasses import dataclass, replace

from services.studio import props
from services.studio.camera import Camera
from services.studio.seeing import PictureBox
from services.studio.shapes import Mesh

# Row, as a share of the height, that the front of a plinth must not be below, so that its front
# edge stays in the image. Larger: a deeper plinth, whose front may be cut off.
LOWEST_FRONT_ROW = 0.915
# Share of a plinth's depth that is in front of the product. Larger: the product stands further
# back on it.
SHARE_BEFORE_PRODUCT = 0.3
# Half the width that a plinth has at a product's base, in half widths of it, and how far behind the
# base it ends, in depths of it. Larger: a wider rim around the product.
SIDE_ROOM, BACK_ROOM = 1.08, 1.25
# Depth of the base of a standing product as a share of its width: shoes that point aside and boxes
# seen at a corner. Larger: deeper plinths than most products need.
BASE_DEPTH_SHARE = 0.6


@dataclass(frozen=True)
class ProductBase:
    """The ground that a product covers, in units: half_width along x, and the z of both ends."""

    half_width: float
    front: float
    back: float


@dataclass(frozen=True)
class PlinthOutline:
    """Footprint of a plinth in units; z is its center, corner the radius of its corners."""

    width: float
    depth: float
    corner: float
    z: float

    def create_block(self, height: float, fillet: float, extra: float = 0.0) -> Mesh:
        """Creates a block of this footprint that stands on y = 0; lengths in units.

        height: of the block.
        fillet: radius of the rounded top edge.
        extra: units that it is wider and deeper than the footprint.
        """
        width, depth = self.width + extra, self.depth + extra
        corner = self.corner + extra / 2
        return props.create_plinth(width, depth, height, corner, fillet).translate(z=self.z)


def measure_product_base(camera: Camera, box: PictureBox, is_lying: bool) -> ProductBase:
    """Returns the ground that a product covers, of which the camera sees the front edge.

    camera: the set's camera. box: what the product covers in the picture. is_lying: whether it lies
    on the ground, which its whole box then shows.
    """
    sides = camera.product_x - box.left, box.right - camera.product_x
    height = (box.bottom - box.top) * camera.height_in_units
    if camera.is_overhead:
        front, back = height / 2, -height / 2
    elif is_lying:
        front, back = 0.0, -height / max(math.sin(math.radians(camera.pitch)), 0.1)
    else:
        front, back = 0.0, -BASE_DEPTH_SHARE * (box.right - box.left) * camera.width_in_units
    return ProductBase(max(sides) * camera.width_in_units, front, back)


def fit_plinth(
    camera: Camera,
    width_share: float = 0.84,
    max_depth: float = 0.86,
    corner: float | None = None,
    base: ProductBase | None = None,
) -> PlinthOutline:
    """Returns the footprint of a plinth under the product, sized so that its front is in the image.

    camera: the set's camera.
    width_share: width as a share of the image's.
    max_depth: largest extent along z, in units.
    corner: radius of its corners in units; None: half its depth, which makes it round.
    base: of the product, which lies on the plinth as a whole, however wide that makes it; None: it
    is not known.
    """
    width = width_share * camera.width_in_units
    depth = min(width, max_depth)
    before = 0.5 if camera.is_overhead else SHARE_BEFORE_PRODUCT
    front = min(before * depth, camera.floor_depth_at_row(row=LOWEST_FRONT_ROW))
    if base:
        front = max(front, SIDE_ROOM * base.front)
        depth = max(depth, front - base.front + BACK_ROOM * (base.front - base.back))
    outline = PlinthOutline(
        width, depth, depth / 2 if corner is None else corner, front - depth / 2
    )
    return _widen_outline(outline, base) if base else outline


def _widen_outline(outline: PlinthOutline, base: ProductBase) -> PlinthOutline:
    """Returns a footprint wide enough for a base between its rounded corners."""
    straight = outline.depth / 2 - outline.corner
    ends = (abs(end - outline.z) - straight for end in (base.front, base.back))
    into_corner = min(max(0.0, *ends), outline.corner)
    narrowing = outline.corner - math.sqrt(outline.corner**2 - into_corner**2)
    needed = 2 * (SIDE_ROOM * base.half_width + narrowing)
    return replace(outline, width=max(outline.width, needed))
