"""The soft drop shadow: the product's own silhouette, blurred and moved away from the light."""

import math

import cv2
import numpy as np

from services.runtime.scene import Scene

KERNEL_AT_1024 = 75
GREY = 28
STANDING_REACH, LYING_REACH = 0.008, 0.018


def drop_shadow(
    background: np.ndarray, mask: np.ndarray, offset: tuple[int, int], opacity: float
) -> np.ndarray:
    """Darkens uint8 RGB (H, W, 3) where the silhouette's blurred shadow falls.

    mask: uint8 alpha (H, W) of the product on the canvas; offset: pixels right and down;
    opacity: 0 to 1. The blur is a 75 x 75 Gaussian at 1024 px and grows with the picture.
    """
    size = kernel_size(background.shape[:2])
    shift = np.float32([[1, 0, offset[0]], [0, 1, offset[1]]])
    moved = cv2.warpAffine(mask, shift, mask.shape[::-1])
    soft = cv2.GaussianBlur(moved, (size, size), 0, borderType=cv2.BORDER_CONSTANT)
    weight = (soft.astype(np.float32) * (opacity / 255))[..., None]
    shaded = background * (1 - weight) + GREY * weight
    return np.rint(shaded).astype(np.uint8)


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
