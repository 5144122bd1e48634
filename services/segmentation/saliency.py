"""Guesses where the product is: sharp, unlike the colors along the border, near the middle."""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.border import compute_border_width

# Width of the border that shows the background, as a share of the longer side. Wider: more colors
# of the background are known, but also more of a large product's.
BORDER_SHARE = 0.025
# Standard deviations of Gaussian blurs as shares of the longer side, written as pixels of an image
# 320 pixels long, the size of a coarse segmentation.
# What this blur removes is detail; larger: coarser texture counts as sharp.
DETAIL_BLUR = 1.5 / 320
# Spreads sharpness over its neighborhood; larger: smooth surfaces between sharp edges count too.
SHARPNESS_BLUR = 8 / 320
# Suppresses noise in the distance of colors; larger: smoother outlines of the salient area.
COLOR_BLUR = 3 / 320
# Colors that represent the border (k-means clusters). More: busier backgrounds are described, but
# a product at the border gets a cluster of its own.
BORDER_COLORS = 6
# At most 20 rounds of k-means, or until its centers move by less than 1 Lab unit: with more the
# centers hardly change.
KMEANS_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1.0)
# Weight of sharpness relative to color. Larger: textured backgrounds attract the ellipse.
SHARPNESS_WEIGHT = 0.5
# Share of pixels that count as salient. Larger: a wider ellipse.
SALIENT_SHARE = 0.2
# Semi-axes in standard deviations of the salient pixels. An evenly filled ellipse has 2; less keeps
# scattered salient pixels of the background out.
AXES_PER_DEVIATION = 1.7
# Width of the Gaussian weight that favors the middle, as a share of each side; also the semi-axes
# of the ellipse when nothing is salient.
CENTER_SPREAD = 0.35

Ellipse = tuple[float, float, float, float]
"""Center x, y and semi-axes across, down, as shares of the image's width and height."""


def find_salient_ellipse(photo: np.ndarray) -> Ellipse:
    """Guesses where the product is: returns the ellipse around the pixels that stand out most.

    The ellipse is x, y of its center, then its semi-axes across and down; x and across as shares of
    the photo's width, y and down of its height.

    photo: uint8 RGB (h, w, 3).
    """
    height, width = photo.shape[:2]
    saliency = compute_saliency(photo)
    threshold = np.quantile(saliency, 1 - SALIENT_SHARE)
    weight = np.where(saliency > threshold, saliency, 0).astype(np.float64)
    # Nothing stands out, as in a photo of one color: an ellipse in the middle.
    if not weight.any():
        return 0.5, 0.5, CENTER_SPREAD, CENTER_SPREAD
    y, x = np.mgrid[0:height, 0:width]
    weight /= weight.sum()
    center_x, center_y = (x * weight).sum(), (y * weight).sum()
    deviation_x = np.sqrt(((x - center_x) ** 2 * weight).sum())
    deviation_y = np.sqrt(((y - center_y) ** 2 * weight).sum())
    return (
        (center_x + 0.5) / width,
        (center_y + 0.5) / height,
        AXES_PER_DEVIATION * deviation_x / width,
        AXES_PER_DEVIATION * deviation_y / height,
    )


def compute_saliency(photo: np.ndarray) -> np.ndarray:
    """Returns how much each pixel of a photo stands out: float32 (h, w), 0 to 1.5.

    A pixel stands out if it is in a sharp area, unlike the colors along the photo's border, and
    near the middle.

    photo: uint8 RGB (h, w, 3).
    """
    lab = lab_from_srgb(photo)
    height, width = photo.shape[:2]
    side = max(photo.shape)
    sharpness = _measure_sharpness(lab[..., 0], side)
    contrast = SHARPNESS_WEIGHT * sharpness + _measure_border_contrast(lab, side)
    return contrast * _create_center_weight(height, width)


def _measure_sharpness(lightness: np.ndarray, side: int) -> np.ndarray:
    """Returns how much fine detail surrounds each pixel: float32 (h, w), 0 to 1.

    lightness: L of CIE Lab, float32 (h, w). side: the photo's longer side in pixels.
    """
    # A kernel size of (0, 0) derives it from the standard deviation.
    detail = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), DETAIL_BLUR * side))
    return _scale_to_one(cv2.GaussianBlur(detail, (0, 0), SHARPNESS_BLUR * side))


def _measure_border_contrast(lab: np.ndarray, side: int) -> np.ndarray:
    """Returns how far each pixel's color is from those along the border: float32 (h, w), 0 to 1.

    The border's colors are summed up by a few, as clusters of k-means.

    lab: the photo, float32 CIE Lab (h, w, 3). side: its longer side in pixels.
    """
    height, width = lab.shape[:2]
    border_width = compute_border_width(height, width, BORDER_SHARE)
    edges = (
        lab[:border_width],
        lab[:, :border_width],
        lab[:, -border_width:],
        lab[-border_width:],
    )
    border = np.concatenate([edge.reshape(-1, 3) for edge in edges])
    count = min(BORDER_COLORS, len(border))
    # k-means starts at random; equal photos must give equal results.
    cv2.setRNGSeed(0)
    # OpenCV's signature asks for an array of cluster numbers, which it overwrites.
    unused_clusters = np.zeros((len(border), 1), np.int32)
    _, _, border_colors = cv2.kmeans(
        border, count, unused_clusters, KMEANS_STOP, attempts=1, flags=cv2.KMEANS_PP_CENTERS
    )
    distance = np.min([np.linalg.norm(lab - color, axis=2) for color in border_colors], axis=0)
    # A kernel size of (0, 0) derives it from the standard deviation.
    return _scale_to_one(cv2.GaussianBlur(distance, (0, 0), COLOR_BLUR * side))


def _create_center_weight(height: int, width: int) -> np.ndarray:
    """Returns a Gaussian weight that is 1 in the middle of an image and falls towards its edges.

    height, width: in pixels. The result is float32 (height, width), 0 to 1.
    """
    # Distances of pixel centers from the middle, in units of CENTER_SPREAD.
    down = ((np.arange(height) + 0.5) / height - 0.5) / CENTER_SPREAD
    across = ((np.arange(width) + 0.5) / width - 0.5) / CENTER_SPREAD
    return np.exp(-(down[:, None] ** 2) - across[None] ** 2).astype(np.float32)


def _scale_to_one(values: np.ndarray) -> np.ndarray:
    """Scales values so that the largest is 1."""
    return values / max(float(values.max()), 1e-6)
