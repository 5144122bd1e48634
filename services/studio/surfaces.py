"""Materials of tables, floors, walls and podiums by their name in a prompt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import masonry, materials, soils, textures
from services.studio.briefs.brief import Brief
from services.studio.color import mix_colors, relative_luminance

# Different drawings of each material. More: less repetition between seeds, more textures to draw
# (seconds each) and to cache.
DRAWINGS_PER_MATERIAL = 3
# Relative luminance below which marble is a dark stone with light veins.
DARK_STONE_LUMINANCE = 0.12
# sRGB of dry sand and of fresh snow.
SAND: RGB = (238, 220, 190)
SNOW: RGB = (244, 247, 250)
# sRGB of terrazzo's stone chips: terracotta, gray green, charcoal and ocher.
TERRAZZO_CHIPS = ((206, 150, 128), (122, 130, 126), (66, 66, 70), (222, 190, 144))
# Tiles along each side of a texture, and the joints' sRGB.
TILE_COUNT = 10
GROUT: RGB = (206, 202, 194)


@dataclass(frozen=True)
class TexturePlacement:
    """Which drawing of a material to use, and how it lies.

    seed: of the drawing; turn: degrees; shift: shares of the texture's size.
    """

    seed: int
    turn: float
    shift: tuple[float, float]

    def apply_to(self, material: materials.Material, scale: float) -> materials.Material:
        """Returns the material with its texture placed; it repeats every `scale` units."""
        return replace(material, scale=scale, turn=self.turn, shift=self.shift)


def pick_texture_placement(rng: np.random.Generator) -> TexturePlacement:
    """Picks at random a drawing of a material, a turn by 0, 90, 180 or 270 degrees and a shift."""
    shift = float(rng.random()), float(rng.random())
    seed = int(rng.integers(DRAWINGS_PER_MATERIAL))
    return TexturePlacement(seed, turn=float(rng.choice((0, 90, 180, 270))), shift=shift)


# sRGB that briefs name metals with (see briefs/words/colors.toml): gold, silver, copper, rose gold,
# bronze and brass; and how rough podiums of them are. Rougher: less of a mirror.
METAL_COLORS: frozenset[RGB] = frozenset(
    (
        *((212, 170, 96), (200, 202, 206), (190, 116, 80), (216, 160, 142), (150, 108, 66)),
        (196, 160, 92),
    )
)
PODIUM_METAL_ROUGHNESS = 0.32


def create_podium_material(
    brief: Brief, color: RGB, rng: np.random.Generator
) -> materials.Material:
    """Creates a podium's material: the brief's stone or wood, metal in its colors, else lacquer.

    brief: its surface counts.
    color: sRGB of the lacquer.
    rng: random generator, which picks the drawing.
    """
    if brief.surface in ("marble", "terrazzo", "wood", "concrete"):
        return create_surface_material(brief.surface, colors=brief.colors, rng=rng)
    if color in METAL_COLORS:
        return materials.create_metal_material(color, roughness=PODIUM_METAL_ROUGHNESS)
    return materials.create_glossy_material(color, roughness=0.5, specular=0.4)


def create_surface_material(
    name: str, colors: Mapping[str, RGB], rng: np.random.Generator, color: RGB | None = None
) -> materials.Material:
    """Creates the material of a table, floor or wall by name; unknown names are paper.

    name: marble, wood, linen, plaster, concrete, sand, snow, silk, terrazzo, tile or paper.
    colors: sRGB by part; "surface" colors the material, "accent" the veins of dark marble.
    rng: random generator, which picks one of the material's drawings and places it.
    color: sRGB where colors has no "surface"; None: the material's usual color.
    """
    placement, color = pick_texture_placement(rng), colors.get("surface") or color
    match name:
        case "marble":
            return create_marble_material(placement, color, vein=colors.get("accent"))
        case "wood":
            return create_wood_material(placement, color)
        case "linen":
            linen = textures.draw_linen(placement.seed, color=color or (224, 214, 198))
            woven = create_relief_material(
                linen, depth=0.002, finish=materials.create_matte_material
            )
            return placement.apply_to(woven, scale=1.3)
        case "plaster":
            plaster = textures.draw_plaster(placement.seed, color=color or (206, 198, 188))
            troweled = create_relief_material(
                plaster, depth=0.009, finish=materials.create_matte_material
            )
            return placement.apply_to(troweled, scale=2.4)
        case "concrete":
            return create_concrete_material(placement, color=color or (176, 172, 166))
        case "sand":
            return create_sand_material(placement, color=color or SAND)
        case "snow":
            return create_snow_material(placement, color or SNOW)
        case "silk":
            return materials.create_satin_material(color or (226, 204, 176))
        case "terrazzo":
            picture = textures.draw_terrazzo(
                placement.seed, ground=color or (236, 232, 225), chips=TERRAZZO_CHIPS
            )
            polished = materials.create_glossy_material(
                materials.create_texture(picture), roughness=0.3
            )
            return placement.apply_to(polished, scale=1.6)
        case "tile":
            return create_tile_material(placement, color=color or (238, 238, 234))
    paper = materials.create_matte_material(color or (232, 226, 216))
    tooth = materials.create_texture(textures.draw_paper_tooth(placement.seed))
    return placement.apply_to(materials.add_relief(paper, heights=tooth, depth=0.0007), scale=0.5)


def create_marble_material(
    placement: TexturePlacement, color: RGB | None, vein: RGB | None
) -> materials.Material:
    """Creates polished marble.

    placement: drawing to use, and how it lies.
    color: sRGB of the stone; None: white.
    vein: sRGB of a dark stone's veins; None: gray. Light stone's veins are darker than it.
    """
    stone = color or (243, 241, 238)
    if relative_luminance(stone) < DARK_STONE_LUMINANCE:
        smoke = mix_colors(stone, (255, 250, 240), share=0.14)
        light_vein = vein or (190, 184, 176)
        picture = textures.draw_marble(placement.seed, stone, smoke, vein=light_vein, strength=0.5)
    else:
        smoke = mix_colors(stone, (70, 74, 80), share=0.5)
        gray = mix_colors(stone, (52, 54, 60), share=0.68)
        picture = textures.draw_marble(placement.seed, stone, smoke, vein=gray)
    polished = materials.create_glossy_material(materials.create_texture(picture), roughness=0.17)
    return placement.apply_to(polished, scale=1.7)


def create_concrete_material(placement: TexturePlacement, color: RGB) -> materials.Material:
    """Creates cast concrete.

    placement: drawing to use, and how it lies.
    color: sRGB.
    """
    cast = masonry.draw_concrete(placement.seed, color)
    concrete = create_relief_material(
        cast,
        depth=0.012,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.6, specular=0.3),
    )
    return placement.apply_to(concrete, scale=2.2)


def create_tile_material(
    placement: TexturePlacement,
    color: RGB,
    across: int = TILE_COUNT,
    down: int = TILE_COUNT,
    grout: RGB = GROUT,
) -> materials.Material:
    """Creates glazed tiles.

    placement: drawing to use, and how it lies; it is never turned.
    color: sRGB of the tiles.
    across, down: tiles along each side of 1.5 units.
    grout: sRGB of the joints.
    """
    glazed = masonry.draw_tiles(placement.seed, color, grout, across, down)
    tiles = create_relief_material(
        glazed,
        depth=0.03,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.14, specular=0.55),
    )
    return replace(placement, turn=0).apply_to(tiles, scale=1.5)


def create_sand_material(placement: TexturePlacement, color: RGB) -> materials.Material:
    """Creates dry sand.

    placement: drawing to use, and how it lies.
    color: sRGB.
    """
    grains = soils.draw_sand(placement.seed, color)
    sand = create_relief_material(grains, depth=0.0035, finish=materials.create_matte_material)
    return placement.apply_to(sand, scale=0.9)


def create_snow_material(placement: TexturePlacement, color: RGB) -> materials.Material:
    """Creates fresh snow, which glistens a little.

    placement: drawing to use, and how it lies.
    color: sRGB.
    """
    flakes = materials.create_texture(soils.draw_snow(placement.seed))
    packed = materials.create_glossy_material(color, roughness=0.45, specular=0.35)
    return placement.apply_to(materials.add_relief(packed, heights=flakes, depth=0.006), scale=1.2)


def create_wood_material(placement: TexturePlacement, color: RGB | None) -> materials.Material:
    """Creates oiled planks that run across the image.

    placement: drawing to use, and how it lies; it is never turned.
    color: sRGB of the planks; None: oak.
    """
    light = color or (196, 152, 106)
    planks = textures.draw_wood(
        placement.seed, light, dark=mix_colors(light, (46, 24, 10), share=0.72)
    )
    wood = create_relief_material(
        planks,
        depth=0.012,
        finish=lambda body: materials.create_glossy_material(body, roughness=0.45, specular=0.35),
    )
    return replace(placement, turn=0).apply_to(wood, scale=1.35)


def create_relief_material(
    drawn: textures.ReliefTexture,
    depth: float,
    finish: Callable[[materials.MitsubaDict], materials.Material],
) -> materials.Material:
    """Creates a material of a drawn picture with a relief.

    drawn: picture, uint8 RGB (h, w, 3), and its heights, 0 to 1, float16 (h, w).
    depth: units from the relief's lowest to its highest point.
    finish: creates the material without relief from the picture's texture.
    """
    picture, heights = (materials.create_texture(field) for field in drawn)
    return materials.add_relief(finish(picture), heights, depth)
