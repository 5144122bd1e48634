"""Measures lines that are too faint for single pixels, to be averaged along an outline."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.segmentation.morphology import dilate_mask

# Standard deviations in pixels of the blurs between which lines lie. Larger: wider lines, and the
# edges of soft shadows.
LINE_BLUR, SMOOTH_BLUR = 0.8, 3.0
# Distance in pixels from a part within which its own edge hides lines.
PART_RIM = 3
# Contrast of a line in Lab units, and in standard deviations of the noise, that counts in full, so
# that a few strong pixels do not make a line. Larger: fainter lines are missed.
FULL_CONTRAST, FULL_NOISE_RATIO = 0.8, 6.0
# Standard deviation of normally distributed noise per median absolute deviation.
DEVIATION_PER_MAD = 1.4826
# Least share of the points along a line that must lie off a part. Smaller: short lines count.
MIN_KNOWN_SHARE = 0.6
# Avoids division by zero deep inside a part.
MIN_WEIGHT = 1e-3


@dataclass(frozen=True)
class FaintLines:
    """How each pixel differs from its surroundings, as a line does.

    contrast: float32 (h, w), -1 on dark lines to 1 on bright ones.
    is_known: bool (h, w), false at and next to the part.
    part: bool (h, w), what is not searched for lines.
    """

    contrast: np.ndarray
    is_known: np.ndarray
    part: np.ndarray

    def trace(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the contrast at points, and whether it is known there.

        x, y: in pixels, float (n,) or of more dimensions. The contrast, float32 (n,), is 0 where
        it is not known, bool (n,).
        """
        height, width = self.part.shape
        column, row = np.rint(x).astype(np.int32), np.rint(y).astype(np.int32)
        is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        column, row = column.clip(0, width - 1), row.clip(0, height - 1)
        is_known = is_inside & self.is_known[row, column]
        return np.where(is_known, self.contrast[row, column], 0), is_known

    def rate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns how strong lines are, in all and in their weaker half: float (n,), 0 to 1.

        x, y: of the points along each line, in pixels, float (n, m), m even. Where the contrast of
        many of them is not known a line counts 0.
        """
        contrast, is_known = (each.reshape(len(x), 2, -1) for each in self.trace(x, y))
        known, total = is_known.sum(axis=-1), contrast.sum(axis=-1)
        halves = np.abs(total / np.maximum(known, 1)).min(axis=-1)
        mean = np.abs(total.sum(axis=-1)) / np.maximum(known.sum(axis=-1), 1)
        is_seen = known.sum(axis=-1) >= MIN_KNOWN_SHARE * x.shape[-1]
        # What is a line in one half only is none.
        return np.where(is_seen, np.minimum(mean, 2 * halves), 0)


def measure_faint_lines(lightness: np.ndarray, part: np.ndarray) -> FaintLines:
    """Measures the lines around a part, whose own lightness counts nowhere.

    lightness: L of CIE Lab, float32 (h, w). part: bool (h, w).
    """
    is_known = ~dilate_mask(part, PART_RIM)
    weight = is_known.astype(np.float32)
    fine, smooth = (
        cv2.GaussianBlur(lightness * weight, (0, 0), blur)
        / np.maximum(cv2.GaussianBlur(weight, (0, 0), blur), MIN_WEIGHT)
        for blur in (LINE_BLUR, SMOOTH_BLUR)
    )
    difference = np.where(is_known, fine - smooth, 0).astype(np.float32)
    known = difference[is_known]
    noise = DEVIATION_PER_MAD * float(np.median(np.abs(known))) if known.size else 0.0
    full = max(FULL_CONTRAST, FULL_NOISE_RATIO * noise)
    return FaintLines(np.clip(difference / full, -1, 1), is_known, part)
