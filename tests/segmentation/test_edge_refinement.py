import cv2
import numpy as np
import pytest

from services.segmentation.edge_refinement import BAND, refine_edge
from services.segmentation.morphology import dilate_mask, erode_mask
from tests.support.drawings import BLUE, draw_box, draw_clutter, draw_disc, mask_iou, paint_product
from tests.support.pictures import BACKDROP

SIZE = 300, 300
REACH = round(BAND * 300)
SHARE = draw_disc(150, 150, 80, size=SIZE)
TRUTH = SHARE >= 0.5
SMALL = cv2.resize(SHARE, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
COARSE = {
    "in steps": cv2.resize(SMALL, SIZE, interpolation=cv2.INTER_NEAREST) >= 0.5,
    "too wide": dilate_mask(TRUTH, REACH - 2),
    "too narrow": erode_mask(TRUTH, REACH - 2),
    "shifted": np.roll(TRUTH, REACH - 2, axis=1),
}


@pytest.mark.parametrize("mask", COARSE.values(), ids=COARSE)
@pytest.mark.parametrize("background", [BACKDROP, draw_clutter(SIZE)], ids=["plain", "cluttered"])
def test_a_mask_edge_within_the_band_moves_onto_the_photos_edge(mask, background):
    before = mask.copy()
    refined = refine_edge(paint_product(SHARE, BLUE, background), mask)
    assert mask_iou(mask, TRUTH) < 0.97 < mask_iou(refined, TRUTH)
    assert (mask == before).all()


def test_the_mask_beyond_the_band_does_not_change():
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    refined = refine_edge(noise, TRUTH)
    assert refined[erode_mask(TRUTH, REACH)].all() and not refined[~dilate_mask(TRUTH, REACH)].any()
    assert (refined != TRUTH).any()


def test_only_a_trusted_mask_keeps_thin_parts_in_the_backgrounds_colors():
    body, neck = draw_box(80, 140, 220, 280, size=SIZE), draw_box(145, 60, 154, 140, size=SIZE)
    mask = np.maximum(body, neck) >= 0.5
    trusted, untrusted = (
        refine_edge(paint_product(body, BLUE), mask, trusted) for trusted in (True, False)
    )
    assert not untrusted[70:130].any()
    assert mask_iou(trusted, mask) > 0.97
