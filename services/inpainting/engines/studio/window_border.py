"""Ends the change of light at the border of its window, so that no edge of the window is seen.

Soft light darkens the ground far from a product, beyond the window that is rendered.
"""

from dataclasses import dataclass

import cv2
import numpy as np

# Share of the window's shorter side over which changes fade out toward its border. Larger: softer,
# and shadows that leave the window end sooner.
BORDER_FADE = 0.12
# Pixels along a border over which its shade is averaged, as they are noisy, and across it.
BORDER_BLUR, BORDER_DEPTH = 8.0, 5
# What soft light leaves at most at the border; darker ones are shadows, which only fade.
DARKEST_BORDER = 0.8
# Pixels added to distances from a border, whose inverse squares weigh its shade.
NEAREST_BORDER = 1.0


@dataclass(frozen=True)
class WindowBorder:
    """The sides of a window that end inside the picture.

    size: (h, w) of the window in pixels.
    top, bottom, left, right: whether the picture continues beyond that side.
    """

    size: tuple[int, int]
    top: bool
    bottom: bool
    left: bool
    right: bool

    def fade_inward(self) -> np.ndarray:
        """Returns the weight of changes, float32 (h, w, 1): 0 at the border, 1 well inside it.

        Sides that are also the picture's keep 1.
        """
        reach = max(1.0, BORDER_FADE * min(self.size))
        weight = np.ones(self.size, np.float32)
        for _, distance in self._measure_distances():
            share = np.clip(distance / reach, 0, 1)
            weight *= share * share * (3 - 2 * share)
        return weight[..., None]

    def spread_shade(self, ratio: np.ndarray) -> np.ndarray:
        """Returns the shade at the border, spread over the window: float32 (h, w, 3), up to 1.

        Each pixel has the mean of the values at the sides, weighted by the inverse square of its
        distance to them (D. Shepard, 1968). 1 where the window has no side inside the picture.

        ratio: what the light is multiplied by, float32 (h, w, 3).
        """
        total, weights = np.zeros(ratio.shape, np.float32), np.zeros((*self.size, 1), np.float32)
        for strip, distance in self._measure_distances():
            weight = 1 / (np.broadcast_to(distance, self.size)[..., None] + NEAREST_BORDER) ** 2
            total += weight * _average_strip(ratio[strip], axis=0 if distance.shape[1] == 1 else 1)
            weights += weight
        if not weights.any():
            return np.ones(ratio.shape, np.float32)
        return total / weights

    def _measure_distances(self) -> list[tuple[tuple[slice, slice], np.ndarray]]:
        """Returns each side inside the picture: its strip of pixels, and the distances to it.

        The latter are float32 (h, 1) for top and bottom, (1, w) for left and right.
        """
        rows, columns = (np.arange(length, dtype=np.float32) for length in self.size)
        rows, columns, every = rows[:, None], columns[None], slice(None)
        first, last = slice(0, BORDER_DEPTH), slice(-BORDER_DEPTH, None)
        sides = (
            (self.top, (first, every), rows),
            (self.bottom, (last, every), rows[::-1]),
            (self.left, (every, first), columns),
            (self.right, (every, last), columns[:, ::-1]),
        )
        return [(strip, distance) for is_inside, strip, distance in sides if is_inside]


def find_window_border(
    size: tuple[int, int], to_window: np.ndarray, picture: tuple[int, ...]
) -> WindowBorder:
    """Finds the sides of a window that end inside the picture.

    size: (h, w) of the window. to_window: matrix, float64 (2, 3), from columns and rows of the
    picture to those of the window. picture: (height, width) of the picture.
    """
    sides = []
    # Columns are the first of a matrix's rows.
    for length, picture_length, row in ((size[0], picture[0], 1), (size[1], picture[1], 0)):
        scale, shift = to_window[row][row], to_window[row][2]
        sides += [bool(shift < -1), bool(picture_length * scale + shift > length + 1)]
    return WindowBorder(size, *sides)


def _average_strip(strip: np.ndarray, axis: int) -> np.ndarray:
    """Returns the smooth shade along a strip, at most 1; its length across becomes 1.

    strip: float32 (h, w, 3). axis: the one across it.
    """
    mean = np.clip(strip.mean(axis=axis, keepdims=True), DARKEST_BORDER, 1).astype(np.float32)
    sigma = (BORDER_BLUR, 0.01) if axis == 0 else (0.01, BORDER_BLUR)
    return cv2.GaussianBlur(
        mean, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1], borderType=cv2.BORDER_REPLICATE
    ).reshape(mean.shape)
