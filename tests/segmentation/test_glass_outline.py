import numpy as np

from services.segmentation.engine import SegmentationResult
from services.segmentation.glass_outline import complete_glass
from tests.support.glass import BOX, draw_backdrop, photograph_glass

PHOTO = photograph_glass(draw_backdrop())


def find_part(left: int, top: int, width: int, height: int) -> SegmentationResult:
    """Returns the result of an engine that found a part of the beaker only."""
    part = PHOTO[top : top + height, left : left + width]
    opaque = np.full((height, width, 1), 255, np.uint8)
    return SegmentationResult(
        np.concatenate([part, opaque], axis=2), (left, top, width, height), 0.9
    )


def test_what_the_lines_of_a_glass_enclose_belongs_to_it():
    complete = complete_glass(PHOTO, find_part(60, 40, 80, 50), is_certain=False)
    assert np.abs(np.subtract(complete.bounds, BOX)).max() <= 5
    assert (complete.cutout[..., 3] >= 128).mean() > 0.9
    assert complete.cutout.shape[:2] == complete.bounds[:1:-1]


def test_a_lid_is_joined_with_the_glass_below_it_if_the_product_is_of_glass():
    photo = PHOTO.copy()
    # The walls below the lid cannot be seen.
    photo[60:120] = draw_backdrop()[60:120]
    photo[40:60, 60:140] = (150, 90, 40)
    lid = SegmentationResult(
        np.dstack([photo[40:60, 60:140], np.full((20, 80), 255)]).astype(np.uint8),
        (60, 40, 80, 20),
        0.9,
    )
    assert complete_glass(photo, lid, is_certain=True).bounds[3] >= 125
    assert complete_glass(photo, lid, is_certain=False).bounds[3] <= 25


def test_a_complete_cutout_stays_as_it_is():
    result = find_part(*BOX)
    complete = complete_glass(PHOTO, result, is_certain=False)
    assert np.abs(np.subtract(complete.bounds, BOX)).max() <= 5
