"""A real pipeline with tiny weights: loading, warm-up, failures, threads and sharing."""

import gc
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from structlog.testing import capture_logs

from benchmarks.serving import read_resident_mib
from services.background.engines import BackgroundSettings
from services.diffusion.errors import DiffusionFailed, DiffusionOutOfMemory
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.request import DiffusionRequest, InitImage, UncheckedResult
from services.diffusion.settings import SamplingOptions
from services.inpainting.engines import InpaintingSettings
from services.runtime.errors import EngineNotReady
from tests.support.live_arrays import count_live_arrays
from tools import ROOT

pytestmark = pytest.mark.slow

# More than any machine has.
IMPOSSIBLE_BYTES = 2**50
SIDE = 64


@pytest.fixture
def open_model():
    """The function that opens the model of this process; imported here, as it takes seconds."""
    from services.diffusion.in_process.model import open_model

    return open_model


@pytest.fixture
def model(open_model, tiny_model):
    """The tiny model of Stable Diffusion 1.5, which all tests share."""
    return open_model(settings(tiny_model()))


def settings(path, **others):
    return DiffusersSettings(diffusers_model=str(path), **others)


def request(side=SIDE, *, repaint=False, seed=1):
    init = None
    if repaint:
        pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
        init = InitImage(pixels, np.zeros((side, side), bool), 0.6)
    return DiffusionRequest("a beach", "", side, side, seed, SamplingOptions(steps=2), init)


def sample(model, each):
    """Generates an image with a model, without the service: uint8 RGB (H, W, 3)."""
    return model.submit(each, max_waiting=8).result.result(60).pixels


@contextmanager
def hook_into_unet(model, act):
    """Runs a function in the thread of the batches before each run of the UNet."""
    unet = model._pipelines.txt2img.unet
    hook = unet.register_forward_pre_hook(lambda *_: act())
    try:
        yield
    finally:
        hook.remove()


def copy_model(source, target, part, change):
    """Copies a model's folder, with the weights of one part changed."""
    shutil.copytree(source, target)
    (file,) = (target / part).glob("*.safetensors")
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})
    return target


def test_a_model_whose_images_are_not_numbers_is_refused_and_may_be_repaired(
    open_model, tiny_model, tmp_path
):
    def spoil(weights):
        weights["conv_in.weight"].fill_(float("nan"))

    broken = copy_model(tiny_model(), tmp_path / "broken", "unet", spoil)
    with pytest.raises(EngineNotReady, match=r"model broken cannot be used: .* an empty picture"):
        open_model(settings(broken))
    shutil.copytree(tiny_model() / "unet", broken / "unet", dirs_exist_ok=True)
    assert open_model(settings(broken)).refusals == {}


@pytest.mark.parametrize("values", [{"trained_betas": [0.1, 0.2]}, {"num_train_timesteps": 1}])
def test_a_scheduler_of_another_model_is_named(open_model, tiny_model, tmp_path, values):
    folder = shutil.copytree(tiny_model(), tmp_path / "mixed")
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    with pytest.raises(EngineNotReady) as caught:
        open_model(settings(folder))
    text = str(caught.value)
    assert "first image failed, as where its scheduler or tokenizer is of another model; " in text
    assert "sampler" not in text.replace("scheduler", "")


def test_an_empty_image_has_a_remedy_that_fits_the_precision(open_model, model):
    from services.diffusion.in_process.warm_up import choose_remedies

    for dtype, words in ((torch.float16, "PRECISION to bfloat16"), (torch.float32, "corrupt")):
        assert words in choose_remedies(replace(model.placement, dtype=dtype)).empty


def test_a_refused_model_leaves_memory_at_once(open_model, tiny_model, tmp_path):
    def spoil(weights):
        weights["conv_in.weight"].fill_(float("nan"))

    def count_weights():
        return sum(type(each).__name__ == "UNet2DConditionModel" for each in gc.get_objects())

    broken = copy_model(tiny_model(), tmp_path / "refused", "unet", spoil)
    gc.collect()
    before, threads = count_weights(), threading.active_count()
    with pytest.raises(EngineNotReady):
        open_model(settings(broken))
    assert count_weights() == before and threading.active_count() == threads


def test_a_vae_that_changes_locked_pixels_refuses_repainting_only(open_model, tiny_model, tmp_path):
    def invert_colors(weights):
        weights["encoder.conv_in.weight"].neg_()

    foreign = copy_model(tiny_model(), tmp_path / "foreign", "vae", invert_colors)
    model = open_model(settings(foreign))
    assert list(model.refusals) == ["img2img"]
    assert "it changes locked pixels" in model.refusals["img2img"]
    from services.diffusion.in_process.generator import ModelGenerator

    own = GeneratorSettings(diffusers_model=str(foreign))
    ModelGenerator(own, "txt2img")
    with pytest.raises(EngineNotReady, match="model foreign cannot be used: it changes locked"):
        ModelGenerator(own, "img2img")


