"""Snow: drifts of it, and a forest in the haze."""

import numpy as np

from services.studio import props, shapes, world
from services.studio.backdrops.forest import forest
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.shapes import Solid
from services.studio.surfaces import SNOW, pick, snow
from services.studio.tables import hang_matte, table_edge
from services.studio.terrain import calm, swell, terrain

FAR_EDGE_ROW = 0.56
WARM = 5000


def build(shoot: Shoot) -> Scenery:
    """Fresh snow in a clearing."""
    rng, camera, wishes = shoot.rng, shoot.camera, shoot.direction.light
    late = shoot.composition == "low sun" or (wishes.kelvin or 9000) < WARM
    blue = shoot.composition == "snowfall" and wishes.mood != "bright" and not late
    hour = "dark" if blue or wishes.mood == "dark" else "low" if late else "day"
    side = rng.choice((-1, 1))
    azimuth = (side * rng.uniform(72, 98)) % 360
    kelvin = {"low": 4300, "day": 6800, "dark": 8600}[hour]
    key = key_light(shoot, azimuth, 32, 4 if late else 8, 0.5 if hour == "dark" else 1.0, kelvin)
    edge = table_edge(camera, FAR_EDGE_ROW)
    seed, flakes = int(rng.integers(1000)), shoot.composition == "snowfall"

    def trees(size: tuple[float, float], level: float) -> np.ndarray:
        return forest(size, level + 0.03, hour, flakes, seed)

    return Scenery(
        {
            "snow": world.solid("snow", _drifts(shoot, edge), snow(pick(rng), SNOW)),
            **hang_matte(camera, edge, trees),
            **(_dressing(shoot, -side) if shoot.wants("props") else {}),
            **pattern(shoot, key),
        },
        key,
        dome(0.27, wishes.mood, ((side * 120, 20, 30, 1.0),), kelvin=7800),
        gloss=0.04,
        aperture=0.018,
        exposure=1.22,
    )


def _drifts(shoot: Shoot, edge: float) -> Solid:
    """Soft hills that rise beside and behind a flat place."""
    rng = shoot.rng
    hills, lumps = swell(int(rng.integers(1000)), 0.8, 2), swell(int(rng.integers(1000)), 0.16, 3)

    def heights(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        away = calm(x, z, (0.56, 0.42))
        rise = 0.07 * (hills(x, z) + 0.7) + 0.1 * np.clip(np.abs(x) - 0.5, 0, 1.2)
        return away * (rise + 0.005 * lumps(x, z)) + 0.0015 * lumps(2 * x, 2 * z)

    return terrain(max(2.5, 1.25 * shoot.camera.half_width_at(edge)), edge, 4.0, heights)


def _dressing(shoot: Shoot, side: int) -> Shapes:
    """Fir twigs that lie in the snow at one side."""
    if not shoot.wants("plants") or shoot.composition == "snowfall":
        return {}
    rng, twigs = shoot.rng, []
    for number in range(4):
        z = -0.12 - 0.12 * number
        twig = props.fir(rng.uniform(0.44, 0.6), rng).turned(rng.uniform(-6, 10), "x")
        turn = -side * rng.uniform(55, 115)
        twigs.append(twig.turned(turn).moved(side * (shoot.edge(z, share=1.02) + 0.05), 0.03, z))
    green = world.matt(world.tint((82, 112, 78)))
    return {"twigs": world.solid("twigs", shapes.joined(twigs), green)}


FAMILY = Family(
    name="snow",
    words={
        **dict.fromkeys(("snow", "snowy", "ice", "frost", "frosty", "icy", "glacier", "arctic"), 4),
        **dict.fromkeys(("winter", "wintry", "ski", "snowfall"), 3),
        **dict.fromkeys(("mountains", "mountain", "cold", "frozen"), 2),
        **dict.fromkeys(("fir", "spruce", "pine forest"), 1),
    },
    pitch=9.0,
    view=28.0,
    ground_line=0.82,
    compositions=(
        Composition("clearing", frozenset({"fir", "spruce", "frosty", "pine forest"})),
        Composition("low sun", frozenset({"sunrise", "sunset", "golden hour", "evening"})),
        Composition("snowfall", frozenset({"snowfall", "flakes", "snow flakes", "snowing"})),
    ),
    build=build,
    lying_surface="snow",
)
