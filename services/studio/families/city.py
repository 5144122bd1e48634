"""City at night: a dark wet ledge or street before lights that are out of focus."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.lights import skyline, street
from services.studio.backdrops.tubes import tubes
from services.studio.lighting import dome, key_light
from services.studio.lights import Lamp
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import wet_stone
from services.studio.tables import hang_matte, level_in_matte, table, table_edge

MAGENTA: RGB = (255, 60, 180)
CYAN: RGB = (50, 190, 255)
AMBER: RGB = (255, 180, 110)
EDGES = {"skyline": 0.62, "street": 0.42, "neon": 0.58}


def build(shoot: Shoot) -> Scenery:
    """A wet black ledge at night."""
    rng, camera, colors = shoot.rng, shoot.camera, shoot.direction.colors
    neon = shoot.composition == "neon"
    side = rng.choice((-1, 1))
    one = colors.get("wall") or MAGENTA if neon else AMBER
    other = colors.get("accent") or CYAN
    azimuth = (side * rng.uniform(64, 80)) % 360
    key = key_light(shoot, azimuth, 40, 10, 0.34, 4600, glossy=True)
    edge, seed = table_edge(camera, EDGES[shoot.composition]), int(rng.integers(1000))

    def night(size: tuple[float, float], level: float) -> np.ndarray:
        horizon = max(level + 0.05, level_in_matte(camera, camera.horizon()))
        if neon:
            return tubes(size, level, one, other, seed)
        return (skyline if shoot.composition == "skyline" else street)(size, level, horizon, seed)

    rims = (
        Lamp((180 - side * 50) % 360, 36, 4.0, 1.4, 1.4, 0.5 if neon else 0.3, color=one),
        Lamp((180 + side * 60) % 360, 32, 4.0, 1.4, 1.4, 0.5 if neon else 0.22, color=other),
    )
    return Scenery(
        {
            **table(camera, edge, wet_stone(rng)),
            **hang_matte(camera, edge, night),
            **(_blocks(shoot, edge, -side) if neon and shoot.wants("props") else {}),
        },
        key,
        dome(0.05, shoot.direction.light.mood, ((side * 90, 20, 20, 4.0),), kelvin=7500),
        gloss=0.4,
        aperture=0.018,
        lamps=rims,
        exposure=1.5,
    )


def _blocks(shoot: Shoot, edge: float, side: int) -> Shapes:
    """Two black blocks that catch the neon."""
    z = max(edge + 0.2, -0.8)
    x = side * shoot.edge(z, share=0.92)
    high = props.plinth(0.2, 0.2, 0.5, 0.008, 0.005).turned(side * 24).moved(x, 0, z)
    low = props.plinth(0.18, 0.18, 0.2, 0.008, 0.005).turned(side * 24)
    low = low.moved(x - side * 0.14, 0, z + 0.26)
    black = world.glossy(world.tint((26, 26, 30)), 0.22, 0.6)
    return {"blocks": world.solid("blocks", shapes.joined([high, low]), black)}


FAMILY = Family(
    name="city",
    words={
        **dict.fromkeys(("city", "skyline", "neon", "cyberpunk", "asphalt", "rooftop"), 4),
        **dict.fromkeys(("street", "downtown", "nightclub", "night", "urban", "skyscrapers"), 3),
        **dict.fromkeys(("bar", "nightlife", "traffic", "synthwave", "futuristic"), 2),
        **dict.fromkeys(("puddles", "glow"), 1),
    },
    pitch=9.0,
    view=28.0,
    ground_line=0.81,
    compositions=(
        Composition("skyline", frozenset({"skyline", "rooftop", "bar", "skyscrapers"})),
        Composition("street", frozenset({"street", "asphalt", "traffic", "puddles"})),
        Composition("neon", frozenset({"neon", "cyberpunk", "synthwave", "nightclub"})),
    ),
    build=build,
    lying_surface="concrete",
    lying_colors={"surface": (58, 58, 62)},
)
