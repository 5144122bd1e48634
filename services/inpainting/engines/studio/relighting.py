"""Lays what a product changes about the light of a set over its picture."""

import cv2
import numpy as np

from services.imaging.box import Slices, slices_from_box, widen_box
from services.imaging.color import linear_light_from_srgb
from services.imaging.mask import OPAQUE_ALPHA
from services.inpainting.engines.studio.window_border import WindowBorder, find_window_border
from services.studio.color import srgb_from_linear
from services.studio.differences import LightDifference

# Light added to both sides of a ratio. Larger: fainter changes in the darkest parts.
RATIO_FLOOR = 0.004
# Changes of the ratio below the first are noise; from the second on they count in full.
NOISE_RATIO, SURE_RATIO = 0.012, 0.04
# The same for light that is added, in linear light.
NOISE_GAIN, SURE_GAIN = 0.0015, 0.006
# Noise of denoised ratios and differences, and sigma in pixels of the blur that removes it. Larger:
# fainter blotches, and softer faint shadows.
RATIO_NOISE, GAIN_NOISE, SMOOTHING_SIGMA = 0.025, 0.004, 2.0
# Exponent of what contact leaves of the light where the solid shades the ground already. Larger:
# darker lines of contact within shadows.
SHADED_CONTACT = 0.5
# Sigma in pixels of the window of the blur that hides its pixels in the edges of hard shadows,
# which are enlarged about three times. Larger: softer edges.
STEP_SIGMA = 1.0
# Deviations from no change that not even black shows in 8 bits.
UNCHANGED = 1e-5
# Linear light of each sRGB level, 0 to 1.
LIGHT_OF_LEVELS = linear_light_from_srgb(np.arange(256, dtype=np.float32) / 255)


def relight_surroundings(
    picture: np.ndarray,
    mask: np.ndarray,
    difference: LightDifference,
    shadow_strength: float,
    reflection_strength: float,
    contact: np.ndarray | None = None,
) -> np.ndarray:
    """Darkens and lights up what surrounds a product; opaque product pixels stay bit-equal.

    Shadows multiply the picture's light, reflections are added to it. Where the product touches the
    ground, no more light than its contact leaves reaches it.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    shadow_strength: exponent of the shadows; 0 leaves them out.
    reflection_strength: factor on what is added; 0 leaves it out.
    contact: what contact leaves of the light, 0 to 1, float32 (H, W); None: there is none.
    """
    height, width = difference.before.shape[:2]
    border = find_window_border((height, width), difference.to_window, mask.shape)
    shade, gain = measure_change(difference, border)
    fade = border.fade_inward()
    shade = shade ** (shadow_strength * fade)
    gain = gain * (reflection_strength * fade)
    out = picture.copy()
    part, to_window = _find_window(difference.to_window, shade.shape, mask.shape)
    size = part[1].stop - part[1].start, part[0].stop - part[0].start
    shade, gain = (_enlarge(change, to_window, size) for change in (shade, gain))
    limit = np.ones_like(shade)
    if contact is not None:
        # What contact dims may reach past the window.
        inward = _enlarge(fade, to_window, size)[..., None]
        limit *= contact[part][..., None] ** (shadow_strength * inward)
        shade, gain = np.minimum(shade * limit**SHADED_CONTACT, limit), gain * limit
    changed = (shade < 1 - UNCHANGED).any(axis=2) | (gain > UNCHANGED).any(axis=2)
    changed &= mask[part] < OPAQUE_ALPHA
    light = LIGHT_OF_LEVELS[picture[part][changed]]
    share = mask[part][changed][:, None].astype(np.float32) / 255
    # The fainter an edge that touches the ground, the more of its light the contact takes as well:
    # it would glow in front of the shadow.
    edge = srgb_from_linear(light * limit[changed] ** (1 - share))
    lit = srgb_from_linear(light * shade[changed] + gain[changed])
    out[part][changed] = np.rint(255 * (edge * share + lit * (1 - share)))
    return out


def _find_window(
    to_window: np.ndarray, size: tuple[int, ...], picture: tuple[int, ...]
) -> tuple[Slices, np.ndarray]:
    """Returns the rows and columns of a picture that a window shows, and their way to the window.

    The latter is a matrix, float64 (2, 3), such as `to_window`, from columns and rows of that part.

    size: (h, w) of the window. picture: (height, width) of the picture.
    """
    scale_x, scale_y, (left, top) = to_window[0, 0], to_window[1, 1], to_window[:, 2]
    # Pixel centers are at halves: the window begins half a pixel before its first center.
    first_x, first_y = (0.5 - (0.5 + left) / scale_x, 0.5 - (0.5 + top) / scale_y)
    box = first_x, first_y, size[1] / scale_x, size[0] / scale_y
    x, y, width, height = widen_box(box, 0, *picture)
    shifted = to_window.copy()
    shifted[:, 2] += [scale_x * x, scale_y * y]
    return slices_from_box((x, y, width, height)), shifted


def _enlarge(change: np.ndarray, to_window: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarges a change, float32 (h, w, 3), to a part of the picture.

    to_window: matrix, float64 (2, 3), from columns and rows of the part to those of the change.
    size: (width, height) of the part.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(change, to_window, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def measure_change(
    difference: LightDifference, border: WindowBorder
) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a difference multiplies light by, 0 to 1, and what it adds to it, from 0.

    Both are float32 (h, w, 3); 1 and 0 where the product changes nothing but the noise. The shade
    is that in excess of the shade at the border, which would else end there in an edge.
    """
    before, after = difference.before, difference.after
    ratio = (after + RATIO_FLOOR) / (before + RATIO_FLOOR)
    ratio = _smooth_noise(ratio, RATIO_NOISE)
    shade = np.minimum(ratio / border.spread_shade(ratio), 1)
    shade = 1 - (1 - shade) * _ramp(1 - shade, NOISE_RATIO, SURE_RATIO)
    shade = cv2.GaussianBlur(shade.astype(np.float32), (0, 0), STEP_SIGMA)
    gain = np.maximum(_smooth_noise(after - before, GAIN_NOISE), 0)
    gain = gain * _ramp(gain, NOISE_GAIN, SURE_GAIN) * _ramp(ratio - 1, NOISE_RATIO, SURE_RATIO)
    return shade.astype(np.float32), gain.astype(np.float32)


def _smooth_noise(change: np.ndarray, noise: float) -> np.ndarray:
    """Smooths steps of a change that are as small as noise; the edges of shadows stay.

    A bilateral filter (C. Tomasi, R. Manduchi, 1998).

    change: float32 (h, w, 3), and so is the result. noise: standard deviation.
    """
    # All three channels add up to a distance.
    return cv2.bilateralFilter(change.astype(np.float32), 0, 3 * 2 * noise, SMOOTHING_SIGMA)


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns 0 up to `low`, 1 from `high`, and a smooth rise in between; float of any shape."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
