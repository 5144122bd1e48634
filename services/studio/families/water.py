"""Water: a still or rippled surface that mirrors a coloured backdrop, a stone in it, a pool."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.gradient import gradient
from services.studio.color import mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.shapes import Solid
from services.studio.stands import footing
from services.studio.surfaces import surface
from services.studio.tables import hang_matte
from services.studio.terrain import swell, terrain

BLUE: RGB = (136, 186, 214)
DEEP: RGB = (12, 30, 42)
SLATE: RGB = (66, 68, 70)
FLOOR_END = -4.0
RING, RING_HEIGHT, STILL = 0.115, 0.0028, 0.0022


def build(shoot: Shoot) -> Scenery:
    """A basin of water before a backdrop."""
    rng, camera, colors = shoot.rng, shoot.camera, shoot.direction.colors
    side = rng.choice((-1, 1))
    tone = colors.get("wall") or colors.get("surface") or BLUE
    azimuth = (180 - side * rng.uniform(40, 60)) % 360
    key = key_light(shoot, azimuth, 42, 12, 0.75, 6000, glossy=True)
    level = {"ripples": 0.0, "stone": -0.07, "basin": -0.05}[shoot.composition]
    low, high = mix(tone, (255, 255, 255), 0.3), mix(tone, (255, 255, 255), 0.05)

    def backdrop(size: tuple[float, float], line: float) -> np.ndarray:
        return gradient(size, line, low, high)

    water = world.water(world.tint(mix(tone, DEEP, 0.3)))
    dressing = _rocks(shoot, -side, level) if shoot.wants("props") else {}
    return Scenery(
        {
            "water": world.solid("water", _surface(shoot, level), water),
            **hang_matte(camera, FLOOR_END, backdrop),
            **_stand(shoot),
            **dressing,
            **pattern(shoot, key),
        },
        key,
        dome(0.27, shoot.direction.light.mood, ((side * 80, 30, 18, 3.0), (180, 50, 25, 1.6))),
        gloss=0.6 if shoot.composition == "ripples" else 0.25,
        aperture=0.014,
        exposure=1.15,
    )


def _surface(shoot: Shoot, level: float) -> Solid:
    """Rings around the product, and a faint swell."""
    lift = swell(int(shoot.rng.integers(1000)), 0.22, 3)
    start = 0.3 if shoot.composition == "ripples" else 0.42 * shoot.camera.units_wide

    def heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        away = np.hypot(x, z + (0.05 if start < 0.35 else 0.2))
        rings = np.cos(2 * np.pi * (away - start) / RING) * np.exp(
            -np.maximum(away - 0.25, 0) / 0.16
        )
        far = np.clip(1 + (z + 0.6) / 2.6, 0, 1)
        return level + RING_HEIGHT * rings + STILL * far * lift(x, 0.6 * z)

    wide = max(2.5, 1.25 * shoot.camera.half_width_at(FLOOR_END))
    return terrain(wide, FLOOR_END, 4.0, heights)


def _stand(shoot: Shoot) -> Shapes:
    """What rises out of the water: a slab of slate, or a white plinth; its top is at y = 0."""
    if shoot.composition == "ripples" or not shoot.wants("podium"):
        return {}
    colors, round_ = shoot.direction.colors, shoot.composition == "basin"
    foot = footing(shoot.camera, 0.82, 0.8 if round_ else 0.6, None if round_ else 0.14)
    block = foot.block(0.14, 0.01).moved(y=-0.14)
    if round_:
        tone = colors.get("podium") or mix(colors.get("wall") or BLUE, (246, 246, 244), 0.6)
        finish = world.glossy(world.tint(tone), 0.3)
    else:
        finish = surface("concrete", {}, shoot.rng, colors.get("podium") or SLATE)
    return {"stand": world.solid("stand", block, finish)}


def _rocks(shoot: Shoot, side: int, level: float) -> Shapes:
    """Wet stones that look out of the water behind the product."""
    if shoot.composition == "basin":
        return {}
    rng, stones = shoot.rng, []
    for size, z, where in ((0.34, -0.75, 0.92), (0.2, -0.42, 0.96), (0.26, -0.95, -0.95)):
        stone = props.pebble((size, 0.62 * size, 0.8 * size), rng).turned(rng.uniform(0, 360))
        x = side * where * shoot.camera.half_width_at(z)
        stones.append(stone.moved(x, level - 0.22 * size, z))
    wet = world.glossy(world.tint((70, 72, 74)), 0.16, 0.6)
    return {"rocks": world.solid("rocks", shapes.joined(stones), wet)}


FAMILY = Family(
    name="water",
    words={
        **dict.fromkeys(("water", "ripples", "rippling", "rippled", "puddle", "puddles"), 4),
        **dict.fromkeys(("wet", "pool", "splash", "lake", "pond", "reflections", "caustics"), 3),
        **dict.fromkeys(("river", "moss", "mossy", "rain", "dew", "reflective", "mirror"), 2),
        **dict.fromkeys(("droplets", "drops", "aqua", "basin", "stones"), 1),
    },
    pitch=13.0,
    view=24.0,
    ground_line=0.8,
    compositions=(
        Composition("ripples", frozenset({"ripples", "rippling", "rippled", "reflections"})),
        Composition("stone", frozenset({"stones", "river", "moss", "mossy", "rain"})),
        Composition("basin", frozenset({"pool", "basin", "podium", "plinth"})),
    ),
    build=build,
    lying_surface="concrete",
)
