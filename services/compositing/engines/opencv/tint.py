"""Pulls the product's midtones towards the background behind it."""

import cv2
import numpy as np

from services.imaging.mask import OPAQUE_ALPHA


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
