"""What fills the air around a product, by name."""

from collections.abc import Callable, Mapping

import numpy as np

from services.imaging.scene import RGB
from services.studio.air import bursts, glints, liquids, rays, tossed, veils
from services.studio.air.canvas import AirCanvas
from services.studio.camera import Camera
from services.studio.things.thing import Piece

AirPainter = Callable[[AirCanvas, RGB | None, tuple[float, float]], tuple[np.ndarray, np.ndarray]]
"""Paints light, float32 RGB (h, w, 3), and alpha, float32 (h, w), by color and light direction."""

# What is laid over the rendered light.
AIR: Mapping[str, AirPainter] = {
    "bubbles": glints.paint_bubbles,
    "dust": glints.paint_dust,
    "fog": veils.paint_fog,
    "mist": veils.paint_mist,
    "powder": bursts.paint_powder,
    "rain": glints.paint_rain,
    "rays": rays.paint_rays,
    "smoke": veils.paint_smoke,
    "snowflakes": glints.paint_snowflakes,
    "sparkle": glints.paint_sparkle,
    "sparks": glints.paint_sparks,
    "steam": veils.paint_steam,
}

AirBuilder = Callable[[Camera, RGB | None, np.random.Generator], tuple[Piece, ...]]
"""Builds pieces, in units and in their place on the set, in a color or the usual one."""

# What is rendered with the set, because it stands in its light and on its ground.
AIR_SHAPES: Mapping[str, AirBuilder] = {
    "confetti": tossed.build_confetti,
    "droplets": liquids.build_droplets,
    "leaves": tossed.build_falling_leaves,
    "petals": tossed.build_falling_petals,
    "splash": liquids.build_splash,
}


def paint_air(
    name: str,
    size: tuple[int, int],
    camera: Camera,
    color: RGB | None,
    toward_light: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Paints what fills the air, mostly behind the product, whose place stays calm.

    name: of an entry of AIR.
    size: (height, width) of the picture in pixels.
    camera: of the set.
    color: sRGB; None: the usual one.
    toward_light: direction to the key light, float (3,): x right, y up, z to the camera.
    seed: equal seeds paint equal air.

    Returns light to add, float32 RGB (h, w, 3), from 0 up, and alpha, float32 (h, w), 0 to 1: the
    share of the light behind that it takes away. Light is linear, 1 is paper white.
    """
    canvas = AirCanvas(size, camera, seed)
    right, up = float(toward_light[0]), float(toward_light[1])
    light, alpha = AIR[name](canvas, color, (right, up))
    return np.maximum(canvas.finish(light), 0), np.clip(canvas.finish(alpha), 0, 1)
