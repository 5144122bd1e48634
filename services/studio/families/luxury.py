"""Dark luxury: black and gold, a warm glow behind, a rim of light, a floor that mirrors."""

import numpy as np

from services.imaging.scene import RGB
from services.studio import props, shapes, world
from services.studio.backdrops.glow import glow
from services.studio.color import brightness, lamp_color, mix
from services.studio.lighting import dome, key_light
from services.studio.lights import Lamp
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.stands import footing
from services.studio.surfaces import marble, pick
from services.studio.tables import hang_matte

BLACK: RGB = (22, 21, 22)
GOLD: RGB = (226, 178, 104)
FLOOR_END = -2.6


def build(shoot: Shoot) -> Scenery:
    """A dark set, lit from behind."""
    rng, camera, asked = shoot.rng, shoot.camera, shoot.direction.colors
    dark, gold = (
        asked.get("wall") or BLACK,
        world.metal(world.tint(asked.get("accent") or GOLD), 0.18),
    )
    side = rng.choice((-1, 1))
    azimuth = (180 - side * rng.uniform(28, 40)) % 360
    key = key_light(shoot, azimuth, 40, angle=14, strength=1.0, kelvin=4600, glossy=True)
    floor, stand = _stand(shoot, dark, gold)
    amber = lamp_color(3000) * (0.2 if brightness(dark) < 0.1 else 0.35)

    def wall(size: tuple[float, float], level: float) -> np.ndarray:
        return glow(size, level, dark, amber, hoop=shoot.composition == "halo")

    boxes = ((side * 75, 15, 15, 9.0), (-side * 100, 25, 12, 9.0), (180, 45, 24, 9.0))
    boxes += ((-side * 25, 8, 14, 3.0),)
    return Scenery(
        {
            **stand,
            **_mirror(shoot, floor, dark),
            **hang_matte(camera, FLOOR_END, wall),
            **(_dressing(shoot, floor, side, gold) if shoot.wants("props") else {}),
        },
        key,
        dome(0.045, shoot.direction.light.mood, boxes, kelvin=5200),
        gloss=0.55,
        aperture=0.014,
        lamps=(Lamp((side * 58) % 360, 34, 5.0, 1.4, 2.8, 0.3, 5400),),
        exposure=1.25 + 0.6 * min(1.0, max(0.0, camera.pitch - 15) / 25),
    )


def _mirror(shoot: Shoot, floor: float, dark: RGB) -> Shapes:
    """A polished floor as far as the wall: of lacquer, or of marble where it is all there is."""
    finish = world.glossy(world.tint(mix(dark, (0, 0, 0), 0.35)), 0.14, 0.7)
    if shoot.composition == "halo":
        finish = _dark_marble(shoot, dark)
    plate = props.plinth(24, 8 - FLOOR_END, 0.05, 0.01, 0.004)
    plate = plate.moved(y=floor - 0.05, z=(8 + FLOOR_END) / 2)
    return {"floor": world.solid("floor", plate, finish)}


def _dark_marble(shoot: Shoot, dark: RGB) -> world.Material:
    return marble(pick(shoot.rng), dark, shoot.direction.colors.get("accent") or GOLD)


def _stand(shoot: Shoot, dark: RGB, gold: world.Material) -> tuple[float, Shapes]:
    """The floor's height, and a plinth of dark marble with a golden band."""
    if shoot.composition == "halo" or not shoot.wants("podium"):
        return 0.0, {}
    height = 0.09
    if shoot.composition == "blocks":
        foot = footing(shoot.camera, 0.82, 0.62, corner=0.02)
    else:
        foot = footing(shoot.camera, 0.82, 0.82)
    plinth = foot.block(height, 0.006).moved(y=-height)
    band = foot.block(0.016, 0.005, wider=0.016)
    return -height, {
        "plinth": world.solid("plinth", plinth, _dark_marble(shoot, dark)),
        "band": world.solid("band", band.moved(y=-0.62 * height), gold),
    }


def _dressing(shoot: Shoot, floor: float, side: int, gold: world.Material) -> Shapes:
    """Gold at one side: balls, or black blocks with golden tops."""
    if shoot.composition == "gold rim":
        large = side * shoot.edge(-0.6, share=0.88), floor + 0.1, -0.6
        small = side * (shoot.edge(-0.3) + 0.04), floor + 0.05, -0.3
        return {"large": world.ball(large, 0.1, gold), "small": world.ball(small, 0.05, gold)}
    if shoot.composition != "blocks":
        return {}
    blocks, caps = [], []
    for height, depth in ((0.62, -0.95), (0.34, -0.6)):
        x = side * shoot.edge(depth, share=0.9)
        block = props.plinth(0.2, 0.2, height, 0.01, 0.004).turned(20 * side)
        cap = props.plinth(0.204, 0.204, 0.012, 0.01, 0.004).turned(20 * side)
        blocks.append(block.moved(x, floor, depth))
        caps.append(cap.moved(x, floor + height, depth))
    black = world.glossy(world.tint((16, 15, 16)), 0.25, 0.6)
    return {
        "blocks": world.solid("blocks", shapes.joined(blocks), black),
        "caps": world.solid("caps", shapes.joined(caps), gold),
    }


FAMILY = Family(
    name="luxury",
    words={
        **dict.fromkeys(("luxury", "luxurious", "opulent", "noir", "glamour", "glamorous"), 3),
        **dict.fromkeys(("premium", "elegant", "rim light"), 2),
        **dict.fromkeys(("black", "gold", "dark", "dramatic", "moody", "halo"), 1),
        **dict.fromkeys(("golden", "ring"), 0),
    },
    pitch=13.0,
    view=24.0,
    ground_line=0.8,
    compositions=(
        Composition("gold rim", frozenset({"podium", "round"})),
        Composition("halo", frozenset({"halo", "ring"})),
        Composition("blocks", frozenset({"podium", "blocks", "geometric"})),
    ),
    build=build,
    lying_surface="marble",
    lying_colors={"surface": BLACK, "accent": GOLD},
)
