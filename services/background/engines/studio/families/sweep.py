"""Studio sweep: a seamless coloured wall and floor, with or without a podium and side props."""

import math
from dataclasses import replace

from services.background.engines.studio import props, shapes, world
from services.background.engines.studio.color import brighter, brightness, mix
from services.background.engines.studio.lighting import dome, key_light, out_of_sight
from services.background.engines.studio.lights import Lamp
from services.background.engines.studio.patterns import pattern
from services.background.engines.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.background.engines.studio.surfaces import podium_material
from services.runtime.scene import RGB

NEUTRAL: RGB = (229, 222, 212)
GOLD: RGB = (224, 180, 112)
NEAREST_WALL = -1.9
DARK = 0.18


def build(shoot: Shoot) -> Scenery:
    """A sweep in the prompt's colours."""
    colors, rng, mood = palette(shoot), shoot.rng, shoot.direction.light.mood
    side = rng.choice((-1, 1))
    azimuth = (side * rng.uniform(36, 52)) % 360
    key = key_light(shoot, azimuth, rng.uniform(38, 45), angle=17, strength=0.9)
    floor, podium = _podium(shoot, colors["podium"])
    depth, top = _wall(shoot, floor)
    key = _over_wall(key, depth, top)
    ground = shapes.sweep(12, 8, depth, 0.9, top - floor).moved(y=floor)
    paper = world.matt(world.tint(colors["wall"]))
    dressing = DRESSING[shoot.composition] if shoot.wants("props") else _nothing
    spot = Lamp(0, 60, 2.0, 0.4, 0.4, 1.0 if mood else 0.6, 6000, aim=(0.0, 0.42, depth))
    return Scenery(
        {
            "sweep": world.solid("sweep", ground, paper),
            **podium,
            **dressing(shoot, colors, floor, -side),
            **pattern(shoot, key, wall=True),
        },
        key,
        dome(0.25, mood, ((azimuth + 180, 35, 28, 0.8), (azimuth, 50, 22, 1.6))),
        gloss=0.06,
        aperture=0.012,
        lamps=(out_of_sight(spot, shoot.camera),)
        if mood or brightness(colors["wall"]) < DARK
        else (),
        exposure=1.18,
    )


def palette(shoot: Shoot) -> dict[str, RGB]:
    """Colours for all parts: those that were asked for, and others that go with them."""
    asked = shoot.direction.colors
    wall = asked.get("wall") or asked.get("podium") or asked.get("surface") or NEUTRAL
    lighter = mix(wall, (250, 248, 244), 0.55) if brightness(wall) > 0.12 else brighter(wall, 2.0)
    podium = asked.get("podium") or lighter
    return {
        "wall": wall,
        "podium": podium,
        "accent": asked.get("accent") or GOLD,
        "side": mix(wall, podium, 0.35),
    }


def _wall(shoot: Shoot, floor: float) -> tuple[float, float]:
    """The wall's z, behind all of the floor that a steep camera sees, and its upper end, out of
    sight but low enough for a lamp behind it."""
    camera = shoot.camera
    far = camera.depth_at(0.0, floor) if camera.pitch > 30 else NEAREST_WALL
    depth = min(NEAREST_WALL, max(far - 0.9, -6.0))
    return depth, max(1.1, camera.level_at(-0.08, depth) + 0.1)


def _over_wall(key: Lamp, depth: float, top: float) -> Lamp:
    """A key light from behind, raised until it shines over the wall."""
    if math.cos(math.radians(key.azimuth)) > -0.2:
        return key
    steep = math.degrees(math.atan2(top, -depth)) + 6
    return replace(key, elevation=max(key.elevation, steep))


def _podium(shoot: Shoot, color: RGB) -> tuple[float, Shapes]:
    """The floor's height, and the podium, whose top is at y = 0."""
    if shoot.composition == "bare" or not shoot.wants("podium"):
        return 0.0, {}
    blocks, rounds = shoot.composition == "blocks", shoot.composition == "rounds"
    width = 0.84 * shoot.camera.units_wide
    depth = min(width, 0.62 if blocks else 0.86)
    z = min(0.3 * depth, shoot.camera.depth_at(0.915)) - depth / 2
    corner, height = 0.03 if blocks else depth / 2, 0.075 if rounds else 0.085
    solids = [props.plinth(width, depth, height, corner, 0.008).moved(y=-height, z=z)]
    if rounds:
        step = props.plinth(width + 0.26, depth + 0.26, 0.05, corner + 0.13, 0.007)
        height += 0.05
        solids.append(step.moved(y=-height, z=z - 0.02))
    material = podium_material(shoot.direction, color, shoot.rng)
    return -height, {"podium": world.solid("podium", shapes.joined(solids), material)}


