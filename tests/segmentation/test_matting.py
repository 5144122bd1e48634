import sys

import cv2
import numpy as np
import pytest

from services.runtime.errors import EngineNotReady
from services.segmentation.matting import draw_trimap, matte
from tests.support.drawings import BLUE, GREEN, SIZE, disc, paint
from tests.support.pictures import assert_image_equal

SHARP = disc(120, 100, 60)


def test_the_trimap_knows_nothing_along_the_edge_only():
    trimap = draw_trimap(SHARP > 0.5, 4)
    assert list(trimap[100, [120, 66, 62, 58, 50]]) == [1, 1, 0.5, 0.5, 0]
    assert set(np.unique(trimap)) == {0, 0.5, 1}


@pytest.mark.parametrize("color", [GREEN, BLUE])
@pytest.mark.parametrize("sigma", [0.8, 1.6])
def test_alpha_is_the_share_that_the_product_has(color, sigma):
    share = cv2.GaussianBlur(SHARP, (0, 0), sigma)
    alpha = matte(paint(share, color), SHARP > 0.5)
    assert alpha.dtype == np.float32 and alpha.min() >= 0 and alpha.max() <= 1
    rim = (share > 0.02) & (share < 0.98)
    assert np.abs(alpha - share)[rim].mean() < 0.03


@pytest.mark.parametrize("whole", [True, False])
def test_without_an_edge_the_mask_is_the_answer(whole):
    mask = np.full(SIZE, whole)
    assert_image_equal(matte(paint(SHARP), mask), mask.astype(np.float32))


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(EngineNotReady, match="extra matting"):
        matte(paint(SHARP), SHARP > 0.5)
