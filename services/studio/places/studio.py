"""The photo studio: a seamless sweep, a gradient, a wall of two colors, a plain wall."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, shapes, world
from services.studio.backdrops.glow import paint_glow
from services.studio.briefs.colors import is_chromatic
from services.studio.color import mix_colors, relative_luminance, rgb_from_kelvin
from services.studio.grounds.pedestals import STAND_BOTTOM
from services.studio.lights import Lamp
from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import light_place
from services.studio.places.place import Place, Scenery
from services.studio.places.scenic import choose_edge, keep_key_above
from services.studio.sets import SetPlan
from services.studio.surfaces import create_surface_material
from services.studio.tables import hang_backdrop
from services.studio.walls import place_back_wall

# sRGB of the wall where the brief names no color, and of a dark one.
NEUTRAL: RGB = (229, 222, 212)
BLACK: RGB = (40, 39, 42)
# Muted walls for briefs that leave the color open; the seed picks one.
NEUTRAL_WALLS: tuple[RGB, ...] = (NEUTRAL, (221, 224, 222), (214, 202, 190), (226, 214, 205))
# z of the wall in units, for level cameras. Nearer to 0: a shallower set.
NEAREST_WALL = -1.9
# Sweep, in units: half its width, z of its front edge, and radius of the curve. Larger radius: a
# softer transition from floor to wall.
SWEEP_HALF_WIDTH, SWEEP_FRONT, SWEEP_BEND = 12, 8, 1.2
# Relative luminance below which a wall is dark and gets a spot of light. Larger: more walls do.
DARK_WALL_LUMINANCE = 0.18
# Strength of the spot on dark walls and on others, 1 is paper white. Larger: a brighter halo.
DARK_SPOT, LIGHT_SPOT = 3.0, 0.8
# Row, as a share of the height, of the middle of the spot on the wall: behind the product.
HALO_ROW = 0.34
# Degrees of the cone of the spot on the wall. Larger: a wider halo.
WALL_SPOT_CONE = 36.0
# z of the wall where a shadow pattern falls on it. Nearer to 0: a sharper pattern.
PATTERN_WALL = -1.0
# Pixels of the paint of two colors along the sweep. More: a sharper edge between halves.
PAINT_PIXELS = 4096
# Units: softness of the edge between halves, and how far it is off the middle.
SPLIT_EDGE, SPLIT_SHIFT = 0.006, 0.05
# Materials of walls with a relief.
ROUGH_WALLS = frozenset({"plaster", "concrete"})
# Exposure of the studio.
EXPOSURE = 1.18
# Row of the far edge of a table before a wall in a level view, as a share of the height.
TABLE_EDGE_ROW = 0.6


def choose_wall_color(plan: SetPlan) -> RGB:
    """Chooses the wall's sRGB: the brief's, else one that suits its other colors and its mood."""
    brief = plan.brief
    named = brief.colors.get("wall") or (brief.palette[0] if brief.palette else None)
    if named is None and brief.surface is None:
        named = brief.colors.get("podium") or brief.colors.get("surface")
    if named:
        return named
    if brief.light.mood == "dark":
        return BLACK
    neutral = NEUTRAL_WALLS[plan.rng.integers(len(NEUTRAL_WALLS))]
    surface = brief.colors.get("surface")
    return mix_colors(neutral, surface, share=0.25) if surface else neutral


def build_sweep(plan: SetPlan, place: Place, floor: float = 0.0) -> Scenery:
    """Builds a seamless wall and floor in one color, with a spot of light where it is dark.

    floor: y of the floor in units; below 0 under a podium.
    """
    color = choose_wall_color(plan)
    wall_z, wall_top = place_back_wall(plan.camera, _choose_wall_z(plan), floor_y=floor)
    sweep = shapes.create_sweep(
        half_width=SWEEP_HALF_WIDTH,
        front=SWEEP_FRONT,
        back=wall_z,
        bend=SWEEP_BEND,
        height=wall_top - floor,
    )
    lighting = light_place(plan, place.light)
    spots = _create_wall_spots(plan, color, wall_z)
    lighting = replace(lighting, lamps=(*lighting.lamps, *spots))
    scenery = Scenery(
        shapes={
            "sweep": world.load_mesh(
                "sweep", sweep.translate(y=floor), _create_wall_paint(plan, color, sweep)
            )
        },
        edge_z=None,
        lighting=lighting,
        floor=floor,
        gloss=0.06,
        exposure=EXPOSURE,
        aperture=0.012,
        shown=frozenset({"wall"}),
    )
    return _cast_pattern(plan, keep_key_above(scenery, wall_z, wall_top))


def build_plain_wall(plan: SetPlan, place: Place) -> Scenery:
    """Builds a plain wall behind a surface, near enough for shadows to fall on it."""
    wall_z, wall_top = place_back_wall(plan.camera, _choose_wall_z(plan))
    half, height = SWEEP_HALF_WIDTH, wall_top + 0.1
    outline = np.array([[half, -height], [half, 0.1], [-half, 0.1], [-half, -height]])
    wall = shapes.create_flat_cutout(outline).rotate(90, axis="x").translate(z=wall_z)
    scenery = Scenery(
        shapes={"wall": world.load_mesh("wall", wall, _create_wall_material(plan))},
        edge_z=wall_z,
        lighting=light_place(plan, place.light),
        exposure=EXPOSURE,
        aperture=0.012,
        shown=frozenset({"wall"}),
    )
    return _cast_pattern(plan, keep_key_above(scenery, wall_z, wall_top))


def _create_wall_material(plan: SetPlan) -> materials.Material:
    """Creates troweled plaster or concrete where the brief names it for a wall, else paint."""
    color = choose_wall_color(plan)
    rough = next((each for each in plan.brief.walls if each.material in ROUGH_WALLS), None)
    if rough is None:
        return materials.create_matte_material(color)
    own = None if rough.color is None and not plan.brief.colors.get("wall") else color
    return create_surface_material(rough.material, {}, plan.rng, own)


def build_glow(plan: SetPlan, place: Place) -> Scenery:
    """Hangs a dark wall with a pool of light behind a surface."""
    lighting = light_place(plan, place.light, glossy=True)
    edge_z = choose_edge(plan, TABLE_EDGE_ROW - 0.04)
    color = mix_colors(choose_wall_color(plan), (0, 0, 0), share=0.25)
    tint = rgb_from_kelvin(plan.brief.light.kelvin or 3400) * plan.rng.uniform(0.12, 0.22)

    def paint(size: tuple[float, float], level: float) -> np.ndarray:
        """Paints the wall: linear light, float32 RGB (h, w, 3)."""
        return paint_glow(size, level, color, light=tint)

    return Scenery(
        shapes={
            **hang_backdrop(plan.camera, edge_z, paint),
            **create_shadow_pattern(plan, lighting.key),
        },
        edge_z=edge_z,
        lighting=lighting,
        exposure=EXPOSURE * 1.1,
        aperture=0.014,
        shown=frozenset({"wall"}),
    )


def build_studio(plan: SetPlan, place: Place) -> Scenery:
    """Builds the studio that suits the brief: painted wall, sweep, dark glow or plain wall."""
    brief = plan.brief
    if plan.surface.is_stand:
        return build_sweep(plan, place, floor=STAND_BOTTOM)
    is_plain = plan.surface.name in ("plain", "paper")
    is_seamless = is_plain and not brief.colors.get("surface")
    if is_seamless or brief.gradient or brief.split:
        return build_sweep(plan, place)
    has_hue = any(wall.color and is_chromatic(wall.color) for wall in brief.walls)
    if relative_luminance(choose_wall_color(plan)) < DARK_WALL_LUMINANCE and not has_hue:
        return build_glow(plan, place)
    return build_plain_wall(plan, place)


def _choose_wall_z(plan: SetPlan) -> float:
    """Returns the z of the wall in units for level cameras: near where a pattern falls on it."""
    return PATTERN_WALL if plan.brief.light.gobo else NEAREST_WALL


def _cast_pattern(plan: SetPlan, scenery: Scenery) -> Scenery:
    """Adds the shadow pattern that the brief asks for, on wall and floor."""
    pattern = create_shadow_pattern(plan, scenery.lighting.key, wall=True)
    return replace(scenery, shapes={**scenery.shapes, **pattern})


def _create_wall_spots(plan: SetPlan, color: RGB, wall_z: float) -> tuple[Lamp, ...]:
    """Creates the spot of light on a wall that is dark or meant to be; empty for the others."""
    light = plan.brief.light
    is_dark = relative_luminance(color) < DARK_WALL_LUMINANCE
    if not (is_dark or light.mood == "dark" or "spotlight" in light.names):
        return ()
    spot = Lamp(
        azimuth=0,
        elevation=50,
        distance=3.0,
        width=0,
        height=0,
        cone=WALL_SPOT_CONE,
        strength=DARK_SPOT if is_dark else LIGHT_SPOT,
        kelvin=6000,
        target=(0.0, plan.camera.height_at_row(HALO_ROW, wall_z), wall_z),
    )
    return (spot,)


def _create_wall_paint(plan: SetPlan, color: RGB, sweep: shapes.Mesh) -> materials.Material:
    """Creates the paint of a sweep: one color, or the brief's gradient or its two halves.

    sweep: its uv are x and the length along the wall from its front, in units.
    """
    brief = plan.brief
    colors = brief.split or brief.gradient
    if not colors:
        return materials.create_matte_material(color)
    one, other = (np.asarray(part, float) for part in colors)
    shift = (0.0, 0.0)
    if brief.gradient and plan.seed_choice(3):
        share, length = _rise_along_wall(plan, sweep)
        picture = (one + (other - one) * share[:, None])[:, None]
    else:
        # The middle of the picture is at x = 0.
        length, shift = 2 * SWEEP_HALF_WIDTH, (0.5, 0.0)
        x = (np.arange(PAINT_PIXELS) + 0.5) / PAINT_PIXELS * length - SWEEP_HALF_WIDTH
        softness = SPLIT_EDGE if brief.split else plan.camera.width_in_units
        share = np.clip((x - SPLIT_SHIFT * plan.light_side) / softness + 0.5, 0, 1)
        picture = (one + (other - one) * share[:, None])[None]
    texture = materials.create_texture(np.rint(picture).astype(np.uint8))
    return replace(materials.create_matte_material(texture), scale=length, shift=shift)


def _rise_along_wall(plan: SetPlan, sweep: shapes.Mesh) -> tuple[np.ndarray, float]:
    """Returns how far up the picture each part of a sweep is, 0 to 1, float (n,), and its length.

    The floor before the product is 0, from above that at the picture's lower edge; what is at its
    upper edge is 1.
    """
    # A sweep's vertices run from its front to its top, first on the left side.
    profile = sweep.vertices[: len(sweep.vertices) // 2]
    along = sweep.uv[: len(profile), 1]
    camera = plan.camera
    front = camera.floor_depth_at_row(1.0) if camera.is_overhead else 0.0
    start = float(np.interp(-front, -profile[:, 2], along))
    upper_edge = camera.height_at_row(0.0, z=float(profile[-1, 2]))
    top = float(np.interp(upper_edge, profile[:, 1], along))
    if upper_edge < SWEEP_BEND:
        far = max(camera.floor_depth_at_row(0.0), float(profile[-1, 2]))
        top = float(np.interp(-far, -profile[:, 2], along))
    position = (np.arange(PAINT_PIXELS) + 0.5) / PAINT_PIXELS * float(along.max())
    return np.clip((position - start) / max(top - start, 0.1), 0, 1), float(along.max())
