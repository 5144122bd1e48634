"""Beach: sand that the wind has rippled, and the sea out of focus behind it."""

import math

import numpy as np

from services.studio import props, shapes, world
from services.studio.backdrops.sea import sea
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.shapes import Solid
from services.studio.surfaces import SAND, pick, sand
from services.studio.tables import hang_matte, level_in_matte, table_edge
from services.studio.terrain import calm, swell, terrain

FAR_EDGE_ROW = 0.57
RIPPLE, RIPPLE_HEIGHT = 0.085, 0.011
WARM = 5000


def build(shoot: Shoot) -> Scenery:
    """A beach in the sun."""
    if shoot.composition == "palm shade":
        shoot = shoot.with_pattern("palm")
    rng, camera, wishes = shoot.rng, shoot.camera, shoot.direction.light
    late = wishes.low or (wishes.kelvin or 9000) < WARM
    late = late or (shoot.composition == "dunes" and wishes.kelvin is None and not wishes.mood)
    hour = "dark" if wishes.mood == "dark" else "low" if late else "day"
    side = rng.choice((-1, 1))
    azimuth = (side * rng.uniform(62, 84)) % 360
    high = 46 if shoot.composition == "palm shade" else 34
    key = key_light(shoot, azimuth, high, 2.5, 1.35, kelvin=4300 if late else 5700)
    edge = table_edge(camera, FAR_EDGE_ROW)
    seed = int(rng.integers(1000))

    def water(size: tuple[float, float], level: float) -> np.ndarray:
        return sea(size, level, level_in_matte(camera, camera.horizon()), hour, seed)

    grains = sand(pick(rng), shoot.direction.colors.get("surface") or SAND)
    return Scenery(
        {
            "sand": world.solid("sand", _sand(shoot, edge, side), grains),
            **hang_matte(camera, edge, water),
            **(_dressing(shoot, -side) if shoot.wants("props") else {}),
            **pattern(shoot, key, (60, 84, 50)),
        },
        key,
        dome(0.3, wishes.mood, ((side * 120, 20, 30, 1.5),), kelvin=7400),
        gloss=0.0,
        aperture=0.018,
        exposure=1.28,
    )


def _sand(shoot: Shoot, edge: float, side: int) -> Solid:
    """Ripples across the wind, and dunes where the composition has them."""
    rng = shoot.rng
    bend, hills = swell(int(rng.integers(1000)), 0.9), swell(int(rng.integers(1000)), 1.3, 2)
    turn = math.radians(side * rng.uniform(60, 76))
    high = 0.16 if shoot.composition == "dunes" else 0.035

    def heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        along = x * math.cos(turn) + z * math.sin(turn) + 0.07 * bend(x, z)
        wave = np.sin(2 * math.pi * along / RIPPLE)
        away = calm(x, z)
        fade = np.clip(1.3 - 0.35 * np.hypot(x, z), 0, 1)
        ripples = RIPPLE_HEIGHT * (wave + 0.25 * wave**2) * (0.25 + 0.75 * away) * fade
        behind = np.clip(0.6 - z, 0.15, 1)
        return ripples + high * behind * (hills(x, z) + 0.6) * calm(x, z, (0.62, 0.5))

    wide = max(2.5, 1.25 * shoot.camera.half_width_at(edge))
    return terrain(wide, edge, 4.0, heights)


def _dressing(shoot: Shoot, side: int) -> Shapes:
    """Pebbles and drifted wood on open sand, nothing where shade or dunes say enough."""
    if shoot.composition != "shore":
        return {}
    rng, stones = shoot.rng, []
    for size, far, inset in ((0.13, -0.22, 0.0), (0.09, -0.08, 0.08), (0.06, -0.3, 0.16)):
        x = side * (shoot.edge(far, share=0.92) - inset)
        stone = props.pebble((size, 0.5 * size, 0.8 * size), rng).turned(rng.uniform(0, 360))
        stones.append(stone.moved(x, -0.008, far))
    pale = world.glossy(world.tint((206, 196, 182)), 0.55, 0.3)
    return {"stones": world.solid("stones", shapes.joined(stones), pale)}


FAMILY = Family(
    name="beach",
    words={
        **dict.fromkeys(("beach", "seaside", "seashore", "shore", "sea", "ocean", "coast"), 4),
        **dict.fromkeys(("sand", "sandy beach", "dunes", "dune", "desert"), 3),
        **dict.fromkeys(("summer", "waves", "tropical", "vacation", "holidays", "seashells"), 2),
        **dict.fromkeys(("lagoon", "island", "palm shade"), 2),
    },
    pitch=8.0,
    view=28.0,
    ground_line=0.82,
    compositions=(
        Composition("shore", frozenset({"shore", "seashore", "sea", "ocean", "waves"})),
        Composition("palm shade", frozenset({"palm", "tropical", "palm shade", "shade"})),
        Composition("dunes", frozenset({"dunes", "dune", "desert"})),
    ),
    build=build,
    lying_surface="sand",
)
