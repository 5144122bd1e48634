"""Drawn materials: seamless pictures of marble, wood, paper, plaster and terrazzo.

Every function returns the same picture for the same arguments; the latest ones are kept.
"""

import math
from functools import lru_cache

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.noise import (
    enlarge,
    fractal_noise,
    smooth_noise,
    warp,
)

DRAWN = 1024
SIDE = 2048
KEPT = 2

Relief = tuple[np.ndarray, np.ndarray]
"""A picture, uint8 RGB (2048, 2048, 3), and its heights, 0 to 1, float16 (2048, 2048)."""


@lru_cache(KEPT)
def marble(seed: int, stone: RGB, smoke: RGB, vein: RGB, strength: float = 1.0) -> np.ndarray:
    """Polished stone with smoky clouds and branching veins: uint8 RGB (2048, 2048, 3).

    strength: how much of the smoke and the finer veins shows, 1 = as in Carrara marble.
    """
    lines, haze, cloud = _marble_fields(seed)
    grain = fractal_noise(SIDE, 48, 4, seed + 7, fade=0.8)
    hazy = np.clip(haze * (0.75 + 0.35 * cloud + 0.1 * grain), 0, 1) * 0.5
    hazy += 0.05 * (cloud + 1.2) + 0.012 * grain
    body = _blend(stone, smoke, np.clip(hazy * strength, 0, 0.9))
    veined = np.clip(lines * (0.45 + 0.3 * strength), 0, 1)
    return _as_bytes(_blend(body, vein, veined))


@lru_cache(KEPT)
def wood(seed: int, light: RGB, dark: RGB, planks: int = 4) -> Relief:
    """Planks that lie along the picture's width."""
    tone, gaps = _wood_fields(seed, planks)
    grain = _blend(_blend(light, dark, tone), (24, 18, 14), 0.9 * gaps)
    return _as_bytes(grain), _as_heights(0.8 - 0.25 * tone - 0.7 * gaps)


@lru_cache(KEPT)
def paper_tooth(seed: int) -> np.ndarray:
    """The tooth of heavy paper, heights 0 to 1: float16 (1024, 1024)."""
    return _as_heights(0.5 + 0.16 * fractal_noise(DRAWN, 128, 3, seed, fade=0.8))


@lru_cache(KEPT)
def plaster(seed: int, color: RGB) -> Relief:
    """Hand-smoothed plaster, limewash or concrete with its trowel marks."""
    drift = [0.05 * DRAWN * fractal_noise(DRAWN, 3, 4, seed + i) for i in (1, 2)]
    clouds = enlarge(warp(fractal_noise(DRAWN, 4, 8, seed, fade=0.62), *drift), SIDE)
    shade = cv2.merge([np.exp(0.04 * clouds)] * 3)
    rough = fractal_noise(SIDE, 64, 4, seed + 3, fade=0.7)
    return _as_bytes(np.float32(color) * shade), _as_heights(0.5 + 0.1 * clouds + 0.05 * rough)


@lru_cache(KEPT)
def linen(seed: int, color: RGB) -> Relief:
    """Woven cloth."""
    threads = 300
    down, across = (np.arange(SIDE, dtype=np.float32) / SIDE * threads for _ in range(2))
    sway = 0.35 * fractal_noise(SIDE, 6, 4, seed)
    warp_threads = np.abs(np.sin(math.pi * (across[None] + sway)))
    weft_threads = np.abs(np.sin(math.pi * (down[:, None] + sway.T)))
    over = np.sin(math.pi * across[None]) * np.sin(math.pi * down[:, None]) > 0
    height = np.where(over, warp_threads, weft_threads)
    slubs = smooth_noise(SIDE, 40, threads, seed + 1) + smooth_noise(SIDE, threads, 40, seed + 2)
    tone = (0.9 + 0.11 * height + 0.025 * slubs).astype(np.float32)
    return _as_bytes(np.float32(color) * cv2.merge([tone] * 3)), _as_heights(height)


@lru_cache(KEPT)
def terrazzo(seed: int, ground: RGB, chips: tuple[RGB, ...]) -> np.ndarray:
    """Stone chips in cement: uint8 RGB (2048, 2048, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = ground
    for size, count in ((9, 1500), (20, 420), (40, 110)):
        for _ in range(count):
            _draw_chip(picture, rng, size, chips[rng.integers(len(chips))])
    shade = 1 + 0.03 * fractal_noise(SIDE, 16, 4, seed)
    return np.clip(picture * shade[..., None], 0, 255).astype(np.uint8)


def _marble_fields(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Veins 0..1, smoke beside them 0..1 and clouds (mean 0): float32 (2048, 2048) each."""
    rng = np.random.default_rng(seed)
    along, across = (1, 2) if rng.random() < 0.5 else (2, 1)
    lean = -1 if rng.random() < 0.5 else 1
    sets = (
        # turns per tile, sway, width, weight, where they fade, reach of the smoke
        ((along, lean * across), 0.24, 0.0026, 1.0, (-0.6, 1.0), 0.16),
        ((along + 1, lean * (across + 1)), 0.30, 0.0016, 0.75, (-0.5, 1.3), -0.1),
        ((-lean * across - 1, along + 3), 0.30, 0.0012, 0.5, (-0.2, 1.6), 0.0),
        ((along + 4, lean * (across + 3)), 0.42, 0.0011, 0.4, (-0.3, 1.4), 0.1),
    )
    bends = [0.02 * DRAWN * fractal_noise(DRAWN, 5, 6, seed * 97 + i, fade=0.55) for i in (1, 2)]
    swell = np.exp(0.6 * _soft(8, seed * 97 + 33))
    lines, haze = np.zeros((2, DRAWN, DRAWN), np.float32)
    for number, (turns, sway, width, weight, (low, high), reach) in enumerate(sets):
        phase, apart = _bands(seed * 97 + 10 * number, turns, sway, bends)
        shown = weight * np.clip((_soft(4, seed * 97 + 50 + number) - low) / (high - low), 0, 1)
        lines = np.maximum(lines, shown * np.exp(-((apart / (width * swell)) ** 1.2)))
        if reach:
            side = phase * math.copysign(1, reach)
            slope = np.where(side > 0, 1, -4) * side / abs(reach)
            haze += 0.8 * shown * np.exp(-slope)
    return enlarge(lines, SIDE), enlarge(haze, SIDE), enlarge(_soft(3, seed * 97 + 40, 6), SIDE)


