"""Reflections against their definition: mirrored rows, fading weight, blended ground."""

import cv2
import numpy as np
import pytest

from services.imaging.contour import LowerContour
from services.inpainting.engines.grounding.reflection import (
    CREASE_DARKNESS,
    CREASE_REACH,
    FADE_DISTANCE,
    REFLECTION_BLUR,
    blend_reflection,
    render_reflection,
)
from tests.support.pictures import assert_image_equal

SIDE, TOP, BASE = 240, 40, 139
HEIGHT = BASE + 1 - TOP
INSIDE = slice(90, 150)
FLOOR = 200


def draw_block():
    """A block with a vertical gradient on a gray floor: RGB, alpha and its straight contour."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[TOP : BASE + 1, 70:170] = 255
    picture = np.full((SIDE, SIDE, 3), FLOOR, np.uint8)
    rows = np.linspace(20, 220, HEIGHT)[:, None]
    picture[TOP : BASE + 1, 70:170] = np.stack([rows, 240 - rows, 0 * rows + 90], axis=2)
    lowest = np.where(mask.any(axis=0), BASE, -1)
    weight = mask.any(axis=0).astype(np.float32)
    return picture, mask, LowerContour(lowest, weight, BASE)


def render_block_reflection(strength=0.6):
    picture, mask, contour = draw_block()
    return render_reflection(picture, mask, contour, HEIGHT, strength)


def test_rows_below_the_contour_mirror_those_above_it_darkened_at_the_crease():
    picture, *_ = draw_block()
    image, _ = render_block_reflection()
    for distance in range(3, 40, 4):
        mirrored = picture[BASE + 1 - distance, INSIDE].astype(float)
        crease = 1 - CREASE_DARKNESS * np.exp(-distance / (CREASE_REACH * HEIGHT))
        assert np.abs(image[BASE + distance, INSIDE] - mirrored * crease).max() <= 4


def test_the_weight_fades_with_the_square_of_the_distance():
    _, weight = render_block_reflection(0.6)
    blur = int(3 * max(0.5, REFLECTION_BLUR * HEIGHT)) + 1
    for distance in range(blur, round(FADE_DISTANCE * HEIGHT), 5):
        expected = 0.6 * (1 - distance / (FADE_DISTANCE * HEIGHT)) ** 2
        assert weight[BASE + distance, INSIDE] == pytest.approx(expected, abs=0.02)
    below = weight[BASE + blur :, 120]
    assert (np.diff(below) <= 1e-4).all()


def test_nothing_is_reflected_above_or_next_to_the_product_or_past_the_fade():
    _, weight = render_block_reflection()
    blur = 5
    assert weight[: BASE - blur].max() < 1e-3
    assert weight[BASE + round(FADE_DISTANCE * HEIGHT) + blur :].max() < 1e-3
    assert weight[:, : 70 - blur].max() < 1e-3 and weight[:, 170 + blur :].max() < 1e-3


def test_the_weight_is_proportional_to_the_strength():
    _, weak = render_block_reflection(0.2)
    _, strong = render_block_reflection(0.8)
    assert np.abs(4 * weak - strong).max() < 1e-5
    assert not render_block_reflection(0.0)[1].any()


def test_a_mirrored_product_has_the_mirrored_reflection():
    image, weight = render_block_reflection()
    picture, mask, contour = draw_block()
    mirrored = LowerContour(contour.lowest[::-1], contour.weight[::-1], BASE)
    flipped_image, flipped_weight = render_reflection(
        picture[:, ::-1].copy(), mask[:, ::-1].copy(), mirrored, HEIGHT, 0.6
    )
    assert np.abs(weight - flipped_weight[:, ::-1]).max() < 1e-4
    assert np.abs(image.astype(int) - flipped_image[:, ::-1]).max() <= 1


def test_feet_are_reflected_about_their_own_rows():
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:140, 60:90] = 255
    mask[40:120, 150:180] = 255
    # The underside between the feet hangs lower than the line between their rows.
    mask[40:131, 60:150] = 255
    picture = np.full((SIDE, SIDE, 3), FLOOR, np.uint8)
    picture[mask > 0] = (20, 40, 160)
    lowest = np.where(mask.any(axis=0), np.where(np.arange(SIDE) < 120, 139, 119), -1)
    weight = np.zeros(SIDE, np.float32)
    weight[60:90] = weight[150:180] = 1
    _, seen = render_reflection(picture, mask, LowerContour(lowest, weight, 139), 100, 1.0)
    for columns, base in ((slice(65, 85), 139), (slice(155, 175), 119)):
        assert seen[base + 5, columns].min() > 0.5 and seen[base - 5, columns].max() < 1e-3
    assert seen[:119, 100:140].max() < 1e-3


def test_blending_mixes_by_weight_and_alpha():
    rng = np.random.default_rng(0)
    picture, image = (rng.integers(0, 256, (60, 80, 3), dtype=np.uint8) for _ in range(2))
    weight = cv2.GaussianBlur(rng.random((60, 80), np.float32), (0, 0), 3)
    mask = rng.choice([0, 128, 255], (60, 80)).astype(np.uint8)
    out = blend_reflection(picture, mask, image, weight)
    share = (weight * (1 - mask / 255))[..., None]
    assert np.abs(out - (image * share + picture * (1 - share))).max() <= 1
    assert_image_equal(out[mask == 255], picture[mask == 255])


def test_a_coarser_reflection_is_enlarged_to_the_picture():
    picture, mask, _ = draw_block()
    image, weight = render_block_reflection()
    size = (SIDE // 2, SIDE // 2)
    fine = blend_reflection(picture, mask, image, weight)
    coarse = blend_reflection(picture, mask, cv2.resize(image, size), cv2.resize(weight, size))
    assert np.abs(coarse.astype(int) - fine).mean() < 0.5
    assert_image_equal(coarse[mask == 255], picture[mask == 255])


def test_without_weight_the_picture_is_unchanged():
    picture, mask, _ = draw_block()
    out = blend_reflection(picture, mask, 255 - picture, np.zeros((SIDE, SIDE), np.float32))
    assert_image_equal(out, picture)
