"""The soft drop shadow: the product's own silhouette, blurred and moved away from the light."""

import numpy as np

from services.compositing.layers import Shadow
from services.imaging.blur import ACCURATE_BLUR, gaussian_blur
from services.imaging.scene import Scene
from services.imaging.shadows import shadow_direction

KERNEL_AT_1024 = 75
STANDING_REACH, LYING_REACH = 0.008, 0.018


def drop_shadow(alpha: np.ndarray, offset: tuple[int, int], kernel: int) -> Shadow:
    """Blurs uint8 alpha (h, w) with a Gaussian of an odd kernel size and moves it.

    offset: pixels right and down. The shadow is `kernel` pixels wider and taller than the alpha.
    """
    # OpenCV's sigma for a kernel of this size.
    sigma = 0.3 * ((kernel - 1) * 0.5 - 1) + 0.8
    margin = kernel // 2
    depth = gaussian_blur(alpha, sigma, ACCURATE_BLUR, margin)
    return Shadow(depth, offset[0] - margin, offset[1] - margin)


def kernel_size(canvas: tuple[int, int]) -> int:
    """The odd side of the blur kernel for a canvas of (height, width)."""
    return max(3, round((KERNEL_AT_1024 * max(canvas) / 1024 - 1) / 2) * 2 + 1)


def shadow_offset(scene: Scene, canvas: tuple[int, int]) -> tuple[int, int]:
    """Pixels (right, down) by which the shadow moves away from the scene's light.

    On a standing product it falls downwards whatever the light; without a light straight down.
    """
    reach = (LYING_REACH if scene.lying else STANDING_REACH) * max(canvas)
    if scene.light is None:
        return 0, round(reach)
    right, down = shadow_direction(scene.light.azimuth)
    return round(right * reach), round((down if scene.lying else 1.0) * reach)
