"""Wooden table: oiled planks before a garden that is out of focus."""

import numpy as np

from services.studio.backdrops.garden import paint_garden
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_surface_material
from services.studio.tables import create_table, find_table_edge, hang_backdrop

# Row, as a share of the height, of the table's far edge in a level view. Larger: less table.
FAR_EDGE_ROW = 0.6
# Kelvin below which the light is that of a low sun. Larger: more prompts get evening light.
LATE_SUN_KELVIN = 5000


def build_wood_set(plan: SetPlan) -> StudioSet:
    """Builds a wooden table before a painted garden, under shadows of leaves.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    plan = plan.with_gobo("leaves")
    rng, camera, options = plan.rng, plan.camera, plan.reading.light
    light_side = -1 if plan.composition == "sun left" else 1
    # Kelvin of daylight, 9,000 or any above the limit, where the prompt names none.
    is_late = options.low or (options.kelvin or 9000) < LATE_SUN_KELVIN
    azimuth = (light_side * rng.uniform(104, 128)) % 360
    if plan.composition == "side light":
        azimuth = (rng.choice((-1, 1)) * rng.uniform(70, 90)) % 360
    key = create_key_light(
        plan, azimuth, elevation=40, angle=2.5, strength=1.3, kelvin=4300 if is_late else 5600
    )
    edge_z = find_table_edge(camera, row=FAR_EDGE_ROW + rng.uniform(-0.02, 0.03))
    planks = create_surface_material("wood", colors=plan.reading.colors, rng=rng)
    seed = int(rng.integers(1000))

    def paint_trees(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the garden behind the set: linear light, float32 RGB (h, w, 3).

        size: (height, width) of the painting in units.
        level: height of the table's far edge; unused, as greenery has no ground.
        """
        return paint_garden(size, sun=light_side, warmth=1.0 if is_late else 0.35, seed=seed)

    return StudioSet(
        shapes={
            **create_table(camera, edge_z, planks),
            **hang_backdrop(camera, edge_z, paint_trees),
            **create_shadow_pattern(plan, key, color=(50, 70, 40)),
        },
        key=key,
        dome=create_dome_light(
            level=0.2,
            mood=options.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 130, 25, 30, 2.0),),
            kelvin=5900,
        ),
        gloss=0.15,
        aperture=0.02,
    )


WOOD_FAMILY = SceneFamily(
    name="wood",
    words={
        **dict.fromkeys(("garden",), 4),
        **dict.fromkeys(("wood", "wooden", "oak", "walnut", "timber", "planks", "rustic"), 3),
        **dict.fromkeys(("forest", "outdoor", "outdoors", "park", "picnic", "patio"), 3),
        **dict.fromkeys(("nature", "bokeh"), 2),
        **dict.fromkeys(("table", "tabletop"), 1),
    },
    camera_pitch=13.0,
    view_angle=30.0,
    ground_line=0.81,
    compositions=(Composition("sun right"), Composition("sun left"), Composition("side light")),
    build_set=build_wood_set,
    flat_lay_material="wood",
)
