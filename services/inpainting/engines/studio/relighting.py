"""Lays what a product changes about the light of a set over its picture."""

import cv2
import numpy as np

from services.imaging.color import linear_light_from_srgb
from services.imaging.mask import OPAQUE_ALPHA
from services.studio.color import srgb_from_linear
from services.studio.differences import LightDifference

# Light added to both sides of a ratio. Larger: fainter changes in the darkest parts.
RATIO_FLOOR = 0.004
# Changes of the ratio below the first are noise; from the second on they count in full.
NOISE_RATIO, SURE_RATIO = 0.012, 0.04
# The same for light that is added, in linear light.
NOISE_GAIN, SURE_GAIN = 0.0015, 0.006
# Share of the window's shorter side over which changes fade out toward its border.
BORDER_FADE = 0.06


def relight_surroundings(
    picture: np.ndarray,
    mask: np.ndarray,
    difference: LightDifference,
    shadow_strength: float,
    reflection_strength: float,
) -> np.ndarray:
    """Darkens and lights up what surrounds a product; opaque product pixels stay bit-equal.

    Shadows multiply the picture's light, reflections are added to it.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    shadow_strength: exponent of the shadows; 0 leaves them out.
    reflection_strength: factor on what is added; 0 leaves it out.
    """
    shade, gain = measure_change(difference)
    fade = _fade_toward_borders(shade.shape[:2], difference.to_window, mask.shape)
    shade = shade ** (shadow_strength * fade)
    gain = gain * (reflection_strength * fade)
    height, width = mask.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shade, gain = (
        cv2.warpAffine(
            change,
            difference.to_window,
            (width, height),
            flags=flags,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for change in (shade, gain)
    )
    changed = (shade < 1 - 1e-4).any(axis=2) | (gain > 1e-5).any(axis=2)
    changed &= mask < OPAQUE_ALPHA
    out = picture.copy()
    before = picture[changed]
    light = linear_light_from_srgb(before.astype(np.float32) / 255)
    lit = srgb_from_linear(light * shade[changed] + gain[changed]) * 255
    share = mask[changed][:, None].astype(np.float32) / 255
    out[changed] = np.rint(before * share + lit * (1 - share))
    return out


def measure_change(difference: LightDifference) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a difference multiplies light by, 0 to 1, and what it adds to it, from 0.

    Both are float32 (h, w, 3); 1 and 0 where the product changes nothing but the noise.
    """
    before, after = difference.before, difference.after
    ratio = (after + RATIO_FLOOR) / (before + RATIO_FLOOR)
    shade = np.minimum(ratio, 1)
    shade = 1 - (1 - shade) * _ramp(1 - shade, NOISE_RATIO, SURE_RATIO)
    gain = np.maximum(after - before, 0)
    gain = gain * _ramp(gain, NOISE_GAIN, SURE_GAIN) * _ramp(ratio - 1, NOISE_RATIO, SURE_RATIO)
    return shade.astype(np.float32), gain.astype(np.float32)


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns 0 up to `low`, 1 from `high`, and a smooth rise in between; float of any shape."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def _fade_toward_borders(
    size: tuple[int, ...], to_window: np.ndarray, picture: tuple[int, ...]
) -> np.ndarray:
    """Returns the weight of changes in a window, float32 (h, w, 1): 0 at its borders, else 1.

    Borders that are also the picture's keep 1.

    size: (h, w) of the window. picture: (height, width) of the picture.
    """
    reach = max(1.0, BORDER_FADE * min(size))
    weights = []
    # Columns are the first of a matrix's rows.
    for length, picture_length, row in ((size[0], picture[0], 1), (size[1], picture[1], 0)):
        scale, shift = to_window[row][row], to_window[row][2]
        at = np.arange(length, dtype=np.float32)
        from_start = at if shift < -1 else np.full_like(at, reach)
        ends_inside = picture_length * scale + shift > length + 1
        from_end = length - 1 - at if ends_inside else np.full_like(at, reach)
        weights.append(np.clip(np.minimum(from_start, from_end) / reach, 0, 1))
    return (weights[0][:, None] * weights[1][None])[..., None]
