import cv2
import pytest

from services.segmentation.grabcut import COMPONENTS, run_grabcut
from services.segmentation.seeds import create_box_seeds
from tests.support.drawings import BLUE, draw_clutter, draw_disc, mask_iou, paint_product
from tests.support.pictures import assert_image_equal

TRUTH = draw_disc(60, 50, 25, size=(100, 120))
CLUTTERED = paint_product(TRUTH, BLUE, draw_clutter((100, 120)))


@pytest.fixture
def seeds():
    return create_box_seeds(100, 120, 0.8)


def test_a_box_around_a_product_shrinks_to_the_product(seeds):
    mask = run_grabcut(paint_product(TRUTH), seeds, iterations=3)
    assert mask.dtype == bool and mask_iou(mask, TRUTH >= 0.5) >= 0.97


def test_certain_seeds_decide_and_seeds_are_not_modified(seeds):
    seeds[45:55, 55:65] = cv2.GC_BGD
    seeds[12:16, 14:18] = cv2.GC_FGD
    before = seeds.copy()
    mask = run_grabcut(CLUTTERED, seeds, iterations=2)
    assert not mask[45:55, 55:65].any() and mask[12:16, 14:18].all()
    assert_image_equal(seeds, before)


def test_the_cut_does_not_depend_on_what_ran_before_in_the_thread(seeds):
    masks = []
    for seed in (1, 2, 3):
        cv2.setRNGSeed(seed)
        masks.append(run_grabcut(CLUTTERED, seeds, iterations=1))
    assert_image_equal(masks[0], masks[1])
    assert_image_equal(masks[0], masks[2])


@pytest.mark.parametrize("pixels", [0, 1, COMPONENTS - 1])
@pytest.mark.parametrize("rest", [cv2.GC_PR_BGD, cv2.GC_PR_FGD])
def test_seeds_with_too_few_pixels_of_one_side_are_returned_as_the_mask(seeds, pixels, rest):
    seeds[:] = rest
    seeds[50, 30 : 30 + pixels] = cv2.GC_PR_BGD + cv2.GC_PR_FGD - rest
    assert_image_equal(run_grabcut(CLUTTERED, seeds, iterations=1), seeds == cv2.GC_PR_FGD)
