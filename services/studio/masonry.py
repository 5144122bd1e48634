"""Draws seamless textures of floors and walls: cast concrete and glazed tiles.

Every function returns the same texture for the same arguments; the latest ones are cached.
Factors on noise fields set contrast: the larger, the stronger the clouds, grain or relief.
"""

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio import textures
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.noise import displace_field, generate_fractal_noise, upscale_field
from services.studio.textures import ReliefTexture

# Pores of trapped air per texture. Larger: rougher concrete.
PORE_COUNT = 900


def draw_concrete(seed: int, color: RGB) -> ReliefTexture:
    """Draws cast concrete with its relief: clouds, water stains and pores of trapped air.

    seed: equal seeds draw equal clouds.
    color: sRGB.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    tone, heights = _create_concrete_fields(seed)
    return cv2.merge([cv2.convertScaleAbs(tone * channel) for channel in color]), heights


def draw_tiles(seed: int, color: RGB, grout: RGB, across: int, down: int) -> ReliefTexture:
    """Draws handmade glazed tiles, each a little lighter, darker or more tilted than the next.

    seed: equal seeds draw equal tiles.
    color, grout: sRGB of tiles and joints.
    across, down: tiles along the texture's width and height.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    gray, heights = draw_tile_grid(seed, across, down)
    dark, light = (mix_colors(color, end, share=0.45) for end in ((0, 0, 0), (255, 255, 255)))
    return tint_drawing(gray, (dark, color, light, grout)), heights


@cache_drawing
def draw_tile_grid(
    seed: int, across: int, down: int, unevenness: float = 1.0, is_checkered: bool = False
) -> ReliefTexture:
    """Draws the shades of glazed tiles and of the joints between them.

    seed: equal seeds draw equal tiles.
    across, down: tiles along the texture's width and height.
    unevenness: of tone and tilt from tile to tile, 1 as of handmade tiles.
    is_checkered: whether every other tile is dark.

    Returns gray, uint8 (2048, 2048), one third of its range the tiles' color and its upper end the
    joints, and heights, 0 to 1, float16 of that shape.
    """
    side = textures.TEXTURE_SIDE
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    row = np.minimum((rows * down).astype(int), down - 1)
    column = np.minimum((columns * across).astype(int), across - 1)
    right, below = columns * across - column - 0.5, rows * down - row - 0.5
    edge = np.minimum((0.5 - np.abs(right)) / across, (0.5 - np.abs(below)) / down)
    joint = np.clip(1 - (edge * 2048 - 7) / 4, 0, 1)
    tone, lean, dip = rng.standard_normal((3, down, across)).astype(np.float32)[:, row, column]
    glaze = generate_fractal_noise(size=side, cells=10, octaves=4, seed=seed + 1)
    shade = 1 / 3 + unevenness * (0.03 * tone + 0.012 * glaze)
    if is_checkered:
        shade = np.where((row + column) % 2 == 1, 0.02 + 0.008 * glaze, shade)
    shade = np.clip(shade, 0, 0.6)
    round_off = np.clip(1 - (edge * 2048 - 7) / 22, 0, 1) ** 2
    tilt = 0.09 * min(unevenness, 2.0) * (lean * right + dip * below)
    heights = 0.72 + tilt + 0.02 * unevenness * glaze - 0.25 * round_off - 0.35 * joint
    return pack_gray(shade + (1 - shade) * joint), np.clip(heights, 0, 1).astype(np.float16)


def _create_pores(seed: int, side: int) -> np.ndarray:
    """Creates round holes of many sizes, 1 in a hole, 0 elsewhere: float32 (side, side), seamless.

    side: pixels.
    """
    rng = np.random.default_rng(seed + 11)
    holes = np.zeros((side, side), np.uint8)
    for x, y in rng.uniform(0, side, (PORE_COUNT, 2)):
        radius = side / 2048 * min(8.0, 1.0 + rng.exponential(1.3))
        # Copies one texture to the left and above, so that holes wrap around the edges.
        for right in (0, side):
            for below in (0, side):
                # OpenCV takes points in eighths of a pixel: 3 fractional bits.
                place = round((x - right) * 8), round((y - below) * 8)
                cv2.circle(holes, place, round(radius * 8), 255, -1, cv2.LINE_AA, 3)
    return cv2.GaussianBlur(holes, (0, 0), 0.8).astype(np.float32) / 255


@cache_drawing
def _create_concrete_fields(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Creates concrete's tone, a factor on its color about 1, and its heights, 0 to 1.

    Float32 and float16, (2048, 2048) each.
    """
    side, drawn = textures.TEXTURE_SIDE, textures.FIELD_SIDE
    drift = [
        0.06 * drawn * generate_fractal_noise(size=drawn, cells=3, octaves=4, seed=seed + i)
        for i in (1, 2)
    ]
    clouds = upscale_field(
        displace_field(
            generate_fractal_noise(size=drawn, cells=3, octaves=7, seed=seed, fade=0.66), *drift
        ),
        size=side,
    )
    runs = upscale_field(
        generate_fractal_noise(size=drawn, cells=24, octaves=3, seed=seed + 4, stretch=8.0),
        size=side,
    )
    grain = generate_fractal_noise(size=side, cells=128, octaves=3, seed=seed + 3, fade=0.8)
    pores = _create_pores(seed, side)
    tone = np.exp(0.085 * clouds + 0.022 * runs + 0.018 * grain) * (1 - 0.45 * pores)
    heights = 0.7 + 0.05 * clouds + 0.03 * grain - 0.5 * pores
    return tone, np.clip(heights, 0, 1).astype(np.float16)
