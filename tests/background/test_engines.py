"""Every background engine that can be opened here, held to the same rules.

An engine needs no edit to be among them: it is opened as the process would open it, a dialect on
the double of its servers in tools.doubles. What cannot be opened is skipped, and says why.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module

import numpy as np
import pytest

from services.background.engine import Order, Picture
from services.background.engines import ENGINES, Settings, open_engine
from services.diffusion.dialects import DIALECTS
from services.runtime.engines import EngineProgress
from services.runtime.errors import EngineNotReady
from tests.support.pictures import assert_image_equal

# The variant of rendering that every machine has.
PLAIN = "scalar_rgb"
SMALL = Order("sage green studio, round podium", 96, 64, seed=1)


@pytest.fixture(scope="module", params=[*ENGINES, "noop"])
def engine(request):
    name = request.param
    with ExitStack() as servers:
        told = {"mitsuba_variant": PLAIN}
        if name in DIALECTS:
            double = import_module(f"tools.doubles.{name}.process").double
            told[f"{name}_url"] = servers.enter_context(double()).url
        try:
            opened = open_engine(name, Settings(**told))
        except EngineNotReady as error:
            pytest.skip(f"{name}: {error}")
        yield opened


def made(engine, order: Order) -> Picture:
    """The picture that an order ends with."""
    return list(engine.make(order))[-1]


def test_an_engine_says_what_it_is(engine, request):
    assert engine.name == request.node.callspec.params["engine"]
    assert engine.version
    assert engine.traits.by_name_only == (engine.name not in ENGINES)


def test_an_order_yields_rising_steps_and_then_one_picture(engine):
    *steps, picture = engine.make(SMALL)
    assert all(isinstance(step, EngineProgress) for step in steps) and isinstance(picture, Picture)
    fractions = [0, *(step.fraction for step in steps), 1]
    assert fractions == sorted(fractions) and len(fractions) > 2
    for preview in (step.preview for step in steps if step.preview is not None):
        assert preview.dtype == np.uint8 and preview.shape[2] == 3
        assert max(preview.shape) <= 256


@pytest.mark.parametrize(("width", "height"), [(256, 256), (96, 64), (50, 150), (301, 101)])
def test_the_picture_has_exactly_the_size_ordered(engine, width, height):
    pixels = made(engine, Order("studio", width, height)).pixels
    assert pixels.shape == (height, width, 3) and pixels.dtype == np.uint8


def test_equal_orders_give_equal_bytes_and_parameters(engine):
    first, second = made(engine, SMALL), made(engine, SMALL)
    assert_image_equal(first.pixels, second.pixels)
    assert first.parameters == second.parameters and first.model == second.model


def test_a_picture_says_what_it_is_in_plain_values(engine):
    picture = made(engine, SMALL)
    assert picture.origin
    assert picture.scene is None or 0 <= picture.scene.ground_line <= 1
    json.dumps([dict(picture.parameters), dict(picture.measured)], allow_nan=False)
    # Where an engine draws with a model, it may not know which; else there is none.
    assert engine.traits.generative or not picture.model


def test_orders_of_several_threads_do_not_disturb_each_other(engine):
    orders = [SMALL, Order("marble table", 64, 96, seed=2)]
    alone = [made(engine, order).pixels for order in orders]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda order: made(engine, order).pixels, 2 * orders))
    for expected, found in zip(2 * alone, together, strict=True):
        assert_image_equal(expected, found)


def test_an_abandoned_order_leaves_the_engine_as_it_was(engine):
    expected = made(engine, SMALL).pixels
    work = engine.make(Order("marble table", 96, 64, seed=2))
    next(work)
    work.close()
    assert_image_equal(expected, made(engine, SMALL).pixels)
