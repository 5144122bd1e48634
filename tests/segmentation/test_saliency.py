import numpy as np
import pytest

from services.segmentation.saliency import compute_saliency, find_salient_ellipse
from tests.support.drawings import BLUE, SIZE, draw_clutter, draw_disc, paint_product


@pytest.mark.parametrize("place", [(120, 100), (80, 120), (170, 80)])
@pytest.mark.parametrize(
    ("background", "tolerance"),
    [((230, 228, 224), 12), (draw_clutter(), 26)],
    ids=["plain", "cluttered"],
)
def test_the_ellipse_has_the_products_place_and_size(place, background, tolerance):
    photo = paint_product(draw_disc(*place, 40), BLUE, background)
    x, y, across, down = find_salient_ellipse(photo)
    assert (240 * x, 200 * y) == pytest.approx(place, abs=tolerance)
    assert 25 < 240 * across < 65 and 25 < 200 * down < 65


def test_colors_of_the_border_are_less_salient_than_others():
    photo = paint_product(draw_disc(90, 100, 25), BLUE)
    photo[:, :20] = (40, 130, 70)
    photo[80:120, 130:170] = (40, 130, 70)
    saliency_map = compute_saliency(photo)
    assert saliency_map[100, 90] > 1.5 * saliency_map[100, 150]


def test_sharp_areas_are_more_salient_than_blurred_ones():
    rng = np.random.default_rng(0)
    photo = np.full((*SIZE, 3), 128, np.uint8)
    photo[70:130, 60:110] = rng.integers(60, 200, (60, 50, 1))
    photo[70:130, 130:180] = 130
    saliency_map = compute_saliency(photo)
    assert saliency_map[70:130, 60:110].mean() > 2 * saliency_map[70:130, 130:180].mean()


def test_the_ellipse_of_a_blank_photo_is_centered():
    assert find_salient_ellipse(np.zeros((40, 60, 3), np.uint8))[:2] == pytest.approx(
        (0.5, 0.5), abs=0.1
    )
