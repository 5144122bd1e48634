"""Color spaces: sRGB to CIE Lab, to linear light and to luminance."""

import cv2
import numpy as np

# Weights of linear red, green and blue (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def lab_from_srgb(pixels: np.ndarray) -> np.ndarray:
    """Converts colors from sRGB to CIE L*a*b* (D65), in which distances resemble perceived ones.

    pixels: uint8 sRGB of any shape (..., 3).
    Returns float32 of the same shape: L* 0 to 100, a* and b* about -100 to 100.
    """
    shares = pixels.astype(np.float32) / 255
    # OpenCV converts images of two dimensions only.
    image = shares if shares.ndim == 3 else shares.reshape(1, -1, 3)
    return cv2.cvtColor(image, cv2.COLOR_RGB2Lab).reshape(pixels.shape)


def srgb_from_lab(colors: np.ndarray) -> np.ndarray:
    """Converts colors from CIE L*a*b* (D65) to sRGB, uint8 (n, 3); those outside it are clipped.

    colors: float32 (n, 3), as lab_from_srgb returns them.
    """
    shares = cv2.cvtColor(colors.astype(np.float32)[None], cv2.COLOR_Lab2RGB)[0]
    return np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)


def linear_light_from_srgb(shares: np.ndarray) -> np.ndarray:
    """Converts sRGB values to linear light, both 0 to 1 (IEC 61966-2-1).

    shares: float32 or float64 (...,), sRGB levels divided by 255.
    Returns the same shape and dtype.
    """
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def luminance_from_srgb(pixels: np.ndarray) -> np.ndarray:
    """Returns the relative luminance of uint8 sRGB (n, 3): float32 (n,), 0 to 1 (WCAG 2.2)."""
    return linear_light_from_srgb(pixels.astype(np.float32) / 255) @ LUMINANCE.astype(np.float32)


def find_channel_extremes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns each pixel's smallest and largest channel, as a pair of uint8 (H, W).

    pixels: uint8 RGB (H, W, 3).
    """
    red, green, blue = cv2.split(pixels)
    return cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)
