"""How near the images of the studio come to converged ones."""

import numpy as np
import pytest

from services.studio import film, world
from services.studio.briefs.brief import Brief
from services.studio.rendering import SAMPLES
from services.studio.tracing import load_set_sensor
from services.studio.variant import SCALAR_VARIANT, choose_variant
from tests.support.sets import compose

SIZE, BETTER_SAMPLES = (128, 128), 6
# Levels of 255, in the mean of all pixels, by which an image may be further from a converged one
# than one with BETTER_SAMPLES and fine denoising.
TOLERANCE = 0.35


@pytest.mark.slow
def test_few_samples_come_about_as_near_to_a_converged_image_as_more_and_fine_denoising():
    choose_variant(SCALAR_VARIANT)
    plan, composed = compose(Brief(surface="concrete"), size=SIZE)
    scene, studio_set = world.load_scene(composed.studio_set), composed.studio_set

    def trace(samples: int) -> np.ndarray:
        sensor = load_set_sensor(studio_set, plan.camera, SIZE, (0, SIZE[0]), samples)
        return film.render_light(scene, sensor, 1)

    def develop(light: np.ndarray) -> np.ndarray:
        return film.develop_image(light, studio_set.exposure, 1).astype(float)

    converged = develop(trace(64))
    usual = develop(film.denoise_light(trace(SAMPLES), fine=False))
    better = develop(film.denoise_light(trace(BETTER_SAMPLES), fine=True))
    errors = [np.abs(image - converged).mean() for image in (usual, better)]
    assert errors[0] < errors[1] + TOLERANCE
