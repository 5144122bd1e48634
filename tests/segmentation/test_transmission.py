import numpy as np
import pytest

from services.imaging.delta_e import delta_e
from services.imaging.mask import FAINT_ALPHA
from services.segmentation.photo_background import fit_photo_background
from services.segmentation.transmission import (
    LEAST_OPACITY,
    find_least_alpha,
    render_backdrop,
    separate_transmission,
)
from tests.support.glass import (
    BOX,
    cut_out_beaker,
    draw_backdrop,
    draw_beaker,
    draw_transmission,
    photograph_glass,
)

BACKDROP = draw_backdrop()
WINDOW = np.s_[BOX[1] : BOX[1] + BOX[3], BOX[0] : BOX[0] + BOX[2]]


def separate(photo: np.ndarray, opacity: float = LEAST_OPACITY) -> np.ndarray:
    floor = draw_beaker(opacity)[WINDOW]
    return separate_transmission(cut_out_beaker(photo), photo[WINDOW], BACKDROP[WINDOW], floor)


def lay_over(cutout: np.ndarray, behind: np.ndarray) -> np.ndarray:
    alpha = cutout[..., 3:].astype(np.float32) / 255
    return np.rint(cutout[..., :3] * alpha + behind * (1 - alpha)).astype(np.uint8)


def test_over_its_own_backdrop_the_cutout_looks_like_the_photo():
    photo = photograph_glass(BACKDROP)
    cutout = separate(photo)
    assert cutout[..., 3].mean() < 80
    shown = lay_over(cutout, BACKDROP[WINDOW]).astype(int)
    assert np.abs(shown - photo[WINDOW]).max() <= 5


def test_over_another_background_it_looks_like_the_product_there():
    other = np.float32((60, 120, 90)) + 40 * np.sin(np.arange(200) / 9)[:, None, None]
    other = np.repeat(other.astype(np.float32), 200, axis=1)
    photo, truth = photograph_glass(BACKDROP), photograph_glass(other)[WINDOW]
    separated = delta_e(lay_over(separate(photo), other[WINDOW]), truth).mean()
    assert separated < 0.25 * delta_e(photo[WINDOW], truth).mean()


def test_highlights_stay_as_bright_as_in_the_photo():
    cutout = separate(photograph_glass(BACKDROP))
    over_black = lay_over(cutout, np.zeros(3))
    assert over_black[40, 20].min() > over_black[40, 40].max() + 100


def test_clear_glass_is_dark_before_black_and_still_counts_as_product():
    clear = separate(photograph_glass(BACKDROP))[80:110, 30:50]
    assert clear[..., 3].min() >= FAINT_ALPHA
    assert lay_over(clear, np.zeros(3)).max() < 40


def test_opaque_parts_stay_as_they_are():
    photo = photograph_glass(BACKDROP)
    assert np.array_equal(separate(photo, opacity=1), cut_out_beaker(photo))


def test_alpha_is_the_attenuation_of_the_backdrop():
    transmission = draw_transmission((0.7, 0.8, 0.9))
    alpha = find_least_alpha(BACKDROP * transmission, BACKDROP)
    assert alpha[100, 100] == pytest.approx(0.3, abs=0.01)
    assert alpha[10, 10] == 0


def test_the_backdrop_is_known_behind_the_product():
    photo = photograph_glass(BACKDROP)
    behind = render_backdrop(fit_photo_background(photo), photo.shape, BOX)
    middle = behind[len(behind) // 2, behind.shape[1] // 2]
    assert middle == pytest.approx(BACKDROP[BOX[1] + BOX[3] // 2, 100], abs=2)
