"""Models a plain backdrop: one smooth surface of color, as in most product photos."""

from dataclasses import dataclass

import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.frames import draw_frame
from services.segmentation.scale import fit_within

FIT_SIDE = 160
FRAME_SHARE = 0.05
ROUNDS = 14
# How many of the terms each round may use, the last number again and again.
TERMS = (1, 1, 3, 3, 6)
TOLERANCE = 2.5
LEAST_TOLERANCE = 1.5
LEAST_FRAME = 0.65
MOST_NOISE = 1.2


@dataclass(frozen=True)
class Backdrop:
    """A quadratic surface in CIE Lab.

    coefficients: float32 (6, 3).
    noise: median distance, in Lab units, of the pixels that lie on it.
    frame_share: 0 to 1, how much of the picture's frame lies on it.
    """

    coefficients: np.ndarray
    noise: float
    frame_share: float

    @property
    def plain(self) -> bool:
        """Whether the picture really has such a backdrop."""
        return self.noise <= MOST_NOISE and self.frame_share >= LEAST_FRAME

    @property
    def tolerance(self) -> float:
        """The distance in Lab units up to which a pixel counts as lying on the surface."""
        return max(TOLERANCE * self.noise, LEAST_TOLERANCE)

    def surface(self, height: int, width: int) -> np.ndarray:
        """The backdrop's color at each pixel: float32 Lab (h, w, 3)."""
        return (_terms(height, width) @ self.coefficients).reshape(height, width, 3)


def fit_backdrop(image: np.ndarray) -> Backdrop:
    """Fits the surface to uint8 RGB (h, w, 3) by iterative trimming.

    The first half of the rounds trusts the frame alone; then every pixel that lies on the surface
    counts, wherever it is. The surface starts flat, then slopes, then bends, so that a product in
    a corner does not bend it.
    """
    lab = lab_from_srgb(fit_within(image, FIT_SIDE))
    terms, colors = _terms(*lab.shape[:2]), lab.reshape(-1, 3)
    frame = draw_frame(*lab.shape[:2], FRAME_SHARE).ravel()
    fitting = frame
    coefficients = np.zeros((6, 3), np.float32)
    for step in range(ROUNDS):
        degree = TERMS[min(step, len(TERMS) - 1)]
        chosen = terms[fitting, :degree]
        coefficients[:degree] = np.linalg.pinv(chosen.T @ chosen) @ (chosen.T @ colors[fitting])
        distance = np.linalg.norm(colors - terms @ coefficients, axis=1)
        noise = float(np.median(distance[fitting]))
        close = distance <= max(TOLERANCE * noise, LEAST_TOLERANCE)
        fitting = close & frame if step < ROUNDS // 2 else close
    return Backdrop(coefficients, noise, float(close[frame].mean()))


def differences(lab: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """How each pixel differs from the backdrop: float32 (h, w, 3).

    First lightness; then a and b against the backdrop's under as little light as the pixel has.
    Scaling linear light by s scales L + 16, a and b by the cube root of s, so a mere shadow has
    no difference in a and b.
    """
    less_light = (lab[..., :1] + 16) / (surface[..., :1] + 16)
    return np.dstack(
        [lab[..., :1] - surface[..., :1], lab[..., 1:] - less_light * surface[..., 1:]]
    )


def _terms(height: int, width: int) -> np.ndarray:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    return terms.reshape(-1, 6).astype(np.float32)
