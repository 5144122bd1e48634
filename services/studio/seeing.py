"""Measures how much of a thing is seen in the picture of a set, next to the product."""

from collections.abc import Iterable

import numpy as np

from services.studio.camera import Camera
from services.studio.shapes import Mesh

# Points of each mesh that are projected. More: more exact, and slower.
POINTS_PER_MESH = 40
# Units of a slim product: half its width, and its height. Larger: things are missed that most
# products leave in view.
SLIM_HALF_WIDTH, SLIM_HEIGHT = 0.2, 0.5


def measure_seen_share(camera: Camera, meshes: Iterable[Mesh]) -> float:
    """Returns the share of meshes that is in the picture and not behind a slim product, 0 to 1.

    camera: of the set. meshes: in units and in their place.
    """
    points = np.concatenate([_pick_points(mesh) for mesh in meshes])
    shares = [camera.project_point((float(x), float(y), float(z))) for x, y, z in points]
    column, row = np.reshape(shares, (-1, 2)).T
    seen = (column > 0) & (column < 1) & (row > 0) & (row < 1)
    if not camera.is_overhead:
        aside = np.abs(column - camera.product_x) * camera.width_in_units
        above = (camera.ground_line - row) * camera.height_in_units
        covered = (aside < SLIM_HALF_WIDTH) & (above > 0) & (above < SLIM_HEIGHT)
        seen &= ~(covered & (points[:, 2] < 0))
    return float(seen.mean())


def _pick_points(mesh: Mesh) -> np.ndarray:
    """Returns some of a mesh's vertices, float (n, 3)."""
    return mesh.vertices[:: max(1, len(mesh.vertices) // POINTS_PER_MESH)]
