import numpy as np
import pytest

from services.imaging.color import lab_from_srgb
from services.segmentation.backdrop import differences, fit_backdrop
from tests.support.drawings import SIZE, block, clutter, disc, paint
from tests.support.pictures import BACKDROP

NO_PRODUCT, PRODUCT, CUT_OFF = block(0, 0, 0, 0), disc(120, 100, 60), block(80, 60, 160, 200)


def vignette() -> np.ndarray:
    """A backdrop brighter in the middle and warmer to the right, float32 RGB (h, w, 3)."""
    y, x = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    light = 215 - 25 * (x * x + y * y) + 8 * x
    return np.dstack([light + 6 * x, light, light - 6 * x]).astype(np.float32)


def halves() -> np.ndarray:
    picture = np.full((*SIZE, 3), BACKDROP, np.float32)
    picture[100:] = (120, 90, 60)
    return picture


@pytest.mark.parametrize("product", [NO_PRODUCT, PRODUCT, CUT_OFF])
def test_an_uneven_backdrop_is_followed_even_behind_the_product(product):
    backdrop = fit_backdrop(paint(product, backdrop=vignette()))
    truth = lab_from_srgb(paint(NO_PRODUCT, backdrop=vignette(), noise=0))
    assert backdrop.plain
    assert np.linalg.norm(backdrop.surface(*SIZE) - truth, axis=2).max() < 1.5


def test_the_share_of_the_frame_that_a_product_hides_is_told():
    assert fit_backdrop(paint(PRODUCT, noise=0)).frame_share == 1
    assert fit_backdrop(paint(CUT_OFF, noise=0)).frame_share == pytest.approx(0.91, abs=0.03)


@pytest.mark.parametrize(
    "photo",
    [
        paint(PRODUCT, backdrop=clutter()),
        paint(PRODUCT, backdrop=clutter(seed=1)),
        paint(PRODUCT, backdrop=halves()),
        paint(NO_PRODUCT, noise=8),
        paint(block(4, 30, 236, 200), noise=0),
    ],
    ids=["clutter", "other clutter", "two halves", "grain", "hidden by the product"],
)
def test_a_backdrop_that_is_not_smooth_or_hardly_seen_is_not_plain(photo):
    assert not fit_backdrop(photo).plain


@pytest.mark.parametrize("box", [(150, 0, 240, 80), (170, 0, 240, 80), (0, 120, 100, 200)])
def test_a_product_in_a_corner_does_not_bend_the_backdrop(box):
    backdrop = fit_backdrop(paint(block(*box), backdrop=vignette()))
    truth = lab_from_srgb(paint(NO_PRODUCT, backdrop=vignette(), noise=0))
    assert backdrop.plain
    assert np.linalg.norm(backdrop.surface(*SIZE) - truth, axis=2).mean() < 1.5


def test_noise_widens_the_tolerance():
    quiet, noisy = (fit_backdrop(paint(PRODUCT, noise=noise)) for noise in (0, 3))
    assert quiet.noise < 0.1 and quiet.tolerance == 1.5
    assert noisy.noise > 0.8 and noisy.tolerance == 2.5 * noisy.noise


def test_the_surface_stretches_to_any_size():
    backdrop = fit_backdrop(paint(NO_PRODUCT, backdrop=vignette(), noise=0))
    small, large = backdrop.surface(3, 5), backdrop.surface(30, 50)
    assert small.shape == (3, 5, 3) and small.dtype == np.float32
    assert np.allclose(small[::2, ::4], large[::29, ::49], atol=1e-3)


@pytest.mark.parametrize("light", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("color", [BACKDROP, (220, 180, 120), (120, 160, 210)])
def test_a_shadow_differs_in_lightness_alone(color, light):
    linear = np.power(np.array(color) / 255, 2.2)
    bright, dark = (np.rint(255 * np.power(linear * share, 1 / 2.2)) for share in (1, light))
    lab = lab_from_srgb(np.array([[bright, dark]], np.uint8))
    lighter, *color = differences(lab[:, 1:], lab[:, :1])[0, 0]
    assert lighter < -2 and np.abs(color).max() < 2


def test_another_color_of_the_same_lightness_differs_in_color_alone():
    difference = differences(np.float32([[[60, 25, -5]]]), np.float32([[[60, 5, 10]]]))
    assert difference[0, 0] == pytest.approx((0, 20, -15))
