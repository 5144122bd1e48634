"""Parts of scenes before a sweep, a seamless wall that curves into the floor.

Colors of the set's parts, the podium, and the lit sweep itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.imaging.scene import RGB
from services.studio import shapes, world
from services.studio.color import brighten_color, mix_colors, relative_luminance
from services.studio.lighting import create_dome_light, create_key_light, raise_lamp_out_of_view
from services.studio.lights import Lamp
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import NamedShapes, SetPlan, StudioSet
from services.studio.stands import fit_plinth
from services.studio.surfaces import create_podium_material
from services.studio.walls import place_back_wall, raise_key_above_wall

# sRGB of the wall and of metal accents where the prompt names no color.
NEUTRAL: RGB = (229, 222, 212)
GOLD: RGB = (224, 180, 112)
# z of the wall in units, for level cameras. Nearer to 0: a shallower set.
NEAREST_WALL = -1.9
# Relative luminance below which a wall is dark and gets a spot of light. Larger: more walls do.
DARK_WALL_LUMINANCE = 0.18
# Relative luminance up to which a podium is lighter than its wall by factor, not mixed with white.
DARK_PODIUM_LUMINANCE, DARK_PODIUM_FACTOR = 0.12, 2.0
# sRGB that lighter podiums are mixed with, and its share. Larger: whiter podiums.
PODIUM_WHITE: RGB = (250, 248, 244)
PODIUM_WHITE_SHARE = 0.55
# Share of the podium's color in the props at the sides. Larger: they stand out from the wall.
SIDE_PODIUM_SHARE = 0.35
# Units that each lower step of a podium is wider than the one above, and shifted back.
STEP_EXTRA_WIDTH, STEP_SHIFT = 0.26, 0.02
# Units: largest depth of a block that serves as podium, and radius of its corners. Deeper: more of
# the block's top is seen.
SQUARE_STEP_DEPTH, SQUARE_STEP_CORNER = 0.62, 0.03
# Sweep, in units: half its width, z of its front edge, and radius of the curve. Larger radius: a
# softer transition from floor to wall.
SWEEP_HALF_WIDTH, SWEEP_FRONT, SWEEP_BEND = 12, 8, 0.9


@dataclass(frozen=True)
class SweepStage:
    """Dressing of a sweep.

    colors: sRGB by part: wall, podium, accent, side.
    floor: y of the floor in units.
    side: side of the image opposite the key light, where props stand (-1 left, 1 right).
    """

    colors: Mapping[str, RGB]
    floor: float
    side: int


def choose_set_colors(plan: SetPlan) -> dict[str, RGB]:
    """Chooses sRGB colors by part of the set: wall, podium, accent and side (props at the sides).

    plan: its reading has the prompt's colors, which come first; others match the wall's. Neutral
    and gold where the prompt names none.
    """
    requested = plan.reading.colors
    wall = requested.get("wall") or requested.get("podium") or requested.get("surface") or NEUTRAL
    if relative_luminance(wall) > DARK_PODIUM_LUMINANCE:
        lighter = mix_colors(wall, PODIUM_WHITE, share=PODIUM_WHITE_SHARE)
    else:
        lighter = brighten_color(wall, factor=DARK_PODIUM_FACTOR)
    podium = requested.get("podium") or lighter
    return {
        "wall": wall,
        "podium": podium,
        "accent": requested.get("accent") or GOLD,
        "side": mix_colors(wall, podium, share=SIDE_PODIUM_SHARE),
    }


def create_podium(
    plan: SetPlan,
    color: RGB,
    heights: tuple[float, ...],
    square: bool = False,
) -> tuple[float, NamedShapes]:
    """Creates a podium of steps under the product with its top at y = 0.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    color: sRGB of the podium.
    heights: of the steps in units, uppermost first.
    square: whether they are blocks instead of discs.

    Returns the floor's y in units (minus the steps' total height) and the shapes by name; 0 and no
    shapes when the prompt excludes a podium.
    """
    if not plan.is_allowed("podium"):
        return 0.0, {}
    if square:
        outline = fit_plinth(plan.camera, max_depth=SQUARE_STEP_DEPTH, corner=SQUARE_STEP_CORNER)
    else:
        outline = fit_plinth(plan.camera)
    floor_y, steps = 0.0, []
    for number, height in enumerate(heights):
        floor_y -= height
        step = outline.create_block(height, fillet=0.008, extra=STEP_EXTRA_WIDTH * number)
        steps.append(step.translate(y=floor_y, z=-STEP_SHIFT * number))
    material = create_podium_material(plan.reading, color, plan.rng)
    return floor_y, {"podium": world.load_mesh("podium", shapes.join_meshes(steps), material)}


def create_sweep_set(
    plan: SetPlan, stage: SweepStage, dressing: NamedShapes, azimuth: float, pool: float = 0.0
) -> StudioSet:
    """Creates a lit sweep (a wall that curves into the floor without a seam) in the stage's colors.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    stage: colors by part of the set, and y of the floor.
    dressing: shapes of podium and props, by name.
    azimuth: of the key light (the main lamp) in degrees, 0 at the camera, 90 on the right.
    pool: strength of a spot of light on the wall, 1 is paper white; 0: only dark walls and prompts
    with a mood get one, of a usual strength.
    """
    rng, mood, wall = plan.rng, plan.reading.light.mood, stage.colors["wall"]
    key = create_key_light(plan, azimuth, elevation=rng.uniform(38, 45), angle=17, strength=0.9)
    wall_z, wall_top = place_back_wall(plan.camera, nearest_z=NEAREST_WALL, floor_y=stage.floor)
    key = raise_key_above_wall(key, wall_z=wall_z, wall_top=wall_top)
    height = wall_top - stage.floor
    sweep = shapes.create_sweep(
        half_width=SWEEP_HALF_WIDTH, front=SWEEP_FRONT, back=wall_z, bend=SWEEP_BEND, height=height
    )
    sweep = sweep.translate(y=stage.floor)
    strength = pool or (1.0 if mood else 0.6)
    spot = Lamp(
        azimuth=0,
        elevation=60,
        distance=2.0,
        width=0.4,
        height=0.4,
        strength=strength,
        kelvin=6000,
        target=(0.0, 0.42, wall_z),
    )
    has_spot = pool or mood or relative_luminance(wall) < DARK_WALL_LUMINANCE
    return StudioSet(
        shapes={
            "sweep": world.load_mesh("sweep", sweep, world.create_matte_material(wall)),
            **dressing,
            **create_shadow_pattern(plan, key, wall=True),
        },
        key=key,
        dome=create_dome_light(
            level=0.25,
            mood=mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((azimuth + 180, 35, 28, 0.8), (azimuth, 50, 22, 1.6)),
        ),
        gloss=0.06,
        aperture=0.012,
        lamps=(raise_lamp_out_of_view(spot, plan.camera),) if has_spot else (),
        exposure=1.18,
    )


def choose_key_side(plan: SetPlan) -> tuple[int, float]:
    """Chooses at random where the key light (the main lamp) comes from.

    plan: its random generator chooses.

    Returns its side, -1 left or 1 right, and its azimuth in degrees: 0 at the camera, 90 right.
    """
    light_side = int(plan.rng.choice((-1, 1)))
    return light_side, (light_side * plan.rng.uniform(36, 52)) % 360
