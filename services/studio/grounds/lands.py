"""Uneven natural ground: level under the product, with a soft irregular border."""

import numpy as np

from services.studio import materials, shapes, terrain, world
from services.studio.grounds.ground import GroundRequest
from services.studio.terrain import (
    HeightField,
    create_noise_field,
    flatten_front,
    ramp_away_from_product,
)

# z in units up to which ground is uneven; beyond it continues flat. Further: larger meshes.
RELIEF_END = -7.0
# Units: how far the border sways, how far behind the edge the ground goes on downhill, and how
# steep it falls there.
BORDER_SWAY, BORDER_REACH, BORDER_STEEPNESS = 0.14, 1.2, 0.9
# Half-axes, in units, of the ellipse under the product where the ground is level.
LEVEL_HALF_AXES = (0.44, 0.3)


def shape_land(request: GroundRequest, heights: HeightField, kept: float = 0.0) -> HeightField:
    """Returns heights that are level under the product and fall off behind the far edge.

    heights: of the land without product and edge.
    kept: share of them that is kept under the product.
    """
    sway = create_noise_field(seed=int(request.rng.integers(1000)), size=0.5, octaves=3)
    edge_z = request.far_z

    def land_heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the y of the land in units at points (x, z): float, of the same shape."""
        level = kept + (1 - kept) * ramp_away_from_product(x, z, half_axes=LEVEL_HALF_AXES)
        beyond = np.maximum(edge_z - z + BORDER_SWAY * sway(x, 0 * z), 0)
        fall = BORDER_STEEPNESS * beyond * beyond / (beyond + 0.3)
        return flatten_front(level * heights(x, z), z) - fall

    return land_heights


def mesh_land(
    request: GroundRequest, heights: HeightField, reach: float = BORDER_REACH
) -> shapes.Mesh:
    """Creates the mesh of uneven ground.

    heights: as of shape_land.
    reach: units that it continues behind the far edge.
    """
    camera = request.camera
    back = max(RELIEF_END, request.far_z - reach)
    half_width = max(2.5, 1.25 * camera.half_width_at_depth(z=back))
    front = max(4.0, camera.height_in_units)
    land = terrain.create_terrain(half_width, back=back, front=front, heights=heights)
    if request.far_z >= RELIEF_END:
        return land
    half_width = 1.25 * camera.half_width_at_depth(z=request.far_z)
    corners = np.array(
        [
            *((half_width, request.far_z), (half_width, back + 0.1)),
            *((-half_width, back + 0.1), (-half_width, request.far_z)),
        ]
    )
    return shapes.join_meshes([land, shapes.create_flat_cutout(corners)])


def load_land(request: GroundRequest, heights: HeightField, material: materials.Material) -> object:
    """Loads uneven ground as a Mitsuba mesh of one material; heights as of shape_land."""
    return world.load_mesh("ground", mesh_land(request, heights), material)


def find_detail_end(request: GroundRequest) -> float:
    """Returns the z, in units, up to which small things lie: shortly past the far edge."""
    return max(request.far_z - 0.25, -4.0)
