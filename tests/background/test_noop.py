"""The noop engine: a fixed grainy image, cut to the requested size."""

import numpy as np
import pytest

from services.background.engine import BackgroundRequest
from services.background.engines.noop import NoopBackground, create_grainy_image
from services.runtime.limits import BACKGROUND_SIDES


@pytest.fixture(scope="module")
def engine():
    """Returns a noop engine without a pause."""
    return NoopBackground()


def test_the_image_is_the_same_for_every_prompt_and_seed(engine):
    requests = [BackgroundRequest("a", 96, 64, seed=1), BackgroundRequest("b", 96, 64, seed=2)]
    first, second = (list(engine.generate(request))[-1].pixels for request in requests)
    assert np.array_equal(first, second)


def test_the_largest_background_of_the_contract_can_be_generated(engine):
    side = BACKGROUND_SIDES[1]
    *_, result = engine.generate(BackgroundRequest("a table", side, side))
    assert result.pixels.shape == (side, side, 3)


def test_pixels_are_contiguous_for_encoders(engine):
    *_, result = engine.generate(BackgroundRequest("a table", 96, 64))
    assert result.pixels.flags["C_CONTIGUOUS"]


def test_a_result_has_no_scene_and_says_that_it_is_a_placeholder(engine):
    *_, result = engine.generate(BackgroundRequest("a table", 96, 64))
    assert result.scene is None and "placeholder" in result.origin


def test_progress_comes_before_the_pause():
    progress = next(NoopBackground(seconds=3600).generate(BackgroundRequest("a table", 96, 64)))
    assert progress.fraction == 0.0


def test_the_image_has_the_grain_of_a_photo():
    image = create_grainy_image(128).astype(float)
    assert image.shape == (128, 128, 3)
    assert 1 < np.diff(image, axis=1).std() < 6
    assert image[-1].mean() > image[0].mean() + 100
