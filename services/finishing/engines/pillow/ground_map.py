"""Measures what is behind any box of an ad in constant time: product, detail, light."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb, luminance_from_srgb
from services.imaging.product import find_product_pixels
from services.imaging.resizing import shrink_to_fit

MapBox = tuple[float, float, float, float]
"""x, y, width and height in pixels of the ad, not rounded."""

# Longer side in pixels at which pictures are measured. Larger: slower, and finer grain counts.
MEASURED_SIDE = 400
# Side of the window in which detail is measured, as a share of the shorter side, and how far around
# it counts. Larger: soft outlines, as of a blurred background, count as much as sharp ones; props
# count farther around.
WINDOW_SHARE, SPREAD_SHARE = 0.02, 0.04
# Standard deviations of colors in such a window, in CIELAB units, from which it counts as detail
# and as full detail: the grain of wood and cloth has 1 to 4, outlines of props have above 10.
# Smaller: textures count more.
FAINT_DETAIL, FULL_DETAIL = 2.5, 12.0


@dataclass(frozen=True)
class GroundMap:
    """Integral images of an ad (F. C. Crow: "Summed-area Tables for Texture Mapping", 1984).

    scale: of the measured picture, as a share of the ad's size, down and across.
    product, detail, light, light_squared: float64 (h + 1, w + 1), sums of the product's pixels, of
        detail and of luminance, each 0 to 1 in a pixel.
    """

    scale: tuple[float, float]
    product: np.ndarray
    detail: np.ndarray
    light: np.ndarray
    light_squared: np.ndarray

    @classmethod
    def measure(cls, picture: np.ndarray, mask: np.ndarray) -> Self:
        """Measures a picture, uint8 RGB (H, W, 3); mask: uint8 alpha (H, W) of the product."""
        small = shrink_to_fit(picture, MEASURED_SIDE)
        height, width = small.shape[:2]
        counted = find_product_pixels(mask).astype(np.float32)
        covered = cv2.resize(counted, (width, height), interpolation=cv2.INTER_AREA) > 0
        light = luminance_from_srgb(small.reshape(-1, 3)).reshape(height, width)
        sums = (covered, _measure_detail(small, ~covered), light, light**2)
        integrals = (cv2.integral(each.astype(np.float32), sdepth=cv2.CV_64F) for each in sums)
        return cls((height / mask.shape[0], width / mask.shape[1]), *integrals)

    def touches_product(self, box: MapBox, gap: float) -> bool:
        """Whether product is in a box, or nearer to it than a gap; all in pixels of the ad."""
        x, y, width, height = box
        around = x - gap, y - gap, width + 2 * gap, height + 2 * gap
        total, _ = self._sum(self.product, around)
        return total > 0

    def measure_detail(self, box: MapBox) -> float:
        """Returns how much of a box has outlines and texture, 0 to 1."""
        total, area = self._sum(self.detail, box)
        return total / area

    def measure_worst_detail(self, box: MapBox) -> float:
        """Returns how much the worst square part of a box has outlines and texture, 0 to 1.

        A stem or a joint that crosses a line of text is in few of its parts.
        """
        x, y, width, height = box
        side = max(1.0, min(width, height))
        count = max(1, round(width / side))
        parts = [(x + width * at / count, y, width / count, height) for at in range(count)]
        return max(self.measure_detail(part) for part in parts)

    def measure_light(self, box: MapBox) -> tuple[float, float]:
        """Returns mean and standard deviation of the luminance in a box, both 0 to 1."""
        total, area = self._sum(self.light, box)
        squared, _ = self._sum(self.light_squared, box)
        mean = total / area
        return mean, max(0.0, squared / area - mean**2) ** 0.5

    def _sum(self, integral: np.ndarray, box: MapBox) -> tuple[float, int]:
        """Returns the sum of a quantity in a box of the ad, and the number of measured pixels."""
        (down, across), (x, y, width, height) = self.scale, box
        rows, columns = integral.shape
        top = min(max(0, int(y * down)), rows - 2)
        left = min(max(0, int(x * across)), columns - 2)
        bottom = min(max(top + 1, int(np.ceil((y + height) * down))), rows - 1)
        right = min(max(left + 1, int(np.ceil((x + width) * across))), columns - 1)
        corners = integral[bottom, right] - integral[top, right]
        total = corners - integral[bottom, left] + integral[top, left]
        return float(total), (bottom - top) * (right - left)


def _measure_detail(picture: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Returns how much each pixel's surroundings vary, float32 (h, w), 0 to 1.

    picture: uint8 RGB (h, w, 3). counted: bool (h, w), the pixels outside the product.
    """
    side = max(3, round(WINDOW_SHARE * min(counted.shape)) | 1)
    weight = counted.astype(np.float32)
    share = np.maximum(cv2.blur(weight, (side, side)), 1 / side**2)[..., None]
    lab = lab_from_srgb(picture) * weight[..., None]
    mean = cv2.blur(lab, (side, side)) / share
    squared = cv2.blur(lab**2, (side, side)) / share
    deviation = np.sqrt(np.maximum(squared - mean**2, 0).sum(axis=2))
    detail = np.clip((deviation - FAINT_DETAIL) / (FULL_DETAIL - FAINT_DETAIL), 0, 1)
    spread = max(3, round(SPREAD_SHARE * min(counted.shape)) | 1)
    return cv2.dilate(detail * weight, np.ones((spread, spread), np.uint8))
