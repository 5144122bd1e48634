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
