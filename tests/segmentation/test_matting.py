import sys

import cv2
import numpy as np
import pytest

from services.runtime.errors import EngineNotReady
from services.segmentation.matting import create_trimap, estimate_alpha
from tests.support.drawings import BLUE, GREEN, SIZE, draw_disc, paint_product
from tests.support.pictures import assert_image_equal

SHARP = draw_disc(120, 100, 60)


def test_the_trimap_is_unknown_only_along_the_edge():
    trimap = create_trimap(SHARP > 0.5, 4)
    assert list(trimap[100, [120, 66, 62, 58, 50]]) == [1, 1, 0.5, 0.5, 0]
    assert set(np.unique(trimap)) == {0, 0.5, 1}


@pytest.mark.parametrize("color", [GREEN, BLUE])
@pytest.mark.parametrize("sigma", [0.8, 1.6])
def test_alpha_is_the_products_coverage_of_a_pixel(color, sigma):
    share = cv2.GaussianBlur(SHARP, (0, 0), sigma)
    alpha = estimate_alpha(paint_product(share, color), SHARP > 0.5)
    assert alpha.dtype == np.float32 and alpha.min() >= 0 and alpha.max() <= 1
    rim = (share > 0.02) & (share < 0.98)
    assert np.abs(alpha - share)[rim].mean() < 0.03


@pytest.mark.parametrize("whole", [True, False])
def test_a_mask_without_an_edge_is_returned_as_alpha(whole):
    mask = np.full(SIZE, whole)
    assert_image_equal(estimate_alpha(paint_product(SHARP), mask), mask.astype(np.float32))


def test_a_missing_library_is_reported_with_the_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(EngineNotReady, match="extra matting"):
        estimate_alpha(paint_product(SHARP), SHARP > 0.5)
