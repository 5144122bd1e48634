"""From a lit set to pixels: rendering in strips, denoising and developing to sRGB."""

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Protocol

import cv2
import mitsuba as mi
import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.color import srgb_from_linear
from services.studio.oidn import pyoidn
from services.studio.passes import render_in_passes
from services.studio.steps import finish_steps
from services.studio.variant import is_variant_scalar

# Samples that a strip takes: less than 0.4 s of rendering. Larger: fewer progress steps, and a
# canceled call ends later.
SAMPLES_PER_STRIP = 110_000
# Standard deviation of the film grain, of sRGB 0 to 1: half a step of 8 bits, which dithers
# gradients that would show bands.
GRAIN_SIGMA = 0.5 / 255
# Share of the light lost in the corners. Larger: darker corners.
VIGNETTE_STRENGTH = 0.07
# Megabytes that the denoiser may use; larger images are denoised in tiles.
DENOISER_MEMORY_MB = 400
# Pixels up to which fine denoising uses balanced quality; larger images use the fast one, which
# takes half of the time per pixel.
BALANCED_QUALITY_MAX_PIXELS = 500_000
# Uchimura's tone curve (see _apply_tone_curve): light where its linear section starts, length of
# that section as a share of the rest, and exponent of the toe. A larger exponent: darker shadows.
CURVE_START, CURVE_LENGTH, CURVE_TOE = 0.2, 0.42, 1.12
# Lens glow: pixels of the image that it is computed on, blur on that image, share of the light
# above white that it spreads, and the brightest excess that counts. Larger: more veil.
GLOW_SIDE, GLOW_SIGMA, GLOW_STRENGTH, GLOW_MAX_EXCESS = 96, 3, 0.06, 8


# Pixels that are denoised at once in balanced and in fast quality, and rows around them that are
# looked at besides. More pixels: longer steps. Fewer rows: strips whose borders show; at 32
# they differ by 3 of 255 at most.
BALANCED_AT_ONCE, FAST_AT_ONCE, DENOISED_MARGIN = 140_000, 530_000, 32
# Middle gray, to which the denoiser brings an image, and pixels of the blocks it is measured in.
DENOISER_GRAY, METER_BLOCK = 0.18, 16


class DenoiserDevice(Protocol):
    """A device of Open Image Denoise."""

    def get_error(self) -> object:
        """Returns the error of the last operation; None without one."""
        ...


