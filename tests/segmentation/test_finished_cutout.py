import cv2
import numpy as np
import pytest
from PIL import Image

from services.segmentation.finished_cutout import is_finished_cutout, is_rectangle
from tests.support.cutouts import (
    draw_bottle,
    draw_rounded_corners,
    draw_shadow,
    paint_backdrop,
    put_behind,
)

BOTTLE = draw_bottle()
PHOTO = paint_backdrop(BOTTLE)


def replace_alpha(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([photo[..., :3], alpha])


def draw_vignette() -> np.ndarray:
    y, x = np.mgrid[-1:1:480j, -1:1:400j]
    return np.clip(255 * (1.2 - np.hypot(x, y)) / 0.5, 0, 255).astype(np.uint8)


def rotate(degrees: float, expand: bool) -> np.ndarray:
    turned = Image.fromarray(PHOTO).rotate(degrees, Image.Resampling.BICUBIC, expand)
    return np.asarray(turned)


def pad(top: int, right: int, bottom: int, left: int, image: np.ndarray = PHOTO) -> np.ndarray:
    return cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT)


def put_into_window() -> np.ndarray:
    window = pad(60, 60, 60, 60, replace_alpha(PHOTO, draw_rounded_corners(480, 400, 12)))
    return put_behind(window, draw_shadow(window, 0, 12, 15))


@pytest.mark.parametrize(
    "photo",
    [
        PHOTO,
        PHOTO[..., :3],
        replace_alpha(PHOTO, PHOTO[..., 3] - 1),
        replace_alpha(PHOTO, PHOTO[..., 3] // 2),
        replace_alpha(PHOTO, draw_rounded_corners(480, 400, 12)),
        replace_alpha(PHOTO, draw_rounded_corners(480, 400, 90)),
        rotate(2, expand=False),
        rotate(-9, expand=True),
        pad(50, 0, 50, 0),
        pad(40, 40, 40, 40),
        put_into_window(),
        replace_alpha(PHOTO, draw_vignette()),
        np.zeros((60, 60, 4), np.uint8),
    ],
    ids=[
        "opaque",
        "without alpha",
        "alpha 254",
        "half transparent",
        "rounded",
        "very rounded",
        "straightened",
        "turned",
        "bars",
        "margin",
        "window",
        "vignette",
        "empty",
    ],
)
def test_a_photo_is_no_finished_cutout(photo):
    assert not is_finished_cutout(photo)


def add_frame() -> np.ndarray:
    framed = BOTTLE.copy()
    framed[:2, :, 3] = framed[-2:, :, 3] = framed[:, :2, 3] = framed[:, -2:, 3] = 9
    return framed


def add_haze() -> np.ndarray:
    haze = np.random.default_rng(0).integers(0, 14, BOTTLE.shape[:2], np.uint8)
    return replace_alpha(BOTTLE, np.maximum(BOTTLE[..., 3], haze))


def draw_ring() -> np.ndarray:
    ring = np.zeros((480, 400, 4), np.uint8)
    ring[40:440, 40:360] = (120, 80, 40, 255)
    ring[90:390, 90:310] = 0
    return ring


@pytest.mark.parametrize(
    "photo",
    [
        BOTTLE,
        BOTTLE[96:385, 150:251],
        BOTTLE[:300],
        BOTTLE[:300, :200],
        draw_ring(),
        add_frame(),
        add_haze(),
        put_behind(BOTTLE, draw_shadow(BOTTLE, 8, 14, 8)),
        replace_alpha(BOTTLE, BOTTLE[..., 3] // 3),
    ],
    ids=[
        "wide",
        "tight",
        "cut off",
        "cut off twice",
        "opening",
        "faint frame",
        "haze",
        "shadow",
        "glass",
    ],
)
def test_clear_area_around_the_product_makes_a_finished_cutout(photo):
    assert is_finished_cutout(np.ascontiguousarray(photo))


def test_a_rectangle_within_clear_area_is_a_picture_only_if_it_shows_a_backdrop():
    poster = PHOTO.copy()
    poster[..., :3] = np.random.default_rng(0).integers(0, 255, (*PHOTO.shape[:2], 3))
    poster = pad(60, 60, 60, 60, poster)
    assert is_finished_cutout(poster)
    assert is_finished_cutout(put_behind(poster, draw_shadow(poster, 0, 12, 15)))
    assert is_rectangle(pad(40, 40, 40, 40)[..., 3].copy())
    assert not is_rectangle(BOTTLE[..., 3].copy())
