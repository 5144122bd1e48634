"""Silk: cloth that is draped over a table and up a wall, in real folds."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import world
from services.studio.cloth import folds
from services.studio.color import brightness, mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.shapes import Solid
from services.studio.stands import footing
from services.studio.surfaces import satin
from services.studio.terrain import calm, drape
from services.studio.walls import over_wall, wall_behind

CHAMPAGNE: RGB = (226, 204, 176)
GOLD: RGB = (224, 180, 112)
NEAREST_WALL = -1.15
BEND = 0.5
# How far the folds drift sideways, their size and their depth in units.
DRAPES = {"flowing": (0.9, 0.26, 0.085), "pedestal": (0.35, 0.2, 0.07), "hung": (0.0, 0.17, 0.07)}


def build(shoot: Shoot) -> Scenery:
    """A set wrapped in satin."""
    rng, colors = shoot.rng, shoot.direction.colors
    side = rng.choice((-1, 1))
    key = key_light(shoot, (side * rng.uniform(58, 74)) % 360, rng.uniform(30, 36), 11, 1.0, 5700)
    floor, pedestal = _pedestal(shoot)
    depth, top = wall_behind(shoot.camera, NEAREST_WALL, floor)
    key = over_wall(key, depth, top)
    color = colors.get("surface") or colors.get("wall") or colors.get("podium") or CHAMPAGNE
    cloth = _cloth(shoot, side, floor, depth, top)
    bead = _beads(shoot, colors.get("accent") or GOLD, -side)
    return Scenery(
        {
            "cloth": world.solid("cloth", cloth, satin(color)),
            **pedestal,
            **(bead if shoot.composition == "flowing" and shoot.wants("props") else {}),
            **pattern(shoot, key, wall=True),
        },
        key,
        dome(0.2, shoot.direction.light.mood, ((-side * 100, 35, 25, 1.6), (180, 60, 30, 1.0))),
        gloss=0.05,
        aperture=0.016,
        exposure=1.2 if brightness(color) > 0.15 else 1.5,
    )


def _cloth(shoot: Shoot, side: int, floor: float, depth: float, top: float) -> Solid:
    """The cloth, flat where the product stands, its wall hung in straighter folds."""
    lean, size, height = DRAPES[shoot.composition]
    fold = folds(int(shoot.rng.integers(1000)), side * lean, size, height)
    reach = (0.62, 0.6) if shoot.composition == "pedestal" else (0.48, 0.36)

    def heights(x: np.ndarray, along: np.ndarray) -> np.ndarray:
        still = 0.12 + 0.88 * calm(x, along, reach)
        if shoot.composition == "hung":
            still = 0.25 + 0.75 * np.clip((depth + 0.75 - along) / 0.6, 0, 1)
        return fold(x, along) * still * np.clip(0.7 - along, 0.3, 1)

    wide = max(
        3.0, 1.3 * shoot.camera.half_width_at(depth), 1.3 * shoot.camera.half_width_at(depth, top)
    )
    return drape(wide, 4.0, depth, BEND, top - floor, heights).moved(y=floor)


def _pedestal(shoot: Shoot) -> tuple[float, Shapes]:
    """The floor's height, and a round pedestal that stands in the cloth."""
    if shoot.composition != "pedestal" or not shoot.wants("podium"):
        return 0.0, {}
    colors, height = shoot.direction.colors, 0.16
    color = colors.get("podium") or mix(colors.get("wall") or CHAMPAGNE, (252, 250, 246), 0.75)
    block = footing(shoot.camera, 0.8, 0.8).block(height, 0.008).moved(y=-height)
    return -0.13, {
        "pedestal": world.solid("pedestal", block, world.glossy(world.tint(color), 0.35))
    }


def _beads(shoot: Shoot, color: RGB, side: int) -> Shapes:
    """Two metal balls that lie in the cloth."""
    gold = world.metal(world.tint(color), 0.16)
    x = side * shoot.edge(-0.2, share=0.84)
    return {
        "bead": world.ball((x, 0.075, -0.2), 0.06, gold),
        "pearl": world.ball((x - side * 0.1, 0.04, 0.0), 0.032, gold),
    }


FAMILY = Family(
    name="silk",
    words={
        **dict.fromkeys(("silk", "satin", "velvet", "draped", "drapery", "drapes"), 4),
        **dict.fromkeys(("blanket", "knitted", "folds", "fabric", "textile", "curtain"), 3),
        **dict.fromkeys(("cloth", "flowing", "romantic", "valentine's", "valentines"), 2),
        **dict.fromkeys(("sensual", "soft folds"), 1),
    },
    pitch=17.0,
    view=24.0,
    ground_line=0.79,
    compositions=(
        Composition("flowing"),
        Composition("pedestal", frozenset({"podium", "pedestal", "plinth"})),
        Composition("hung", frozenset({"curtain", "drapes", "drapery"})),
    ),
    build=build,
    lying_surface="silk",
)
