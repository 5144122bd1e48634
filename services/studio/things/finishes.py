"""Materials of made things, with small textures; lengths are in millimeters."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.color import brighten_color, mix_colors
from services.studio.noise import generate_fractal_noise

# Pixels per side of a thing's texture. Larger: finer grain, more memory per thing.
GRAIN_SIDE = 256
# Small textures to cache. Larger: fewer redraws, 0.2 MB each.
CACHED_GRAINS = 24
# Different drawings of each grain. More: less repetition between seeds, more redraws.
GRAIN_DRAWINGS = 3
# sRGB of common metals, woods and glass.
STEEL: RGB = (196, 198, 200)
BRASS: RGB = (206, 162, 92)
BLACK: RGB = (28, 28, 30)
OAK: RGB = (190, 146, 98)
WALNUT: RGB = (112, 76, 50)
PALE_GLASS: RGB = (222, 230, 228)


def create_ceramic(color: RGB) -> materials.Material:
    """Creates glazed stoneware: a matte body under a smooth shine; color is sRGB."""
    return materials.create_glossy_material(color, roughness=0.22, specular=0.5)


def create_plastic(color: RGB) -> materials.Material:
    """Creates satin plastic or painted metal; color is sRGB."""
    return materials.create_glossy_material(color, roughness=0.38, specular=0.45)


def create_rubber(color: RGB) -> materials.Material:
    """Creates dull rubber or leather; color is sRGB."""
    return materials.create_glossy_material(color, roughness=0.62, specular=0.3)


def create_stoneware(color: RGB) -> materials.Material:
    """Creates glazed stoneware with fine dark specks; color is sRGB."""
    speckled = materials.create_texture(draw_specks(color))
    return replace(
        materials.create_glossy_material(speckled, roughness=0.3, specular=0.45), scale=70
    )


def create_thin_glass(color: RGB | None = None) -> materials.Material:
    """Creates the wall of a glass, a sheet that reflects and bends nothing; color: sRGB tint."""
    tint: materials.MitsubaDict = (
        {"specular_transmittance": materials.spectrum_from_srgb(color)} if color else {}
    )
    return materials.Material({"type": "thindielectric", **tint})


def create_solid_glass() -> materials.Material:
    """Creates a thick piece of clear glass or water, which bends what is behind it."""
    return materials.Material({"type": "dielectric"})


def create_faint_glass(opacity: float = 0.1) -> materials.Material:
    """Creates glass that lies on something: its shine over what is below.

    opacity: share of the light that its surface stops. Larger: milkier glass.
    """
    gloss = materials.create_glossy_material(PALE_GLASS, roughness=0.05, specular=1.0)
    return materials.Material(
        {"type": "mask", "opacity": opacity, "bsdf": {"type": "twosided", "bsdf": gloss.bsdf}}
    )


def create_wood_grain(
    rng: np.random.Generator, color: RGB, repeat: float = 160
) -> materials.Material:
    """Creates oiled wood with its grain along x.

    rng: random generator, which picks and places the drawing.
    color: sRGB.
    repeat: millimeters after which the grain repeats.
    """
    seed = int(rng.integers(GRAIN_DRAWINGS))
    oiled = materials.create_glossy_material(
        materials.create_texture(draw_fine_grain(seed, color)), roughness=0.42, specular=0.35
    )
    return replace(oiled, scale=repeat, shift=(float(rng.random()), float(rng.random())))


def create_woven_cloth(
    color: RGB, thread: float = 2.0, contrast: float = 0.16
) -> materials.Material:
    """Creates woven cloth, burlap or wicker.

    color: sRGB.
    thread: millimeters from one thread to the next.
    contrast: darkness of the gaps between threads, as a share.
    """
    woven = materials.create_texture(draw_plain_weave(color, contrast))
    cloth = materials.create_matte_material(woven)
    return replace(cloth, scale=thread * WEAVE_THREADS)


def create_napped_cloth(
    color: RGB, repeat: float = 60, contrast: float = 0.07
) -> materials.Material:
    """Creates terry, fleece, felt or sponge.

    color: sRGB.
    repeat: millimeters after which the nap repeats.
    contrast: of its tufts, as a share.
    """
    nap = materials.create_texture(draw_nap(color, contrast))
    return replace(materials.create_matte_material(nap), scale=repeat)


def create_page_edges(color: RGB = (238, 230, 212)) -> materials.Material:
    """Creates the cut edges of a book's pages, lines along x; color is sRGB."""
    pages = materials.create_texture(draw_page_edges(color))
    return replace(materials.create_matte_material(pages), scale=24)


