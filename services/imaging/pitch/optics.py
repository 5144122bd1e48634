"""Converts focal lengths to pixels, and rows of a photo to angles."""

import math

import numpy as np

from services.imaging.focal_length import FILM_DIAGONAL

# Focal lengths in millimeters that photos of products have, from a phone to a portrait lens, each
# taken in turn where a photo does not say. The longest sees 22 degrees along the longer side.
ASSUMED_FOCAL_LENGTHS = (45.0, 62.0, 92.0)
# Standard deviation of the logarithm of a focal length that the photo states, and of others.
KNOWN_SPREAD, ASSUMED_SPREAD = 0.01, 0.35


def find_focal_pixels(focal_length_mm: float, photo_size: tuple[int, int]) -> float:
    """Returns a focal length in pixels of a photo.

    focal_length_mm: equivalent on 35-mm film. photo_size: height, width in pixels.
    """
    return focal_length_mm / FILM_DIAGONAL * math.hypot(*photo_size)


def find_depression(row: np.ndarray, focal: float) -> np.ndarray:
    """Returns how far below the optical axis rows lie: degrees, float (n,).

    row: float (n,), in pixels below the middle of the photo. focal: in pixels.
    """
    return np.degrees(np.arctan(row / focal))
