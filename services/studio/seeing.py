"""Measures what a product covers in the picture of a set, and how much of a thing is seen."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from services.studio.camera import Camera
from services.studio.shapes import Mesh

# Points of each mesh that are projected. More: more exact, and slower.
POINTS_PER_MESH = 40
# Largest width and height of a product as shares of the picture's, and its free space above: as
# stage 3 places products by default. Larger: things are further away from most products.
WIDTH_SHARE, HEIGHT_SHARE, HEADROOM = 0.7, 0.62, 0.06
# How far above the ground line a product ends that does not touch the ground.
CLEARANCE = 0.12
# Width divided by height of a product whose shape is not known: a little taller than wide.
USUAL_ASPECT = 0.85
# Share of the box of a lying product, which often lies across it, that counts as covered.
LYING_SHARE = 0.8


@dataclass(frozen=True)
class PictureBox:
    """A box in the picture, as shares of its width and height from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Share of the picture that it covers; 0 for one that is turned inside out."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def measure_overlap(self, other: "PictureBox") -> float:
        """Returns the share of this box that another one covers, 0 to 1."""
        common = PictureBox(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return common.area / self.area if self.area else 0.0


WHOLE_PICTURE = PictureBox(0.0, 0.0, 1.0, 1.0)


def cover_product(
    camera: Camera, aspect: float | None = None, is_raised: bool = False
) -> PictureBox:
    """Returns the box of a product where it is placed by default.

    camera: of the set. aspect: the product's width divided by its height; None: not known.
    is_raised: whether it is above the ground, which it does not touch.
    """
    aspect = aspect or USUAL_ASPECT
    shape = aspect * camera.height / camera.width
    available = 1.0 if camera.is_overhead else camera.ground_line - HEADROOM
    height = min(HEIGHT_SHARE, available, WIDTH_SHARE / shape)
    if camera.is_overhead:
        height *= LYING_SHARE
        middle = camera.ground_line + height / 2
        return _center_box(camera.product_x, middle, shape * height, height)
    bottom = camera.ground_line - (CLEARANCE if is_raised else 0.0)
    height = min(height, bottom - HEADROOM)
    return _center_box(camera.product_x, bottom, shape * height, height)


def _center_box(column: float, bottom: float, width: float, height: float) -> PictureBox:
    """Returns a box around a column, moved sideways into the picture."""
    left = float(np.clip(column - width / 2, 0.0, 1.0 - width))
    return PictureBox(left, bottom - height, left + width, bottom)


def outline_thing(camera: Camera, place: tuple[float, float, float], extent: float) -> PictureBox:
    """Returns the box in the picture of a thing that is as high, wide and deep as its extent.

    camera: of the set. place: x, y and z of its foot, in units. extent: in units.
    """
    x, y, z = place
    radius = extent / 2
    corners = [
        camera.project_point((x + dx, y + dy, z + dz))
        for dx in (-radius, radius)
        for dy in (0.0, 0.8 * extent)
        for dz in (-radius, radius)
    ]
    column, row = np.array(corners).T
    return PictureBox(float(column.min()), float(row.min()), float(column.max()), float(row.max()))


def measure_seen_share(camera: Camera, meshes: Iterable[Mesh], product: PictureBox) -> float:
    """Returns the share of meshes that is in the picture and not behind the product, 0 to 1.

    camera: of the set. meshes: in units and in their place. product: the box that it covers.
    """
    points = np.concatenate([_pick_points(mesh) for mesh in meshes])
    shares = [camera.project_point((float(x), float(y), float(z))) for x, y, z in points]
    column, row = np.reshape(shares, (-1, 2)).T
    seen = (column > 0) & (column < 1) & (row > 0) & (row < 1)
    hidden = (column > product.left) & (column < product.right)
    hidden &= (row > product.top) & (row < product.bottom)
    return float((seen & ~hidden).mean())


def _pick_points(mesh: Mesh) -> np.ndarray:
    """Returns some of a mesh's vertices, float (n, 3)."""
    return mesh.vertices[:: max(1, len(mesh.vertices) // POINTS_PER_MESH)]