def _rounds(shoot: Shoot, colors: dict[str, RGB], floor: float, side: int) -> Shapes:
    """A column behind, on the key light's side, and a metal ball on the other side."""
    column = props.round_plinth(0.13, shoot.rng.uniform(0.5, 0.68))
    column = column.moved(-side * shoot.edge(-0.75, floor, 0.85), floor, -0.85)
    radius = shoot.rng.uniform(0.075, 0.1)
    place = side * (shoot.edge(-0.35, floor, 0.85) + 0.01), floor + radius, -0.35
    return {
        "column": world.solid("column", column, world.matt(world.tint(colors["side"]))),
        "ball": world.ball(place, radius, world.metal(world.tint(colors["accent"]), 0.16)),
    }


def _arches(shoot: Shoot, colors: dict[str, RGB], floor: float, side: int) -> Shapes:
    """A tall arch behind the product and a small one at the side."""
    width = 0.62 * min(1.3, shoot.camera.units_wide)
    height = min(shoot.camera.level_at(0.07, -1.02) - floor, 2.4 * width)
    tall = props.panel(width, max(height, width / 2 + 0.05), 0.07).moved(0, floor, -1.02)
    small = props.panel(0.3, 0.5, 0.07)
    small = small.moved(side * (shoot.edge(-0.75, floor, 0.85) + 0.06), floor, -0.8)
    tone = mix(colors["wall"], colors["podium"], 0.45)
    return {
        "tall": world.solid("tall", tall, world.matt(world.tint(tone))),
        "small": world.solid("small", small, world.matt(world.tint(colors["side"]))),
    }


def _blocks(shoot: Shoot, colors: dict[str, RGB], floor: float, side: int) -> Shapes:
    """Two blocks and a ball on one side, a small metal ball on the other."""
    edge = shoot.edge(-0.75, floor, 0.85)
    high = props.plinth(0.24, 0.24, 0.42, 0.012, 0.006).turned(side * 14)
    low = props.plinth(0.24, 0.24, 0.24, 0.012, 0.006).turned(side * 14)
    blocks = shapes.joined(
        [
            high.moved(side * (edge + 0.05), floor, -0.95),
            low.moved(side * (edge - 0.13), floor, -0.65),
        ]
    )
    top, metal = floor + 0.24, world.metal(world.tint(colors["accent"]), 0.16)
    lacquer = world.glossy(world.tint(colors["podium"]), 0.3)
    return {
        "blocks": world.solid("blocks", blocks, world.matt(world.tint(colors["side"]))),
        "ball": world.ball((side * (edge - 0.13), top + 0.085, -0.65), 0.085, lacquer),
        "bead": world.ball((-side * (edge - 0.02), floor + 0.06, -0.55), 0.06, metal),
    }


def _nothing(shoot: Shoot, colors: dict[str, RGB], floor: float, side: int) -> Shapes:
    return {}


DRESSING = {"rounds": _rounds, "arch": _arches, "blocks": _blocks, "bare": _nothing}

FAMILY = Family(
    name="sweep",
    words={
        **dict.fromkeys(("podium", "pedestal", "plinth", "cyclorama", "infinity cove"), 4),
        **dict.fromkeys(("platform", "seamless", "arch", "arches", "geometric"), 3),
        **dict.fromkeys(("studio", "backdrop", "pastel", "e-commerce", "ecommerce", "plain"), 2),
        **dict.fromkeys(("background", "minimal", "minimalist", "set", "wall", "clean"), 1),
        **dict.fromkeys(("round", "square", "blocks", "empty"), 0),
    },
    pitch=16.0,
    view=22.0,
    ground_line=0.8,
    compositions=(
        Composition("rounds", frozenset({"podium", "pedestal", "plinth", "platform", "round"})),
        Composition("arch", frozenset({"podium", "pedestal", "arch", "arches"})),
        Composition(
            "blocks",
            frozenset({"podium", "plinth", "platform", "blocks", "geometric", "square"}),
        ),
        Composition(
            "bare",
            frozenset({"e-commerce", "ecommerce", "seamless", "plain", "empty", "infinity cove"}),
        ),
    ),
    build=build,
)
