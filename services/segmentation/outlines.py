"""Traces outlines, including the faint ones of clear glass and of white on white.

A faint outline disappears in noise pixel by pixel, but not along its length. The image is therefore
filtered with long second derivatives in many directions (W. T. Freeman, E. H. Adelson: "The Design
and Use of Steerable Filters", IEEE PAMI 13(9), 1991). The edge of a shadow is wide, so that it
responds more to wide filters than to fine ones; the edge of a product does not.
"""

import cv2
import numpy as np

from services.segmentation.border import create_border_mask

# Directions of the filters over 180 degrees. Fewer: lines between two directions respond less.
DIRECTIONS = 16
# Sizes as shares of the longer side, written as pixels of an image 512 pixels long.
# Standard deviation of the filter across a line; larger: softer edges respond, thin gaps merge.
LINE_WIDTH = 2 / 512
# Standard deviation along a line; larger: fainter lines are found, but tight curves are lost.
LINE_LENGTH = 12 / 512
# Radius within which only the strongest response is an outline; larger: fewer parallel lines.
CREST_RADIUS = 5 / 512
# The least extent of an outline, as a share of the longer side. Smaller: noise forms short lines.
MIN_LENGTH = 0.06
# Width of the border without outlines, as a share of the longer side: filters that reach beyond the
# image respond to its extrapolated pixels.
BORDER_SHARE = 0.02
# The least response of a crest relative to the strongest nearby. Larger: thinner outlines.
MIN_CREST_RATIO = 0.4
# The least response to the fine filter relative to the wide one. Larger: more soft edges count as
# shadows.
MIN_SHARPNESS_RATIO = 0.65
# Responses, in multiples of the noise, from which on a line continues an outline and from which on
# it starts one (low and high threshold of the hysteresis). Smaller: more noise is traced.
MIN_FAINT_RESPONSE = 2.8
MIN_CLEAR_RESPONSE = 6.0
# The least noise assumed, in units of lightness (0 to 100), so that flat images do not amplify
# rounding.
MIN_NOISE = 0.06


def trace_outlines(lightness: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns the pixels on sharp outlines of objects, not of shadows: bool (h, w).

    lightness: float32 (h, w), L of CIE Lab, or its difference from the background.
    background: bool (h, w), pixels that match the photo background; responses there are noise.
    """
    height, width = lightness.shape
    side = max(height, width)
    line_width, line_length = LINE_WIDTH * side, LINE_LENGTH * side
    fine = _measure_line_response(lightness, line_width, line_length)
    # The same filter on the image at half the size is twice as wide.
    half_size = max(1, width // 2), max(1, height // 2)
    half = cv2.resize(lightness, half_size, interpolation=cv2.INTER_AREA)
    half_response = _measure_line_response(half, line_width, line_length)
    wide = cv2.resize(half_response, (width, height))
    noise = max(float(np.median(fine[background])), MIN_NOISE) if background.any() else MIN_NOISE
    sharp = (fine >= MIN_SHARPNESS_RATIO * wide) & _find_crests(fine, round(CREST_RADIUS * side))
    fine[~sharp | create_border_mask(height, width, BORDER_SHARE)] = 0
    faint, clear = fine > MIN_FAINT_RESPONSE * noise, fine > MIN_CLEAR_RESPONSE * noise
    return _link_lines(faint, clear, MIN_LENGTH * side)


def _measure_line_response(lightness: np.ndarray, across: float, along: float) -> np.ndarray:
    """Returns how strongly each pixel looks like part of a line or an edge: float32 (h, w).

    This is the strongest absolute response of line filters in all directions, in the unit of
    `lightness`, float32 (h, w).

    across, along: standard deviations of the filters across and along a line, in pixels.
    """
    strongest = np.zeros_like(lightness)
    for turn in range(DIRECTIONS):
        kernel = _create_line_kernel(across, along, angle=np.pi * turn / DIRECTIONS)
        # A depth of -1 keeps the image's type.
        response = np.abs(cv2.filter2D(lightness, ddepth=-1, kernel=kernel))
        np.maximum(strongest, response, out=strongest)
    return strongest


def _create_line_kernel(across: float, along: float, angle: float) -> np.ndarray:
    """Returns a square filter that responds to lines in one direction: float32 (n, n).

    It is the second derivative of a Gaussian across the line, with sum 0 and absolute sum 2.

    across, along: standard deviations of the Gaussian across and along the line, in pixels.
    angle: direction in which the derivative is taken, in radians from the x axis.
    """
    reach = max(1, round(2.5 * along))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    # Coordinates across and along the line, in standard deviations.
    u = (x * np.cos(angle) + y * np.sin(angle)) / across
    v = (y * np.cos(angle) - x * np.sin(angle)) / along
    kernel = (u * u - 1) * np.exp(-(u * u + v * v) / 2)
    kernel -= kernel.mean()
    return kernel * (2 / np.abs(kernel).sum())


def _find_crests(response: np.ndarray, radius: int) -> np.ndarray:
    """Returns where a response is not much weaker than the strongest one nearby: bool (h, w).

    response: float32 (h, w), 0 or more. radius: half the side of the square that counts as nearby,
    in pixels.
    """
    strongest = cv2.dilate(response, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    return response > MIN_CREST_RATIO * strongest


def _link_lines(faint: np.ndarray, clear: np.ndarray, min_length: float) -> np.ndarray:
    """Keeps connected faint pixels that contain a clear one and are long: bool (h, w).

    This is the hysteresis of Canny's edge detector (1986).

    faint, clear: bool (h, w), pixels above the low and above the high threshold.
    min_length: the least width or height of a line's bounding box, in pixels.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint.astype(np.uint8))
    lengths = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_clear = np.zeros(count, bool)
    is_clear[np.unique(labels[clear & faint])] = True
    return (is_clear & (lengths >= min_length))[labels] & faint
