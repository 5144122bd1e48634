"""Draws seamless textures: marble, wood, paper, plaster, linen and terrazzo.

Every function returns the same texture for the same arguments; the latest ones are cached.
Factors on noise fields set contrast: the larger, the stronger the clouds, grain or relief.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing
from services.studio.noise import (
    displace_field,
    generate_fractal_noise,
    generate_smooth_noise,
    upscale_field,
)

# Pixels per side of slow fields, and of finished textures. Larger: sharper veins and grain, more
# time and memory per texture.
FIELD_SIDE = 1024
TEXTURE_SIDE = 2048

# Darkest gray of the grain in draw_wood_grain; darker ones are the gaps between planks.
WOOD_GRAIN_SHARE = 0.5

# A picture, uint8 RGB (2048, 2048, 3), and its heights, 0 to 1, float16 (2048, 2048).
ReliefTexture = tuple[np.ndarray, np.ndarray]


@cache_drawing
def draw_marble_veins(seed: int, strength: float = 1.0) -> np.ndarray:
    """Draws marble with smoky clouds and branching veins: darkness, uint8 (2048, 2048).

    seed: equal seeds draw equal veins.
    strength: of the smoke and the finer veins; 1 as in Carrara marble.

    0 is bare stone, 127 the thickest smoke, 255 the middle of a vein.
    """
    lines, haze, cloud = _create_marble_fields(seed)
    grain = generate_fractal_noise(size=TEXTURE_SIDE, cells=48, octaves=4, seed=seed + 7, fade=0.8)
    hazy = np.clip(haze * (0.75 + 0.35 * cloud + 0.1 * grain), 0, 1) * 0.5
    hazy += 0.05 * (cloud + 1.2) + 0.012 * grain
    smoky = 0.5 * np.clip(hazy * strength, 0, 0.9)
    veined = np.clip(lines * (0.45 + 0.3 * strength), 0, 1)
    return pack_gray(smoky + (1 - smoky) * veined)


def draw_marble(seed: int, stone: RGB, smoke: RGB, vein: RGB, strength: float = 1.0) -> np.ndarray:
    """Draws polished marble with smoky clouds and branching veins: uint8 RGB (2048, 2048, 3).

    seed, strength: as in draw_marble_veins.
    stone, smoke, vein: sRGB.
    """
    return tint_drawing(draw_marble_veins(seed, strength), (stone, smoke, vein))


def draw_wood(seed: int, light: RGB, dark: RGB, planks: int = 4) -> ReliefTexture:
    """Draws planks that lie along the picture's width, with their relief.

    seed: equal seeds draw equal grain.
    light, dark: sRGB of the grain.
    planks: count along the picture's height.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    gray, heights = draw_wood_grain(seed, planks)
    return tint_wood_grain(gray, light, dark), heights


@cache_drawing
def draw_wood_grain(
    seed: int, planks: int = 4, length: int = 1, wear: float = 0.0
) -> ReliefTexture:
    """Draws the grain of planks that lie along the picture's width, with its relief.

    seed: equal seeds draw equal grain.
    planks: count along the picture's height.
    length: staves along each plank; 1: one without ends.
    wear: of the wood, 0 smooth to 1 weathered, with open grain and knots.

    Returns darkness, uint8 (2048, 2048), for tint_wood_grain, and heights, 0 to 1, float16 of that
    shape.
    """
    tone, gaps = _create_wood_fields(seed, planks, length, wear)
    shade = tone * WOOD_GRAIN_SHARE
    return pack_gray(shade + (1 - shade) * gaps), pack_heights(
        0.8 - (0.25 + 0.15 * wear) * tone - 0.7 * gaps
    )


def tint_wood_grain(gray: np.ndarray, light: RGB, dark: RGB) -> np.ndarray:
    """Colors the grain of wood: uint8 RGB (h, w, 3).

    gray: darkness, uint8 (h, w), as of draw_wood_grain.
    light, dark: sRGB of early and late wood; gaps are nearly black.
    """
    middle, gap = mix_colors(light, dark, share=0.5), mix_colors(dark, (16, 12, 9), share=0.8)
    return tint_drawing(gray, (light, middle, dark, dark, gap))


