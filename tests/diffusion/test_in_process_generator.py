"""What callers of the engine `diffusers` get: queue, deadlines, retries and reports."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from services.diffusion.errors import ProcessStopping, QueueFull, WrongModel
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.in_process.image_pace import ImageTimes
from services.diffusion.output import DiffusionResult
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.settings import SamplingOptions
from services.runtime.errors import DeadlineTooShort, EngineNotReady
from tests.support.waiting import wait_until

SIDE = 64
LATE = (
    r"the rest takes about \d+\.\d s and 50.0 s are left until the deadline; "
    "raise CYCLORAMA_DIFFUSION_TIMEOUT_SECONDS, or choose a faster engine"
)


@pytest.fixture
def open_generator(tiny_model):
    """Returns a function that opens a generator; they share the tiny model."""
    from services.diffusion.in_process.generator import ModelGenerator

    def open_one(purpose="txt2img", diffusers=None, **settings):
        own = GeneratorSettings(diffusers_model=str(tiny_model()), **diffusers or {}, **settings)
        return ModelGenerator(own, purpose)

    return open_one


def request(side=SIDE, *, repaint=False, **sampling):
    init = None
    if repaint:
        pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
        init = InitImage(pixels, np.zeros((side, side), bool), 0.6)
    options = SamplingOptions(**{"steps": 2} | sampling)
    return DiffusionRequest("a beach", "", side, side, 1, options, init)


@contextmanager
def block_model(generator):
    """Blocks the model of a generator within its first image until the `with` block ends."""
    started, may_continue = threading.Event(), threading.Event()

    def block(*_):
        started.set()
        assert may_continue.wait(60)

    unet = generator._model._pipelines.txt2img.unet
    hook = unet.register_forward_pre_hook(block)
    running = generator.generate(request())
    first = threading.Thread(target=lambda: list(running))
    first.start()
    assert started.wait(60)
    try:
        yield
    finally:
        may_continue.set()
        first.join()
        hook.remove()


def test_an_image_reports_where_the_model_ran_and_that_overrides_were_unused(open_generator):
    *steps, result = open_generator().generate(request(override_settings={"a": 1}))
    # It waits for none.
    assert not any(step.queue_position for step in steps)
    assert isinstance(result, DiffusionResult)
    placement = {name: result.parameters[name] for name in ("device", "precision", "offload")}
    if not torch.cuda.is_available():
        assert placement == {"device": "cpu", "precision": "float32", "offload": "none"}
    assert result.parameters["vae_tiling"] is False
    assert result.measured["retries"] == 0
    assert [each.reason for each in result.warnings] == ["OVERRIDES_UNUSED"]


def test_a_model_that_this_process_does_not_run_is_refused(open_generator):
    generator = open_generator()
    with pytest.raises(WrongModel, match=f"this process runs {generator.default_model()}, not"):
        list(generator.generate(request(model="another")))
    for name in (generator.default_model(), f"{generator.default_model()}.safetensors"):
        assert list(generator.generate(request(model=name)))
    with pytest.raises(EngineNotReady, match="not another"):
        open_generator(diffusion_model="another")


def test_the_queue_is_counted_over_both_services_and_drops_callers_who_left(open_generator):
    backgrounds = open_generator(diffusion_queue_size=2)
    repainting = open_generator("img2img", diffusion_queue_size=2)
    with block_model(backgrounds):
        waiting = [
            backgrounds.generate(request()),
            repainting.generate(request(repaint=True)),
        ]
        assert [next(each).queue_position for each in waiting] == [1, 2]
        with pytest.raises(QueueFull, match="2 calls already wait for the model; try again in"):
            next(repainting.generate(request(repaint=True)))
        waiting[0].close()
        assert next(waiting[1]).queue_position == 1
        waiting[1].close()
        assert backgrounds._model.queue_length == 0
    assert list(backgrounds.generate(request()))


def test_without_a_queue_one_call_runs_and_none_waits(open_generator):
    generator = open_generator(diffusion_queue_size=0)
    with block_model(generator), pytest.raises(QueueFull):
        next(generator.generate(request()))
    assert list(generator.generate(request()))


def test_queued_calls_move_to_another_replica_when_the_process_stops(open_generator, monkeypatch):
    from services.diffusion.in_process import generator as module

    generator = open_generator()
    with block_model(generator):
        queued = generator.generate(request())
        assert next(queued).queue_position == 1
        monkeypatch.setattr(module, "is_shutdown_requested", lambda: True)
        with pytest.raises(ProcessStopping, match="this process stops; try again") as caught:
            next(queued)
    assert caught.value.retry_seconds and caught.value.reason == "DIFFUSION_STOPPING"


@pytest.mark.slow
def test_at_the_end_of_the_grace_period_running_and_waiting_calls_may_try_again(open_generator):
    # A model of its own, as it is closed.
    generator = open_generator(diffusers={"diffusers_max_batch": 4})
    model = generator._model
    steps = generator.generate(request(steps=100))
    assert any(0 < progress.fraction < 1 for progress in steps)
    waiting = model.submit(request(), max_waiting=8)
    assert model.close(timeout=60)
    for act in (lambda: list(steps), waiting.result.result, lambda: model.submit(request(), 8)):
        with pytest.raises(ProcessStopping, match="this process stops; try again"):
            act()


@pytest.mark.slow
def test_too_little_time_is_found_out_at_once_and_a_slow_moment_is_forgotten(open_generator):
    # A model of its own, as its pace is changed.
    generator = open_generator(diffusers={"diffusers_max_batch": 3}, diffusion_timeout_seconds=50)
    assert generator.fixed_settings["max_batch"] == 3
    model, large = generator._model, request(256)
    model._pace.record_image(large, ImageTimes(10_000.0, 9_000.0))
    model._calibrated = float("-inf")
    with pytest.raises(DeadlineTooShort, match=LATE):
        list(generator.generate(large))
    # Measured again, as the other load may have passed.
    wait_until(lambda: (model._pace.estimate_seconds(large) or 0) < 50, "a measurement")
    assert list(generator.generate(large))


def test_where_memory_runs_out_an_image_may_become_smaller_if_its_caller_allows(open_generator):
    generator = open_generator()
    unet = generator._model._pipelines.txt2img.unet

    def exhaust(module, inputs):
        # Latents of more than 192 pixels a side.
        if inputs[0].shape[-1] > 24:
            torch.empty(2**50, dtype=torch.uint8)

    hook = unet.register_forward_pre_hook(exhaust)
    try:
        *_, result = generator.generate(request(256, drawn_side=256))
    finally:
        hook.remove()
    assert result.pixels.shape == (256, 256, 3)
    assert result.parameters["drawn_width"] == 192
    assert result.measured["retries"] == 1
