"""Flat lay: a surface seen from above, things at its borders, a pattern of shadows."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.color import brightness, mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import surface

GLOSS = {"marble": 0.3, "wood": 0.12, "terrazzo": 0.2}
NEUTRAL: RGB = (226, 218, 206)
DARK = 0.2


def build(shoot: Shoot) -> Scenery:
    """A surface in the prompt's material and colour."""
    rng, asked = shoot.rng, shoot.direction.colors
    azimuth = (180 - rng.choice((-1, 1)) * rng.uniform(40, 60)) % 360
    key = key_light(shoot, azimuth, rng.uniform(42, 48), angle=9, strength=0.85)
    material = shoot.direction.material or "paper"
    color = asked.get("surface") or asked.get("wall") or asked.get("podium")
    plane = shapes.sheet(np.array([[9.0, -9], [9, 9], [-9, 9], [-9, -9]]))
    fill = 0.3 if brightness(color or NEUTRAL) > DARK else 0.22
    return Scenery(
        {
            "surface": world.solid("surface", plane, surface(material, asked, rng, color)),
            **(_borders(shoot, color or NEUTRAL) if shoot.wants("props") else {}),
            **pattern(shoot, key),
        },
        key,
        dome(fill, shoot.direction.light.mood, ((azimuth, 45, 25, 1.5),)),
        gloss=GLOSS.get(material, 0.03),
        exposure=1.15,
    )


def _borders(shoot: Shoot, color: RGB) -> Shapes:
    """A few things that the picture's border cuts off."""
    if shoot.composition == "empty":
        return {}
    side = shoot.rng.choice((-1, 1))
    plants = shoot.composition == "sprigs" and shoot.wants("plants")
    return {**(_twigs if plants else _plate)(shoot, color, side), **_pebbles(shoot, color, side)}


def _twigs(shoot: Shoot, color: RGB, side: int) -> Shapes:
    """Green twigs that reach in from two opposite corners."""
    rng, x, z = shoot.rng, *_corner(shoot)
    twigs = []
    for across, down in ((side, -1), (side, -1), (-side, 1), (-side, 1)):
        twig = props.sprig(rng.uniform(0.38, 0.52), 10, rng, size=0.11)
        turn = math.degrees(math.atan2(-across, -down)) + rng.uniform(-22, 22)
        twigs.append(twig.turned(turn).moved(across * (x + 0.06), 0.012, down * (z + 0.03)))
    green = world.matt(world.tint((108, 128, 98)))
    return {"twigs": world.solid("twigs", shapes.joined(twigs), green)}


def _plate(shoot: Shoot, color: RGB, side: int) -> Shapes:
    """A plate in an upper corner."""
    x, z = _corner(shoot)
    glaze = world.glossy(world.tint(mix(color, (250, 247, 240), 0.7)), 0.35)
    plate = props.dish(0.2).moved(side * (x + 0.03), 0, 0.02 - z)
    return {"plate": world.solid("plate", plate, glaze)}


def _pebbles(shoot: Shoot, color: RGB, side: int) -> Shapes:
    """Two pebbles in the opposite lower corner."""
    rng, x, z = shoot.rng, *_corner(shoot)
    stones = [
        props.pebble((size, 0.55 * size, 0.8 * size), rng)
        .turned(rng.uniform(0, 360))
        .moved(-side * (x - inset), 0, z - rise)
        for size, inset, rise in ((0.11, 0.03, 0.1), (0.075, 0.07, 0.02))
    ]
    stone = world.matt(world.tint(mix(color, (120, 112, 104), 0.55)))
    return {"pebbles": world.solid("pebbles", shapes.joined(stones), stone)}


def _corner(shoot: Shoot) -> tuple[float, float]:
    """The x and z of the picture's lower right corner on the surface."""
    return 0.5 * shoot.camera.units_wide, 0.5 * shoot.camera.units_high


FAMILY = Family(
    name="flatlay",
    words={**dict.fromkeys(("flat lay", "flatlay", "knolling"), 3)},
    pitch=90.0,
    view=22.0,
    ground_line=0.5,
    compositions=(Composition("sprigs"), Composition("dishes"), Composition("empty")),
    build=build,
    standing="sweep",
)