def _bands(seed: int, turns, sway: float, bends) -> tuple[np.ndarray, np.ndarray]:
    """Swaying parallel lines: the phase between them, -0.5 to 0.5, and the distance to the
    nearest one as a share of the tile; float32 (1024, 1024) each."""
    down, across = np.mgrid[0:DRAWN, 0:DRAWN].astype(np.float32) / DRAWN
    swaying = warp(fractal_noise(DRAWN, 3, 2, seed, fade=0.4), *bends)
    phase = turns[0] * (across + bends[0] / DRAWN) + turns[1] * (down + bends[1] / DRAWN)
    phase += sway * swaying
    phase -= np.floor(phase) + 0.5
    steps = np.hypot(
        np.diff(phase, axis=1, append=phase[:, :1]), np.diff(phase, axis=0, append=phase[:1])
    )
    slope = cv2.blur(np.minimum(steps, 0.1), (7, 7)) + 1e-5
    return phase, np.abs(phase) / slope / DRAWN


def _wood_fields(seed: int, planks: int) -> tuple[np.ndarray, np.ndarray]:
    """How dark the grain is, and the gaps between planks, 0..1: float32 (2048, 2048) each."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[0:DRAWN, 0:DRAWN].astype(np.float32) / DRAWN
    plank = np.minimum((down * planks).astype(int), planks - 1)
    start, lift, cut = rng.random((3, planks)).astype(np.float32)[:, plank]
    within = down * planks - plank
    slow = warp(
        fractal_noise(DRAWN, 2, 4, seed + 1, stretch=0.22, fade=0.45), start * DRAWN, lift * DRAWN
    )
    depth = 0.42 + 0.16 * np.sin(2 * math.pi * (across + start + lift))
    radius = np.hypot((within - 0.5 + 1.6 * (cut - 0.5) + 0.09 * slow) * 1.2, depth)
    rings = radius * 19 + 0.45 * slow
    tone = 0.16 + _late_wood(rings, rng) * (0.3 + 0.06 * slow)
    tone += 0.06 * slow + 0.09 * rng.standard_normal(planks).astype(np.float32)[plank]
    gap = np.minimum(within, 1 - within) / planks * DRAWN
    return (
        np.clip(enlarge(tone.astype(np.float32), SIDE) + _fibres(seed), 0, 1),
        enlarge(np.clip(1.6 - gap, 0, 1).astype(np.float32), SIDE),
    )


def _late_wood(rings: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The dark part of each year's ring, some years darker than others: 0..1."""
    years = np.floor(rings).astype(int)
    share = rings - years
    dark = np.clip((share - 0.25) / 0.65, 0, 1) ** 1.5 * (1 - np.clip((share - 0.93) / 0.07, 0, 1))
    return dark * rng.uniform(0.35, 1.0, 256).astype(np.float32)[years % 256]


def _fibres(seed: int) -> np.ndarray:
    """Fine streaks and dark pores along the grain: float32 (2048, 2048)."""
    streaks = sum(
        weight * smooth_noise(SIDE, across, down, seed * 7 + down)
        for across, down, weight in ((7, 260, 0.025), (18, 700, 0.03), (60, 1024, 0.02))
    )
    pores = np.clip(smooth_noise(SIDE, 120, 1024, seed * 7 + 9) - 1.4, 0, 1)
    return streaks + 0.22 * pores


def _soft(cells: int, seed: int, octaves: int = 4) -> np.ndarray:
    """Slow noise, float32 (1024, 1024)."""
    return enlarge(fractal_noise(DRAWN // 4, cells, octaves, seed), DRAWN)


def _draw_chip(picture: np.ndarray, rng: np.random.Generator, size: float, color: RGB) -> None:
    """Draws one chip of stone with 5 to 7 corners into a picture, wrapped around its edges."""
    corners = rng.integers(5, 8)
    angle = np.sort(rng.random(corners)) * 2 * math.pi
    radius = size * rng.uniform(0.5, 1.0, corners)
    chip = np.column_stack([np.cos(angle), 0.8 * np.sin(angle)]) * radius[:, None]
    for place in rng.uniform(0, SIDE, 2) + np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]]):
        points = np.rint((chip + place - [SIDE / 2, SIDE / 2]) * 8).astype(np.int32)
        cv2.fillPoly(picture, [points], color, cv2.LINE_AA, 3)


def _blend(one: RGB | np.ndarray, other: RGB, share: np.ndarray) -> np.ndarray:
    """Mixes two sRGB colours by shares (h, w): float32 (h, w, 3), 0 to 255."""
    ones = cv2.split(one) if isinstance(one, np.ndarray) else np.float32(one)
    return cv2.merge([a + (np.float32(b) - a) * share for a, b in zip(ones, other, strict=True)])


def _as_bytes(color: np.ndarray) -> np.ndarray:
    return cv2.convertScaleAbs(np.clip(color, 0, 255))


def _as_heights(field: np.ndarray) -> np.ndarray:
    return np.clip(field, 0, 1).astype(np.float16)
