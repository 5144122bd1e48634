"""Traces outlines, down to the faint ones of clear glass and of white on white.

A faint outline drowns in noise pixel by pixel, but not along its length: the picture is filtered
with long second derivatives in many directions (W. T. Freeman, E. H. Adelson: "The Design and Use
of Steerable Filters", IEEE PAMI 13(9), 1991). The edge of a shadow is wide, so that it answers
more to wide filters than to fine ones; a product's does not.
"""

import cv2
import numpy as np

from services.segmentation.frames import draw_frame

# Sizes are shares of the longer side.
DIRECTIONS = 16
ACROSS = 2 / 512
ALONG = 12 / 512
NEIGHBORHOOD = 5 / 512
LEAST_LENGTH = 0.06
FRAME = 0.02
# Answers, relative to the strongest nearby, to the wide filter's, and to the noise.
LEAST_OF_NEIGHBORHOOD = 0.4
LEAST_OF_WIDE = 0.65
FAINT = 2.8
CLEAR = 6.0
LEAST_NOISE = 0.06


def trace_outlines(lightness: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """Returns the pixels on sharp outlines, bool (h, w).

    lightness: float32 (h, w), 0 to 100.
    quiet: bool (h, w), where there is nothing but backdrop; what answers there is noise.
    """
    height, width = lightness.shape
    side = max(height, width)
    fine = _filter(lightness, ACROSS * side, ALONG * side)
    half = cv2.resize(
        lightness, (max(1, width // 2), max(1, height // 2)), None, 0, 0, cv2.INTER_AREA
    )
    wide = cv2.resize(_filter(half, ACROSS * side, ALONG * side), (width, height))
    noise = max(float(np.median(fine[quiet])), LEAST_NOISE) if quiet.any() else LEAST_NOISE
    sharp = (fine >= LEAST_OF_WIDE * wide) & _is_crest(fine, round(NEIGHBORHOOD * side))
    # Filters that reach beyond the picture answer to what they made up there.
    fine[~sharp | draw_frame(height, width, FRAME)] = 0
    return _link(fine > FAINT * noise, fine > CLEAR * noise, LEAST_LENGTH * side)


def _filter(lightness: np.ndarray, across: float, along: float) -> np.ndarray:
    answer = np.zeros_like(lightness)
    for turn in range(DIRECTIONS):
        kernel = _second_derivative(across, along, np.pi * turn / DIRECTIONS)
        np.maximum(answer, np.abs(cv2.filter2D(lightness, -1, kernel)), out=answer)
    return answer


def _second_derivative(across: float, along: float, angle: float) -> np.ndarray:
    reach = max(1, round(2.5 * along))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    u = (x * np.cos(angle) + y * np.sin(angle)) / across
    v = (y * np.cos(angle) - x * np.sin(angle)) / along
    kernel = (u * u - 1) * np.exp(-(u * u + v * v) / 2)
    kernel -= kernel.mean()
    return kernel * (2 / np.abs(kernel).sum())


def _is_crest(answer: np.ndarray, reach: int) -> np.ndarray:
    around = cv2.dilate(answer, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return answer > LEAST_OF_NEIGHBORHOOD * around


def _link(faint: np.ndarray, clear: np.ndarray, length: float) -> np.ndarray:
    """Faint lines count where they go on from clear ones and are long (Canny's hysteresis)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint.astype(np.uint8))
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    kept = np.zeros(count, bool)
    kept[np.unique(labels[clear & faint])] = True
    return (kept & (extent >= length))[labels] & faint
