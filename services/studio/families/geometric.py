"""Geometric: arches, stairs and simple solids in several pastel tones."""

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.color import mix, turned
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.seamless import (
    Stage,
    colors_of,
    key_side,
    podium,
    seamless,
)

BLUSH: RGB = (238, 200, 190)
WARM_TURN, FAR_TURN = 38.0, -110.0


def build(shoot: Shoot) -> Scenery:
    """Simple solids around a low podium."""
    side, azimuth = key_side(shoot)
    colors = _tones(shoot)
    shape = {} if shoot.composition == "arch" else {"corner": 0.03, "deepest": 0.62}
    floor, stand = podium(shoot, colors["podium"], (0.07,), **shape)
    stage = Stage(colors, floor, -side)
    things = DRESSING[shoot.composition](shoot, stage) if shoot.wants("props") else {}
    return seamless(shoot, stage, {**stand, **things}, azimuth)


def _tones(shoot: Shoot) -> dict[str, RGB]:
    """The set's colours, and two more that lie beside and across from the wall's."""
    asked = shoot.direction.colors
    colors = colors_of(shoot)
    if not {"wall", "podium", "surface"} & set(asked):
        colors |= {"wall": BLUSH, "podium": mix(BLUSH, (252, 248, 242), 0.6)}
    second = turned(colors["wall"], WARM_TURN)
    third = asked.get("accent") or mix(turned(colors["wall"], FAR_TURN), colors["wall"], 0.25)
    return colors | {"second": second, "third": third, "side": mix(colors["wall"], second, 0.5)}


def _arches(shoot: Shoot, stage: Stage) -> Shapes:
    """A tall arch behind the product, a small one and a ball at the sides."""
    floor, side = stage.floor, stage.side
    width = 0.62 * min(1.3, shoot.camera.units_wide)
    height = min(shoot.camera.level_at(0.07, -1.02) - floor, 2.4 * width)
    tall = props.panel(width, max(height, width / 2 + 0.05), 0.07).moved(0, floor, -1.02)
    small = props.panel(0.3, 0.5, 0.07)
    small = small.moved(side * (shoot.edge(-0.75, floor, 0.85) + 0.06), floor, -0.8)
    ball = -side * shoot.edge(-0.4, floor, 0.86), floor + 0.08, -0.4
    return {
        "tall": _painted("tall", tall, stage.colors["second"]),
        "small": _painted("small", small, stage.colors["third"]),
        "ball": world.ball(ball, 0.08, world.matt(world.tint(stage.colors["podium"]))),
    }


def _stairs(shoot: Shoot, stage: Stage) -> Shapes:
    """A flight of stairs that climbs out of the picture, and a ball on it."""
    floor, side, steps = stage.floor, stage.side, []
    edge = shoot.edge(-0.8, floor, 1.0)
    for number in range(4):
        width, height = 0.56 - 0.13 * number, 0.11
        step = props.plinth(width, 0.34, height, 0.006, 0.005)
        steps.append(step.moved(side * (edge + 0.12 - width / 2), floor + height * number, -0.85))
    top = side * (edge + 0.12 - 0.5), floor + 0.11 + 0.055, -0.8
    arch = props.panel(0.34, 0.66, 0.08)
    arch = arch.moved(-side * shoot.edge(-0.9, floor, 0.86), floor, -1.0)
    return {
        "stairs": _painted("stairs", shapes.joined(steps), stage.colors["second"]),
        "arch": _painted("arch", arch, stage.colors["third"]),
        "ball": world.ball(top, 0.055, world.matt(world.tint(stage.colors["podium"]))),
    }


def _solids(shoot: Shoot, stage: Stage) -> Shapes:
    """A cone, a cylinder, a ball and a half disc."""
    floor, side = stage.floor, stage.side
    edge = shoot.edge(-0.7, floor, 0.84)
    cone = shapes.turned_body([(1e-4, 0.36), (0.02, 0.34), (0.16, 0.012), (0.15, 0.0), (1e-4, 0.0)])
    drum = props.round_plinth(0.11, 0.26).moved(-side * edge, floor, -0.8)
    half = props.panel(0.36, 0.19, 0.07).moved(-side * (edge - 0.2), floor, -1.0)
    ball = -side * edge, floor + 0.26 + 0.08, -0.8
    return {
        "cone": _painted("cone", cone.moved(side * edge, floor, -0.75), stage.colors["third"]),
        "drum": _painted("drum", drum, stage.colors["second"]),
        "half": _painted("half", half, stage.colors["side"]),
        "ball": world.ball(ball, 0.08, world.glossy(world.tint(stage.colors["podium"]), 0.35)),
    }


def _painted(name: str, solid: shapes.Solid, color: RGB):
    return world.solid(name, solid, world.matt(world.tint(color)))


DRESSING = {"arch": _arches, "stairs": _stairs, "solids": _solids}

FAMILY = Family(
    name="geometric",
    words={
        **dict.fromkeys(("geometric", "geometry", "memphis", "arches", "archway"), 4),
        **dict.fromkeys(("arch", "stairs", "staircase", "shapes", "spheres", "cubes"), 3),
        **dict.fromkeys(("pastel", "playful", "abstract", "pastels"), 1),
        **dict.fromkeys(("solids", "cone", "cones"), 0),
    },
    pitch=15.0,
    view=22.0,
    ground_line=0.8,
    compositions=(
        Composition("arch", frozenset({"arch", "arches", "archway"})),
        Composition("stairs", frozenset({"stairs", "staircase"})),
        Composition("solids", frozenset({"solids", "cone", "cones", "spheres", "shapes"})),
    ),
    build=build,
)