def test_both_services_of_a_process_share_one_model_and_loading_happens_once(
    open_model, tiny_model, tmp_path
):
    folder = shutil.copytree(tiny_model(), tmp_path / "shared")
    both = [cls(diffusers_model=str(folder)) for cls in (BackgroundSettings, InpaintingSettings)]
    with capture_logs() as logs, ThreadPoolExecutor(4) as threads:
        models = set(threads.map(open_model, both * 2))
    assert len(models) == 1
    assert {open_model(settings(f"{folder}{end}")) for end in ("/", "/.", "/unet/..")} == models
    loading, ready = (line for line in logs if line["event"] in {"loading model", "model ready"})
    assert loading["model"] == ready["model"] == "shared"
    assert 0 <= loading["gigabytes"] < 0.1 and ready["seconds"] > 0
    with capture_logs() as logs:
        other = open_model(settings(folder, diffusers_precision="bfloat16"))
    assert other not in models
    assert [line["consequence"] for line in logs if line["event"] == "another model"]


def test_pipelines_share_weights_and_the_vae_of_sdxl_stays_in_32_bits(open_model, tiny_model):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger("diffusers").addHandler(handler)
    model = open_model(settings(tiny_model("sdxl"), diffusers_precision="float16"))
    pipelines = model._pipelines
    for _ in range(2):
        sample(model, request())
        sample(model, request(repaint=True))
        assert pipelines.txt2img.vae.dtype == torch.float32
        assert pipelines.txt2img.unet.dtype == torch.float16
    for name, part in pipelines.txt2img.components.items():
        if isinstance(part, torch.nn.Module):
            shared = getattr(pipelines.inpaint, name)
            assert next(part.parameters()).data_ptr() == next(shared.parameters()).data_ptr()
    logging.getLogger("diffusers").removeHandler(handler)
    # Such as "There are modules that should be kept in float32", with every image.
    assert lines == []


def test_weights_are_counted_without_loading_them(model, tiny_model):
    from services.diffusion.in_process.files.model_files import inspect_model
    from services.diffusion.in_process.files.weights import count_weights

    parts = model._pipelines.txt2img.components
    assert count_weights(inspect_model(settings(tiny_model()))) == {
        name: sum(each.numel() for each in part.parameters())
        for name, part in parts.items()
        if isinstance(part, torch.nn.Module)
    }


@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_offloaded_parts_give_the_same_pixels(model, tiny_model, offload):
    """The hooks run on a CPU too, where they move nothing."""
    from accelerate import cpu_offload

    from services.diffusion.in_process.files.model_files import inspect_model
    from services.diffusion.in_process.loading import load_pipelines
    from services.diffusion.in_process.placement import ModelPlacement
    from services.diffusion.in_process.sampling.image_sampler import ImageSampler

    cpu = torch.device("cpu")
    placement = ModelPlacement(cpu, torch.float32, "model" if offload == "model" else "none")
    pipelines = load_pipelines(inspect_model(settings(tiny_model())), placement)
    if offload == "sequential":
        # As enable_sequential_cpu_offload() does, which numbers the device, and CPUs have none.
        for part in pipelines.txt2img.components.values():
            if isinstance(part, torch.nn.Module):
                cpu_offload(part, cpu)
    sampler = ImageSampler(pipelines, "tiny")
    for each in (request(), request(repaint=True), request()):
        (offloaded,) = sampler.sample([each], lambda: None, lambda *_: None)
        assert np.array_equal(offloaded.pixels, sample(model, each))


def test_the_thread_of_the_batches_has_as_many_threads_as_the_settings_say(open_model, tiny_model):
    before, seen = torch.get_num_threads(), []
    model = open_model(settings(tiny_model(), diffusers_threads=3))
    with hook_into_unet(model, lambda: seen.append(torch.get_num_threads())):
        sample(model, request())
    assert set(seen) == {3} == {model.fixed_settings["threads"]}
    torch.set_num_threads(before)


def test_exhausted_memory_repeats_in_tiles_then_fails_and_the_next_image_works(model):
    failures = [1]

    def exhaust():
        if failures:
            failures.pop()
            torch.empty(IMPOSSIBLE_BYTES, dtype=torch.uint8)

    expected = sample(model, request())
    with hook_into_unet(model, exhaust):
        repeated = model.submit(request(), max_waiting=8).result.result(60)
        assert repeated.parameters["vae_tiling"] is True
        assert np.array_equal(repeated.pixels, expected)
        failures += [1, 1]
        with pytest.raises(DiffusionOutOfMemory):
            sample(model, request())
        assert np.array_equal(sample(model, request()), expected)


