"""Materials of tables, floors and podiums by their name in a prompt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import masonry, soils, textures, world
from services.studio.color import brightness, mix
from services.studio.prompt import Direction

VARIANTS = 3
DARK = 0.12
SAND: RGB = (238, 220, 190)
SNOW: RGB = (244, 247, 250)
CHIPS = ((206, 150, 128), (122, 130, 126), (66, 66, 70), (222, 190, 144))


@dataclass(frozen=True)
class Piece:
    """Which drawing of a material is used, and how it lies: turn in degrees, shift in shares."""

    seed: int
    turn: float
    shift: tuple[float, float]

    def lay(self, material: world.Material, scale: float) -> world.Material:
        """The material, its drawing repeated every `scale` units."""
        return replace(material, scale=scale, turn=self.turn, shift=self.shift)


def pick(rng: np.random.Generator) -> Piece:
    """A piece as the dice fall."""
    shift = float(rng.random()), float(rng.random())
    return Piece(int(rng.integers(VARIANTS)), float(rng.choice((0, 90, 180, 270))), shift)


def podium_material(direction: Direction, color: RGB, rng: np.random.Generator) -> world.Material:
    """What a podium is made of: stone or wood when the prompt says so, else lacquer."""
    if direction.material in ("marble", "terrazzo", "wood"):
        return surface(direction.material, direction.colors, rng)
    return world.glossy(world.tint(color), 0.5, 0.4)


def surface(
    name: str, colors: Mapping[str, RGB], rng: np.random.Generator, color: RGB | None = None
) -> world.Material:
    """A material for a large plane in the colours asked for; `color` where they leave it open."""
    piece, color = pick(rng), colors.get("surface") or color
    match name:
        case "marble":
            return marble(piece, color, colors.get("accent"))
        case "wood":
            return wood(piece, color)
        case "linen":
            cloth = textures.linen(piece.seed, color or (224, 214, 198))
            return piece.lay(_relief(cloth, 0.002, world.matt), 1.3)
        case "plaster":
            wall = textures.plaster(piece.seed, color or (206, 198, 188))
            return piece.lay(_relief(wall, 0.009, world.matt), 2.4)
        case "concrete":
            cast = masonry.concrete(piece.seed, color or (176, 172, 166))
            return piece.lay(_relief(cast, 0.012, lambda body: world.glossy(body, 0.6, 0.3)), 2.2)
        case "sand":
            return sand(piece, color or SAND)
        case "snow":
            return snow(piece, color or SNOW)
        case "silk":
            return satin(color or (226, 204, 176))
        case "terrazzo":
            picture = textures.terrazzo(piece.seed, color or (236, 232, 225), CHIPS)
            return piece.lay(world.glossy(world.bitmap(picture), 0.3), 1.6)
        case "tile":
            return tiles(piece, color or (238, 238, 234))
    paper = world.matt(world.tint(color or (232, 226, 216)))
    tooth = world.bitmap(textures.paper_tooth(piece.seed))
    return piece.lay(world.bumpy(paper, tooth, 0.0007), 0.5)


def marble(piece: Piece, color: RGB | None, vein: RGB | None) -> world.Material:
    """Polished marble of this ground colour; `vein` colours the veins of dark stones."""
    stone = color or (243, 241, 238)
    if brightness(stone) < DARK:
        smoke = mix(stone, (255, 250, 240), 0.14)
        picture = textures.marble(piece.seed, stone, smoke, vein or (190, 184, 176), 0.5)
    else:
        smoke, gray = mix(stone, (70, 74, 80), 0.5), mix(stone, (52, 54, 60), 0.68)
        picture = textures.marble(piece.seed, stone, smoke, gray)
    return piece.lay(world.glossy(world.bitmap(picture), 0.17), 1.7)


def tiles(
    piece: Piece, color: RGB, across: int = 10, down: int = 10, grout: RGB = (206, 202, 194)
) -> world.Material:
    """Glazed tiles, ten to a side of 1.5 units unless told otherwise."""
    glazed = masonry.tiles(piece.seed, color, grout, across, down)
    finish = _relief(glazed, 0.03, lambda body: world.glossy(body, 0.14, 0.55))
    return replace(piece, turn=0).lay(finish, 1.5)


def sand(piece: Piece, color: RGB) -> world.Material:
    """Dry sand."""
    return piece.lay(_relief(soils.sand(piece.seed, color), 0.0035, world.matt), 0.9)


def snow(piece: Piece, color: RGB) -> world.Material:
    """Fresh snow, which glistens a little."""
    flakes = world.bitmap(soils.snow(piece.seed))
    packed = world.glossy(world.tint(color), 0.45, 0.35)
    return piece.lay(world.bumpy(packed, flakes, 0.006), 1.2)


def wet_stone(rng: np.random.Generator) -> world.Material:
    """Black stone under a film of water."""
    piece = pick(rng)
    rough = masonry.concrete(piece.seed, (52, 53, 57))
    film = _relief(rough, 0.005, lambda body: world.glossy(body, 0.13, 0.7))
    return piece.lay(film, 2.4)


def satin(color: RGB) -> world.Material:
    """Satin: cloth whose folds shine in a lighter tone of their own colour."""
    return world.satin(world.tint(color))


def wood(piece: Piece, color: RGB | None) -> world.Material:
    """Oiled planks that run across the picture."""
    light = color or (196, 152, 106)
    planks = textures.wood(piece.seed, light, mix(light, (46, 24, 10), 0.72))
    grain = _relief(planks, 0.012, lambda color: world.glossy(color, 0.45, 0.35))
    return replace(piece, turn=0).lay(grain, 1.35)


def _relief(
    drawn: textures.Relief, depth: float, finish: Callable[[dict], world.Material]
) -> world.Material:
    """A drawn picture under this finish, with its own small relief, `depth` units deep."""
    picture, heights = (world.bitmap(field) for field in drawn)
    return world.bumpy(finish(picture), heights, depth)
