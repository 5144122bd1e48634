"""Darkens and lights the ground around a product as its own color would change."""

import cv2
import numpy as np

from services.imaging.box import find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA
from services.inpainting.soft_edge import find_soft_edge

# How much of the ground's hue a shadow deepens, 0 to 1. Larger: more saturated shadows.
HUE_DEEPENING = 0.5
# Factor that leaves a channel as it is, 1 in 8 bits: as fine as the picture's own levels, and
# several times as fast as floating point.
UNCHANGED = 255


def shade_ground(picture: np.ndarray, mask: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiplies the ground by factors of light and shadow; opaque pixels stay bit-equal.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    factors: uint8 (h, w, 3), of the picture's size or smaller; UNCHANGED leaves a channel as it is.
    """
    rows, columns = _find_changed_part(factors, picture.shape)
    out = picture.copy()
    part, alpha = picture[rows, columns], mask[rows, columns]
    if not part.size:
        return out
    if factors.shape != picture.shape:
        factors = cv2.resize(factors, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    lit = cv2.multiply(part, factors[rows, columns], scale=1 / UNCHANGED)
    # Restores the opaque pixels, and in a half-transparent edge the product's share.
    cv2.copyTo(part, cv2.inRange(alpha, OPAQUE_ALPHA, OPAQUE_ALPHA), lit)
    edge = find_soft_edge(alpha)
    share = alpha[edge][:, None].astype(np.float32) / 255
    lit[edge] = np.rint(part[edge] * share + lit[edge] * (1 - share))
    out[rows, columns] = lit
    return out


def _find_changed_part(factors: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Returns the rows and columns of a picture that multiplying by the factors changes.

    Both are empty if nothing changes visibly.

    factors: uint8 (h, w, 3), of the picture's size or smaller.
    shape: of the picture, (height, width, 3).
    """
    unchanged = cv2.inRange(factors, (UNCHANGED,) * 3, (UNCHANGED,) * 3)
    x, y, width, height = find_bounding_box(cv2.bitwise_not(unchanged))
    if not width:
        return slice(0, 0), slice(0, 0)
    scale_y, scale_x = shape[0] / factors.shape[0], shape[1] / factors.shape[1]
    # One pixel more on each side, as enlarging the factors interpolates.
    top, bottom = int((y - 1) * scale_y), int((y + height + 1) * scale_y) + 1
    left, right = int((x - 1) * scale_x), int((x + width + 1) * scale_x) + 1
    return (
        slice(max(0, top), min(shape[0], bottom)),
        slice(max(0, left), min(shape[1], right)),
    )


def compute_shadow_factors(color: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """Returns factors, 0 to 1, that darken the ground as a shadow does: float32 (h, w, 3).

    They are to be multiplied with the ground's RGB channels. Light that bounces within a shadow
    has the ground's color: strong channels darken less than weak ones, and gray stays gray. Its
    mean color is used, as that light comes from all around.

    color: float (3,), the ground's mean RGB, 0 to 255.
    darkness: float32 (h, w), from 0 for none to 1 for black.
    """
    squares = np.square(color / max(float(color.max()), 1e-3))
    darkness = np.clip(darkness, 0, 1)
    # Most at half darkness: faint shadows and black keep the hue as it is.
    deepening = HUE_DEEPENING * darkness * (1 - darkness)
    brightness = 1 - darkness
    return cv2.merge([brightness + deepening * float(each) for each in squares - squares.mean()])


def quantize_factors(factors: np.ndarray) -> np.ndarray:
    """Returns factors, float32 (h, w, 3), 0 to 1, as shade_ground takes them: uint8 (h, w, 3)."""
    return cv2.convertScaleAbs(factors, None, UNCHANGED)


def measure_ground_color(picture: np.ndarray, mask: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """Returns the mean color of the ground in a shadow: float (3,), RGB, 0 to 255.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product, which does not count.
    darkness: float32 (h, w), of the shadow, the weight of each pixel.
    """
    weight = darkness * (1 - mask.astype(np.float32) / 255)
    color = np.einsum("hwc,hw->c", picture.astype(np.float32), weight)
    return color / max(float(weight.sum()), 1e-3)