def split_into_strips(size: tuple[int, int], samples: int) -> Iterator[tuple[int, int]]:
    """Yields strips of rows, (first, end), that cover an image and are rendered one by one.

    size: (height, width) of the image in pixels.
    samples: light paths per pixel.

    Each strip takes less than 0.4 s to render.
    """
    height, width = size
    count = max(1, round(height * width * samples / SAMPLES_PER_STRIP))
    edges = [height * i // count for i in range(count + 1)]
    yield from pairwise(edges)


def render_light(scene: "mi.Scene", sensor: "mi.Sensor", seed: int) -> np.ndarray:
    """Renders what a sensor sees: linear light, float32 RGB (height, width, 3).

    scene, sensor: as world.load_scene and world.load_sensor return them.
    seed: of the noise, any integer.
    """
    if is_variant_scalar():
        return np.array(
            mi.render(scene, sensor=sensor, seed=mi.UInt32(seed % 2**32)), dtype=np.float32
        )
    return finish_steps(render_in_passes(scene, sensor, seed))


def denoise_light(light: np.ndarray, fine: bool = True) -> np.ndarray:
    """Removes render noise from linear light, float32 RGB (height, width, 3); same shape.

    fine: as denoise_in_strips takes it.

    Raises RuntimeError when Open Image Denoise reports an error.
    """
    return np.concatenate(list(denoise_in_strips(light, fine)))


def denoise_in_strips(light: np.ndarray, fine: bool = True) -> Iterator[np.ndarray]:
    """Removes render noise, and yields the clean strips of rows from top to bottom.

    light: linear RGB, float32 (height, width, 3); so are the strips, of fewer rows each.
    fine: whether up to BALANCED_QUALITY_MAX_PIXELS are worth twice the time. In even, deep shadow
        the fast quality may leave grain; elsewhere the pictures look alike.

    Raises RuntimeError when Open Image Denoise reports an error.
    """
    height, width = light.shape[:2]
    scale = _measure_denoiser_scale(light)
    is_balanced = fine and height * width <= BALANCED_QUALITY_MAX_PIXELS
    quality = pyoidn.OIDN_QUALITY_BALANCED if is_balanced else pyoidn.OIDN_QUALITY_FAST
    count = math.ceil(height * width / (BALANCED_AT_ONCE if is_balanced else FAST_AT_ONCE))
    for first, end in pairwise(height * i // count for i in range(count + 1)):
        top, bottom = max(0, first - DENOISED_MARGIN), min(height, end + DENOISED_MARGIN)
        yield _denoise_rows(light[top:bottom], scale, quality)[first - top : end - top]


def _measure_denoiser_scale(light: np.ndarray) -> float:
    """Returns the factor that brings an image to middle gray, as the denoiser itself chooses it.

    light: linear RGB, float32 (height, width, 3).

    Measured once, so that every strip is denoised alike.
    """
    height, width = (max(1, side // METER_BLOCK) for side in light.shape[:2])
    blocks = cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA) @ LUMINANCE
    return float(DENOISER_GRAY / np.exp(np.log(np.maximum(blocks, 1e-8)).mean()))


def _denoise_rows(light: np.ndarray, scale: float, quality: int) -> np.ndarray:
    """Removes render noise from linear light, float32 RGB (height, width, 3); same shape.

    scale: factor that brings the whole image to middle gray.
    quality: one of Open Image Denoise's.

    Raises RuntimeError when Open Image Denoise reports an error.

    Albedo and normal images are left out: at so few samples they carry noise of their own, which
    frays edges, and they cost a quarter of the rendering.
    """
    light, clean = np.ascontiguousarray(light), np.empty_like(light)
    with pyoidn.Filter(_open_denoiser(), pyoidn.OIDN_FILTER_TYPE_RT) as task:
        task.set_image(pyoidn.OIDN_IMAGE_COLOR, light, pyoidn.OIDN_FORMAT_FLOAT3)
        task.set_image(pyoidn.OIDN_IMAGE_OUTPUT, clean, pyoidn.OIDN_FORMAT_FLOAT3)
        task.set_bool("hdr", True)
        task.set_float("inputScale", scale)
        task.set_int("maxMemoryMB", DENOISER_MEMORY_MB)
        task.set_quality(quality)
        task.commit()
        task.execute()
    error = _open_denoiser().get_error()
    if error:
        raise RuntimeError(f"the denoiser failed: {error}")
    return clean


@cache
def _open_denoiser() -> DenoiserDevice:
    """Opens the process's one denoising device; filters are closed after use to free memory."""
    device = pyoidn.Device(pyoidn.OIDN_DEVICE_TYPE_CPU)
    device.commit()
    return device


def develop_image(light: np.ndarray, exposure: float, seed: int) -> np.ndarray:
    """Develops linear light, float32 RGB (height, width, 3), to uint8 sRGB of the same shape.

    exposure: factor on the light; a white card in full light is 1.
    seed: of the film grain.

    Adds lens glow and vignette, applies the tone curve, and adds grain.
    """
    exposed = light * exposure + _create_glow(light * exposure)
    developed = srgb_from_linear(map_tones(exposed * _create_vignette(light.shape[:2])))
    grain = np.random.default_rng(seed).normal(0, GRAIN_SIGMA, light.shape[:2]).astype(np.float32)
    return np.rint(np.clip(developed + grain[..., None], 0, 1) * 255).astype(np.uint8)


def map_tones(light: np.ndarray) -> np.ndarray:
    """Compresses linear light from 0 up, float (h, w, 3), to 0 to 1.

    Half of the result applies the curve per channel, as film does; the other half applies it to
    the brightest channel, which preserves the hue of bright colors.
    """
    brightest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    return 0.5 * _apply_tone_curve(light) + 0.5 * light * (_apply_tone_curve(brightest) / brightest)


def _apply_tone_curve(x: np.ndarray) -> np.ndarray:
    """Maps light from 0 up to 0 to 1 with a toe, a linear middle and a shoulder: float32.

    x: linear light, float of any shape; the result has the same.

    Hajime Uchimura, HDR Theory and Practice (CEDEC 2017), with a contrast of 1.
    """
    start, toe = CURVE_START, CURVE_TOE
    end = start + (1 - start) * CURVE_LENGTH
    shadows = start * (np.maximum(x, 1e-9) / start) ** toe
    highlights = 1 - (1 - end) * np.exp(-(x - end) / (1 - end))
    # 1 in black, falls smoothly to 0 where the linear section starts.
    shadow_share = 1 - np.clip(x / start, 0, 1) ** 2 * (3 - 2 * np.clip(x / start, 0, 1))
    return np.where(x > end, highlights, shadow_share * shadows + (1 - shadow_share) * x).astype(
        np.float32
    )


def _create_glow(light: np.ndarray) -> np.ndarray:
    """Returns the veil that highlights spread in a lens, float32 (h, w, 3), to add to the light.

    light: linear light, float32 RGB (h, w, 3); what exceeds 1 spreads.
    """
    height, width = light.shape[:2]
    size = (GLOW_SIDE, GLOW_SIDE)
    small = cv2.resize(np.maximum(light - 1, 0), size, interpolation=cv2.INTER_AREA)
    excess = np.minimum(small, GLOW_MAX_EXCESS)
    veil = cv2.GaussianBlur(excess, (0, 0), GLOW_SIGMA) * GLOW_STRENGTH
    return cv2.resize(veil, (width, height), interpolation=cv2.INTER_CUBIC)


def _create_vignette(size: tuple[int, ...]) -> np.ndarray:
    """Returns factors on the light that darken the corners, float32 (height, width, 1).

    size: (height, width) in pixels.
    """
    down, across = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    return 1 - VIGNETTE_STRENGTH * ((down[:, None] ** 2 + across[None] ** 2) / 2)[..., None] ** 1.5
