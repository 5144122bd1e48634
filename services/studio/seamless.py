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
    """Chooses sRGB colors for wall, podium, accent and side: the prompt's, and matching ones."""
    requested = plan.reading.colors
    wall = requested.get("wall") or requested.get("podium") or requested.get("surface") or NEUTRAL
    if relative_luminance(wall) > DARK_PODIUM_LUMINANCE:
        lighter = mix_colors(wall, PODIUM_WHITE, PODIUM_WHITE_SHARE)
    else:
        lighter = brighten_color(wall, DARK_PODIUM_FACTOR)
    podium = requested.get("podium") or lighter
    return {
        "wall": wall,
        "podium": podium,
        "accent": requested.get("accent") or GOLD,
        "side": mix_colors(wall, podium, SIDE_PODIUM_SHARE),
    }


def create_podium(
    plan: SetPlan,
    color: RGB,
    heights: tuple[float, ...],
    square: bool = False,
) -> tuple[float, NamedShapes]:
    """Creates a podium of steps with its top at y = 0; returns the floor's y and the podium.

    heights: of the steps in units, uppermost first.
    square: whether they are blocks instead of discs.
    """
    if not plan.is_allowed("podium"):
        return 0.0, {}
    if square:
        outline = fit_plinth(plan.camera, max_depth=SQUARE_STEP_DEPTH, corner=SQUARE_STEP_CORNER)
    else:
        outline = fit_plinth(plan.camera)
    floor, steps = 0.0, []
    for number, height in enumerate(heights):
        floor -= height
        step = outline.create_block(height, 0.008, STEP_EXTRA_WIDTH * number)
        steps.append(step.translate(y=floor, z=-STEP_SHIFT * number))
    material = create_podium_material(plan.reading, color, plan.rng)
    return floor, {"podium": world.load_mesh("podium", shapes.join_meshes(steps), material)}


def create_sweep_set(
    plan: SetPlan, stage: SweepStage, dressing: NamedShapes, azimuth: float, pool: float = 0.0
) -> StudioSet:
    """Creates a lit sweep in the stage's colors.

    dressing: podium and props on it.
    azimuth: of the key light in degrees.
    pool: strength of a spot of light on the wall; dark walls always get one.
    """
    rng, mood, wall = plan.rng, plan.reading.light.mood, stage.colors["wall"]
    key = create_key_light(plan, azimuth, rng.uniform(38, 45), angle=17, strength=0.9)
    depth, top = place_back_wall(plan.camera, NEAREST_WALL, stage.floor)
    key = raise_key_above_wall(key, depth, top)
    height = top - stage.floor
    sweep = shapes.create_sweep(SWEEP_HALF_WIDTH, SWEEP_FRONT, depth, SWEEP_BEND, height)
    sweep = sweep.translate(y=stage.floor)
    strength = pool or (1.0 if mood else 0.6)
    spot = Lamp(0, 60, 2.0, 0.4, 0.4, strength, 6000, target=(0.0, 0.42, depth))
    has_spot = pool or mood or relative_luminance(wall) < DARK_WALL_LUMINANCE
    return StudioSet(
        {
            "sweep": world.load_mesh("sweep", sweep, world.create_matte_material(wall)),
            **dressing,
            **create_shadow_pattern(plan, key, wall=True),
        },
        key,
        create_dome_light(0.25, mood, ((azimuth + 180, 35, 28, 0.8), (azimuth, 50, 22, 1.6))),
        gloss=0.06,
        aperture=0.012,
        lamps=(raise_lamp_out_of_view(spot, plan.camera),) if has_spot else (),
        exposure=1.18,
    )


def choose_key_side(plan: SetPlan) -> tuple[int, float]:
    """Chooses the side of the key light (-1 left, 1 right) and its azimuth in degrees."""
    side = int(plan.rng.choice((-1, 1)))
    return side, (side * plan.rng.uniform(36, 52)) % 360
