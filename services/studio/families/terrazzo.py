"""Terrazzo: a counter of stone chips before a plastered wall, under the shadows of leaves."""

from services.imaging.scene import RGB
from services.studio import props, world
from services.studio.color import mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import surface
from services.studio.walls import over_wall, room, wall_behind

WALLS: tuple[RGB, ...] = ((226, 196, 172), (206, 212, 194), (232, 214, 190))
NEAREST_WALL = -0.95


def build(shoot: Shoot) -> Scenery:
    """A terrazzo counter in the sun."""
    shoot = shoot.with_pattern("palm" if shoot.composition == "arch" else "leaves")
    rng, colors = shoot.rng, shoot.direction.colors
    side = rng.choice((-1, 1))
    key = key_light(shoot, (side * rng.uniform(42, 56)) % 360, rng.uniform(36, 42), 8, 1.02, 5600)
    depth, top = wall_behind(shoot.camera, NEAREST_WALL)
    key = over_wall(key, depth, top)
    tone = colors.get("wall") or WALLS[int(rng.integers(len(WALLS)))]
    ground = surface("terrazzo", {"surface": colors["surface"]} if "surface" in colors else {}, rng)
    dressing = DRESSING[shoot.composition] if shoot.wants("props") else _nothing
    return Scenery(
        {
            **room(depth, top, ground, surface("plaster", {}, rng, tone)),
            **dressing(shoot, tone, -side, depth),
            **pattern(shoot, key, mix(tone, (60, 84, 50), 0.6), wall=True),
        },
        key,
        dome(0.25, shoot.direction.light.mood, ((side * 60, 40, 30, 1.2),), kelvin=7200),
        gloss=0.22,
        aperture=0.012,
        exposure=1.15,
    )


def _arch(shoot: Shoot, tone: RGB, side: int, depth: float) -> Shapes:
    """An arch of the wall's own plaster behind the product, and a ball."""
    width = 0.62 * min(1.3, shoot.camera.units_wide)
    height = max(min(shoot.camera.level_at(0.07, depth), 2.2 * width), width / 2 + 0.05)
    panel = props.panel(width, height, 0.06).moved(0, 0, depth)
    plaster = surface("plaster", {}, shoot.rng, mix(tone, (255, 250, 242), 0.45))
    place = side * shoot.edge(-0.4, share=0.86), 0.07, -0.4
    clay = world.glossy(world.tint(mix(tone, (176, 92, 62), 0.75)), 0.55, 0.3)
    return {"arch": world.solid("arch", panel, plaster), "ball": world.ball(place, 0.07, clay)}


def _vase(shoot: Shoot, tone: RGB, side: int, depth: float) -> Shapes:
    """A vase with twigs, and a bowl."""
    rng, z = shoot.rng, -0.5
    x, height = side * shoot.edge(z, share=0.88), rng.uniform(0.34, 0.42)
    clay = world.glossy(world.tint(mix(tone, (186, 104, 72), 0.6)), 0.6, 0.3)
    twigs = props.bunch(6, rng).moved(x, height - 0.05, z)
    green = world.matt(world.tint((104, 126, 82)))
    return {
        "vase": world.solid("vase", props.vase(height, 0.11).moved(x, 0, z), clay),
        **({"twigs": world.solid("twigs", twigs, green)} if shoot.wants("plants") else {}),
    }


def _nothing(shoot: Shoot, tone: RGB, side: int, depth: float) -> Shapes:
    return {}


DRESSING = {"leaves": _nothing, "arch": _arch, "vase": _vase}

FAMILY = Family(
    name="terrazzo",
    words={
        **dict.fromkeys(("terrazzo",), 6),
        **dict.fromkeys(("leaf shadows", "leaf shadow", "palm shadow", "palm shadows"), 1),
        **dict.fromkeys(("tropical", "mediterranean", "botanical", "terracotta wall"), 2),
        **dict.fromkeys(("palm leaf", "monstera"), 1),
    },
    pitch=12.0,
    view=24.0,
    ground_line=0.81,
    compositions=(
        Composition("leaves"),
        Composition("arch", frozenset({"arch", "arches", "palm", "tropical"})),
        Composition("vase", frozenset({"vase", "plants", "flowers"})),
    ),
    build=build,
    lying_surface="terrazzo",
)
