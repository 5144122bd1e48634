"""An unknown scene takes its pitch from the product's outline, where that shows one."""

import numpy as np
import pytest

from services.inpainting.pitch import DEFAULT_PITCH, estimate_scene_pitch
from tests.support.silhouettes import draw_revolved, find_ground_pitch


def test_a_round_foot_shows_the_pitch():
    mask = draw_revolved([(0.35, 0), (0.35, 1)], 30)
    assert estimate_scene_pitch(mask) == pytest.approx(find_ground_pitch(30), abs=4)


def test_feet_have_the_default_pitch():
    mask = np.zeros((400, 400), np.uint8)
    mask[60:250, 50:350] = mask[250:300, 50:90] = mask[250:310, 310:350] = 255
    assert estimate_scene_pitch(mask) == DEFAULT_PITCH
