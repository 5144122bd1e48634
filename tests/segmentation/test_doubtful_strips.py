"""Shiny strips along a product's edge stay with it; shadows and openings do not."""

import cv2
import numpy as np

from services.segmentation.doubtful_strips import add_doubtful_strips

SIDE, TOP, STRIP = 300, 60, 24
GROUND, DARK, SHINY = 210, 20, 110


def draw_photo(is_shadow: bool) -> np.ndarray:
    """Draws a dark product whose upper strip fades to gray, or a shadow of that gray above it."""
    photo = np.full((SIDE, SIDE), GROUND, np.float32)
    photo[TOP:240, 50:250] = DARK
    fading = np.linspace(0, 1, STRIP)[:, None]
    levels = GROUND - (GROUND - SHINY) * fading if is_shadow else SHINY - (SHINY - DARK) * fading
    photo[TOP : TOP + STRIP, 50:250] = levels
    noisy = photo + np.random.default_rng(1).normal(0, 2, photo.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def doubt_strip() -> np.ndarray:
    """The probability of a network that is sure of the product below the strip only."""
    probability = np.zeros((SIDE, SIDE), np.float32)
    probability[TOP + STRIP : 240, 50:250] = 1
    probability[TOP - 4 : TOP + STRIP, 50:250] = 0.35
    return cv2.GaussianBlur(probability, (0, 0), 2)


def test_a_shiny_strip_that_fades_into_the_product_is_added_up_to_its_sharp_edge():
    raised = add_doubtful_strips(draw_photo(is_shadow=False), doubt_strip())
    assert (raised[TOP + 2 : TOP + STRIP, 56:244] == 1).mean() > 0.98
    assert raised[: TOP - 2].max() < 0.5


def test_a_soft_shadow_that_the_network_doubts_is_not_added():
    doubted = doubt_strip()
    raised = add_doubtful_strips(draw_photo(is_shadow=True), doubted)
    assert np.count_nonzero(raised[: TOP + STRIP // 2] > 0.5) == 0


def test_an_edge_that_is_only_soft_stays_as_it_is():
    photo = draw_photo(is_shadow=False)
    sure = np.zeros((SIDE, SIDE), np.float32)
    sure[TOP:240, 50:250] = 1
    soft = cv2.GaussianBlur(sure, (0, 0), 1.5)
    assert add_doubtful_strips(photo, soft) is soft
