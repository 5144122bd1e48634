"""Pulls the product's midtones towards the background behind it, and colors it by the light."""

import cv2
import numpy as np

from services.imaging.color import linear_light_from_srgb
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import RGB

# Share of the light's color that a product takes on, per strength of its tint: .3 at the
# default. Photos are balanced to white light. Larger: warmer products at sunset, and brand colors
# farther from the photo's.
LIGHT_SHARE = 5.0
# Exponent of sRGB levels in linear light (IEC 61966-2-1, without its linear toe).
GAMMA = 2.2


def _compute_midtone_weights() -> np.ndarray:
    """Returns by luma how much of the tint a color takes: uint8 (256,), 0 at both ends, 255 midway.

    The square of the parabola 4 x (1 - x): its slope is 0 at the ends as well, so that neither deep
    blacks nor light grays move visibly.
    """
    shares = np.arange(256) / 255
    return np.rint(255 * np.square(4 * shares * (1 - shares))).astype(np.uint8)


MIDTONE_WEIGHTS = _compute_midtone_weights()


def tint_product(product: np.ndarray, surroundings: np.ndarray, strength: float) -> np.ndarray:
    """Mixes a product with the mean color of the background behind it; its alpha stays.

    Midtones move by the strength, blacks and whites hardly: a scene's light changes neither, and
    lifted blacks look like haze.

    product: premultiplied uint8 RGBA (h, w, 4); the result has the same shape and type.
    surroundings: uint8 RGB (H, W, 3), the background behind the product.
    strength: 0 returns equal pixels, 1 the mean color in the middle tones.
    """
    if not strength:
        return product.copy()
    alpha = cv2.extractChannel(product, 3)
    # The mean of every fourth row is as good, at a quarter of the time.
    mean_color = cv2.mean(surroundings[::4])[:3]
    # The product's silhouette in the mean color, premultiplied as the product is.
    channels = [cv2.convertScaleAbs(alpha, None, level / OPAQUE_ALPHA) for level in mean_color]
    silhouette = cv2.merge([*channels, alpha])
    luma = cv2.divide(cv2.cvtColor(product, cv2.COLOR_RGBA2GRAY), alpha, scale=OPAQUE_ALPHA)
    weight = cv2.merge([cv2.LUT(luma, MIDTONE_WEIGHTS)] * 4)
    # In place, as fresh memory of this size takes longer than the arithmetic.
    goal = cv2.multiply(silhouette, weight, dst=silhouette, scale=1 / OPAQUE_ALPHA)
    cv2.bitwise_not(weight, dst=weight)
    cv2.multiply(product, weight, dst=weight, scale=1 / OPAQUE_ALPHA)
    cv2.add(goal, weight, dst=goal)
    # Restores the alpha that rounding may have changed.
    cv2.mixChannels([product], [goal], [3, 3])
    return cv2.addWeighted(product, 1 - strength, goal, strength, gamma=0, dst=goal)


def color_by_light(product: np.ndarray, color: RGB, strength: float) -> np.ndarray:
    """Multiplies a product by a share of the color of its light; its alpha stays.

    Each channel is multiplied in linear light, as white balance is (J. von Kries, 1902), by what
    the light's color has of it, so that nothing gets brighter and white light changes nothing.

    product: premultiplied uint8 RGBA (h, w, 4); the result has the same shape and type.
    color: sRGB of the light.
    strength: of the tint; 0 returns equal pixels.
    """
    light = linear_light_from_srgb(np.array(color, np.float32) / 255)
    share = min(1.0, LIGHT_SHARE * strength)
    factors = (1 - share + share * light / max(float(light.max()), 1e-6)) ** (1 / GAMMA)
    if (np.rint(255 * factors) == 255).all():
        return product
    # OpenCV takes a color as four numbers.
    return np.asarray(cv2.multiply(product, np.array((*factors, 1), np.float64)))
