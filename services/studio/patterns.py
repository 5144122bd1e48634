"""Shadow patterns: a gobo (an object in the key light's beam) just out of the camera's view."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, props, world
from services.studio.camera import Camera
from services.studio.lights import Lamp, find_beam_axes
from services.studio.sets import NamedShapes, SetPlan
from services.studio.shapes import Mesh, create_flat_cutout, join_meshes

# Points, in units, where the middle of a pattern falls: on a wall behind the product, or on a
# table around it.
WALL_PATTERN_CENTER, FLOOR_PATTERN_CENTER = (0.0, 0.2, -0.7), (0.0, 0.0, -0.3)
# Units from that point to a gobo: the nearest and the furthest, and the step. Further away: softer
# pattern edges.
GOBO_DISTANCES = (1.4, 8.0, 0.3)
# Radius, in units, of the circle that branches reach in from.
BRANCH_RADIUS = 1.1
# Points per side of the grid of view rays that look for a gobo. Larger: a finer check.
VIEW_GRID_SIDE = 7
# Units of opaque board around the panes of a window. Larger: no light passes beside it.
BOARD_MARGIN = 0.6


def create_shadow_pattern(
    plan: SetPlan, key: Lamp, color: RGB = (70, 74, 64), wall: bool = False
) -> NamedShapes:
    """Creates the gobo (an object that casts a shadow pattern) that the plan asks for, out of view.

    plan: camera, random generator, and the brief, which names the gobo.
    key: the key light (the main lamp), whose beam the gobo stands in.
    color: sRGB of the gobo, which reflects a little light.
    wall: whether the pattern falls on something upright behind the product, too.

    Returns the Mitsuba shape by name; empty when the plan asks for none.
    """
    kind, camera = plan.brief.light.gobo, plan.camera
    if not kind:
        return {}
    squash = 1.0 if wall else 1.2 * math.sin(math.radians(key.elevation))
    flat = _create_flat_gobo(kind, plan.rng).scale_flat(
        x=max(1.0, camera.width_in_units), z=max(1.0, camera.height_in_units) * squash
    )
    origin = (0.0, 0.0, 0.0)
    center = np.array(
        origin if camera.is_overhead else WALL_PATTERN_CENTER if wall else FLOOR_PATTERN_CENTER
    )
    radius = float(np.linalg.norm(flat.vertices, axis=1).max())
    for distance in np.arange(*GOBO_DISTANCES):
        middle = center + distance * key.direction_to_lamp
        if not _is_disc_in_view(middle, key, radius, camera):
            break
    gobo = _place_across_beam(flat, key, middle)
    return {"gobo": world.load_mesh("gobo", gobo, materials.create_matte_material(color))}


def _create_flat_gobo(kind: str, rng: np.random.Generator) -> Mesh:
    """Creates a gobo (an object that casts a shadow pattern) flat on y = 0, about one unit large.

    kind: palm, leaves, window; all others are blinds.
    rng: random generator, which varies the branches.
    """
    match kind:
        case "palm":
            fronds = [
                props.create_palm_frond(length=rng.uniform(0.8, 1.0), rng=rng) for _ in range(3)
            ]
            return _arrange_branches(fronds, rng)
        case "leaves":
            sprigs = [
                props.create_sprig(length=rng.uniform(0.65, 1.0), leaves=15, rng=rng, size=0.2)
                for _ in range(5)
            ]
            return _arrange_branches(sprigs, rng)
        case "window":
            return _create_pane_board(columns=2, rows=3, pane=(0.4, 0.34), bar=0.075)
    return _create_pane_board(columns=1, rows=9, pane=(1.3, 0.085), bar=0.075)


def _is_disc_in_view(middle: np.ndarray, key: Lamp, radius: float, camera: Camera) -> bool:
    """Returns whether the camera sees any of a disc that lies across the key light's beam.

    middle: center of the disc, float (3,), in units.
    key: the key light (the main lamp).
    radius: of the disc in units.
    """
    beam = key.direction_to_lamp
    for row in np.linspace(0, 1, VIEW_GRID_SIDE):
        for column in np.linspace(0, 1, VIEW_GRID_SIDE):
            ray = camera.ray_at(column, row)
            along = ((middle - camera.position) @ beam) / (ray @ beam + 1e-9)
            hit = camera.position + along * ray
            if along > 0 and np.linalg.norm(hit - middle) < radius:
                return True
    return False


def _arrange_branches(branches: list[Mesh], rng: np.random.Generator) -> Mesh:
    """Arranges branches to reach from one side of a circle toward its center, on y = 0.

    branches: meshes along z; rng: varies their places and directions.
    """
    start = rng.uniform(-30, 60)
    arranged = []
    for number, branch in enumerate(branches):
        angle = start + 150 * (number + rng.uniform(0.2, 0.8)) / len(branches)
        turn = 270 - angle + rng.uniform(-20, 20)
        on_circle = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        place = BRANCH_RADIUS * on_circle
        arranged.append(branch.rotate(turn, axis="y").translate(x=place[0], z=place[1]))
    return join_meshes(arranged)


def _create_pane_board(columns: int, rows: int, pane: tuple[float, float], bar: float) -> Mesh:
    """Creates a board with panes cut out, as a window or blinds, centered flat on y = 0.

    columns, rows: counts of panes.
    pane: width and height of a pane in units.
    bar: width of the bars between panes in units.
    """
    width, height = columns * pane[0] + (columns + 1) * bar, rows * pane[1] + (rows + 1) * bar
    margin = BOARD_MARGIN
    strips = [
        (-width / 2 - margin, -height / 2, margin, height),
        (width / 2, -height / 2, margin, height),
        (-width / 2 - margin, height / 2, width + 2 * margin, margin),
        (-width / 2 - margin, -height / 2 - margin, width + 2 * margin, margin),
    ]
    for column in range(columns + 1):
        strips.append((column * (pane[0] + bar) - width / 2, -height / 2, bar, height))
    for row in range(rows + 1):
        strips.append((-width / 2, row * (pane[1] + bar) - height / 2, width, bar))
    return join_meshes([_create_flat_strip(*strip) for strip in strips])


def _create_flat_strip(x: float, z: float, width: float, depth: float) -> Mesh:
    """Creates a rectangle on y = 0, all in units.

    x, z: its corner of smallest x and z.
    width, depth: along x and z.
    """
    return create_flat_cutout(
        np.array([[x + width, z], [x + width, z + depth], [x, z + depth], [x, z]])
    )


def _place_across_beam(flat: Mesh, key: Lamp, middle: np.ndarray) -> Mesh:
    """Returns a mesh that lay flat on y = 0, turned to stand across the key light's beam.

    key: the key light (the main lamp).
    middle: point, float (3,), to which the mesh's origin moves. Its x axis becomes level, its z
    axis points upward.
    """
    level, upward = find_beam_axes(key)
    axes = np.stack([level, key.direction_to_lamp, upward])
    return replace(flat, vertices=flat.vertices @ axes + middle, normals=flat.normals @ axes)
