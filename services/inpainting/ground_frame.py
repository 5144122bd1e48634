"""Narrows pictures of the ground until what is round on it is round in them."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class GroundFrame:
    """A picture of the ground with as many pixels per length across as along the line of sight.

    Its rows are those of the window that it shows, its columns are fewer. So circles on the ground
    are circles in it, and blurs are the same in all directions.

    shape: (height, width) of the window, in pixels.
    sine: the foreshortening of the ground, above 0 to 1, by which columns are narrowed.
    margin: pixels of ground in the frame around the window, from where shadows reach into it.
    """

    shape: tuple[int, int]
    sine: float
    margin: int

    @property
    def size(self) -> tuple[int, int]:
        """The (width, height) of the frame in pixels."""
        height, width = self.shape
        return round(width * self.sine) + 2 * self.margin, height + 2 * self.margin

    @property
    def matrix(self) -> np.ndarray:
        """Maps (column, row, 1) of the window to those of the frame: float (3, 3)."""
        # Half a pixel lies between a pixel's middle and its edge, before and after narrowing.
        across = self.margin + (self._scale - 1) / 2
        return np.array([[self._scale, 0, across], [0, 1, self.margin], [0, 0, 1]])

    def enter(self, field: np.ndarray) -> np.ndarray:
        """Returns a field of the window in the frame, with 0 around it: float32 (H, W).

        field: float32 (h, w), of the window's shape.
        """
        width, height = self.size
        inside = cv2.resize(
            field,
            (width - 2 * self.margin, height - 2 * self.margin),
            interpolation=cv2.INTER_AREA,
        )
        return cv2.copyMakeBorder(
            inside, self.margin, self.margin, self.margin, self.margin, cv2.BORDER_CONSTANT
        )

    def leave(self, field: np.ndarray) -> np.ndarray:
        """Returns the part of a field that shows the window, still narrowed: float32 (h, w).

        field: float32 (H, W), in the frame. The result is to be resized to the window's shape.
        """
        width, height = self.size
        return field[self.margin : height - self.margin, self.margin : width - self.margin]

    @property
    def _scale(self) -> float:
        """Columns of the frame per column of the window."""
        return round(self.shape[1] * self.sine) / self.shape[1]
