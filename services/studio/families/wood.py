"""Wooden table: oiled planks in front of a garden that is thrown out of focus."""

import numpy as np

from services.studio.backdrops.garden import garden
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shoot
from services.studio.surfaces import surface
from services.studio.tables import hang_matte, table, table_edge

FAR_EDGE_ROW = 0.6
WARM = 5000


def build(shoot: Shoot) -> Scenery:
    """A wooden table under trees."""
    shoot = shoot.with_pattern("leaves")
    rng, camera, wishes = shoot.rng, shoot.camera, shoot.direction.light
    side = -1 if shoot.composition == "sun left" else 1
    late = wishes.low or (wishes.kelvin or 9000) < WARM
    azimuth = (side * rng.uniform(104, 128)) % 360
    if shoot.composition == "side light":
        azimuth = (rng.choice((-1, 1)) * rng.uniform(70, 90)) % 360
    key = key_light(shoot, azimuth, 40, 2.5, 1.3, kelvin=4300 if late else 5600)
    edge = table_edge(camera, FAR_EDGE_ROW + rng.uniform(-0.02, 0.03))
    planks = surface("wood", shoot.direction.colors, rng)
    seed = int(rng.integers(1000))

    def trees(size: tuple[float, float], level: float) -> np.ndarray:
        return garden(size, side, 1.0 if late else 0.35, seed)

    return Scenery(
        {
            **table(camera, edge, planks),
            **hang_matte(camera, edge, trees),
            **pattern(shoot, key, (50, 70, 40)),
        },
        key,
        dome(0.2, wishes.mood, ((side * 130, 25, 30, 2.0),), kelvin=5900),
        gloss=0.15,
        aperture=0.02,
    )


FAMILY = Family(
    name="wood",
    words={
        **dict.fromkeys(("garden",), 4),
        **dict.fromkeys(("wood", "wooden", "oak", "walnut", "timber", "planks", "rustic"), 3),
        **dict.fromkeys(("forest", "outdoor", "outdoors", "park", "picnic", "patio"), 3),
        **dict.fromkeys(("nature", "bokeh"), 2),
        **dict.fromkeys(("table", "tabletop"), 1),
    },
    pitch=13.0,
    view=30.0,
    ground_line=0.81,
    compositions=(Composition("sun right"), Composition("sun left"), Composition("side light")),
    build=build,
    lying_surface="wood",
)
