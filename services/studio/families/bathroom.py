"""Bathroom and spa: stone before glazed tiles, towels, eucalyptus, smooth stones."""

from services.imaging.scene import RGB
from services.studio import props, shapes, textures, world
from services.studio.color import mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import pick, surface, tiles
from services.studio.walls import over_wall, room, wall_behind

WHITE: RGB = (240, 240, 236)
SEA: RGB = (128, 160, 146)
SLATE: RGB = (92, 92, 90)
NEAREST_WALL = -0.85
PATTERNS = {"spa": "leaves", "green tiles": "palm"}


def build(shoot: Shoot) -> Scenery:
    """A counter in a bathroom, lit from a window at one side."""
    shoot = (
        shoot.with_pattern(PATTERNS[shoot.composition]) if shoot.composition in PATTERNS else shoot
    )
    rng, colors = shoot.rng, shoot.direction.colors
    spa = shoot.composition == "spa"
    side = rng.choice((-1, 1))
    key = key_light(
        shoot, (side * rng.uniform(48, 60)) % 360, 38, 14, 0.95, 5000 if spa else 5900, glossy=True
    )
    depth, top = wall_behind(shoot.camera, NEAREST_WALL)
    key = over_wall(key, depth, top)
    stone = "wood" if spa else "marble"
    dressing = DRESSING[shoot.composition] if shoot.wants("props") else _nothing
    return Scenery(
        {
            **room(depth, top, surface(stone, _counter(colors, spa), rng), _wall(shoot)),
            **dressing(shoot, -side),
            **pattern(shoot, key, wall=True),
        },
        key,
        dome(
            0.25, shoot.direction.light.mood, ((side * 110, 30, 26, 2.0), (-side * 90, 30, 30, 1))
        ),
        gloss=0.12 if spa else 0.3,
        aperture=0.014,
        exposure=1.08,
    )


def _counter(colors, spa: bool) -> dict[str, RGB]:
    """The colour of the counter: dark oak in a spa, else light stone."""
    asked = {"surface": colors["surface"]} if "surface" in colors else {}
    return asked or ({"surface": (150, 106, 70)} if spa else {})


def _wall(shoot: Shoot) -> world.Material:
    color = shoot.direction.colors.get("wall")
    match shoot.composition:
        case "spa":
            return surface("concrete", {}, shoot.rng, color or SLATE)
        case "green tiles":
            return tiles(pick(shoot.rng), color or SEA, 12, 6, mix(color or SEA, WHITE, 0.7))
    return tiles(pick(shoot.rng), color or WHITE)


def _towels(shoot: Shoot, side: int) -> Shapes:
    """A pile of folded towels, and a vase with eucalyptus on the other side."""
    rng, z = shoot.rng, -0.52
    x = side * shoot.edge(z, share=0.76)
    pile, level = [], 0.0
    for width in (0.34, 0.32, 0.27):
        height = rng.uniform(0.05, 0.06)
        fold = props.plinth(width, 0.24, height, 0.04, height * 0.45)
        pile.append(fold.turned(side * rng.uniform(8, 16)).moved(x + side * 0.06, level, z))
        level += height
    tooth = world.bitmap(textures.paper_tooth(0))
    terry = world.bumpy(world.matt(world.tint((236, 228, 216))), tooth, 0.004)
    return {
        "towels": world.solid("towels", shapes.joined(pile), terry),
        **_eucalyptus(shoot, -side),
    }


def _eucalyptus(shoot: Shoot, side: int) -> Shapes:
    """A glazed vase with twigs."""
    if not shoot.wants("plants"):
        return {}
    rng, z = shoot.rng, -0.55
    x, height = side * shoot.edge(z, share=0.92), rng.uniform(0.28, 0.34)
    twigs = props.bunch(6, rng).moved(x, height - 0.05, z)
    glaze = world.glossy(world.tint((222, 216, 204)), 0.3)
    return {
        "vase": world.solid("vase", props.vase(height, 0.09).moved(x, 0, z), glaze),
        "twigs": world.solid("twigs", twigs, world.matt(world.tint((122, 146, 126)))),
    }


def _stones(shoot: Shoot, side: int) -> Shapes:
    """Smooth stones laid one upon the other, and one beside them."""
    rng, z, level = shoot.rng, -0.42, 0.0
    x = side * shoot.edge(z, share=0.86)
    stones = []
    for width in (0.24, 0.19, 0.14, 0.09):
        height = width * rng.uniform(0.36, 0.44)
        stone = props.pebble((width, height, 0.85 * width), rng).turned(rng.uniform(0, 360))
        stones.append(stone.moved(x + rng.uniform(-0.008, 0.008), level - 0.006, z))
        level += height * 0.94
    beside = props.pebble((0.13, 0.055, 0.11), rng).moved(x - side * 0.19, 0, z + 0.16)
    basalt = world.glossy(world.tint((62, 62, 63)), 0.42, 0.4)
    return {
        "stones": world.solid("stones", shapes.joined([*stones, beside]), basalt),
        **_eucalyptus(shoot, -side),
    }


def _soap(shoot: Shoot, side: int) -> Shapes:
    """A dish with soap, and a vase."""
    z = -0.3
    x = side * shoot.edge(z, share=0.88)
    dish = props.dish(0.12).moved(x, 0, z)
    soap = props.plinth(0.13, 0.085, 0.04, 0.03, 0.014).turned(side * 20).moved(x, 0.014, z)
    return {
        "dish": world.solid("dish", dish, world.glossy(world.tint((228, 222, 212)), 0.3)),
        "soap": world.solid("soap", soap, world.glossy(world.tint((226, 206, 178)), 0.5, 0.3)),
        **_eucalyptus(shoot, -side),
    }


def _nothing(shoot: Shoot, side: int) -> Shapes:
    return {}


DRESSING = {"white tiles": _towels, "spa": _stones, "green tiles": _soap}

FAMILY = Family(
    name="bathroom",
    words={
        **dict.fromkeys(("bathroom", "spa", "sauna", "bathtub", "washbasin", "vanity"), 4),
        **dict.fromkeys(("tiles", "tile", "tiled", "towel", "towels", "zen", "wellness"), 3),
        **dict.fromkeys(("eucalyptus", "shower", "hot stones", "bamboo", "massage"), 2),
        **dict.fromkeys(("skincare", "soap", "self care"), 0),
    },
    pitch=12.0,
    view=24.0,
    ground_line=0.81,
    compositions=(
        Composition("white tiles", frozenset({"towel", "towels", "white tiles"})),
        Composition(
            "spa", frozenset({"spa", "sauna", "zen", "hot stones", "bamboo", "massage", "wellness"})
        ),
        Composition("green tiles", frozenset({"green tiles", "soap"})),
    ),
    build=build,
    lying_surface="tile",
)
