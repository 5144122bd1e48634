"""Geometry of panoramas: the direction and solid angle of each pixel, turning, and sampling.

A panorama is float32 linear RGB (h, 2h, 3): its top row is straight up, its columns run once
around, to the right as seen from inside. Its first column is behind the product, its middle column
is at the camera, as in the domes of sets.
"""

from functools import lru_cache

import cv2
import numpy as np

# Sizes of panoramas whose directions are kept; each takes up to 10 MB.
MAX_CACHED_SIZES = 2
UP = np.array([0.0, 1.0, 0.0])


@lru_cache(maxsize=MAX_CACHED_SIZES)
def list_pixel_directions(height: int, width: int) -> np.ndarray:
    """Returns the unit vector to each pixel, float32 (height, width, 3): x right, y up, z to us."""
    polar = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height * np.pi
    around = (np.arange(width, dtype=np.float32)[None] + 0.5) / width * 2 * np.pi
    directions = np.empty((height, width, 3), np.float32)
    directions[..., 0] = np.sin(polar) * np.sin(around)
    directions[..., 1] = np.cos(polar)
    directions[..., 2] = -np.sin(polar) * np.cos(around)
    directions.setflags(write=False)
    return directions


def solid_angles(height: int, width: int) -> np.ndarray:
    """Returns the solid angle of each row's pixels in steradians, float32 (height, 1)."""
    edges = np.cos(np.linspace(0, np.pi, height + 1))
    return ((edges[:-1] - edges[1:]) * 2 * np.pi / width).astype(np.float32)[:, None]


def turn_panorama(panorama: np.ndarray, degrees: float) -> np.ndarray:
    """Turns a panorama around the upright axis by whole pixels; float32 (h, w, 3), as it came.

    degrees: azimuth that comes to be behind the product, as in the contract's Light.
    """
    width = panorama.shape[1]
    # Azimuth 180 is behind already, and azimuths grow toward the first column.
    return np.roll(panorama, -round((180 - degrees) % 360 / 360 * width), axis=1)


def sample_panorama(panorama: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Returns the light that comes from each direction, between pixels linearly.

    panorama: linear RGB, float32 (h, w, 3).
    directions: of any length, float32 (m, n, 3). The result is float32 (m, n, 3).
    """
    height, width = panorama.shape[:2]
    x, y, z = np.moveaxis(directions, 2, 0)
    polar = np.arctan2(np.hypot(x, z), y)
    around = np.arctan2(x, -z) % (2 * np.pi)
    columns = (around / (2 * np.pi) * width - 0.5).astype(np.float32)
    rows = np.clip(polar / np.pi * height - 0.5, 0, height - 1).astype(np.float32)
    return cv2.remap(panorama, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def measure_card_light(panorama: np.ndarray, facing: np.ndarray = UP) -> np.ndarray:
    """Returns the linear RGB, float (3,), that a white card shows under a panorama.

    panorama: linear RGB, float32 (h, w, 3).
    facing: unit vector that the card faces, float (3,); by default it lies level.
    """
    height, width = panorama.shape[:2]
    toward = np.maximum(list_pixel_directions(height, width) @ facing, 0)
    weights = toward * solid_angles(height, width) / np.pi
    return np.einsum("hwc,hw->c", panorama, weights, dtype=np.float64)
