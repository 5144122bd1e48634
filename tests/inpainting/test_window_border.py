"""Changes of light end at the border of their window without an edge."""

import numpy as np
import pytest

from services.inpainting.engines.studio.relighting import relight_surroundings
from services.inpainting.engines.studio.window_border import find_window_border
from services.studio.differences import LightDifference

SIDE, MARGIN = 160, 30
WINDOW = SIDE - 2 * MARGIN
INSIDE = np.array([[1.0, 0, -MARGIN], [0, 1.0, -MARGIN]])
# Share by which lines of neighboring pixels may differ near the border: more shows as an edge, and
# so does more than a level.
LARGEST_STEP = 0.01


def shade_softly(seed: int) -> LightDifference:
    """Light that a soft shadow dims by 12 % at the window's border, with the noise of renders."""
    rows, columns = np.indices((WINDOW, WINDOW)) - (WINDOW - 1) / 2
    dimmed = 1 - 0.5 * np.exp(-np.hypot(rows, columns) / 35)
    dimmed += np.random.default_rng(seed).normal(0, 0.003, dimmed.shape)
    before = np.full((WINDOW, WINDOW, 3), 0.5, np.float32)
    return LightDifference(before, before * dimmed[..., None].astype(np.float32), INSIDE)


def relight(picture: np.ndarray, difference: LightDifference) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[70:90, 70:90] = 255
    return relight_surroundings(picture, mask, difference, 1.0, 1.0)


def list_backdrops() -> list[np.ndarray]:
    """A white, a gray, a dark and a colored backdrop, each of one color."""
    colors = [(246, 246, 246), (128, 128, 128), (50, 60, 80), (222, 186, 190)]
    return [np.full((SIDE, SIDE, 3), color, np.uint8) for color in colors]


@pytest.mark.parametrize("picture", list_backdrops(), ids=lambda each: str(each[0, 0].tolist()))
def test_soft_light_ends_at_the_border_without_an_edge(picture):
    ad = relight(picture, shade_softly(seed=1)).astype(int)
    left = ad[70:90, : MARGIN + 12].mean(axis=(0, 2))
    right = ad[70:90, -MARGIN - 12 :].mean(axis=(0, 2))
    top = ad[: MARGIN + 12, 70:90].mean(axis=(1, 2))
    bottom = ad[-MARGIN - 12 :, 70:90].mean(axis=(1, 2))
    largest = max(1.0, LARGEST_STEP * picture.mean())
    for profile in (left, right, top, bottom):
        assert np.abs(np.diff(profile)).max() < largest
    near = picture[64:70, 70:90].astype(int) - ad[64:70, 70:90]
    assert near.mean() > 0.08 * picture[0, 0].mean()


def test_only_sides_inside_the_picture_end_the_light():
    shifted = np.array([[1.0, 0, 0], [0, 1.0, -MARGIN]])
    border = find_window_border((WINDOW, WINDOW), shifted, (SIDE, WINDOW))
    assert (border.left, border.right, border.top, border.bottom) == (False, False, True, True)
    weight = border.fade_inward()[..., 0]
    assert weight[0].max() == 0 and weight[-1].max() == 0
    assert weight[WINDOW // 2].min() == 1


def test_the_shade_at_a_border_is_spread_from_the_nearest_side():
    ratio = np.ones((WINDOW, WINDOW, 3), np.float32)
    ratio[:, :20] = 0.9
    spread = find_window_border((WINDOW, WINDOW), INSIDE, (SIDE, SIDE)).spread_shade(ratio)
    middle = spread[WINDOW // 2, :, 0]
    assert middle[0] == pytest.approx(0.9, abs=0.005)
    assert middle[-1] == pytest.approx(1, abs=0.005)
    assert np.all(np.diff(middle) > -1e-4)


def test_a_window_of_the_whole_picture_keeps_its_shade():
    border = find_window_border((WINDOW, WINDOW), np.eye(3)[:2], (WINDOW, WINDOW))
    assert border.spread_shade(np.full((WINDOW, WINDOW, 3), 0.9, np.float32)).min() == 1