def test_a_library_that_fails_is_translated_and_the_next_image_works(model):
    def fail():
        raise KeyError("/a/path/of/the/server")

    with hook_into_unet(model, fail), pytest.raises(DiffusionFailed) as caught:
        sample(model, request())
    assert "path" not in str(caught.value)
    assert sample(model, request()).std() > 0


def test_a_model_that_hangs_is_unavailable_until_its_step_ends(model):
    from services.diffusion.watchdog import Watchdog

    started, may_continue = threading.Event(), threading.Event()

    def hang():
        started.set()
        assert may_continue.wait(60)

    with hook_into_unet(model, hang):
        queued = model.submit(request(), max_waiting=8)
        assert started.wait(60)
        assert model.unavailable_reason() == ""
        # A minute later, and 4 times what the image should take.
        hours = iter(range(0, 10**6, 3600))
        model._watchdog = Watchdog(timeout=0.0, clock=lambda: next(hours))
        assert model.unavailable_reason() == "the model hangs; restart this process"
        may_continue.set()
        queued.result.result(60)
        sample(model, request())
    assert model.unavailable_reason() == ""


# Loads a model in a process that may take 32 MiB more than it has by then, and prints what a large
# image and a small one after it come to.
LIMITED_PROCESS = """
import resource, sys
from pathlib import Path
from services.diffusion.errors import DiffusionOutOfMemory
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.model import open_model
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import SamplingOptions

model = open_model(DiffusersSettings(diffusers_model=sys.argv[1], diffusers_threads=1))

def sample(side):
    request = DiffusionRequest("a beach", "", side, side, 1, SamplingOptions(steps=1))
    return model.submit(request, 8).result.result()

sample(64)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**25, -1))
try:
    sample(1024)
except DiffusionOutOfMemory as error:
    print("refused:", error)
print("next:", sample(64).pixels.shape)
"""


def test_a_process_survives_memory_that_really_runs_out(tiny_model):
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED_PROCESS, str(tiny_model())],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=200,
    )
    assert "refused: memory ran out at 1024 x 1024 pixels" in ended.stdout, ended.stderr[-2000:]
    assert "next: (64, 64, 3)" in ended.stdout


class MemoryGrowth:
    """What a block of code leaves behind: live tensors and arrays, and resident MiB."""

    def __enter__(self):
        self._arrays, self._mib = count_live_arrays(), read_resident_mib(os.getpid())
        return self

    def __exit__(self, *_):
        self.mib = read_resident_mib(os.getpid()) - self._mib
        self.arrays = count_live_arrays() - self._arrays


def generate_many(model, count, sides):
    """Generates images; every fifth is left by its caller, every seventh runs out of memory."""
    for number in range(count):
        side = sides[number % len(sides)]
        each = request(side, repaint=number % 2 == 1, seed=number)
        queued = model.submit(each, max_waiting=8)
        if number % 5 == 4:
            queued.drop()
        elif number % 7 == 6:
            with hook_into_unet(model, lambda: torch.empty(IMPOSSIBLE_BYTES)):
                assert queued.result.exception(60)
        else:
            queued.result.result(60)
    # The last may have been dropped while it runs.
    sample(model, request())


@contextmanager
def leak(model, pick):
    """Keeps what a function picks from the results of each batch, until the `with` block ends."""
    run, kept = model._recovery.sample, []

    def run_and_keep(jobs, run_sampler):
        results = run(jobs, run_sampler)
        kept.extend(pick(each) for each in results if isinstance(each, UncheckedResult))
        return results

    model._recovery.sample = run_and_keep
    try:
        yield
    finally:
        del model._recovery.sample


# An image of the larger side takes 0.75 MiB.
SMALL_SIDES, LARGE_SIDE, LARGE_COUNT = (64, 128, 192), 512, 40
MAX_GROWN_MIB = LARGE_COUNT * 0.75 / 2


def test_memory_stays_level_over_images_of_changing_sizes_errors_and_cancellations(model):
    generate_many(model, 30, SMALL_SIDES)
    with MemoryGrowth() as small:
        generate_many(model, 100, SMALL_SIDES)
    assert small.arrays < 10
    generate_many(model, LARGE_COUNT, [LARGE_SIDE])
    with MemoryGrowth() as large:
        generate_many(model, LARGE_COUNT, [LARGE_SIDE])
    assert large.mib < MAX_GROWN_MIB


def test_a_leak_of_an_image_or_latent_per_picture_would_be_seen(model):
    with leak(model, lambda each: torch.zeros(1, 4, 8, 8)), MemoryGrowth() as latents:
        generate_many(model, 30, [64])
    assert latents.arrays >= 20
    generate_many(model, 10, [LARGE_SIDE])
    with leak(model, lambda each: each.pixels), MemoryGrowth() as images:
        generate_many(model, LARGE_COUNT, [LARGE_SIDE])
    assert images.arrays >= LARGE_COUNT / 2
    assert images.mib > MAX_GROWN_MIB
