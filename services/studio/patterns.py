"""Patterns of shadows: what stands in the key light's way, just out of the picture."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, world
from services.studio.camera import Camera
from services.studio.lights import Lamp, across_beam
from services.studio.scenery import Shapes, Shoot
from services.studio.shapes import Solid, joined, sheet

WALL_MIDDLE, FLOOR_MIDDLE = (0.0, 0.2, -0.7), (0.0, 0.0, -0.3)


def pattern(shoot: Shoot, key: Lamp, color: RGB = (70, 74, 64), wall: bool = False) -> Shapes:
    """What stands in the key light's way, out of sight, if a pattern of shadows is asked for.

    color: of it, for it reflects a little; wall: whether the pattern falls on something upright
    behind the product too, or only on a table or floor.
    """
    kind, camera = shoot.direction.light.gobo, shoot.camera
    if not kind:
        return {}
    squash = 1.0 if wall else 1.2 * math.sin(math.radians(key.elevation))
    flat = _gobo(kind, shoot.rng).scaled(
        x=max(1.0, camera.units_wide), z=max(1.0, camera.units_high) * squash
    )
    aim = np.array((0, 0, 0) if camera.lying else WALL_MIDDLE if wall else FLOOR_MIDDLE)
    reach = float(np.linalg.norm(flat.points, axis=1).max())
    for distance in np.arange(1.4, 8.0, 0.3):
        middle = aim + distance * key.towards
        if not _in_sight(middle, key, reach, camera):
            break
    held = _held_up(flat, key, middle)
    return {"gobo": world.solid("gobo", held, world.matt(world.tint(color)))}


def _gobo(kind: str, rng: np.random.Generator) -> Solid:
    """What throws a pattern, flat on y = 0, made for a picture of one unit."""
    match kind:
        case "palm":
            return _inwards([props.frond(rng.uniform(0.8, 1.0), rng) for _ in range(3)], rng)
        case "leaves":
            twigs = [props.sprig(rng.uniform(0.65, 1.0), 15, rng, size=0.2) for _ in range(5)]
            return _inwards(twigs, rng)
        case "window":
            return _board(columns=2, rows=3, pane=(0.4, 0.34), bar=0.075)
    return _board(columns=1, rows=9, pane=(1.3, 0.085), bar=0.075)


def _in_sight(middle: np.ndarray, key: Lamp, reach: float, camera: Camera) -> bool:
    """Whether the camera could see a disc of this radius around a point, across the beam."""
    for row in np.linspace(0, 1, 7):
        for column in np.linspace(0, 1, 7):
            sight = camera.sight(column, row)
            along = ((middle - camera.position) @ key.towards) / (sight @ key.towards + 1e-9)
            hit = camera.position + along * sight
            if along > 0 and np.linalg.norm(hit - middle) < reach:
                return True
    return False


def _inwards(branches: list[Solid], rng: np.random.Generator) -> Solid:
    """Branches that reach from one side of a circle of radius 1.1 towards its middle, on y = 0."""
    start = rng.uniform(-30, 60)
    hung = []
    for number, branch in enumerate(branches):
        angle = start + 150 * (number + rng.uniform(0.2, 0.8)) / len(branches)
        turn = 270 - angle + rng.uniform(-20, 20)
        place = 1.1 * np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        hung.append(branch.turned(turn).moved(x=place[0], z=place[1]))
    return joined(hung)


def _board(columns: int, rows: int, pane: tuple[float, float], bar: float) -> Solid:
    """A board with panes cut out of it, flat on y = 0 and centred."""
    width, height = columns * pane[0] + (columns + 1) * bar, rows * pane[1] + (rows + 1) * bar
    wall = 0.6
    strips = [
        (-width / 2 - wall, -height / 2, wall, height),
        (width / 2, -height / 2, wall, height),
        (-width / 2 - wall, height / 2, width + 2 * wall, wall),
        (-width / 2 - wall, -height / 2 - wall, width + 2 * wall, wall),
    ]
    for column in range(columns + 1):
        strips.append((column * (pane[0] + bar) - width / 2, -height / 2, bar, height))
    for row in range(rows + 1):
        strips.append((-width / 2, row * (pane[1] + bar) - height / 2, width, bar))
    return joined([_strip(*strip) for strip in strips])


def _strip(x: float, z: float, width: float, depth: float) -> Solid:
    return sheet(np.array([[x + width, z], [x + width, z + depth], [x, z + depth], [x, z]]))


def _held_up(flat: Solid, key: Lamp, middle: np.ndarray) -> Solid:
    """Turns what lies on y = 0 across the beam: its x runs level, its z upwards."""
    across, upwards = across_beam(key)
    place = np.stack([across, key.towards, upwards])
    return replace(flat, points=flat.points @ place + middle, normals=flat.normals @ place)
