"""The soft drop shadow: the product's own silhouette, blurred and moved away from the light."""

import math

import cv2
import numpy as np

from services.compositing.layers import Shadow
from services.imaging.scene import Scene

KERNEL_AT_1024 = 75
STANDING_REACH, LYING_REACH = 0.008, 0.018
# A blur is done on a picture so much smaller that its sigma is about this many pixels.
FINEST_SIGMA = 2.9
# What halving and linear interpolation blur by themselves, as variance in reduced pixels.
RESAMPLING_BLUR = 1 / 12 + 1 / 6


def drop_shadow(alpha: np.ndarray, offset: tuple[int, int], kernel: int) -> Shadow:
    """Blurs uint8 alpha (h, w) with a Gaussian of an odd kernel size and moves it.

    offset: pixels right and down. The shadow is `kernel` pixels wider and taller than the alpha.
    """
    # OpenCV's sigma for a kernel of this size.
    sigma = 0.3 * ((kernel - 1) * 0.5 - 1) + 0.8
    margin = kernel // 2
    depth = blurred(alpha, sigma, margin)
    return Shadow(depth, offset[0] - margin, offset[1] - margin)


def blurred(alpha: np.ndarray, sigma: float, margin: int) -> np.ndarray:
    """A Gaussian blur of uint8 (h, w) with `margin` more pixels of nothing on each side.

    Wide blurs work on a reduced picture, which the eye cannot tell from the full blur and which
    costs a fraction of it (Burt, 'Fast filter transforms', 1981).
    """
    factor = max(1, round(sigma / FINEST_SIGMA))
    height, width = (side + 2 * margin for side in alpha.shape)
    rows, columns = -(-height // factor), -(-width // factor)
    canvas = np.zeros((rows * factor, columns * factor), np.uint8)
    canvas[margin : margin + alpha.shape[0], margin : margin + alpha.shape[1]] = alpha
    if factor == 1:
        return cv2.GaussianBlur(canvas, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    small = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA)
    sigma = math.sqrt((sigma / factor) ** 2 - RESAMPLING_BLUR)
    small = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    large = cv2.resize(small, canvas.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return large[:height, :width]


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
    angle = math.radians(scene.light.azimuth)
    down = -math.cos(angle) if scene.lying else 1.0
    return round(-math.sin(angle) * reach), round(down * reach)
