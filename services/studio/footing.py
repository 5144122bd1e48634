"""What things stand on: level ground, or the surface of uneven ground under each of them."""

import math

import mitsuba as mi
import numpy as np

from services.studio.camera import Camera
from services.studio.sets import NamedShapes

# Names of shapes whose surface is uneven, and the units around a point that decide its height.
UNEVEN_SHAPES = frozenset({"ground", "stand"})
FOOTING_RADIUS = 0.04
# Share of a thing's extent that rests on the ground, and the quantile of heights there that it lies
# on. Higher: it bridges hollows instead of sinking into humps.
FOOTING_SHARE, FOOTING_QUANTILE = 0.32, 0.55
# Vertices of uneven ground of which one is projected. Larger: faster, and peaks are missed.
PROJECTED_STEP = 40
# Names of shapes that hide what is behind them.
WALLS = ("wall", "sweep")
# Share of the image's width within which its upper end counts for a column.
NEAR_COLUMN = 0.08


class Footing:
    """What things stand on.

    floor: y of level ground in units.
    back: z of the ground's far edge or of the wall in units; things stay in front of it.
    wall: z of the wall that hides what is behind it, and lowest: y of its foot; -inf without one.
    """

    def __init__(self, floor: float, back: float, shapes: NamedShapes) -> None:
        """Collects the surfaces of uneven ground.

        shapes: Mitsuba shapes by name; of those in UNEVEN_SHAPES, every vertex counts.
        """
        self.floor, self.back = floor, back
        walls = [_list_vertices(shapes[name]).min(axis=0) for name in WALLS if name in shapes]
        self.wall = max((float(low[2]) for low in walls), default=-math.inf)
        self.lowest = max((float(low[1]) for low in walls), default=-math.inf)
        meshes = [
            shape
            for name, shape in shapes.items()
            if name in UNEVEN_SHAPES and isinstance(shape, mi.Mesh)
        ]
        vertices = [_list_vertices(mesh) for mesh in meshes]
        self._vertices = np.concatenate(vertices) if vertices else np.empty((0, 3))
        self._projected: np.ndarray | None = None

    def measure_height(self, x: float, z: float, extent: float) -> float:
        """Returns the y at which a thing of this extent lies on the ground at (x, z), in units."""
        radius = max(FOOTING_RADIUS, FOOTING_SHARE * extent)
        distance = np.hypot(self._vertices[:, 0] - x, self._vertices[:, 2] - z)
        near = self._vertices[distance < radius, 1]
        return float(np.quantile(near, FOOTING_QUANTILE)) if len(near) else self.floor

    def find_upper_row(self, camera: Camera, column: float) -> float:
        """Returns the row of the ground's upper end in a column of the image, as shares of it.

        That of its far edge where it is level or not seen. camera: of the set.
        """
        if self._projected is None:
            near = self._vertices[::PROJECTED_STEP]
            points = [camera.project_point((float(x), float(y), float(z))) for x, y, z in near]
            self._projected = np.reshape(points, (-1, 2))
        rows = self._projected[np.abs(self._projected[:, 0] - column) < NEAR_COLUMN, 1]
        return float(rows.min()) if len(rows) else camera.project_point((0, 0, self.back))[1]

    @property
    def half_width(self) -> float:
        """Half the width of uneven ground, in units; infinity where it is level."""
        return float(np.abs(self._vertices[:, 0]).max()) if len(self._vertices) else math.inf


def _list_vertices(mesh: object) -> np.ndarray:
    """Returns the vertices of a Mitsuba mesh, float (n, 3), in units."""
    assert isinstance(mesh, mi.Mesh)
    return np.array(mi.traverse(mesh)["vertex_positions"]).reshape(-1, 3)
