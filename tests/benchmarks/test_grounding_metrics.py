"""The metrics of grounding distinguish good images from flawed ones."""

import cv2
import numpy as np
import pytest

from benchmarks.grounding_metrics import measure_grounding
from services.imaging.scene import Light, Scene
from services.inpainting.engine import InpaintingRequest
from services.inpainting.engines.grounding import GroundingInpainting

SIDE = 400


@pytest.fixture
def scene():
    """A gray floor, a dark block pasted onto it, and the block's alpha."""
    background, mask = np.full((SIDE, SIDE, 3), 170, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(mask, (140, 80), (260, 300), 255, -1)
    mask = cv2.GaussianBlur(mask, (3, 3), 0)
    share = mask[..., None] / 255
    return background, np.rint(background * (1 - share) + 60 * share).astype(np.uint8), mask


def ground_product(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the image after the grounding engine."""
    light = Light(60, 45, 0.3)
    *_, made = GroundingInpainting().inpaint(
        InpaintingRequest(picture, mask, Scene(0.75, 0.3, 0, 15, light))
    )
    return made.pixels


def test_a_naive_paste_has_no_contact(scene):
    background, pasted, mask = scene
    metrics = measure_grounding(pasted, background, pasted, mask)
    assert metrics.contact == pytest.approx(0, abs=0.02)
    assert metrics.halo == pytest.approx(0, abs=0.5) and metrics.locked == 0


def test_a_grounded_product_passes_all_limits(scene):
    background, pasted, mask = scene
    metrics = measure_grounding(ground_product(pasted, mask), background, pasted, mask)
    assert 0.2 <= metrics.contact <= 0.8 and metrics.attach <= 0.02
    assert metrics.halo <= 1 and metrics.locked == 0


def test_a_floating_product_is_not_attached(scene):
    background, pasted, mask = scene
    out = ground_product(pasted, mask)
    lifted, raised = np.roll(mask, -14, 0), background.copy()
    floor = np.where(mask[..., None] > 0, background, out)
    share = lifted[..., None] / 255
    raised = np.rint(floor * (1 - share) + 60 * share).astype(np.uint8)
    assert measure_grounding(raised, background, raised, lifted).attach > 0.04


def test_a_pale_fringe_is_measured_as_halo(scene):
    background, pasted, mask = scene
    fringed, edge = pasted.copy(), cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0
    fringed[edge & (mask < 128)] = 250
    assert measure_grounding(fringed, background, fringed, mask).halo > 10


def test_a_changed_product_is_detected(scene):
    background, pasted, mask = scene
    changed = pasted.copy()
    changed[200, 200] += 7
    assert measure_grounding(changed, background, pasted, mask).locked == 7
