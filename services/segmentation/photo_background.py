"""Models a plain photo background as one smooth surface of color, as in most product photos."""

from dataclasses import dataclass

import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.border import create_border_mask
from services.segmentation.scale import shrink_to_side

# Longer side in pixels of the image that is fitted. A smooth surface needs no more detail; a
# larger one only takes longer.
FIT_SIDE = 160
# Width of the border that the fit starts from, as a share of the longer side. Wider: more pixels to
# fit, but products near the edge distort the surface.
BORDER_SHARE = 0.05
# Rounds of trimming. Fewer leave pixels of the product in the fit.
FIT_ROUNDS = 14
# How many polynomial terms each round fits: constant, then linear, then quadratic. Rounds after the
# last entry repeat it.
TERMS_BY_ROUND = (1, 1, 3, 3, 6)
# A pixel belongs to the surface up to this multiple of the noise. Larger: shadows and pale products
# are taken for background.
TOLERATED_NOISE = 2.5
# The same limit in Lab units for noiseless images, where 1 is a barely visible difference.
MIN_TOLERANCE = 1.5
# The least share of the border that lies on a plain background. Smaller: photos in which the
# product or a second surface covers much of the border count as plain.
MIN_BORDER_SHARE = 0.65
# The most noise, in Lab units, of a plain background. Larger: textured surfaces count as plain.
MAX_NOISE = 1.2


@dataclass(frozen=True)
class PhotoBackground:
    """A quadratic surface in CIE Lab that models the background of a photo.

    coefficients: float32 (6, 3), one row per polynomial term, one column per Lab channel.
    noise: median distance, in Lab units, of the fitted pixels from the surface.
    border_share: share of the photo's border that lies on the surface, 0 to 1.
    """

    coefficients: np.ndarray
    noise: float
    border_share: float

    @property
    def is_plain(self) -> bool:
        """Whether the surface describes the photo's background."""
        return self.noise <= MAX_NOISE and self.border_share >= MIN_BORDER_SHARE

    @property
    def tolerance(self) -> float:
        """Largest distance, in Lab units, at which a pixel counts as background."""
        return max(TOLERATED_NOISE * self.noise, MIN_TOLERANCE)

    def render_surface(self, height: int, width: int) -> np.ndarray:
        """Returns the modeled background color of each pixel: float32 CIE Lab (height, width, 3).

        height, width: size in pixels at which the photo is compared; any size will do.
        """
        colors = _compute_polynomial_terms(height, width) @ self.coefficients
        return colors.reshape(height, width, 3)


def fit_photo_background(image: np.ndarray) -> PhotoBackground:
    """Fits a smooth surface of color to the background of an image, uint8 RGB (h, w, 3).

    Each round fits a polynomial to some pixels, then drops those that lie too far off it. The first
    half of the rounds uses the image's border alone; later rounds use every pixel close to the
    surface. The surface starts constant, then becomes linear, then quadratic, so that a product in
    a corner does not bend it.
    """
    lab = lab_from_srgb(shrink_to_side(image, FIT_SIDE))
    height, width = lab.shape[:2]
    terms, colors = _compute_polynomial_terms(height, width), lab.reshape(-1, 3)
    border = create_border_mask(height, width, BORDER_SHARE).ravel()
    fitted = border
    coefficients = np.zeros((6, 3), np.float32)
    for fit_round in range(FIT_ROUNDS):
        count = TERMS_BY_ROUND[min(fit_round, len(TERMS_BY_ROUND) - 1)]
        fitted_terms = terms[fitted, :count]
        # Least squares by the normal equations.
        inverse = np.linalg.pinv(fitted_terms.T @ fitted_terms)
        coefficients[:count] = inverse @ (fitted_terms.T @ colors[fitted])
        distance = np.linalg.norm(colors - terms @ coefficients, axis=1)
        noise = float(np.median(distance[fitted]))
        close = distance <= max(TOLERATED_NOISE * noise, MIN_TOLERANCE)
        fitted = close & border if fit_round < FIT_ROUNDS // 2 else close
    return PhotoBackground(coefficients, noise, border_share=float(close[border].mean()))


def measure_lab_difference(lab: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Returns how each pixel differs from the background, where a shadow changes lightness alone.

    lab, surface: float32 CIE Lab (h, w, 3), the photo's colors, and those of the background without
        the product, as modeled.

    The result is float32 (h, w, 3), in Lab units. Channel 0 is the difference in lightness.
    Channels 1 and 2 are the differences in a and b from a background that is as dark as the pixel:
    scaling linear light by s scales L + 16, a and b by the cube root of s (definition of CIE Lab).
    """
    dimming = (lab[..., :1] + 16) / (surface[..., :1] + 16)
    return np.dstack([lab[..., :1] - surface[..., :1], lab[..., 1:] - dimming * surface[..., 1:]])


def _compute_polynomial_terms(height: int, width: int) -> np.ndarray:
    """Returns 1, x, y, x², y² and xy of each pixel, row by row: float32 (height * width, 6).

    x and y run from -1 to 1 over an image of height x width pixels.
    """
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    return terms.reshape(-1, 6).astype(np.float32)
