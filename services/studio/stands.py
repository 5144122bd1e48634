"""Stands of products: a plinth as wide as the image allows, its top at y = 0."""

from dataclasses import dataclass

from services.studio import props
from services.studio.camera import Camera
from services.studio.shapes import Mesh

# Row, as a share of the height, that the front of a plinth must not be below, so that its front
# edge stays in the image. Larger: a deeper plinth, whose front may be cut off.
LOWEST_FRONT_ROW = 0.915
# Share of a plinth's depth that is in front of the product. Larger: the product stands further
# back on it.
SHARE_BEFORE_PRODUCT = 0.3


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


def fit_plinth(
    camera: Camera, width_share: float = 0.84, max_depth: float = 0.86, corner: float | None = None
) -> PlinthOutline:
    """Returns the footprint of a plinth under the product, sized so that its front is in the image.

    camera: the set's camera.
    width_share: width as a share of the image's.
    max_depth: largest extent along z, in units.
    corner: radius of its corners in units; None: half its depth, which makes it round.
    """
    width = width_share * camera.width_in_units
    depth = min(width, max_depth)
    before = 0.5 if camera.is_overhead else SHARE_BEFORE_PRODUCT
    front = min(before * depth, camera.floor_depth_at_row(row=LOWEST_FRONT_ROW))
    return PlinthOutline(width, depth, depth / 2 if corner is None else corner, front - depth / 2)
