"""Textures of half the detail, which drafts are rendered with."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio import materials
from services.studio.briefs.brief import Brief
from services.studio.detail import (
    MIN_HALVED_SIDE,
    are_textures_halved,
    fit_detail,
    halve_textures,
)
from services.studio.planning import RenderRequest, plan_set
from services.studio.tracing import LightTracer
from services.studio.variant import SCALAR_VARIANT
from tests.support.textures import use_small_textures


def draw_threads(dtype: type) -> np.ndarray:
    """Draws threads of a texel each, dark and bright in turns."""
    return np.tile(np.array([0, 1], dtype), (MIN_HALVED_SIDE, MIN_HALVED_SIDE // 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_a_halved_texture_has_the_mean_of_finer_threads(dtype):
    threads = draw_threads(dtype) * 200
    with halve_textures():
        halved = fit_detail(threads)
    assert halved.shape == (MIN_HALVED_SIDE // 2,) * 2 and halved.dtype == dtype
    assert np.ptp(halved) == 0 and halved[0, 0] == 100
    assert fit_detail(threads) is threads


def test_only_large_textures_are_halved_and_only_within_the_block():
    mi.set_variant(SCALAR_VARIANT)
    heights = draw_threads(np.float16)
    with halve_textures():
        halved, small = (materials.create_texture(each) for each in (heights, heights[:256, :256]))
    full = materials.create_texture(heights)
    sides = [each["bitmap"].size()[0] for each in (halved, small, full)]
    assert sides == [MIN_HALVED_SIDE // 2, 256, MIN_HALVED_SIDE]


def test_another_thread_gets_full_textures_between_the_steps_of_a_draft():
    tracer = LightTracer(SCALAR_VARIANT)
    plan, _, place = plan_set(RenderRequest("", 64, 64, 1), Brief())
    with use_small_textures():
        for _ in tracer.compose(plan, place, draft=True):
            assert not are_textures_halved()
