import numpy as np
import pytest

from services.diffusion.checks import check_likeness
from services.diffusion.errors import InitIgnored

SIDE = 128
rng = np.random.default_rng(5)
y, x = np.mgrid[0:SIDE, 0:SIDE]
PRODUCT = np.dstack([90 + x // 2, 60 + y // 2, 140 - x // 2]).astype(np.uint8)
EVEN = np.full((SIDE, SIDE, 3), 130, np.uint8)
LOCKED = np.hypot(x - 64, y - 64) < 45


def ignored(answer, sent=PRODUCT, locked=LOCKED) -> bool:
    try:
        check_likeness(np.clip(answer, 0, 255).astype(np.uint8), sent, locked)
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
def test_what_an_autoencoder_does_is_no_other_picture(answer):
    assert not ignored(answer)


@pytest.mark.parametrize(
    "answer",
    [
        255 - PRODUCT,
        np.full_like(PRODUCT, PRODUCT[LOCKED].mean()),
        PRODUCT[:, ::-1],
        rng.integers(60, 160, PRODUCT.shape),
    ],
    ids=["inverted", "grey", "mirrored", "unrelated"],
)
def test_another_picture_is_found_out_even_when_its_brightness_fits(answer):
    assert ignored(answer)


def test_an_even_product_is_judged_by_its_color_alone():
    assert not ignored(EVEN + rng.normal(0, 5, EVEN.shape), EVEN)
    assert ignored(EVEN + 60, EVEN)


def test_a_lock_too_small_to_judge_passes():
    assert not ignored(255 - PRODUCT, locked=np.hypot(x - 64, y - 64) < 8)
