"""Flights of steps that a product stands on: one under it, one below and one behind it."""

import itertools

import numpy as np

from services.studio import props, world
from services.studio.camera import Camera
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.stones import create_stone_material
from services.studio.materials import Material
from services.studio.sets import NamedShapes
from services.studio.shapes import Mesh, join_meshes
from services.studio.surfaces import (
    create_concrete_material,
    create_surface_material,
    pick_texture_placement,
)

# Units that each step rises, and its depth. Higher: more of the place is hidden behind the next.
RISE, TREAD = 0.2, 0.62
# z of the riser behind the product, in units: as STAND_BACK in composing, which things stay before.
BACK = -0.6
# Row, as a share of the height, of the edge before the product, and its largest z in units.
EDGE_ROW, FURTHEST_EDGE = 0.9, 0.36
# The same in views from above, as a share of the picture's height from its middle.
EDGE_FROM_ABOVE = 0.37
# Units: radius of the worn edges, half the width of a flight, widths of its blocks from the
# smallest to the largest, the joint between them, and the block that the product is alone on.
WORN_EDGE, HALF_WIDTH, BLOCKS, JOINT, MIDDLE_BLOCK = 0.014, 3.2, (0.7, 1.3), 0.008, 1.1
# sRGB of weathered stone and of concrete where the request names no color.
WEATHERED, CAST = (158, 150, 138), (176, 172, 166)


def create_stone_steps(request: GroundRequest) -> NamedShapes:
    """Lays a flight of weathered stone; returns the Mitsuba shape by name."""
    finish = create_stone_material("limestone", request.color or WEATHERED, request.rng)
    return _lay_flight(request, finish)


def create_marble_steps(request: GroundRequest) -> NamedShapes:
    """Lays a flight of polished marble; returns the Mitsuba shape by name."""
    finish = create_surface_material("marble", {}, request.rng, color=request.color)
    return _lay_flight(request, finish)


def create_concrete_steps(request: GroundRequest) -> NamedShapes:
    """Lays a flight of cast concrete; returns the Mitsuba shape by name."""
    placement = pick_texture_placement(request.rng)
    return _lay_flight(request, create_concrete_material(placement, request.color or CAST))


def _lay_flight(request: GroundRequest, finish: Material) -> NamedShapes:
    """Lays three steps of blocks, the middle one's top at y = 0; finish: of all of them."""
    rng, edge = request.rng, find_front_edge(request.camera)
    back = -HALF_WIDTH if request.camera.is_overhead else BACK
    steps = [
        _lay_step(edge + 4 * TREAD, edge - TREAD, -RISE, rng),
        _lay_step(edge, back - TREAD, 0.0, rng),
        _lay_step(back, back - TREAD, RISE, rng),
    ]
    return {"stand": world.load_mesh("stand", join_meshes(steps), finish)}


def find_front_edge(camera: Camera) -> float:
    """Returns the z of the edge before the product, in units, where the picture shows it."""
    if camera.is_overhead:
        return EDGE_FROM_ABOVE * camera.height_in_units
    return min(FURTHEST_EDGE, camera.floor_depth_at_row(EDGE_ROW))


def _lay_step(front: float, back: float, top: float, rng: np.random.Generator) -> Mesh:
    """Lays the blocks of one step, with the joints between them; front, back, top: in units."""
    joints = [-MIDDLE_BLOCK / 2, MIDDLE_BLOCK / 2]
    while joints[-1] < HALF_WIDTH:
        joints.append(joints[-1] + float(rng.uniform(*BLOCKS)))
        joints.insert(0, joints[0] - float(rng.uniform(*BLOCKS)))
    depth = front - back
    blocks = [
        props.create_plinth(
            right - left - JOINT, depth, RISE, corner=0.01, fillet=WORN_EDGE
        ).translate(x=(left + right) / 2, y=top - RISE, z=front - depth / 2)
        for left, right in itertools.pairwise(joints)
    ]
    return join_meshes(blocks)


STONE_STEPS = Ground(create_stone_steps, gloss=0.05, shape=GroundShape.STAND)
MARBLE_STEPS = Ground(create_marble_steps, gloss=0.2, shape=GroundShape.STAND)
CONCRETE_STEPS = Ground(create_concrete_steps, gloss=0.05, shape=GroundShape.STAND)
