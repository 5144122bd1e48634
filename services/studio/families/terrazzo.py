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
    """Builds a terrazzo counter in the sun."""
    plan = plan.with_gobo("palm" if plan.composition == "arch" else "leaves")
    rng, colors = plan.rng, plan.reading.colors
    side = rng.choice((-1, 1))
    key = create_key_light(
        plan, (side * rng.uniform(42, 56)) % 360, rng.uniform(36, 42), 8, 1.02, 5600
    )
    depth, top = place_back_wall(plan.camera, NEAREST_WALL)
    key = raise_key_above_wall(key, depth, top)
    tone = colors.get("wall") or WALLS[int(rng.integers(len(WALLS)))]
    ground = create_surface_material(
        "terrazzo", {"surface": colors["surface"]} if "surface" in colors else {}, rng
    )
    return StudioSet(
        {
            **create_room(depth, top, ground, create_surface_material("plaster", {}, rng, tone)),
            **_create_terrazzo_props(plan, tone, -side, depth),
            **create_shadow_pattern(plan, key, mix_colors(tone, (60, 84, 50), 0.6), wall=True),
        },
        key,
        create_dome_light(0.25, plan.reading.light.mood, ((side * 60, 40, 30, 1.2),), kelvin=7200),
        gloss=0.22,
        aperture=0.012,
        exposure=1.15,
    )


def _create_terrazzo_props(plan: SetPlan, tone: RGB, side: int, depth: float) -> NamedShapes:
    """Creates the composition's props; empty when the prompt excludes props.

    tone: sRGB of the wall; depth: its z; side: of the image, -1 left or 1 right.
    """
    if not plan.is_allowed("props"):
        return {}
    match plan.composition:
        case "arch":
            return _create_arch_and_ball(plan, tone, side, depth)
        case "vase":
            return _create_terracotta_vase(plan, tone, side)
    return {}


def _create_arch_and_ball(plan: SetPlan, tone: RGB, side: int, depth: float) -> NamedShapes:
    """Creates an arch of the wall's own plaster behind the product, and a ball."""
    width = 0.62 * min(1.3, plan.camera.width_in_units)
    height = max(min(plan.camera.height_at_row(0.07, depth), 2.2 * width), width / 2 + 0.05)
    panel = props.create_arch_panel(width, height, 0.06).translate(0, 0, depth)
    plaster = create_surface_material(
        "plaster", {}, plan.rng, mix_colors(tone, (255, 250, 242), 0.45)
    )
    place = side * plan.side_x(-0.4, share=0.86), 0.07, -0.4
    clay = world.create_glossy_material(mix_colors(tone, (176, 92, 62), 0.75), 0.55, 0.3)
    return {
        "arch": world.load_mesh("arch", panel, plaster),
        "ball": world.create_sphere(place, 0.07, clay),
    }


def _create_terracotta_vase(plan: SetPlan, tone: RGB, side: int) -> NamedShapes:
    """Creates a terracotta vase with twigs at one side."""
    rng, z = plan.rng, -0.5
    x, height = side * plan.side_x(z, share=0.88), rng.uniform(0.34, 0.42)
    clay = world.create_glossy_material(mix_colors(tone, (186, 104, 72), 0.6), 0.6, 0.3)
    twigs = props.create_twig_bunch(6, rng).translate(x, height - 0.05, z)
    green = world.create_matte_material((104, 126, 82))
    return {
        "vase": world.load_mesh("vase", props.create_vase(height, 0.11).translate(x, 0, z), clay),
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
