"""Renders drop shadows: the product's blurred silhouette, moved away from the light."""

import numpy as np

from services.compositing.layers import ShadowLayer
from services.imaging.blur import ACCURATE_BLUR, gaussian_blur
from services.imaging.scene import Scene
from services.imaging.shadows import shadow_direction

# Side of the blur kernel in pixels on a canvas of 1024 pixels, proportional on others. 75 is what
# the usual recipe for pasted products uses (see tests/compositing/test_usual_recipe.py). Larger:
# softer and wider shadow edges.
KERNEL_AT_1024 = 75
# Offsets as shares of the canvas's longer side. Larger: the product seems to float higher above
# the ground. Products seen from above cast theirs sideways, where a larger part of it shows.
STANDING_OFFSET, LYING_OFFSET = 0.008, 0.018


def render_drop_shadow(alpha: np.ndarray, position: tuple[int, int], kernel: int) -> ShadowLayer:
    """Renders a product's blurred silhouette as its shadow, with a margin for the blur.

    alpha: uint8 (h, w), the product's; the shadow's depth is uint8 (h + kernel - 1,
        w + kernel - 1).
    position: x and y of the silhouette's top left on the canvas, moved away from the light.
    kernel: odd side of the Gaussian's kernel in pixels.
    """
    # The sigma that OpenCV derives from a kernel size (documentation of cv2.getGaussianKernel).
    sigma = 0.3 * ((kernel - 1) * 0.5 - 1) + 0.8
    margin = kernel // 2
    depth = gaussian_blur(alpha, sigma, ACCURATE_BLUR, margin)
    x, y = position
    return ShadowLayer(depth, x - margin, y - margin)


def compute_kernel_size(canvas: tuple[int, int]) -> int:
    """Returns the odd side of the blur kernel for a canvas of (height, width), at least 3."""
    return max(3, round((KERNEL_AT_1024 * max(canvas) / 1024 - 1) / 2) * 2 + 1)


def compute_drop_offset(scene: Scene, canvas: tuple[int, int]) -> tuple[int, int]:
    """Returns how many pixels (right, down) a drop shadow lies from its product.

    It moves away from the scene's light, without one straight down. The shadow of a standing
    product always moves down.

    canvas: (height, width).
    """
    reach = (LYING_OFFSET if scene.lying else STANDING_OFFSET) * max(canvas)
    if scene.light is None:
        return 0, round(reach)
    right, down = shadow_direction(scene.light.azimuth)
    return round(right * reach), round((down if scene.lying else 1.0) * reach)
