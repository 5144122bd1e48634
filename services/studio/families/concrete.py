"""Concrete: a bare room of cast concrete, and the light of a window on its wall."""

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.stands import footing
from services.studio.surfaces import surface
from services.studio.walls import over_wall, room, wall_behind

GREY: RGB = (178, 173, 166)
STRAW: RGB = (206, 178, 136)
NEAREST_WALL = -1.0
PATTERNS = {"window": "window", "slab": "blinds", "pampas": "leaves"}


def build(shoot: Shoot) -> Scenery:
    """A room of concrete with a pattern of sun on its wall."""
    shoot = shoot.with_pattern(PATTERNS[shoot.composition])
    rng, colors = shoot.rng, shoot.direction.colors
    side = rng.choice((-1, 1))
    key = key_light(shoot, (side * rng.uniform(46, 58)) % 360, rng.uniform(33, 38), 8, 1.25, 5000)
    floor, slab = _slab(shoot)
    depth, top = wall_behind(shoot.camera, NEAREST_WALL, floor)
    key = over_wall(key, depth, top)
    ground = surface("concrete", colors, rng, GREY)
    wall = surface("concrete", {}, rng, colors.get("wall") or colors.get("surface") or GREY)
    dressing = DRESSING[shoot.composition] if shoot.wants("props") else _nothing
    return Scenery(
        {
            **room(depth, top, ground, wall, floor),
            **slab,
            **dressing(shoot, floor, -side),
            **pattern(shoot, key, (96, 92, 88), wall=True),
        },
        key,
        dome(0.26, shoot.direction.light.mood, ((side * 60, 40, 30, 1.2),), kelvin=7000),
        gloss=0.08,
        aperture=0.012,
        exposure=1.3,
    )


def _slab(shoot: Shoot) -> tuple[float, Shapes]:
    """The floor's height, and a slab of concrete whose top is at y = 0."""
    if shoot.composition != "slab" or not shoot.wants("podium"):
        return 0.0, {}
    height = 0.1
    block = footing(shoot.camera, 0.88, 0.7, corner=0.012).block(height, 0.006).moved(y=-height)
    stone = surface("concrete", shoot.direction.colors, shoot.rng, (196, 192, 186))
    return -height, {"slab": world.solid("slab", block, stone)}


def _bench(shoot: Shoot, floor: float, side: int) -> Shapes:
    """Two blocks at one side."""
    stone = surface("concrete", {}, shoot.rng, (150, 146, 141))
    edge = shoot.edge(-0.6, floor, 0.9)
    high = props.plinth(0.26, 0.3, 0.44, 0.008, 0.006).moved(side * (edge + 0.05), floor, -0.72)
    low = props.plinth(0.24, 0.26, 0.2, 0.008, 0.006).moved(side * (edge - 0.06), floor, -0.42)
    return {"bench": world.solid("bench", shapes.joined([high, low]), stone)}


def _pampas(shoot: Shoot, floor: float, side: int) -> Shapes:
    """A dark vase with dry grass."""
    rng, depth = shoot.rng, -0.62
    x, height = side * shoot.edge(depth, floor, 0.9), rng.uniform(0.34, 0.4)
    grass = shapes.joined(
        [
            props.frond(rng.uniform(0.4, 0.6), rng, pairs=46)
            .scaled(x=0.3)
            .turned(-90 + rng.uniform(-4, 4), "x")
            .turned(rng.uniform(-24, 24), "z")
            .turned(rng.uniform(0, 360))
            for _ in range(6)
        ]
    ).moved(x, floor + height - 0.05, depth)
    vase = props.vase(height, 0.105).moved(x, floor, depth)
    return {
        "vase": world.solid("vase", vase, world.glossy(world.tint((58, 55, 53)), 0.6, 0.3)),
        "grass": world.solid("grass", grass, world.matt(world.tint(STRAW))),
    }


def _nothing(shoot: Shoot, floor: float, side: int) -> Shapes:
    return {}


DRESSING = {"window": _bench, "slab": _nothing, "pampas": _pampas}

FAMILY = Family(
    name="concrete",
    words={
        **dict.fromkeys(("concrete", "microcement", "cement", "brutalist"), 4),
        **dict.fromkeys(("loft", "industrial", "bunker", "plaster", "stucco", "limewash"), 3),
        **dict.fromkeys(("window light", "venetian", "blinds", "shutters", "urban"), 2),
        **dict.fromkeys(("slab", "pampas", "raw"), 1),
    },
    pitch=12.0,
    view=24.0,
    ground_line=0.81,
    compositions=(
        Composition("window", frozenset({"window", "windows"})),
        Composition("slab", frozenset({"slab", "podium", "plinth", "blinds", "shutters"})),
        Composition("pampas", frozenset({"pampas", "plants", "dried", "leaf", "leaves"})),
    ),
    build=build,
    lying_surface="concrete",
)
