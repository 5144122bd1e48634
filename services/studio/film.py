"""From a lit set to pixels: exposure in strips, the denoiser, and the tone curve of the print."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import cv2
import mitsuba as mi
import numpy as np

from services.studio.color import encode_srgb
from services.studio.oidn import pyoidn

SAMPLES_A_STRIP = {"scalar_rgb": 220_000, "llvm_ad_rgb": 900_000}
GRAIN = 0.5 / 255
VIGNETTE = 0.07
DENOISER_MEGABYTES = 400
FINE_UP_TO = 500_000


def strips(size: tuple[int, int], samples: int, variant: str) -> Iterator[tuple[int, int]]:
    """Cuts a picture of size (height, width) into rows (first, end), about a third of a second."""
    height, width = size
    count = max(1, round(height * width * samples / SAMPLES_A_STRIP[variant]))
    edges = [height * i // count for i in range(count + 1)]
    yield from pairwise(edges)


def expose(scene: "mi.Scene", sensor: "mi.Sensor", seed: int) -> np.ndarray:
    """Renders what the sensor sees: linear light, float32 RGB (height, width, 3)."""
    return np.array(mi.render(scene, sensor=sensor, seed=seed % 2**32), dtype=np.float32)


def denoise(light: np.ndarray) -> np.ndarray:
    """Takes the noise out of linear light, float32 RGB (height, width, 3).

    Auxiliary pictures of colour and shape are left out: at so few samples they carry noise of
    their own, which frays the edges, and they cost a quarter of the rendering.
    """
    fine = light.shape[0] * light.shape[1] <= FINE_UP_TO
    quality = pyoidn.OIDN_QUALITY_BALANCED if fine else pyoidn.OIDN_QUALITY_FAST
    light, clean = np.ascontiguousarray(light), np.empty_like(light)
    with pyoidn.Filter(_denoiser(), pyoidn.OIDN_FILTER_TYPE_RT) as work:
        work.set_image(pyoidn.OIDN_IMAGE_COLOR, light, pyoidn.OIDN_FORMAT_FLOAT3)
        work.set_image(pyoidn.OIDN_IMAGE_OUTPUT, clean, pyoidn.OIDN_FORMAT_FLOAT3)
        work.set_bool("hdr", True)
        work.set_int("maxMemoryMB", DENOISER_MEGABYTES)
        work.set_quality(quality)
        work.commit()
        work.execute()
    error = _denoiser().get_error()
    if error:
        raise RuntimeError(f"the denoiser failed: {error}")
    return clean


@cache
def _denoiser() -> "pyoidn.Device":
    """The one device of this process; filters are closed after use to give their memory back."""
    device = pyoidn.Device(pyoidn.OIDN_DEVICE_TYPE_CPU)
    device.commit()
    return device


def develop(light: np.ndarray, exposure: float, seed: int) -> np.ndarray:
    """Prints float32 RGB linear light (height, width, 3) as uint8 sRGB of the same shape.

    exposure: how much a light of 1, a white card in full light, is brightened or darkened.
    """
    glowing = light * exposure + _glow(light * exposure)
    printed = encode_srgb(_tone(glowing * _vignette(light.shape[:2])))
    grain = np.random.default_rng(seed).normal(0, GRAIN, light.shape[:2]).astype(np.float32)
    return np.rint(np.clip(printed + grain[..., None], 0, 1) * 255).astype(np.uint8)


def _tone(light: np.ndarray) -> np.ndarray:
    """Half the curve for each channel alone, as film has it, half for the brightest one,
    which keeps the hue of bright colours."""
    brightest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    return 0.5 * _curve(light) + 0.5 * light * (_curve(brightest) / brightest)


def _curve(x: np.ndarray) -> np.ndarray:
    """Maps light 0.. to 0..1 with a toe, a straight middle and a shoulder.

    Hajime Uchimura, HDR Theory and Practice (CEDEC 2017), with a contrast of 1.
    """
    start, length, toe = 0.2, 0.42, 1.12
    end = start + (1 - start) * length
    toed = start * (np.maximum(x, 1e-9) / start) ** toe
    rolled = 1 - (1 - end) * np.exp(-(x - end) / (1 - end))
    low = 1 - np.clip(x / start, 0, 1) ** 2 * (3 - 2 * np.clip(x / start, 0, 1))
    return np.where(x > end, rolled, low * toed + (1 - low) * x).astype(np.float32)


def _glow(light: np.ndarray) -> np.ndarray:
    """The veil that bright places throw around themselves in a lens."""
    height, width = light.shape[:2]
    small = cv2.resize(np.maximum(light - 1, 0), (96, 96), interpolation=cv2.INTER_AREA)
    veil = cv2.GaussianBlur(np.minimum(small, 8), (0, 0), 3) * 0.06
    return cv2.resize(veil, (width, height), interpolation=cv2.INTER_CUBIC)


def _vignette(size: tuple[int, int]) -> np.ndarray:
    """The falling off of light towards the corners, float32 (height, width, 1)."""
    down, across = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    return 1 - VIGNETTE * ((down[:, None] ** 2 + across[None] ** 2) / 2)[..., None] ** 1.5
