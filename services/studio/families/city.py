"""City at night: a dark wet ledge or street before lights that are out of focus."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.lights import paint_skyline, paint_street
from services.studio.backdrops.tubes import paint_neon_tubes
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.lights import Lamp
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_wet_stone_material
from services.studio.tables import (
    backdrop_height_at_row,
    create_table,
    find_table_edge,
    hang_backdrop,
)

# sRGB of the two neon colors and of warm street light.
MAGENTA: RGB = (255, 60, 180)
CYAN: RGB = (50, 190, 255)
AMBER: RGB = (255, 180, 110)
# Row of the ground's far edge in each composition, as a share of the height. Larger: less ground.
FAR_EDGE_ROWS = {"skyline": 0.62, "street": 0.42, "neon": 0.58}


def build_city_set(plan: SetPlan) -> StudioSet:
    """Builds a wet black ledge or street at night."""
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    is_neon = plan.composition == "neon"
    side = rng.choice((-1, 1))
    one = colors.get("wall") or MAGENTA if is_neon else AMBER
    other = colors.get("accent") or CYAN
    azimuth = (side * rng.uniform(64, 80)) % 360
    key = create_key_light(plan, azimuth, 40, 10, 0.34, 4600, glossy=True)
    edge, seed = find_table_edge(camera, FAR_EDGE_ROWS[plan.composition]), int(rng.integers(1000))

    def paint_night(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the night behind the set: linear light, float32 RGB (h, w, 3)."""
        horizon = max(level + 0.05, backdrop_height_at_row(camera, camera.horizon_row()))
        if is_neon:
            return paint_neon_tubes(size, level, one, other, seed)
        return (paint_skyline if plan.composition == "skyline" else paint_street)(
            size, level, horizon, seed
        )

    rims = (
        Lamp((180 - side * 50) % 360, 36, 4.0, 1.4, 1.4, 0.5 if is_neon else 0.3, color=one),
        Lamp((180 + side * 60) % 360, 32, 4.0, 1.4, 1.4, 0.5 if is_neon else 0.22, color=other),
    )
    return StudioSet(
        {
            **create_table(camera, edge, create_wet_stone_material(rng)),
            **hang_backdrop(camera, edge, paint_night),
            **(
                _create_black_blocks(plan, edge, -side)
                if is_neon and plan.is_allowed("props")
                else {}
            ),
        },
        key,
        create_dome_light(0.05, plan.reading.light.mood, ((side * 90, 20, 20, 4.0),), kelvin=7500),
        gloss=0.4,
        aperture=0.018,
        lamps=rims,
        exposure=1.5,
    )


def _create_black_blocks(plan: SetPlan, edge: float, side: int) -> NamedShapes:
    """Creates two black blocks that reflect the neon.

    edge: z of the ground's far edge; side: of the image, -1 left or 1 right.
    """
    z = max(edge + 0.2, -0.8)
    x = side * plan.side_x(z, share=0.92)
    high = props.create_plinth(0.2, 0.2, 0.5, 0.008, 0.005).rotate(side * 24).translate(x, 0, z)
    low = props.create_plinth(0.18, 0.18, 0.2, 0.008, 0.005).rotate(side * 24)
    low = low.translate(x - side * 0.14, 0, z + 0.26)
    black = world.create_glossy_material((26, 26, 30), 0.22, 0.6)
    return {"blocks": world.load_mesh("blocks", shapes.join_meshes([high, low]), black)}


CITY_FAMILY = SceneFamily(
    name="city",
    words={
        **dict.fromkeys(("city", "skyline", "neon", "cyberpunk", "asphalt", "rooftop"), 4),
        **dict.fromkeys(("street", "downtown", "nightclub", "night", "urban", "skyscrapers"), 3),
        **dict.fromkeys(("bar", "nightlife", "traffic", "synthwave", "futuristic"), 2),
        **dict.fromkeys(("puddles", "glow"), 1),
    },
    camera_pitch=9.0,
    view_angle=28.0,
    ground_line=0.81,
    compositions=(
        Composition("skyline", frozenset({"skyline", "rooftop", "bar", "skyscrapers"})),
        Composition("street", frozenset({"street", "asphalt", "traffic", "puddles"})),
        Composition("neon", frozenset({"neon", "cyberpunk", "synthwave", "nightclub"})),
    ),
    build_set=build_city_set,
    flat_lay_material="concrete",
    flat_lay_colors={"surface": (58, 58, 62)},
)