@cache_drawing
def draw_paper_tooth(seed: int) -> np.ndarray:
    """Draws the tooth of heavy paper: heights 0 to 1, half-precision float (1024, 1024)."""
    return pack_heights(
        0.5
        + 0.16 * generate_fractal_noise(size=FIELD_SIDE, cells=128, octaves=3, seed=seed, fade=0.8)
    )


@cache_drawing
def draw_plaster(seed: int, color: RGB) -> ReliefTexture:
    """Draws hand-smoothed plaster, limewash or concrete with trowel marks, and its relief.

    seed: equal seeds draw equal marks.
    color: sRGB.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    drift = [
        0.05
        * FIELD_SIDE
        * generate_fractal_noise(size=FIELD_SIDE, cells=3, octaves=4, seed=seed + i)
        for i in (1, 2)
    ]
    clouds = upscale_field(
        displace_field(
            generate_fractal_noise(size=FIELD_SIDE, cells=4, octaves=8, seed=seed, fade=0.62),
            *drift,
        ),
        size=TEXTURE_SIDE,
    )
    shade = cv2.merge([np.exp(0.04 * clouds)] * 3)
    rough = generate_fractal_noise(size=TEXTURE_SIDE, cells=64, octaves=4, seed=seed + 3, fade=0.7)
    return round_to_bytes(np.array(color, np.float32) * shade), pack_heights(
        0.5 + 0.1 * clouds + 0.05 * rough
    )


def draw_linen(seed: int, color: RGB) -> ReliefTexture:
    """Draws woven cloth with its relief.

    seed: equal seeds draw equal threads.
    color: sRGB.

    Returns the picture, uint8 RGB (2048, 2048, 3), and heights, 0 to 1, float16 (2048, 2048).
    """
    gray, heights = draw_weave(seed)
    return tint_weave(gray, color), heights


def tint_weave(gray: np.ndarray, color: RGB) -> np.ndarray:
    """Colors woven threads: uint8 RGB (h, w, 3).

    gray: brightness, uint8 (h, w), as of draw_weave.
    color: sRGB of the cloth.
    """
    light = mix_colors(color, (255, 255, 255), share=0.08)
    return tint_drawing(gray, (mix_colors(color, (0, 0, 0), share=0.2), light))


@cache_drawing
def draw_weave(seed: int, threads: int = 300, unevenness: float = 1.0) -> ReliefTexture:
    """Draws woven threads.

    seed: equal seeds draw equal threads.
    threads: along each side. More: finer cloth.
    unevenness: of their thickness and shade, 1 as of linen.

    Returns brightness, uint8 (2048, 2048), and heights, 0 to 1, float16 of that shape.
    """
    down, across = (
        np.arange(TEXTURE_SIDE, dtype=np.float32) / TEXTURE_SIDE * threads for _ in range(2)
    )
    sway = 0.35 * generate_fractal_noise(size=TEXTURE_SIDE, cells=6, octaves=4, seed=seed)
    warp_threads = np.abs(np.sin(math.pi * (across[None] + sway)))
    weft_threads = np.abs(np.sin(math.pi * (down[:, None] + sway.T)))
    over = np.sin(math.pi * across[None]) * np.sin(math.pi * down[:, None]) > 0
    height = np.where(over, warp_threads, weft_threads)
    slubs = generate_smooth_noise(
        size=TEXTURE_SIDE, across=40, down=threads, seed=seed + 1
    ) + generate_smooth_noise(size=TEXTURE_SIDE, across=threads, down=40, seed=seed + 2)
    tone = 0.5 + 0.34 * (height - 0.3) + 0.078 * unevenness * slubs
    return pack_gray(tone), pack_heights(height)


@cache_drawing
def draw_terrazzo(seed: int, ground: RGB, chips: tuple[RGB, ...]) -> np.ndarray:
    """Draws stone chips in cement: uint8 RGB (2048, 2048, 3).

    seed: equal seeds draw equal chips.
    ground: sRGB of the cement.
    chips: sRGB of each kind of chip.
    """
    rng = np.random.default_rng(seed)
    picture = np.empty((TEXTURE_SIDE, TEXTURE_SIDE, 3), np.uint8)
    picture[:] = ground
    for size, count in ((9, 1500), (20, 420), (40, 110)):
        for _ in range(count):
            _draw_chip(picture, rng, size, color=chips[rng.integers(len(chips))])
    shade = 1 + 0.03 * generate_fractal_noise(size=TEXTURE_SIDE, cells=16, octaves=4, seed=seed)
    return np.clip(picture * shade[..., None], 0, 255).astype(np.uint8)


def _create_marble_fields(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Creates the veins, smoke and clouds of marble: float32 (2048, 2048) each.

    Veins (1 in their middle) and the smoke next to them are 0 and up, clouds have a mean of 0.
    """
    rng = np.random.default_rng(seed)
    along, across = (1, 2) if rng.random() < 0.5 else (2, 1)
    slant = -1 if rng.random() < 0.5 else 1
    vein_sets = (
        # Lines per texture along x and y; sway in shares of their spacing; width as a share of the
        # texture; strength; noise levels between which they appear; reach of the smoke next to
        # them, negative on the other side. The first set is the main veins, the others branch off.
        ((along, slant * across), 0.24, 0.0026, 1.0, (-0.6, 1.0), 0.16),
        ((along + 1, slant * (across + 1)), 0.30, 0.0016, 0.75, (-0.5, 1.3), -0.1),
        ((-slant * across - 1, along + 3), 0.30, 0.0012, 0.5, (-0.2, 1.6), 0.0),
        ((along + 4, slant * (across + 3)), 0.42, 0.0011, 0.4, (-0.3, 1.4), 0.1),
    )
    # Multiples and offsets of the seed make the fields independent of each other.
    bends = [
        0.02
        * FIELD_SIDE
        * generate_fractal_noise(size=FIELD_SIDE, cells=5, octaves=6, seed=seed * 97 + i, fade=0.48)
        for i in (1, 2)
    ]
    swell = np.exp(0.6 * _create_slow_noise(cells=8, seed=seed * 97 + 33))
    lines, haze = np.zeros((2, FIELD_SIDE, FIELD_SIDE), np.float32)
    for number, (turns, sway, width, weight, (low, high), reach) in enumerate(vein_sets):
        phase, distance = _create_vein_bands(
            seed=seed * 97 + 10 * number, turns=turns, sway=sway, bends=bends
        )
        visible = weight * np.clip(
            (_create_slow_noise(cells=4, seed=seed * 97 + 50 + number) - low) / (high - low), 0, 1
        )
        lines = np.maximum(lines, visible * np.exp(-((distance / (width * swell)) ** 1.2)))
        if reach:
            side = phase * math.copysign(1, reach)
            slope = np.where(side > 0, 1, -4) * side / abs(reach)
            haze += 0.8 * visible * np.exp(-slope)
    return (
        upscale_field(lines, size=TEXTURE_SIDE),
        upscale_field(haze, size=TEXTURE_SIDE),
        upscale_field(
            _create_slow_noise(cells=3, seed=seed * 97 + 40, octaves=6), size=TEXTURE_SIDE
        ),
    )


