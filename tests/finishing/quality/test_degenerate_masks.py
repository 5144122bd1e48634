"""Empty, tiny, thin and faint masks, and those of many parts, are judged without an error."""

import math

import cv2
import numpy as np
import pytest

from cyclorama.v1 import compositing_pb2, finishing_pb2, scene_pb2
from services.finishing.engine import TextLine
from services.finishing.quality.leftovers import judge_soft_leftovers
from services.finishing.quality.lettering import judge_legibility
from services.finishing.quality.measurement import FAIL, UNKNOWN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import MEASUREMENTS, sum_up
from services.finishing.quality.score import read_model

HEIGHT, WIDTH = 120, 160
KNOWN = finishing_pb2.Circumstances(
    scene=scene_pb2.Scene(ground_line=0.6, camera_pitch=10, light=scene_pb2.Light(azimuth=60)),
    placement=compositing_pb2.Placement(stands=True, scale=1),
)


def draw_mask(rows, columns, alpha=255) -> np.ndarray:
    """A mask of some rows and columns, which index an array: uint8 (HEIGHT, WIDTH)."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[rows, columns] = alpha
    return mask


ALL = slice(None)
MASKS = {
    "empty": draw_mask(0, 0, 0),
    "full": draw_mask(ALL, ALL),
    "faint": draw_mask(ALL, ALL, 3),
    "a pixel": draw_mask(60, 80),
    "a pixel in a corner": draw_mask(0, 0),
    "a pixel at the foot": draw_mask(-1, 80),
    "opposite corners": draw_mask([0, -1], [0, -1]),
    "an upright line": draw_mask(ALL, 80),
    "a level line": draw_mask(60, ALL),
    "the lowest row": draw_mask(-1, ALL),
    "beads": draw_mask(slice(4, None, 8), slice(4, None, 8)),
}


def draw_ad() -> np.ndarray:
    """Soft colored blotches: uint8 RGB (HEIGHT, WIDTH, 3)."""
    blotches = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return cv2.resize(blotches, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("knows_more", [True, False])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_report_of_any_mask_has_a_score(mask, knows_more):
    ad = draw_ad()
    known = (cv2.add(ad, 9), 0, KNOWN) if knows_more else ()
    measured = [judge(AssessedPicture(ad, mask, *known)) for judge in MEASUREMENTS]
    assert all(each.severity is None or math.isfinite(each.severity) for each in measured)
    assert 1 <= sum_up(measured, read_model()).score <= 10


def test_of_a_product_too_small_to_see_soft_leftovers_are_unknown():
    mask = np.zeros((3000, 4000), np.uint8)
    mask[1400, 2000] = 255
    ad = np.broadcast_to(np.uint8(128), (*mask.shape, 3))
    assert judge_soft_leftovers(AssessedPicture(np.ascontiguousarray(ad), mask)).verdict == UNKNOWN


def test_ink_that_covers_everything_is_not_legible():
    ad = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    line = TextLine((0, 0, WIDTH, HEIGHT), HEIGHT, (0, 0, 0))
    judged = judge_legibility(AssessedPicture(ad, lettered=np.zeros_like(ad), text_lines=[line]))
    assert judged.verdict == FAIL and judged.value == 1