# Threads of a weave's texture along each side.
WEAVE_THREADS = 16


@lru_cache(CACHED_GRAINS)
def draw_fine_grain(seed: int, color: RGB) -> np.ndarray:
    """Draws wood with its grain along the picture's width: uint8 RGB (256, 256, 3).

    seed: equal seeds draw equal grain.
    color: sRGB.
    """
    broad = generate_fractal_noise(size=GRAIN_SIDE, cells=3, octaves=3, seed=seed, stretch=0.2)
    lines = generate_fractal_noise(
        size=GRAIN_SIDE, cells=4, octaves=3, seed=seed + 9, stretch=1 / 24, fade=0.8
    )
    rings = 0.5 + 0.5 * np.sin(9 * broad)
    dark = np.clip(0.22 * rings + 0.13 * lines + 0.1, 0, 1)
    return _shade_color(color, mix_colors(color, (52, 26, 12), share=0.75), dark)


@lru_cache(CACHED_GRAINS)
def draw_plain_weave(color: RGB, contrast: float) -> np.ndarray:
    """Draws a plain weave: uint8 RGB (256, 256, 3).

    color: sRGB.
    contrast: darkness of the gaps between threads, as a share.
    """
    position = (np.arange(GRAIN_SIDE) + 0.5) / GRAIN_SIDE * WEAVE_THREADS * np.pi
    across, down = np.sin(position)[None], np.sin(position)[:, None]
    height = np.where(across * down > 0, np.abs(across) ** 0.7, np.abs(down) ** 0.7)
    slubs = generate_fractal_noise(size=GRAIN_SIDE, cells=16, octaves=3, seed=5)
    dark = np.clip(contrast * (1.4 * (1 - height) + 0.3 * slubs), 0, 1)
    return _shade_color(color, mix_colors(color, (10, 8, 6), share=0.9), dark.astype(np.float32))


@lru_cache(CACHED_GRAINS)
def draw_specks(color: RGB) -> np.ndarray:
    """Draws a glaze with iron specks: uint8 RGB (256, 256, 3); color: sRGB."""
    rng = np.random.default_rng(8)
    dark = np.zeros((GRAIN_SIDE, GRAIN_SIDE), np.float32)
    for x, y in rng.integers(4, GRAIN_SIDE - 4, (110, 2)):
        center, radius = (int(x), int(y)), int(rng.choice((0, 1, 1, 2), p=(0.4, 0.3, 0.2, 0.1)))
        cv2.circle(dark, center, radius, float(rng.uniform(0.25, 0.7)), thickness=-1)
    clouds = generate_fractal_noise(size=GRAIN_SIDE, cells=3, octaves=3, seed=4)
    share = np.clip(cv2.GaussianBlur(dark, (0, 0), 0.7) + 0.03 * (clouds + 1), 0, 1)
    return _shade_color(color, mix_colors(color, (60, 44, 34), share=0.85), share)


@lru_cache(CACHED_GRAINS)
def draw_nap(color: RGB, contrast: float) -> np.ndarray:
    """Draws tufts of cloth: uint8 RGB (256, 256, 3).

    color: sRGB.
    contrast: as a share.
    """
    tufts = generate_fractal_noise(size=GRAIN_SIDE, cells=32, octaves=3, seed=3, fade=0.8)
    dark = np.clip(contrast * (1.2 + tufts), 0, 1)
    return _shade_color(color, brighten_color(color, 0.15), dark)


@lru_cache(CACHED_GRAINS)
def draw_page_edges(color: RGB) -> np.ndarray:
    """Draws the edges of stacked paper, along the width: uint8 RGB (256, 256, 3).

    color: sRGB.
    """
    sheets = np.random.default_rng(1).random((GRAIN_SIDE, 1)).astype(np.float32)
    blurred = cv2.GaussianBlur(np.repeat(sheets, GRAIN_SIDE, axis=1), (0, 0), 1.2)
    dark = np.clip(1.3 * (blurred - 0.3), 0, 1)
    return _shade_color(color, brighten_color(color, 0.45), dark)


def _shade_color(color: RGB, dark: RGB, share: np.ndarray) -> np.ndarray:
    """Mixes two sRGB colors by a share (h, w), 0 to 1, of the dark one: uint8 RGB (h, w, 3)."""
    light, shade = np.array(color, np.float32), np.array(dark, np.float32)
    return np.rint(light + (shade - light) * share[..., None]).astype(np.uint8)
