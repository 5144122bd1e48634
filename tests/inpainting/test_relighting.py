"""Light of the surroundings and of soft edges, as contact with the ground leaves it."""

import numpy as np

from services.inpainting.engines.studio.relighting import relight_surroundings
from services.studio.differences import LightDifference

SIDE = 40


def relight_edge(alpha: int, contact: float) -> np.ndarray:
    """Returns a white picture with a product's edge of one alpha in its middle: uint8 RGB."""
    picture = np.full((SIDE, SIDE, 3), 255, np.uint8)
    mask = np.full((SIDE, SIDE), alpha, np.uint8)
    mask[:20] = 255
    light = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    difference = LightDifference(light, light, np.eye(2, 3))
    limit = np.full((SIDE, SIDE), contact, np.float32)
    return relight_surroundings(picture, mask, difference, 1.0, 1.0, limit)


def test_a_faint_edge_does_not_glow_in_front_of_its_contact_shadow():
    ground, faint, firm = (int(relight_edge(alpha, 0.3)[30, 20, 0]) for alpha in (0, 90, 250))
    assert ground < 160 and faint < ground + 20 and firm > 240


def test_opaque_pixels_and_edges_away_from_the_ground_keep_their_light():
    assert (relight_edge(90, 0.3)[:20] == 255).all()
    assert (relight_edge(90, 1.0) == 255).all()


def test_the_slanted_edge_of_a_hard_shadow_has_no_steps():
    """The window is rendered at a quarter of the picture's size."""
    rows, columns = np.indices((60, 60))
    after = np.where(rows > 20 + columns / 6, 0.2, 0.5).astype(np.float32)[..., None]
    before = np.full((60, 60, 3), 0.5, np.float32)
    difference = LightDifference(before, np.repeat(after, 3, axis=2), np.eye(2, 3) / 4)
    picture, mask = np.full((240, 240, 3), 200, np.uint8), np.zeros((240, 240), np.uint8)
    mask[230:, 230:] = 255
    ad = relight_surroundings(picture, mask, difference, 1.0, 1.0)[..., 0].astype(float)
    lit, shaded = ad[70, 120], ad[150, 120]
    edge = ((ad[60:160, 60:200] - shaded) / (lit - shaded)).clip(0, 1).sum(axis=0)
    straight = np.polyval(np.polyfit(np.arange(140), edge, 1), np.arange(140))
    assert lit - shaded > 40 and np.abs(edge - straight).max() < 0.9


def test_contact_that_reaches_past_the_window_ends_without_an_edge():
    picture = np.full((96, 96, 3), 180, np.uint8)
    # The window is the middle of the picture.
    light, to_window = np.full((48, 48, 3), 0.5, np.float32), np.eye(2, 3)
    to_window[:, 2] = -24
    difference = LightDifference(light, light, to_window)
    contact = np.full((96, 96), 0.7, np.float32)
    out = relight_surroundings(picture, np.zeros((96, 96), np.uint8), difference, 1, 1, contact)
    levels = out[48, :, 0].astype(int)
    assert levels[48] < 165 and np.abs(np.diff(levels)).max() <= 8
