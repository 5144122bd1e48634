"""Guesses where the product is: sharp, unlike the colors along the frame, near the middle."""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.frames import frame_width

# Sizes are shares of the longer side.
FRAME = 0.025
FINE = 1.5 / 320
NEIGHBORHOOD = 8 / 320
SMOOTH = 3 / 320
FRAME_COLORS = 6
# How much sharpness counts beside color, and the share of pixels that stand out.
SHARPNESS = 0.5
STANDING_OUT = 0.2
# Semi-axes per standard deviation; 2 would be those of an evenly filled ellipse.
SPREAD = 1.7
MIDDLE = 0.35

Ellipse = tuple[float, float, float, float]


def salient_ellipse(photo: np.ndarray) -> Ellipse:
    """The ellipse around what stands out in uint8 RGB (h, w, 3).

    Returns the center's x and y and the semi-axes across and down, as shares of the sides.
    """
    height, width = photo.shape[:2]
    map_ = saliency(photo)
    weight = np.where(map_ > np.quantile(map_, 1 - STANDING_OUT), map_, 0).astype(np.float64)
    if not weight.any():
        return 0.5, 0.5, MIDDLE, MIDDLE
    y, x = np.mgrid[0:height, 0:width]
    weight /= weight.sum()
    center_x, center_y = (x * weight).sum(), (y * weight).sum()
    spread_x = np.sqrt(((x - center_x) ** 2 * weight).sum())
    spread_y = np.sqrt(((y - center_y) ** 2 * weight).sum())
    return (
        (center_x + 0.5) / width,
        (center_y + 0.5) / height,
        SPREAD * spread_x / width,
        SPREAD * spread_y / height,
    )


def saliency(photo: np.ndarray) -> np.ndarray:
    """How much each pixel of uint8 RGB (h, w, 3) stands out: float32 (h, w), 0 to 1.5."""
    lab = lab_from_srgb(photo)
    side = max(photo.shape)
    standing_out = SHARPNESS * _sharpness(lab[..., 0], side) + _strangeness(lab, side)
    return standing_out * _middle(*photo.shape[:2])


def _sharpness(lightness: np.ndarray, side: int) -> np.ndarray:
    detail = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), FINE * side))
    return _to_one(cv2.GaussianBlur(detail, (0, 0), NEIGHBORHOOD * side))


def _strangeness(lab: np.ndarray, side: int) -> np.ndarray:
    """How far each color is from those along the frame."""
    margin = frame_width(*lab.shape[:2], FRAME)
    edges = lab[:margin], lab[:, :margin], lab[:, -margin:], lab[-margin:]
    frame = np.concatenate([edge.reshape(-1, 3) for edge in edges])
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1.0)
    cv2.setRNGSeed(0)
    count = min(FRAME_COLORS, len(frame))
    _, _, colors = cv2.kmeans(frame, count, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    distance = np.min([np.linalg.norm(lab - color, axis=2) for color in colors], axis=0)
    return _to_one(cv2.GaussianBlur(distance, (0, 0), SMOOTH * side))


def _middle(height: int, width: int) -> np.ndarray:
    down = ((np.arange(height) + 0.5) / height - 0.5) / MIDDLE
    across = ((np.arange(width) + 0.5) / width - 0.5) / MIDDLE
    return np.exp(-(down[:, None] ** 2) - across[None] ** 2).astype(np.float32)


def _to_one(values: np.ndarray) -> np.ndarray:
    return values / max(float(values.max()), 1e-6)
