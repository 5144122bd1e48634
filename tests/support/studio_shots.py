"""Drawn ads with a known product, for measurements of the finished picture."""

import cv2
import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.picture import AssessedPicture

SIDE = 200
ORANGE, BLUE = (220, 120, 40), (40, 70, 160)


def draw_ground(texture: float = 12, color=(150, 140, 130), seed: int = 0) -> np.ndarray:
    """Returns a ground with grains 3 pixels wide, uint8 RGB (SIDE, SIDE, 3).

    texture: standard deviation of its levels.
    """
    grains = np.random.default_rng(seed).normal(0, texture, (SIDE, SIDE, 1)).astype(np.float32)
    soft = cv2.GaussianBlur(grains, (0, 0), 1.2)[..., None] * 4
    return np.clip(np.float32(color) + soft, 0, 255).astype(np.uint8)


def draw_mask(x: int = 100, y: int = 110, radius: int = 50) -> np.ndarray:
    """Returns the alpha of a disc with a soft edge, uint8 (SIDE, SIDE)."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(mask, (3, 3), 0)


def draw_product(stripe: int = 7, color=ORANGE) -> np.ndarray:
    """Returns the surface of a product with sharp stripes, uint8 RGB (SIDE, SIDE, 3)."""
    surface = np.full((SIDE, SIDE, 3), color, np.uint8)
    if stripe:
        surface[(np.arange(SIDE) // stripe) % 2 == 0] = np.uint8(color) // 2
    return surface


def assess_shot(
    ground: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    product: np.ndarray | None = None,
    **circumstances,
) -> AssessedPicture:
    """Returns an ad of a product on a ground, each drawn if it is None; RGB and alpha as above."""
    ground = draw_ground() if ground is None else ground
    mask = draw_mask() if mask is None else mask
    product = draw_product() if product is None else product
    share = mask[..., None] / 255
    ad = np.rint(product * share + ground * (1 - share)).astype(np.uint8)
    return AssessedPicture(ad, mask, circumstances=finishing_pb2.Circumstances(**circumstances))
