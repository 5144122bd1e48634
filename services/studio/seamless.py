"""What scenes before a seamless wall share: their colours, the wall that bends into the floor, the
lights."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.imaging.scene import RGB
from services.studio import shapes, world
from services.studio.color import brighter, brightness, mix
from services.studio.lighting import dome, key_light, out_of_sight
from services.studio.lights import Lamp
from services.studio.patterns import pattern
from services.studio.scenery import Scenery, Shapes, Shoot
from services.studio.stands import footing
from services.studio.surfaces import podium_material
from services.studio.walls import over_wall, wall_behind

NEUTRAL: RGB = (229, 222, 212)
GOLD: RGB = (224, 180, 112)
NEAREST_WALL = -1.9
DARK = 0.18


@dataclass(frozen=True)
class Stage:
    """What dresses a seamless set: its colours by part, the floor's height, and on which side
    of the picture things stand that the key light does not come from (-1 left, 1 right)."""

    colors: Mapping[str, RGB]
    floor: float
    side: int


def colors_of(shoot: Shoot) -> dict[str, RGB]:
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


def podium(
    shoot: Shoot,
    color: RGB,
    heights: tuple[float, ...],
    corner: float | None = None,
    deepest: float = 0.86,
) -> tuple[float, Shapes]:
    """The floor's height and steps of these heights, the uppermost one's top at y = 0.

    corner: of the steps, or None for round ones.
    """
    if not shoot.wants("podium"):
        return 0.0, {}
    foot, floor, steps = footing(shoot.camera, deepest=deepest, corner=corner), 0.0, []
    for number, height in enumerate(heights):
        floor -= height
        wider = 0.26 * number
        steps.append(foot.block(height, 0.008, wider).moved(y=floor, z=-0.02 * number))
    material = podium_material(shoot.direction, color, shoot.rng)
    return floor, {"podium": world.solid("podium", shapes.joined(steps), material)}


def seamless(
    shoot: Shoot, stage: Stage, things: Shapes, azimuth: float, pool: float = 0.0
) -> Scenery:
    """A sweep in the stage's colours with things on it.

    azimuth: of the key light; pool: strength of a spot on the wall, which dark walls always get.
    """
    rng, mood, wall = shoot.rng, shoot.direction.light.mood, stage.colors["wall"]
    key = key_light(shoot, azimuth, rng.uniform(38, 45), angle=17, strength=0.9)
    depth, top = wall_behind(shoot.camera, NEAREST_WALL, stage.floor)
    key = over_wall(key, depth, top)
    ground = shapes.sweep(12, 8, depth, 0.9, top - stage.floor).moved(y=stage.floor)
    strength = pool or (1.0 if mood else 0.6)
    spot = Lamp(0, 60, 2.0, 0.4, 0.4, strength, 6000, aim=(0.0, 0.42, depth))
    spotted = pool or mood or brightness(wall) < DARK
    return Scenery(
        {
            "sweep": world.solid("sweep", ground, world.matt(world.tint(wall))),
            **things,
            **pattern(shoot, key, wall=True),
        },
        key,
        dome(0.25, mood, ((azimuth + 180, 35, 28, 0.8), (azimuth, 50, 22, 1.6))),
        gloss=0.06,
        aperture=0.012,
        lamps=(out_of_sight(spot, shoot.camera),) if spotted else (),
        exposure=1.18,
    )


def key_side(shoot: Shoot) -> tuple[int, float]:
    """The side that the key light comes from, and its azimuth in degrees."""
    side = int(shoot.rng.choice((-1, 1)))
    return side, (side * shoot.rng.uniform(36, 52)) % 360
