import cv2
import numpy as np

from services.segmentation.confidence import REASON
from services.segmentation.engine import SegmentationResult
from services.segmentation.lost_parts import doubt_lost_part, find_lost_part

GRAY, BROWN, BLUE = (150, 150, 148), (120, 95, 80), (30, 60, 190)
# The bag without its handle: x, y, width, height.
BAG = (100, 120, 120, 140)


def photograph_bag(handle=BLUE, ground=GRAY) -> np.ndarray:
    """Returns a brown bag with a blue zipper, and a handle on top: uint8 RGB (320, 320, 3)."""
    photo = np.full((320, 320, 3), ground, np.uint8)
    cv2.ellipse(photo, (160, 122), (30, 34), 0, 180, 360, handle, 9)
    x, y, width, height = BAG
    cv2.rectangle(photo, (x, y), (x + width - 1, y + height - 1), BROWN, -1)
    cv2.rectangle(photo, (x + 10, y + 40), (x + width - 11, y + 59), BLUE, -1)
    return photo


def photograph_blurred_bag() -> np.ndarray:
    """Returns the bag with a blue seam of a few pixels beyond its edge: uint8 RGB (320, 320, 3)."""
    photo = photograph_bag(handle=GRAY)
    photo[150:250, 220:224] = BLUE
    return photo


def cut_out_bag(photo: np.ndarray) -> SegmentationResult:
    x, y, width, height = BAG
    part = photo[y : y + height, x : x + width]
    opaque = np.full((height, width, 1), 255, np.uint8)
    return SegmentationResult(np.concatenate([part, opaque], axis=2), BAG, confidence=0.97)


def test_a_handle_in_the_products_vivid_color_is_missed_at_its_place():
    photo = photograph_bag()
    result = doubt_lost_part(photo, cut_out_bag(photo))
    (warning,) = result.warnings
    assert warning.reason == REASON and "may be missing" in warning.message
    assert result.confidence < 0.5
    assert np.allclose(warning.box, (126, 84, 69, 36), atol=8)


def test_other_colors_and_a_ground_of_the_products_color_are_no_lost_parts():
    for photo in (
        photograph_bag(handle=(190, 60, 30)),
        photograph_bag(handle=GRAY),
        photograph_bag(ground=BLUE),
        photograph_blurred_bag(),
    ):
        assert find_lost_part(photo, cut_out_bag(photo)) is None
