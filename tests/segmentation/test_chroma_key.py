import numpy as np
import pytest

from services.segmentation.chroma_key import clear_colored_openings
from services.segmentation.photo_background import fit_photo_background
from tests.support.drawings import draw_disc

SIZE = 160, 200
PURPLE, GRAY, ORANGE = (140, 60, 160), (190, 190, 190), (240, 160, 60)
RING = (draw_disc(100, 80, 60, size=SIZE) >= 0.5) & (draw_disc(100, 80, 25, size=SIZE) < 0.5)
OPENING = draw_disc(100, 80, 22, size=SIZE) >= 0.5
# A network that is fairly sure of a filled disc.
FILLED = draw_disc(100, 80, 60, size=SIZE).astype(np.float32) * np.float32(0.97)


def paint_ring(backdrop: tuple[int, int, int], shade: float = 1) -> np.ndarray:
    photo = np.full((*SIZE, 3), backdrop, np.uint8)
    photo[OPENING] = np.multiply(backdrop, shade)
    photo[RING] = ORANGE
    return photo


def clear(photo: np.ndarray, probability: np.ndarray = FILLED) -> np.ndarray:
    return clear_colored_openings(photo, probability, fit_photo_background(photo))


@pytest.mark.parametrize("shade", [1, 0.8])
def test_an_opening_shows_the_colored_backdrop_also_in_shadow(shade):
    cleared = clear(paint_ring(PURPLE, shade))
    assert cleared[OPENING].mean() < 0.05 and cleared.dtype == np.float32
    assert np.array_equal(cleared[RING][::7] > 0.5, np.ones(RING.sum(), bool)[::7])


def test_gray_parts_before_a_gray_backdrop_stay():
    assert clear(paint_ring(GRAY)) is FILLED


def test_a_print_in_the_backdrops_color_stays_if_the_network_is_certain():
    certain = FILLED / FILLED.max()
    assert clear(paint_ring(PURPLE), certain)[OPENING].min() > 0.9
