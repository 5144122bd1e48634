import numpy as np
import pytest

from services.segmentation.saliency import saliency, salient_ellipse
from tests.support.drawings import BLUE, SIZE, clutter, disc, paint


@pytest.mark.parametrize("place", [(120, 100), (80, 120), (170, 80)])
@pytest.mark.parametrize(
    ("backdrop", "off"), [((230, 228, 224), 12), (clutter(), 26)], ids=["plain", "cluttered"]
)
def test_the_ellipse_is_where_the_product_is_and_about_as_large(place, backdrop, off):
    photo = paint(disc(*place, 40), BLUE, backdrop)
    x, y, across, down = salient_ellipse(photo)
    assert (240 * x, 200 * y) == pytest.approx(place, abs=off)
    assert 25 < 240 * across < 65 and 25 < 200 * down < 65


def test_colors_that_the_frame_has_stand_out_less_than_others():
    photo = paint(disc(90, 100, 25), BLUE)
    photo[:, :20] = (40, 130, 70)
    photo[80:120, 130:170] = (40, 130, 70)
    map_ = saliency(photo)
    assert map_[100, 90] > 1.5 * map_[100, 150]


def test_what_is_sharp_stands_out_before_what_is_blurred():
    rng = np.random.default_rng(0)
    photo = np.full((*SIZE, 3), 128, np.uint8)
    photo[70:130, 60:110] = rng.integers(60, 200, (60, 50, 1))
    photo[70:130, 130:180] = 130
    map_ = saliency(photo)
    assert map_[70:130, 60:110].mean() > 2 * map_[70:130, 130:180].mean()


def test_a_blank_photo_has_an_ellipse_in_its_middle():
    assert salient_ellipse(np.zeros((40, 60, 3), np.uint8))[:2] == pytest.approx(
        (0.5, 0.5), abs=0.1
    )
