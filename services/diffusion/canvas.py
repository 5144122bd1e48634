"""Pads images to sizes that servers and models keep, and crops results to the requested size."""

from dataclasses import dataclass

import cv2
import numpy as np

# Every known server and model keeps multiples of 64. Servers round others: A1111 down to multiples
# of 8, sd.cpp up to multiples of 64, and sd.cpp then stretches the image.
SIZE_STEP = 64


@dataclass(frozen=True)
class PaddedCanvas:
    """An image of `width` x `height` as it is generated: perhaps smaller, and padded.

    inner_size: width and height, in pixels, of the part without padding, at the top left. It equals
    the image's own size unless a smaller one was requested.
    """

    width: int
    height: int
    inner_size: tuple[int, int]

    @property
    def padded_size(self) -> tuple[int, int]:
        """Width and height of the generated image, in pixels: rounded up to multiples of 64."""
        width, height = self.inner_size
        # Dividing the negative number rounds up.
        return -(-width // SIZE_STEP) * SIZE_STEP, -(-height // SIZE_STEP) * SIZE_STEP

    @property
    def is_reduced(self) -> bool:
        """Whether fewer pixels are generated than the image has."""
        return self.inner_size != (self.width, self.height)

    def pad_image(self, image: np.ndarray) -> np.ndarray:
        """Scales and pads an image to `padded_size`, repeating its right column and bottom row.

        image: uint8 RGB (height, width, 3) of the requested size. Returns uint8 RGB.
        """
        if self.is_reduced:
            image = cv2.resize(image, self.inner_size, interpolation=cv2.INTER_AREA)
        channel_padding = (0, 0)
        return np.pad(image, (*self._padding(), channel_padding), mode="edge")

    def pad_lock_mask(self, locked: np.ndarray) -> np.ndarray:
        """Scales and pads a mask of the pixels that must not change; the padding must not either.

        A pixel of a reduced mask is locked if any pixel under it is.

        locked: bool (height, width), true where a pixel must not change.
        Returns uint8 of `padded_size`: 255 where locked, else 0.
        """
        mask = locked.astype(np.uint8) * 255
        if self.is_reduced:
            any_locked = cv2.resize(mask, self.inner_size, interpolation=cv2.INTER_AREA) > 0
            mask = any_locked.astype(np.uint8) * 255
        return np.pad(mask, self._padding(), constant_values=255)

    def crop_image(self, generated: np.ndarray) -> np.ndarray:
        """Cuts the padding off a generated image, and scales it to the requested size.

        Scales only if fewer pixels were generated.

        generated: uint8 RGB of `padded_size`.
        Returns uint8 RGB (height, width, 3).
        """
        width, height = self.inner_size
        inner = np.ascontiguousarray(generated[:height, :width])
        if not self.is_reduced:
            return inner
        return cv2.resize(inner, (self.width, self.height), interpolation=cv2.INTER_LANCZOS4)

    def _padding(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Returns how many rows and columns to add: (before, after) of each, for numpy.pad."""
        (width, height), (padded_width, padded_height) = self.inner_size, self.padded_size
        return (0, padded_height - height), (0, padded_width - width)


def plan_canvas(width: int, height: int, drawn_side: int | None = None) -> PaddedCanvas:
    """Decides at what size an image of `width` x `height` pixels is generated.

    drawn_side: longest side in pixels that may be generated; larger images are generated
        smaller and enlarged. None for no limit.
    """
    scale = min(1.0, (drawn_side or max(width, height)) / max(width, height))
    inner_size = max(1, round(width * scale)), max(1, round(height * scale))
    return PaddedCanvas(width, height, inner_size)
