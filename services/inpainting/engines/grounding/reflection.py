"""The mirror image of a product in a glossy ground."""

import cv2
import numpy as np

from services.imaging.blur import blur_weighted, gaussian_blur
from services.imaging.box import crop_to_box, find_bounding_box
from services.inpainting.engines.grounding.contour import Contour

FADE_HEIGHT = 0.45
BLUR = 0.008
CREASE, CREASE_REACH = 0.9, 0.035
INVISIBLE = 0.5 / 255


def reflection(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, height: int, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mirrors the product about its lower contour, column by column, into the ground below it.

    picture: uint8 RGB (h, w, 3); mask: uint8 alpha (h, w); height: the product's, in pixels;
    strength: 0 to 1 at the contour, from where the image fades and, as in polished stone, blurs.
    Returns the image, uint8 RGB (h, w, 3), and how much of it is seen, float32 (h, w), 0 to 1.
    """
    line = _mirror_line(contour)
    rows = slice(int(line.min()), min(len(mask), int(line.max() + FADE_HEIGHT * height) + 1))
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0 * line
    x = np.arange(len(line), dtype=np.float32)[None] + 0 * y
    colors = cv2.remap(picture, x, 2 * line + 1 - y, cv2.INTER_LINEAR)
    seen = cv2.remap(mask, x, 2 * line + 1 - y, cv2.INTER_LINEAR).astype(np.float32) / 255
    seen *= y > line
    far = np.clip((y - line) / max(1.0, FADE_HEIGHT * height), 0, 1)
    sigma = max(0.5, BLUR * height)
    image, weight = picture.copy(), np.zeros(mask.shape, np.float32)
    weight[rows] = gaussian_blur(strength * seen * np.square(1 - far), sigma)
    # The foot of a product gets no light where it meets the ground, nor does its image.
    crease = 1 - CREASE * np.exp(-np.maximum(y - line, 0) / (CREASE_REACH * height))
    image[rows] = np.clip(blur_weighted(colors, seen, sigma) * crease[..., None], 0, 255)
    return image, weight


def lay_over(
    picture: np.ndarray, mask: np.ndarray, image: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Mixes an image, of the picture's size or coarser, into what a product leaves free.

    picture: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W); image: uint8 RGB (h, w, 3); weight:
    float32 (h, w), 0 to 1.
    """
    box = x, y, width, height = find_bounding_box(weight > INVISIBLE)
    if not width:
        return picture
    down, across = len(picture) / len(image), picture.shape[1] / image.shape[1]
    rows = slice(int(y * down), min(len(picture), int((y + height) * down) + 1))
    columns = slice(int(x * across), min(picture.shape[1], int((x + width) * across) + 1))
    size = columns.stop - columns.start, rows.stop - rows.start
    share = cv2.resize(crop_to_box(weight, box), size) * (
        1 - mask[rows, columns].astype(np.float32) / 255
    )
    out = picture.copy()
    above = cv2.resize(crop_to_box(image, box), size)
    out[rows, columns] = cv2.blendLinear(above, picture[rows, columns], share, 1 - share)
    return out


def _mirror_line(contour: Contour) -> np.ndarray:
    """float32 (W,): the contour where it touches the ground, straight lines across the gaps."""
    touching = np.flatnonzero(contour.weight > 0.05)
    every = np.arange(len(contour.lowest))
    return np.interp(every, touching, contour.lowest[touching]).astype(np.float32)
