"""Canvases of the sizes that every server keeps, and back to the size that was asked for."""

from dataclasses import dataclass

import cv2
import numpy as np

# Servers round other sizes, up or down, and some stretch the picture when they do.
STEP = 64


@dataclass(frozen=True)
class PaddedCanvas:
    """A picture of `width` x `height` as a server draws it.

    inner: width and height of the part that counts, at the top left. It equals the picture's own
    size unless a smaller one was asked for.
    """

    width: int
    height: int
    inner: tuple[int, int]

    @property
    def padded(self) -> tuple[int, int]:
        """Width and height on the server: the least multiples of 64 that hold the inner part."""
        wide, tall = self.inner
        return -(-wide // STEP) * STEP, -(-tall // STEP) * STEP

    @property
    def enlarged(self) -> bool:
        """Whether the server draws fewer pixels than the picture has."""
        return self.inner != (self.width, self.height)

    def fit(self, picture: np.ndarray) -> np.ndarray:
        """Puts uint8 RGB (height, width, 3) on the server's canvas, its edges repeated outwards."""
        if self.enlarged:
            picture = cv2.resize(picture, self.inner, interpolation=cv2.INTER_AREA)
        return np.pad(picture, (*self._margins(), (0, 0)), mode="edge")

    def fit_lock(self, locked: np.ndarray) -> np.ndarray:
        """Puts bool (height, width) on the server's canvas as 0 and 255; the padding is locked."""
        lock = locked.astype(np.uint8) * 255
        if self.enlarged:
            touched = cv2.resize(lock, self.inner, interpolation=cv2.INTER_AREA) > 0
            lock = touched.astype(np.uint8) * 255
        return np.pad(lock, self._margins(), constant_values=255)

    def unfit(self, drawn: np.ndarray) -> np.ndarray:
        """Undoes fit(): crops uint8 RGB, without resampling unless it was drawn smaller."""
        wide, tall = self.inner
        inner = np.ascontiguousarray(drawn[:tall, :wide])
        if not self.enlarged:
            return inner
        return cv2.resize(inner, (self.width, self.height), interpolation=cv2.INTER_LANCZOS4)

    def _margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        (wide, tall), (padded_wide, padded_tall) = self.inner, self.padded
        return (0, padded_tall - tall), (0, padded_wide - wide)


def fit_canvas(width: int, height: int, drawn_side: int | None = None) -> PaddedCanvas:
    """Returns a canvas of that size, or one whose longest side is at most `drawn_side` pixels."""
    share = min(1.0, (drawn_side or max(width, height)) / max(width, height))
    inner = max(1, round(width * share)), max(1, round(height * share))
    return PaddedCanvas(width, height, inner)
