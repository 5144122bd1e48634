"""Materials of tables, floors, walls and podiums by their name in a prompt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import masonry, soils, textures, world
from services.studio.color import mix_colors, relative_luminance
from services.studio.prompt import PromptReading

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

    def apply_to(self, material: world.Material, scale: float) -> world.Material:
        """Returns the material with its texture placed and repeated every `scale` units."""
        return replace(material, scale=scale, turn=self.turn, shift=self.shift)


def pick_texture_placement(rng: np.random.Generator) -> TexturePlacement:
    """Picks a drawing, a turn by a multiple of 90 degrees and a shift at random."""
    shift = float(rng.random()), float(rng.random())
    seed = int(rng.integers(DRAWINGS_PER_MATERIAL))
    return TexturePlacement(seed, float(rng.choice((0, 90, 180, 270))), shift)


def create_podium_material(
    reading: PromptReading, color: RGB, rng: np.random.Generator
) -> world.Material:
    """Creates a podium's material: the prompt's stone or wood, else lacquer of this sRGB color."""
    if reading.material in ("marble", "terrazzo", "wood"):
        return create_surface_material(reading.material, reading.colors, rng)
    return world.create_glossy_material(color, 0.5, 0.4)


def create_surface_material(
    name: str, colors: Mapping[str, RGB], rng: np.random.Generator, color: RGB | None = None
) -> world.Material:
    """Creates the material of a table, floor or wall by name; unknown names are paper.

    name: marble, wood, linen, plaster, concrete, sand, snow, silk, terrazzo, tile or paper.
    colors: sRGB by part; "surface" colors the material, "accent" the veins of dark marble.
    color: sRGB where colors has no "surface"; None: the material's usual color.
    """
    placement, color = pick_texture_placement(rng), colors.get("surface") or color
    match name:
        case "marble":
            return create_marble_material(placement, color, colors.get("accent"))
        case "wood":
            return create_wood_material(placement, color)
        case "linen":
            cloth = textures.draw_linen(placement.seed, color or (224, 214, 198))
            woven = _create_relief_material(cloth, 0.002, world.create_matte_material)
            return placement.apply_to(woven, 1.3)
        case "plaster":
            wall = textures.draw_plaster(placement.seed, color or (206, 198, 188))
            troweled = _create_relief_material(wall, 0.009, world.create_matte_material)
            return placement.apply_to(troweled, 2.4)
        case "concrete":
            return create_concrete_material(placement, color or (176, 172, 166))
        case "sand":
            return create_sand_material(placement, color or SAND)
        case "snow":
            return create_snow_material(placement, color or SNOW)
        case "silk":
            return world.create_satin_material(color or (226, 204, 176))
        case "terrazzo":
            picture = textures.draw_terrazzo(
                placement.seed, color or (236, 232, 225), TERRAZZO_CHIPS
            )
            polished = world.create_glossy_material(world.create_texture(picture), 0.3)
            return placement.apply_to(polished, 1.6)
        case "tile":
            return create_tile_material(placement, color or (238, 238, 234))
    paper = world.create_matte_material(color or (232, 226, 216))
    tooth = world.create_texture(textures.draw_paper_tooth(placement.seed))
    return placement.apply_to(world.add_relief(paper, tooth, 0.0007), 0.5)


def create_marble_material(
    placement: TexturePlacement, color: RGB | None, vein: RGB | None
) -> world.Material:
    """Creates polished marble.

    color: sRGB of the stone; None: white. vein: sRGB of a dark stone's veins; None: gray.
    """
    stone = color or (243, 241, 238)
    if relative_luminance(stone) < DARK_STONE_LUMINANCE:
        smoke = mix_colors(stone, (255, 250, 240), 0.14)
        light_vein = vein or (190, 184, 176)
        picture = textures.draw_marble(placement.seed, stone, smoke, light_vein, 0.5)
    else:
        smoke = mix_colors(stone, (70, 74, 80), 0.5)
        gray = mix_colors(stone, (52, 54, 60), 0.68)
        picture = textures.draw_marble(placement.seed, stone, smoke, gray)
    polished = world.create_glossy_material(world.create_texture(picture), 0.17)
    return placement.apply_to(polished, 1.7)


def create_concrete_material(placement: TexturePlacement, color: RGB) -> world.Material:
    """Creates cast concrete of this sRGB color."""
    cast = masonry.draw_concrete(placement.seed, color)
    finish = _create_relief_material(
        cast, 0.012, lambda body: world.create_glossy_material(body, 0.6, 0.3)
    )
    return placement.apply_to(finish, 2.2)


def create_tile_material(
    placement: TexturePlacement,
    color: RGB,
    across: int = TILE_COUNT,
    down: int = TILE_COUNT,
    grout: RGB = GROUT,
) -> world.Material:
    """Creates glazed tiles of this sRGB color.

    across, down: tiles along each side of 1.5 units.
    grout: sRGB of the joints.
    """
    glazed = masonry.draw_tiles(placement.seed, color, grout, across, down)
    finish = _create_relief_material(
        glazed, 0.03, lambda body: world.create_glossy_material(body, 0.14, 0.55)
    )
    return replace(placement, turn=0).apply_to(finish, 1.5)


def create_sand_material(placement: TexturePlacement, color: RGB) -> world.Material:
    """Creates dry sand of this sRGB color."""
    grains = soils.draw_sand(placement.seed, color)
    finish = _create_relief_material(grains, 0.0035, world.create_matte_material)
    return placement.apply_to(finish, 0.9)


def create_snow_material(placement: TexturePlacement, color: RGB) -> world.Material:
    """Creates fresh snow of this sRGB color, which glistens a little."""
    flakes = world.create_texture(soils.draw_snow(placement.seed))
    packed = world.create_glossy_material(color, 0.45, 0.35)
    return placement.apply_to(world.add_relief(packed, flakes, 0.006), 1.2)


def create_wet_stone_material(rng: np.random.Generator) -> world.Material:
    """Creates black stone under a film of water."""
    placement = pick_texture_placement(rng)
    rough = masonry.draw_concrete(placement.seed, (52, 53, 57))
    film = _create_relief_material(
        rough, 0.005, lambda body: world.create_glossy_material(body, 0.13, 0.7)
    )
    return placement.apply_to(film, 2.4)


def create_wood_material(placement: TexturePlacement, color: RGB | None) -> world.Material:
    """Creates oiled planks that run across the image; color: their sRGB, None: oak."""
    light = color or (196, 152, 106)
    planks = textures.draw_wood(placement.seed, light, mix_colors(light, (46, 24, 10), 0.72))
    grain = _create_relief_material(
        planks, 0.012, lambda body: world.create_glossy_material(body, 0.45, 0.35)
    )
    return replace(placement, turn=0).apply_to(grain, 1.35)


def _create_relief_material(
    drawn: textures.ReliefTexture,
    depth: float,
    finish: Callable[[world.MitsubaDict], world.Material],
) -> world.Material:
    """Creates a material of a drawn picture with its relief, `depth` units deep.

    finish: creates the material without relief from the picture's texture.
    """
    picture, heights = (world.create_texture(field) for field in drawn)
    return world.add_relief(finish(picture), heights, depth)
