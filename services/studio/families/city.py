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
    """Builds a wet black ledge or street at night before painted lights that are out of focus.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    rng, camera, colors = plan.rng, plan.camera, plan.reading.colors
    is_neon = plan.composition == "neon"
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    main_color = colors.get("wall") or MAGENTA if is_neon else AMBER
    second_color = colors.get("accent") or CYAN
    azimuth = (light_side * rng.uniform(64, 80)) % 360
    key = create_key_light(
        plan, azimuth, elevation=40, angle=10, strength=0.34, kelvin=4600, glossy=True
    )
    edge_z, seed = (
        find_table_edge(camera, row=FAR_EDGE_ROWS[plan.composition]),
        int(rng.integers(1000)),
    )

    def paint_night(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the night behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the ground's far edge above the painting's center, in units.
        """
        horizon = max(level + 0.05, backdrop_height_at_row(camera, camera.horizon_row()))
        if is_neon:
            return paint_neon_tubes(size, level, main_color, second_color, seed)
        return (paint_skyline if plan.composition == "skyline" else paint_street)(
            size, level, horizon, seed
        )

    rims = (
        Lamp(
            azimuth=(180 - light_side * 50) % 360,
            elevation=36,
            distance=4.0,
            width=1.4,
            height=1.4,
            strength=0.5 if is_neon else 0.3,
            color=main_color,
        ),
        Lamp(
            azimuth=(180 + light_side * 60) % 360,
            elevation=32,
            distance=4.0,
            width=1.4,
            height=1.4,
            strength=0.5 if is_neon else 0.22,
            color=second_color,
        ),
    )
    return StudioSet(
        shapes={
            **create_table(camera, edge_z, create_wet_stone_material(rng)),
            **hang_backdrop(camera, edge_z, paint_night),
            **(
                _create_black_blocks(plan, edge_z=edge_z, side=-light_side)
                if is_neon and plan.is_allowed("props")
                else {}
            ),
        },
        key=key,
        dome=create_dome_light(
            level=0.05,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 90, 20, 20, 4.0),),
            kelvin=7500,
        ),
        gloss=0.4,
        aperture=0.018,
        lamps=rims,
        exposure=1.5,
    )


def _create_black_blocks(plan: SetPlan, edge_z: float, side: int) -> NamedShapes:
    """Creates two glossy black blocks that reflect the neon.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    edge_z: z of the ground's far edge in units, below 0.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    z = max(edge_z + 0.2, -0.8)
    x = side * plan.side_x(z, half_width_share=0.92)
    high = (
        props.create_plinth(width=0.2, depth=0.2, height=0.5, corner=0.008, fillet=0.005)
        .rotate(side * 24, axis="y")
        .translate(x, y=0, z=z)
    )
    low = props.create_plinth(
        width=0.18, depth=0.18, height=0.2, corner=0.008, fillet=0.005
    ).rotate(side * 24, axis="y")
    low = low.translate(x=x - side * 0.14, y=0, z=z + 0.26)
    black = world.create_glossy_material(color=(26, 26, 30), roughness=0.22, specular=0.6)
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
