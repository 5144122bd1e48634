"""Rules that every background engine that can be opened here must meet.

Engines are opened as the process opens them: dialects on the double of their server in
tools.doubles. An engine that cannot be opened is skipped with the reason.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module

import numpy as np
import pytest

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines import ENGINES, BackgroundSettings, open_engine
from services.diffusion.dialects import DIALECTS
from services.runtime.engines import EngineProgress
from services.runtime.errors import EngineNotReady
from tests.support.pictures import assert_image_equal

# The variant of Mitsuba that works on every machine.
SCALAR = "scalar_rgb"
SMALL = BackgroundRequest("sage green studio, round podium", 96, 64, seed=1)


@pytest.fixture(scope="module", params=[*ENGINES, "noop"])
def engine(request):
    """Opens each engine as the process would; skips those that cannot run here."""
    name = request.param
    with ExitStack() as servers:
        settings = {"mitsuba_variant": SCALAR}
        if name in DIALECTS:
            double = import_module(f"tools.doubles.{name}.process").run_double
            settings[f"{name}_url"] = servers.enter_context(double()).url
        try:
            opened = open_engine(name, BackgroundSettings(**settings))
        except EngineNotReady as error:
            pytest.skip(f"{name}: {error}")
        yield opened


def generate_result(engine, request: BackgroundRequest) -> BackgroundResult:
    """Generates a background and returns the result without the progress."""
    return list(engine.generate(request))[-1]


def test_an_engine_reports_its_name_version_and_traits(engine, request):
    assert engine.name == request.node.callspec.params["engine"]
    assert engine.version
    assert engine.traits.by_name_only == (engine.name not in ENGINES)


def test_an_engine_yields_rising_progress_and_then_one_result(engine):
    *steps, result = engine.generate(SMALL)
    assert all(isinstance(step, EngineProgress) for step in steps)
    assert isinstance(result, BackgroundResult)
    fractions = [0, *(step.fraction for step in steps), 1]
    assert fractions == sorted(fractions) and len(fractions) > 2
    for preview in (step.preview for step in steps if step.preview is not None):
        assert preview.dtype == np.uint8 and preview.shape[2] == 3
        assert max(preview.shape) <= 256


@pytest.mark.parametrize(("width", "height"), [(256, 256), (96, 64), (50, 150), (301, 101)])
def test_the_image_has_exactly_the_requested_size(engine, width, height):
    pixels = generate_result(engine, BackgroundRequest("studio", width, height)).pixels
    assert pixels.shape == (height, width, 3) and pixels.dtype == np.uint8


def test_equal_requests_give_equal_pixels_and_parameters(engine):
    first, second = generate_result(engine, SMALL), generate_result(engine, SMALL)
    assert_image_equal(first.pixels, second.pixels)
    assert first.parameters == second.parameters and first.model == second.model


def test_a_result_reports_origin_scene_and_parameters_as_plain_values(engine):
    result = generate_result(engine, SMALL)
    assert result.origin
    assert result.scene is None or 0 <= result.scene.ground_line <= 1
    json.dumps([dict(result.parameters), dict(result.measured)], allow_nan=False)
    # An engine that draws with a model may not know which; others have none.
    assert engine.traits.generative or not result.model


def test_concurrent_requests_do_not_disturb_each_other(engine):
    requests = [SMALL, BackgroundRequest("marble table", 64, 96, seed=2)]
    alone = [generate_result(engine, request).pixels for request in requests]
    with ThreadPoolExecutor(4) as threads:
        together = list(
            threads.map(lambda request: generate_result(engine, request).pixels, 2 * requests)
        )
    for expected, found in zip(2 * alone, together, strict=True):
        assert_image_equal(expected, found)


def test_an_abandoned_request_leaves_the_engine_unchanged(engine):
    expected = generate_result(engine, SMALL).pixels
    work = engine.generate(BackgroundRequest("marble table", 96, 64, seed=2))
    next(work)
    work.close()
    assert_image_equal(expected, generate_result(engine, SMALL).pixels)
