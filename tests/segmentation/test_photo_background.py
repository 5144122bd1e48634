import numpy as np
import pytest

from services.imaging.color import lab_from_srgb
from services.segmentation.photo_background import fit_photo_background, measure_lab_difference
from tests.support.drawings import SIZE, draw_box, draw_clutter, draw_disc, paint_product
from tests.support.pictures import BACKDROP

NO_PRODUCT, PRODUCT, CUT_OFF = (
    draw_box(0, 0, 0, 0),
    draw_disc(120, 100, 60),
    draw_box(80, 60, 160, 200),
)


def draw_vignette() -> np.ndarray:
    """A background brighter in the middle and warmer to the right, float32 RGB (h, w, 3)."""
    y, x = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    light = 215 - 25 * (x * x + y * y) + 8 * x
    return np.dstack([light + 6 * x, light, light - 6 * x]).astype(np.float32)


def draw_two_halves() -> np.ndarray:
    image = np.full((*SIZE, 3), BACKDROP, np.float32)
    image[100:] = (120, 90, 60)
    return image


@pytest.mark.parametrize("product", [NO_PRODUCT, PRODUCT, CUT_OFF])
def test_an_uneven_background_is_modeled_even_behind_the_product(product):
    background = fit_photo_background(paint_product(product, backdrop=draw_vignette()))
    truth = lab_from_srgb(paint_product(NO_PRODUCT, backdrop=draw_vignette(), noise=0))
    assert background.is_plain
    assert np.linalg.norm(background.render_surface(*SIZE) - truth, axis=2).max() < 1.5


def test_the_border_share_excludes_what_the_product_hides():
    assert fit_photo_background(paint_product(PRODUCT, noise=0)).border_share == 1
    assert fit_photo_background(paint_product(CUT_OFF, noise=0)).border_share == pytest.approx(
        0.91, abs=0.03
    )


@pytest.mark.parametrize(
    "photo",
    [
        paint_product(PRODUCT, backdrop=draw_clutter()),
        paint_product(PRODUCT, backdrop=draw_clutter(seed=1)),
        paint_product(PRODUCT, backdrop=draw_two_halves()),
        paint_product(NO_PRODUCT, noise=8),
        paint_product(draw_box(4, 30, 236, 200), noise=0),
    ],
    ids=["clutter", "other clutter", "two halves", "grain", "hidden by the product"],
)
def test_a_rough_or_mostly_hidden_background_is_not_plain(photo):
    assert not fit_photo_background(photo).is_plain


@pytest.mark.parametrize("box", [(150, 0, 240, 80), (170, 0, 240, 80), (0, 120, 100, 200)])
def test_a_product_in_a_corner_does_not_bend_the_surface(box):
    background = fit_photo_background(paint_product(draw_box(*box), backdrop=draw_vignette()))
    truth = lab_from_srgb(paint_product(NO_PRODUCT, backdrop=draw_vignette(), noise=0))
    assert background.is_plain
    assert np.linalg.norm(background.render_surface(*SIZE) - truth, axis=2).mean() < 1.5


def test_noise_widens_the_tolerance():
    quiet, noisy = (fit_photo_background(paint_product(PRODUCT, noise=noise)) for noise in (0, 3))
    assert quiet.noise < 0.1 and quiet.tolerance == 1.5
    assert noisy.noise > 0.8 and noisy.tolerance == 2.5 * noisy.noise


def test_the_surface_can_be_rendered_at_any_size():
    background = fit_photo_background(paint_product(NO_PRODUCT, backdrop=draw_vignette(), noise=0))
    small, large = background.render_surface(3, 5), background.render_surface(30, 50)
    assert small.shape == (3, 5, 3) and small.dtype == np.float32
    assert np.allclose(small[::2, ::4], large[::29, ::49], atol=1e-3)


@pytest.mark.parametrize("light", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("color", [BACKDROP, (220, 180, 120), (120, 160, 210)])
def test_a_shadow_differs_in_lightness_alone(color, light):
    linear = np.power(np.array(color) / 255, 2.2)
    bright, dark = (np.rint(255 * np.power(linear * share, 1 / 2.2)) for share in (1, light))
    lab = lab_from_srgb(np.array([[bright, dark]], np.uint8))
    lightness, *color = measure_lab_difference(lab[:, 1:], lab[:, :1])[0, 0]
    assert lightness < -2 and np.abs(color).max() < 2


def test_another_color_of_the_same_lightness_differs_in_color_alone():
    difference = measure_lab_difference(np.float32([[[60, 25, -5]]]), np.float32([[[60, 5, 10]]]))
    assert difference[0, 0] == pytest.approx((0, 20, -15))