def _create_vein_bands(
    seed: int, turns: tuple[int, int], sway: float, bends: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Creates swaying parallel lines from noise of this seed.

    turns: lines per texture along x and y.
    sway: of the lines, in shares of their spacing.
    bends: pixels that they are displaced by, float32 (1024, 1024) each.

    Returns the phase between lines, -0.5 to 0.5, and the distance to the nearest one as a share of
    the texture, float32 (1024, 1024) each.
    """
    down, across = np.mgrid[0:FIELD_SIDE, 0:FIELD_SIDE].astype(np.float32) / FIELD_SIDE
    swaying = displace_field(
        generate_fractal_noise(size=FIELD_SIDE, cells=3, octaves=2, seed=seed, fade=0.4), *bends
    )
    phase = turns[0] * (across + bends[0] / FIELD_SIDE) + turns[1] * (down + bends[1] / FIELD_SIDE)
    phase += sway * swaying
    phase -= np.floor(phase) + 0.5
    steps = np.hypot(
        np.diff(phase, axis=1, append=phase[:, :1]), np.diff(phase, axis=0, append=phase[:1])
    )
    slope = cv2.blur(np.minimum(steps, 0.1), (7, 7)) + 1e-5
    return phase, np.abs(phase) / slope / FIELD_SIDE


def _create_wood_fields(
    seed: int, planks: int, length: int, wear: float
) -> tuple[np.ndarray, np.ndarray]:
    """Creates darkness of the grain and gaps between planks, 0 to 1: float32 (2048, 2048) each.

    planks: count along the picture's height.
    length: staves along each plank; 1: one without ends.
    wear: 0 smooth to 1 weathered.
    """
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[0:FIELD_SIDE, 0:FIELD_SIDE].astype(np.float32) / FIELD_SIDE
    plank = np.minimum((down * planks).astype(int), planks - 1)
    offset = np.random.default_rng(seed + 5).random(planks).astype(np.float32)[plank]
    place = across * length + offset
    stave = plank * length + np.floor(place).astype(int) % length
    start, lift, cut = rng.random((3, planks * length)).astype(np.float32)[:, stave]
    within = down * planks - plank
    slow = displace_field(
        generate_fractal_noise(
            size=FIELD_SIDE, cells=2, octaves=4, seed=seed + 1, stretch=0.22, fade=0.45
        ),
        right=start * FIELD_SIDE,
        down=lift * FIELD_SIDE,
    )
    depth = 0.42 + 0.16 * np.sin(2 * math.pi * (across + start + lift))
    radius = np.hypot((within - 0.5 + 1.6 * (cut - 0.5) + 0.09 * slow) * 1.2, depth)
    knots = wear * _create_knots(seed, planks)
    rings = radius * 19 * min(1.0, 8 / planks) + 0.45 * slow + 4.5 * knots
    tone = 0.16 + _create_late_wood(rings, rng) * (0.3 + 0.06 * slow) * (1 + 0.5 * wear)
    tone += 0.06 * slow + 0.55 * knots**2
    tone += 0.09 * rng.standard_normal(planks * length).astype(np.float32)[stave]
    gap = np.minimum(within, 1 - within) / planks * FIELD_SIDE
    if length > 1:
        gap = np.minimum(gap, np.abs(place - np.rint(place)) / length * FIELD_SIDE)
    fibers = _create_fibers(seed) * (1 + 1.5 * wear)
    return (
        np.clip(upscale_field(tone.astype(np.float32), size=TEXTURE_SIDE) + fibers, 0, 1),
        upscale_field(np.clip(1.6 + wear - gap, 0, 1).astype(np.float32), size=TEXTURE_SIDE),
    )


def _create_knots(seed: int, planks: int) -> np.ndarray:
    """Creates one knot per plank on average, 1 in its heart: float32 (1024, 1024), seamless."""
    rng = np.random.default_rng(seed + 17)
    down, across = np.mgrid[0:FIELD_SIDE, 0:FIELD_SIDE].astype(np.float32) / FIELD_SIDE
    knots = np.zeros((FIELD_SIDE, FIELD_SIDE), np.float32)
    for plank in range(planks):
        middle = (plank + rng.uniform(0.3, 0.7)) / planks
        x, size = rng.random(), rng.uniform(0.012, 0.024)
        right = (across - x + 0.5) % 1 - 0.5
        knots += np.exp(-np.hypot(right / 1.6, down - middle) / size)
    return np.minimum(knots, 1)


def _create_late_wood(rings: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns the dark part of each annual ring, 0 to 1; some years are darker than others.

    rings: number of the year at each pixel, with fractions from ring to ring, float (h, w).
    rng: random generator, which darkens the years.
    """
    years = np.floor(rings).astype(int)
    share = rings - years
    dark = np.clip((share - 0.25) / 0.65, 0, 1) ** 1.5 * (1 - np.clip((share - 0.93) / 0.07, 0, 1))
    return dark * rng.uniform(0.35, 1.0, 256).astype(np.float32)[years % 256]


def _create_fibers(seed: int) -> np.ndarray:
    """Creates fine streaks and dark pores, to add to the grain's darkness: float32 (2048, 2048)."""
    streaks = sum(
        weight
        * generate_smooth_noise(size=TEXTURE_SIDE, across=across, down=down, seed=seed * 7 + down)
        for across, down, weight in ((7, 260, 0.025), (18, 700, 0.03), (60, 1024, 0.02))
    )
    pores = np.clip(
        generate_smooth_noise(size=TEXTURE_SIDE, across=120, down=1024, seed=seed * 7 + 9) - 1.4,
        0,
        1,
    )
    return streaks + 0.22 * pores


def _create_slow_noise(cells: int, seed: int, octaves: int = 4) -> np.ndarray:
    """Creates seamless noise without fine detail, mean 0: float32 (1024, 1024).

    cells: waves across, about; octaves: layers of noise, each twice as fine as the one before.
    """
    return upscale_field(
        generate_fractal_noise(size=FIELD_SIDE // 4, cells=cells, octaves=octaves, seed=seed),
        size=FIELD_SIDE,
    )


def _draw_chip(picture: np.ndarray, rng: np.random.Generator, size: float, color: RGB) -> None:
    """Draws a stone chip of random shape into a picture, wrapped around its edges.

    picture: uint8 RGB (2048, 2048, 3), changed in place.
    rng: random generator of its place and its 5 to 7 corners.
    size: largest radius in pixels.
    color: sRGB.
    """
    corners = rng.integers(5, 8)
    angle = np.sort(rng.random(corners)) * 2 * math.pi
    radius = size * rng.uniform(0.5, 1.0, corners)
    chip = np.column_stack([np.cos(angle), 0.8 * np.sin(angle)]) * radius[:, None]
    # The chip and its copies one texture to the right and below, so that it wraps around.
    for place in rng.uniform(0, TEXTURE_SIDE, 2) + np.array(
        [[0, 0], [TEXTURE_SIDE, 0], [0, TEXTURE_SIDE], [TEXTURE_SIDE, TEXTURE_SIDE]]
    ):
        # OpenCV takes points in eighths of a pixel: 3 fractional bits.
        points = np.rint((chip + place - [TEXTURE_SIDE / 2, TEXTURE_SIDE / 2]) * 8).astype(np.int32)
        cv2.fillPoly(picture, [points], color, cv2.LINE_AA, 3)


def blend_pixels(one: RGB | np.ndarray, other: RGB, share: np.ndarray) -> np.ndarray:
    """Mixes two sRGB colors pixel by pixel: float32 (h, w, 3), 0 to 255.

    one: a color, or a picture (h, w, 3).
    other: a color.
    share: of the other color, 0 to 1, float (h, w).
    """
    ones = cv2.split(one) if isinstance(one, np.ndarray) else np.array(one, np.float32)
    return cv2.merge(
        [a + (np.array(b, np.float32) - a) * share for a, b in zip(ones, other, strict=True)]
    )


def round_to_bytes(color: np.ndarray) -> np.ndarray:
    """Rounds a picture, float (h, w, 3), to uint8, clipped to 0 to 255."""
    return cv2.convertScaleAbs(np.clip(color, 0, 255))


def pack_heights(field: np.ndarray) -> np.ndarray:
    """Converts heights (h, w) to float16, clipped to 0 to 1."""
    return np.clip(field, 0, 1).astype(np.float16)
