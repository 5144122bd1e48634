"""Colors as people see them: CIE Lab, linear light and luminance."""

import cv2
import numpy as np

# Of linear red, green and blue (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def to_lab(pixels: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of uint8 sRGB (..., 3): float32, L 0 to 100, a and b about -100 to 100."""
    shares = pixels.astype(np.float32) / 255
    # OpenCV takes pictures only.
    picture = shares if shares.ndim == 3 else shares.reshape(1, -1, 3)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).reshape(pixels.shape)


def linear_light(shares: np.ndarray) -> np.ndarray:
    """Linear light, 0 to 1, of sRGB shares, 0 to 1 (IEC 61966-2-1); of the same float type."""
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance of uint8 sRGB (n, 3): float32 (n,), 0 to 1, as WCAG 2.2 defines it."""
    return linear_light(pixels.astype(np.float32) / 255) @ LUMINANCE.astype(np.float32)
