"""Renders the reflection of a product in glossy ground."""

import cv2
import numpy as np

from services.imaging.blur import blur_weighted, gaussian_blur
from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.contour import LowerContour

# Distance from the product at which the reflection ends, as a share of its height. Larger: longer.
FADE_DISTANCE = 0.45
# Sigma of the reflection's blur, as a share of the product's height, as on polished stone. Larger:
# a duller surface.
REFLECTION_BLUR = 0.008
# Darkening of the reflection at the line of contact, where no light gets in, and the distance of
# its decay as a share of the product's height. Larger: a darker and a wider gap.
CREASE_DARKNESS, CREASE_REACH = 0.9, 0.035
# Weight below which not even a change from black to white shows in 8 bits.
INVISIBLE = 0.5 / 255
# Sigma in pixels by which the mirror line is smoothed, as its rows are whole numbers. Larger: fewer
# steps in the reflection, which leaves the outline at corners.
LINE_SIGMA = 2.0
# Certainty of contact from which a column is a point of the mirror line. Larger: faint feet are
# reflected about their neighbors' line instead of their own.
MIN_CONTACT = 0.05


def render_reflection(
    picture: np.ndarray, mask: np.ndarray, contour: LowerContour, height: int, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mirrors a product at its lower edge, column by column, into the glossy ground below it.

    Returns the reflection, uint8 RGB (h, w, 3), and its weight, float32 (h, w), 0 to 1, with which
    it is to be mixed into the ground. The weight fades with the distance from the contour.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    contour: the product's lower outline and where it touches the ground.
    height: the product's height in pixels.
    strength: the weight at the contour, 0 to 1.
    """
    # In each column, the row about which it is mirrored.
    line = _interpolate_mirror_line(contour)
    # The rows of the picture that the reflection may reach.
    rows = slice(int(line.min()), min(len(mask), int(line.max() + FADE_DISTANCE * height) + 1))
    # Adding 0 * line and 0 * y repeats a column and a row over the whole grid.
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0 * line
    x = np.arange(len(line), dtype=np.float32)[None] + 0 * y
    mirrored_y = 2 * line + 1 - y
    colors = cv2.remap(picture, x, mirrored_y, cv2.INTER_LINEAR)
    alpha = cv2.remap(mask, x, mirrored_y, cv2.INTER_LINEAR).astype(np.float32) / 255
    alpha *= y > line
    distance = np.clip((y - line) / max(1.0, FADE_DISTANCE * height), 0, 1)
    sigma = max(0.5, REFLECTION_BLUR * height)
    reflection, weight = picture.copy(), np.zeros(mask.shape, np.float32)
    weight[rows] = gaussian_blur(strength * alpha * np.square(1 - distance), sigma)
    # Darker right below the product, where no light gets in.
    crease = 1 - CREASE_DARKNESS * np.exp(-np.maximum(y - line, 0) / (CREASE_REACH * height))
    reflection[rows] = np.clip(blur_weighted(colors, alpha, sigma) * crease[..., None], 0, 255)
    return reflection, weight


def blend_reflection(
    picture: np.ndarray, mask: np.ndarray, reflection: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Blends a reflection into the ground; the product's opaque pixels stay bit-equal.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    reflection: uint8 RGB (h, w, 3), of the picture's size or smaller; it is enlarged to it.
    weight: float32 (h, w), of the reflection in the result, 0 to 1.
    """
    # Only the part where the reflection shows is enlarged and blended.
    box = x, y, width, height = find_bounding_box(weight > INVISIBLE)
    if not width:
        return picture
    scale_y, scale_x = len(picture) / len(reflection), picture.shape[1] / reflection.shape[1]
    rows = slice(int(y * scale_y), min(len(picture), int((y + height) * scale_y) + 1))
    columns = slice(int(x * scale_x), min(picture.shape[1], int((x + width) * scale_x) + 1))
    size = columns.stop - columns.start, rows.stop - rows.start
    outside = 1 - mask[rows, columns].astype(np.float32) / 255
    share = cv2.resize(crop_to_box(weight, box), size) * outside
    out = picture.copy()
    enlarged = cv2.resize(crop_to_box(reflection, box), size)
    out[rows, columns] = cv2.blendLinear(enlarged, picture[rows, columns], share, 1 - share)
    return out


def _interpolate_mirror_line(contour: LowerContour) -> np.ndarray:
    """Returns the row about which each column is mirrored: float32 (W,).

    That is the product's lowest row in columns that touch the ground, and a straight line between
    them in the others.
    """
    touching = np.flatnonzero(contour.weight > MIN_CONTACT)
    columns = np.arange(len(contour.lowest))
    line = np.interp(columns, touching, contour.lowest[touching]).astype(np.float32)
    return cv2.GaussianBlur(line[None], (0, 0), LINE_SIGMA, borderType=cv2.BORDER_REPLICATE)[0]
