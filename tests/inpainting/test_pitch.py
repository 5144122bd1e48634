"""The camera's pitch is estimated from round bases and from nothing else."""

import cv2
import numpy as np
import pytest

from services.inpainting.engines.grounding.pitch import DEFAULT_PITCH, estimate_pitch_from_base


@pytest.mark.parametrize(("pitch", "estimate"), [(12, 12), (25, 25), (0, 15)])
def test_the_pitch_is_estimated_from_a_round_base(pitch, estimate):
    mask = np.zeros((400, 400), np.uint8)
    cv2.rectangle(mask, (100, 60), (299, 300), 255, -1)
    axes = 100, round(100 * np.sin(np.radians(pitch)))
    cv2.ellipse(mask, (199, 300), axes, 0, 0, 360, 255, -1)
    assert estimate_pitch_from_base(mask) == pytest.approx(estimate, abs=1.5)


def test_feet_give_the_default_pitch():
    mask = np.zeros((400, 400), np.uint8)
    mask[60:250, 50:350] = 255
    mask[250:300, 50:90] = mask[250:300, 310:350] = 255
    assert estimate_pitch_from_base(mask) == DEFAULT_PITCH


def test_a_crooked_outline_gives_the_default_pitch():
    mask = np.zeros((400, 400), np.uint8)
    cv2.fillPoly(mask, [np.array([(100, 60), (300, 60), (300, 330), (180, 280), (100, 300)])], 255)
    assert estimate_pitch_from_base(mask) == DEFAULT_PITCH


def test_a_product_of_a_few_columns_gives_the_default_pitch():
    mask = np.zeros((40, 40), np.uint8)
    mask[5:30, 20:28] = 255
    mask[29, [20, 27]] = 0
    assert estimate_pitch_from_base(mask) == DEFAULT_PITCH
