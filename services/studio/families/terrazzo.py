"""Terrazzo: a counter of stone chips before a plastered wall, under leaf shadows."""

from services.imaging.scene import RGB
from services.studio import props, world
from services.studio.color import mix_colors
from services.studio.lighting import create_dome_light, create_key_light
from services.studio.patterns import create_shadow_pattern
from services.studio.sets import Composition, NamedShapes, SceneFamily, SetPlan, StudioSet
from services.studio.surfaces import create_surface_material
from services.studio.walls import create_room, place_back_wall, raise_key_above_wall

# sRGB of the walls to choose from where the prompt names no color.
WALLS: tuple[RGB, ...] = ((226, 196, 172), (206, 212, 194), (232, 214, 190))
# z of the wall in units, for level cameras. Nearer to 0: a shallower counter.
NEAREST_WALL = -0.95


def build_terrazzo_set(plan: SetPlan) -> StudioSet:
    """Builds a terrazzo counter before a plastered wall in the sun, under shadows of leaves.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.

    Returns shapes, lights and lens settings, ready to render.
    """
    plan = plan.with_gobo("palm" if plan.composition == "arch" else "leaves")
    rng, colors = plan.rng, plan.reading.colors
    # Side of the key light: -1 left, 1 right.
    light_side = rng.choice((-1, 1))
    key = create_key_light(
        plan,
        azimuth=(light_side * rng.uniform(42, 56)) % 360,
        elevation=rng.uniform(36, 42),
        angle=8,
        strength=1.02,
        kelvin=5600,
    )
    wall_z, wall_top = place_back_wall(plan.camera, nearest_z=NEAREST_WALL)
    key = raise_key_above_wall(key, wall_z=wall_z, wall_top=wall_top)
    tone = colors.get("wall") or WALLS[int(rng.integers(len(WALLS)))]
    ground = create_surface_material(
        "terrazzo", colors={"surface": colors["surface"]} if "surface" in colors else {}, rng=rng
    )
    return StudioSet(
        shapes={
            **create_room(
                wall_z=wall_z,
                wall_top=wall_top,
                ground=ground,
                wall=create_surface_material("plaster", colors={}, rng=rng, color=tone),
            ),
            **_create_terrazzo_props(plan, tone, side=-light_side, wall_z=wall_z),
            **create_shadow_pattern(
                plan, key, color=mix_colors(tone, (60, 84, 50), share=0.6), wall=True
            ),
        },
        key=key,
        dome=create_dome_light(
            level=0.25,
            mood=plan.reading.light.mood,
            # Spots that glossy things mirror: azimuth, elevation and spread (degrees), brightness.
            boxes=((light_side * 60, 40, 30, 1.2),),
            kelvin=7200,
        ),
        gloss=0.22,
        aperture=0.012,
        exposure=1.15,
    )


def _create_terrazzo_props(plan: SetPlan, tone: RGB, side: int, wall_z: float) -> NamedShapes:
    """Creates an arch or a vase, by composition; empty when the prompt excludes props.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    tone: sRGB of the wall.
    side: side of the image for these props, -1 left or 1 right.
    wall_z: z of the wall's front in units, below 0.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "arch":
            return _create_arch_and_ball(plan, tone, side, wall_z=wall_z)
        case "vase":
            return _create_terracotta_vase(plan, tone, side)
    return {}


def _create_arch_and_ball(plan: SetPlan, tone: RGB, side: int, wall_z: float) -> NamedShapes:
    """Creates an arch of lighter plaster behind the product, and a clay ball at one side.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    tone: sRGB of the wall.
    side: side of the image for these props, -1 left or 1 right.
    wall_z: z of the wall's front in units, below 0.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    width = 0.62 * min(1.3, plan.camera.width_in_units)
    height = max(min(plan.camera.height_at_row(row=0.07, z=wall_z), 2.2 * width), width / 2 + 0.05)
    panel = props.create_arch_panel(width, height, thickness=0.06).translate(x=0, y=0, z=wall_z)
    plaster = create_surface_material(
        "plaster", colors={}, rng=plan.rng, color=mix_colors(tone, (255, 250, 242), share=0.45)
    )
    ball_center = side * plan.side_x(z=-0.4, half_width_share=0.86), 0.07, -0.4
    clay = world.create_glossy_material(
        mix_colors(tone, (176, 92, 62), share=0.75), roughness=0.55, specular=0.3
    )
    return {
        "arch": world.load_mesh("arch", panel, plaster),
        "ball": world.create_sphere(center=ball_center, radius=0.07, material=clay),
    }


def _create_terracotta_vase(plan: SetPlan, tone: RGB, side: int) -> NamedShapes:
    """Creates a terracotta vase at one side, with twigs unless the prompt excludes plants.

    plan: camera, what the prompt asks for, composition (a named arrangement), random generator.
    tone: sRGB of the wall, which the clay is mixed with.
    side: side of the image for these props, -1 left or 1 right.

    Returns Mitsuba shapes by name. Unit: the image's shorter side; x right, y up, z to the camera.
    """
    rng, z = plan.rng, -0.5
    x, height = side * plan.side_x(z, half_width_share=0.88), rng.uniform(0.34, 0.42)
    clay = world.create_glossy_material(
        mix_colors(tone, (186, 104, 72), share=0.6), roughness=0.6, specular=0.3
    )
    twigs = props.create_twig_bunch(count=6, rng=rng).translate(x, y=height - 0.05, z=z)
    green = world.create_matte_material(color=(104, 126, 82))
    return {
        "vase": world.load_mesh(
            "vase", props.create_vase(height, girth=0.11).translate(x, y=0, z=z), clay
        ),
        **({"twigs": world.load_mesh("twigs", twigs, green)} if plan.is_allowed("plants") else {}),
    }


TERRAZZO_FAMILY = SceneFamily(
    name="terrazzo",
    words={
        **dict.fromkeys(("terrazzo",), 6),
        **dict.fromkeys(("leaf shadows", "leaf shadow", "palm shadow", "palm shadows"), 1),
        **dict.fromkeys(("tropical", "mediterranean", "botanical", "terracotta wall"), 2),
        **dict.fromkeys(("palm leaf", "monstera"), 1),
    },
    camera_pitch=12.0,
    view_angle=24.0,
    ground_line=0.81,
    compositions=(
        Composition("leaves"),
        Composition("arch", frozenset({"arch", "arches", "palm", "tropical"})),
        Composition("vase", frozenset({"vase", "plants", "flowers"})),
    ),
    build_set=build_terrazzo_set,
    flat_lay_material="terrazzo",
)
