"""Marble table: polished stone in front of a bright room that is thrown out of focus."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.kitchen import kitchen
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import surface
from services.studio.tables import hang_matte, table, table_edge

FAR_EDGE_ROW = 0.6
PLASTER: RGB = (234, 229, 220)
OAK: RGB = (170, 122, 80)
WORKTOP_ABOVE_TABLE = 0.1


def build(shoot: Shoot) -> Scenery:
    """A marble table, lit from the window of a kitchen."""
    if shoot.composition == "window light":
        shoot = shoot.with_pattern("window")
    rng, camera, colors = shoot.rng, shoot.camera, shoot.direction.colors
    side = _window_side(shoot)
    azimuth = (side * rng.uniform(62, 80)) % 360
    key = key_light(shoot, azimuth, rng.uniform(36, 42), 15, 0.8, 5600, glossy=True)
    edge = table_edge(camera, FAR_EDGE_ROW + rng.uniform(-0.02, 0.02))
    stone = surface("marble", colors, rng)
    wall, seed = colors.get("wall") or PLASTER, int(rng.integers(1000))

    def room(size: tuple[float, float], level: float) -> np.ndarray:
        return kitchen(size, level + WORKTOP_ABOVE_TABLE, side, wall, OAK, seed)

    dressing = _fruit if shoot.composition == "window left" else _vase
    boxes = ((side * 150, 30, 26, 2.2), (-side * 90, 25, 40, 0.3))
    return Scenery(
        {
            **table(camera, edge, stone),
            **hang_matte(camera, edge, room),
            **(dressing(shoot, edge, -side) if shoot.wants("props") else {}),
            **pattern(shoot, key, (90, 90, 86)),
        },
        key,
        dome(0.3, shoot.direction.light.mood, boxes),
        gloss=0.35,
        aperture=0.02,
        exposure=1.15,
    )


def _window_side(shoot: Shoot) -> int:
    """-1 for a window on the left, 1 for one on the right."""
    azimuth = shoot.direction.light.azimuth
    if azimuth is None or azimuth == 180:
        return -1 if shoot.composition == "window left" else 1
    return 1 if azimuth < 180 else -1


def _vase(shoot: Shoot, edge: float, side: int) -> Shapes:
    """A vase and a bowl at one side."""
    rng = shoot.rng
    depth = max(edge + 0.22, -0.75)
    x = side * shoot.edge(depth, share=0.88)
    height = rng.uniform(0.4, 0.48)
    vase = props.vase(height, 0.1).moved(x, 0, depth)
    bowl = props.bowl(0.075, 0.1).moved(side * shoot.edge(depth + 0.2, share=0.93), 0, depth + 0.2)
    twigs = props.bunch(5, rng).moved(x, height - 0.06, depth)
    green = world.matt(world.tint((96, 116, 84)))
    return {
        "vase": world.solid("vase", vase, world.glossy(world.tint((238, 233, 224)), 0.3)),
        "bowl": world.solid("bowl", bowl, world.glossy(world.tint((190, 150, 122)), 0.55)),
        **({"twigs": world.solid("twigs", twigs, green)} if shoot.wants("plants") else {}),
    }


def _fruit(shoot: Shoot, edge: float, side: int) -> Shapes:
    """A bowl of lemons, and one that lies beside it."""
    rng, depth = shoot.rng, max(edge + 0.3, -0.6)
    x = side * shoot.edge(depth, share=0.9)
    bowl = props.bowl(0.13, 0.19).moved(x, 0, depth)
    places = ((-0.07, 0.06, 0.03), (0.06, 0.07, 0.02), (0.0, 0.08, -0.06), (0.0, 0.13, 0.0))
    lemons = [_lemon(rng).moved(x + right, up, depth + near) for right, up, near in places]
    lemons.append(_lemon(rng).moved(x - side * 0.2, 0, depth + 0.17))
    return {
        "bowl": world.solid("bowl", bowl, world.glossy(world.tint((206, 200, 188)), 0.35)),
        "lemons": world.solid(
            "lemons", shapes.joined(lemons), world.glossy(world.tint((236, 192, 66)), 0.42)
        ),
    }


def _lemon(rng: np.random.Generator) -> shapes.Solid:
    return props.pebble((0.105, 0.08, 0.08), rng).turned(rng.uniform(0, 360))


FAMILY = Family(
    name="marble",
    words={
        **dict.fromkeys(("marble", "carrara", "calacatta", "kitchen"), 3),
        **dict.fromkeys(("counter", "countertop", "worktop", "bathroom", "breakfast"), 2),
        **dict.fromkeys(("table", "tabletop", "cafe"), 1),
    },
    pitch=13.0,
    view=30.0,
    ground_line=0.81,
    compositions=(
        Composition("window right"),
        Composition("window left"),
        Composition("window light", frozenset({"window", "windows"})),
    ),
    build=build,
    lying_surface="marble",
)
