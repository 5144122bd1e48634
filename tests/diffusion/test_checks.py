import numpy as np
import pytest

from services.diffusion.checks import check_init_used
from services.diffusion.errors import InitIgnored

SIDE = 128
rng = np.random.default_rng(5)
y, x = np.mgrid[0:SIDE, 0:SIDE]
PRODUCT = np.dstack([90 + x // 2, 60 + y // 2, 140 - x // 2]).astype(np.uint8)
EVEN = np.full((SIDE, SIDE, 3), 130, np.uint8)
LOCKED = np.hypot(x - 64, y - 64) < 45


def is_init_ignored(answer, sent=PRODUCT, locked=LOCKED) -> bool:
    try:
        check_init_used(np.clip(answer, 0, 255).astype(np.uint8), sent, locked)
    except InitIgnored:
        return True
    return False


@pytest.mark.parametrize(
    "answer",
    [
        PRODUCT,
        PRODUCT + rng.normal(0, 12, PRODUCT.shape),
        PRODUCT * 0.85 + 30,
        PRODUCT.astype(float) - 20,
        np.where(LOCKED[..., None], PRODUCT, 255),
    ],
    ids=["same", "noise", "washed out", "darker", "other surroundings"],
)
def test_changes_by_an_autoencoder_pass_as_the_same_image(answer):
    assert not is_init_ignored(answer)


@pytest.mark.parametrize(
    "answer",
    [
        255 - PRODUCT,
        np.full_like(PRODUCT, PRODUCT[LOCKED].mean()),
        PRODUCT[:, ::-1],
        rng.integers(60, 160, PRODUCT.shape),
    ],
    ids=["inverted", "gray", "mirrored", "unrelated"],
)
def test_an_unrelated_image_is_detected_even_at_equal_brightness(answer):
    assert is_init_ignored(answer)


def test_a_plain_product_is_compared_by_color_only():
    assert not is_init_ignored(EVEN + rng.normal(0, 5, EVEN.shape), EVEN)
    assert is_init_ignored(EVEN + 60, EVEN)


def test_too_few_locked_pixels_pass_unchecked():
    assert not is_init_ignored(255 - PRODUCT, locked=np.hypot(x - 64, y - 64) < 8)
