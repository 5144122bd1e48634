"""Holiday: a table before the lights of a tree, with baubles, fir and gifts."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.lights import tree_lights
from services.studio.color import mix
from services.studio.lighting import dome, key_light
from services.studio.patterns import pattern
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.surfaces import surface
from services.studio.tables import hang_matte, table, table_edge
from services.studio.terrain import grid_of

FAR_EDGE_ROW = 0.58
ROOM: RGB = (40, 20, 18)
RED: RGB = (168, 26, 30)
GOLD: RGB = (226, 178, 104)
WOOD: RGB = (128, 84, 54)


def build(shoot: Shoot) -> Scenery:
    """A festive table in the evening."""
    rng, camera, colors = shoot.rng, shoot.camera, shoot.direction.colors
    side = rng.choice((-1, 1))
    one, other = colors.get("wall") or RED, colors.get("accent") or GOLD
    azimuth = (side * rng.uniform(50, 70)) % 360
    key = key_light(shoot, azimuth, 40, 12, 0.72, 4300, glossy=True)
    edge = table_edge(camera, FAR_EDGE_ROW + rng.uniform(-0.02, 0.02))
    seed = int(rng.integers(1000))
    dark = mix(ROOM, tuple(round(0.3 * v) for v in one), 0.4)

    def lights(size: tuple[float, float], level: float) -> np.ndarray:
        return tree_lights(
            size, level, dark, ((255, 196, 110), (255, 170, 80), (255, 96, 60)), seed
        )

    board = surface("wood", {"surface": colors.get("surface") or WOOD}, rng)
    dressing = DRESSING[shoot.composition] if shoot.wants("props") else _nothing
    return Scenery(
        {
            **table(camera, edge, board),
            **hang_matte(camera, edge, lights),
            **dressing(shoot, one, other, -side),
            **pattern(shoot, key),
        },
        key,
        dome(
            0.13, shoot.direction.light.mood, ((180, 30, 30, 3.0), (-side * 90, 25, 20, 3.0)), 4600
        ),
        gloss=0.14,
        aperture=0.02,
        exposure=1.3,
    )


def _baubles(shoot: Shoot, one: RGB, other: RGB, side: int) -> Shapes:
    """Glass balls of two colours on fir twigs."""
    things = {**_fir(shoot, side)}
    gold, red = world.metal(world.tint(other), 0.12), world.lacquer(world.tint(one))
    places = ((0.92, -0.3, 0.085, red), (0.72, -0.42, 0.06, gold), (1.0, -0.08, 0.05, gold))
    for number, (share, z, radius, finish) in enumerate(places):
        x = side * share * shoot.camera.half_width_at(z)
        things[f"bauble-{number}"] = world.ball((x, radius, z), radius, finish)
    return things | _cones(shoot, -side)


def _gifts(shoot: Shoot, one: RGB, other: RGB, side: int) -> Shapes:
    """Two wrapped boxes with ribbons."""
    z, paper, ribbon = -0.5, [], []
    x = side * shoot.edge(z, share=0.86)
    for width, height, right, near, turn in (
        (0.34, 0.24, 0.03, 0.0, 18),
        (0.2, 0.14, -0.2, 0.24, -14),
    ):
        place = {"x": x + side * right, "z": z + near}
        turn = side * turn
        paper.append(props.plinth(width, width, height, 0.006, 0.004).turned(turn).moved(**place))
        for wide, deep in ((width + 0.004, 0.045), (0.045, width + 0.004)):
            band = props.plinth(wide, deep, height + 0.002, 0.002, 0.002).turned(turn)
            ribbon.append(band.moved(**place))
        ribbon.append(_bow(0.05 + 0.12 * width).turned(turn).moved(y=height, **place))
    return {
        "gifts": world.solid("gifts", shapes.joined(paper), world.glossy(world.tint(one), 0.5)),
        "ribbon": world.solid("ribbon", shapes.joined(ribbon), world.satin(world.tint(other))),
        **_cones(shoot, -side),
    }


def _bow(size: float) -> shapes.Solid:
    """Four loops of ribbon that stand on y = 0."""
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    loop = np.column_stack(
        [np.cos(angle) * size + size * 0.9, np.sin(angle) * size * 0.55 + size / 2]
    )
    rows = []
    for across in np.linspace(-0.02, 0.02, 3):
        closed = np.vstack([loop, loop[:1]])
        rows.append(np.column_stack([closed[:, 0], closed[:, 1], np.full(len(closed), across)]))
    points = np.array(rows)
    half = grid_of(points, points[..., :2])
    return shapes.joined([half.turned(turn) for turn in (20, 110, 200, 290)])


def _garland(shoot: Shoot, one: RGB, other: RGB, side: int) -> Shapes:
    """Fir twigs at both sides."""
    return {**_fir(shoot, side), **_cones(shoot, -side)}


def _fir(shoot: Shoot, side: int) -> Shapes:
    """Twigs of fir that reach in from one side."""
    if not shoot.wants("plants"):
        return {}
    rng, twigs = shoot.rng, []
    for number in range(6):
        z = -0.1 - 0.12 * number
        twig = props.fir(rng.uniform(0.4, 0.55), rng).turned(rng.uniform(-10, 4), "x")
        turn = -side * rng.uniform(60, 120)
        twigs.append(twig.turned(turn).moved(side * (shoot.edge(z, share=1.0) + 0.12), 0.04, z))
    green = world.matt(world.tint((66, 98, 62)))
    return {"fir": world.solid("fir", shapes.joined(twigs), green)}


def _cones(shoot: Shoot, side: int) -> Shapes:
    """Two golden balls on the other side."""
    gold = world.metal(world.tint(GOLD), 0.2)
    x = side * shoot.edge(-0.3, share=0.9)
    return {
        "one": world.ball((x, 0.06, -0.3), 0.06, gold),
        "two": world.ball((x - side * 0.09, 0.032, -0.18), 0.032, gold),
    }


def _nothing(shoot: Shoot, one: RGB, other: RGB, side: int) -> Shapes:
    return {}


DRESSING = {"baubles": _baubles, "gifts": _gifts, "fir": _garland}

FAMILY = Family(
    name="holiday",
    words={
        **dict.fromkeys(("christmas", "xmas", "festive", "new year's", "advent", "hanukkah"), 5),
        **dict.fromkeys(("holiday", "baubles", "ornaments", "fairy lights", "garland"), 4),
        **dict.fromkeys(("gift", "gifts", "party", "confetti", "celebration", "fireworks"), 3),
        **dict.fromkeys(("fir branches", "diwali", "lights", "bokeh lights"), 2),
        **dict.fromkeys(("bokeh", "candlelight", "cosy"), 1),
    },
    pitch=11.0,
    view=28.0,
    ground_line=0.81,
    compositions=(
        Composition("baubles", frozenset({"baubles", "ornaments"})),
        Composition("gifts", frozenset({"gift", "gifts"})),
        Composition("fir", frozenset({"fir branches", "garland", "fir"})),
    ),
    build=build,
    lying_surface="wood",
    lying_colors={"surface": WOOD},
)
