"""Drawn ads of a box on a table, with one fault of light, shadow, tones or edge each."""

import cv2
import numpy as np

from cyclorama.v1 import compositing_pb2, finishing_pb2, image_pb2, scene_pb2
from services.finishing.quality.picture import AssessedPicture

SIDE = 200
# Column, row, width and height of the product.
PRODUCT = (70, 50, 60, 100)
WALL, TABLE, GRAY = (190, 185, 180), (150, 140, 130), (120, 120, 120)


def draw_background(wall=WALL, table=TABLE) -> np.ndarray:
    """A wall above a table, whose edge is blurred: uint8 RGB (200, 200, 3)."""
    picture = np.full((SIDE, SIDE, 3), wall, np.uint8)
    picture[110:] = table
    return cv2.GaussianBlur(picture, (0, 0), 4)


def draw_mask() -> np.ndarray:
    """The product's alpha with a soft edge: uint8 (200, 200)."""
    x, y, width, height = PRODUCT
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (x, y), (x + width - 1, y + height - 1), 255, -1)
    return cv2.GaussianBlur(mask, (3, 3), 0)


def paste_color(background: np.ndarray, color: object) -> np.ndarray:
    """Pastes the product in one color, or from a picture, onto a background."""
    share = draw_mask()[..., np.newaxis] / 255
    return np.rint(background * (1 - share) + np.asarray(color) * share).astype(np.uint8)


def describe_light(azimuth=60.0, color=(255, 255, 255), softness=0.3) -> dict[str, object]:
    """The circumstances of a standing product in a scene with this light."""
    red, green, blue = color
    light = scene_pb2.Light(
        azimuth=azimuth,
        softness=softness,
        color=image_pb2.Color(red=red, green=green, blue=blue),
    )
    return {
        "scene": scene_pb2.Scene(ground_line=0.75, camera_pitch=10, light=light),
        "placement": compositing_pb2.Placement(stands=True, scale=1),
    }


def assess(ad: np.ndarray, composite=None, **circumstances) -> AssessedPicture:
    """The ad with the product's mask and what is known about it."""
    known = finishing_pb2.Circumstances(**circumstances)
    return AssessedPicture(ad, draw_mask(), composite, 0, known)
