"""Engine diffusers in stages 2 and 4: choice and fallback, caching, concurrent calls, the lock."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version as find_version

import numpy as np
import pytest

from cyclorama import AsyncClient, CycloramaError
from cyclorama.v1.engine_pb2 import EngineChoice
from services.background.engine import BackgroundRequest
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_files import inspect_model
from services.imaging.images import encode_image
from services.inpainting.engine import InpaintingRequest, InpaintingStrength
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.inpainting.engines.grounding import GroundingInpainting
from services.runtime.engines import EngineProgress, Engines, read_model_name, read_settings_hash
from services.runtime.errors import EngineNotReady
from services.runtime.formats import PNG
from tests.support.engines import Flat
from tests.support.pictures import assert_image_equal, draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG).data
SMALL = {"size": (128, 128), "seed": 7}
AUTO, NAMED = EngineChoice(), EngineChoice(name="diffusers")
STEPS = 5


def open_backgrounds(model, **settings):
    """Opens the engines of a stage 2 whose only embedded engine is a flat picture."""
    own = BackgroundSettings(diffusers_model=str(model), diffusion_steps=STEPS, **settings)

    def open_engine(name):
        return Flat() if name == "flat" else open_background(name, own)

    return Engines(["comfyui", "a1111", "diffusers", "flat"], open_engine)


def open_inpaintings(model):
    """Opens the engines of a stage 4."""
    own = InpaintingSettings(diffusers_model=str(model), diffusion_steps=STEPS)

    def open_engine(name):
        return GroundingInpainting() if name == "grounding" else open_inpainting(name, own)

    return Engines(["diffusers", "grounding"], open_engine)


def run_background(engines, choice, prompt="a beach", seed=1):
    """Returns the last step of a background."""
    request = BackgroundRequest(prompt, 64, 64, seed=seed)
    *_, last = engines.stream(choice, lambda engine: engine.generate(request))
    return last


@pytest.fixture(scope="module")
def backgrounds(tiny_model):
    return open_backgrounds(tiny_model())


@pytest.fixture(scope="module")
def inpainting(tiny_model):
    """Engine diffusers of stage 4."""
    return open_inpaintings(tiny_model())._open["diffusers"]


@pytest.fixture(scope="module")
def flagging_model(tmp_path_factory):
    """A model whose safety checker flags every image."""
    from tools.doubles.diffusion_model import build_model

    return build_model(tmp_path_factory.mktemp("flagging") / "model", flag_above=-1.1)


async def test_an_ad_of_both_stages_from_one_folder_leaves_the_product_untouched(
    backgrounds, tiny_model
):
    stages = {"background": backgrounds, "inpainting": open_inpaintings(tiny_model())}
    async with (
        serve_system(**stages) as running,
        AsyncClient(running.address, timeout=60, max_retries=0) as client,
    ):
        ad = await client.create_ad(PHOTO, "a beach", **SMALL)
        again = await client.replay(ad.manifest, PHOTO)
        found = await client.verify(ad.data, ad.manifest_json)
    assert [ad.manifest["stages"][number]["engine"] for number in (1, 3)] == ["diffusers"] * 2
    assert not [each for each in ad.warnings if each.reason == "FELL_BACK"]
    assert found.locked and ad.manifest["pixel_lock"]["differing_pixels"] == 0
    assert again.data == ad.data


def test_auto_prefers_a_configured_model_to_the_embedded_engine(backgrounds):
    last = run_background(backgrounds, AUTO)
    assert last.engine.name == "diffusers" and not last.warnings


def test_the_engine_that_is_named_but_not_configured_says_what_to_set():
    engines = open_backgrounds("")
    assert run_background(engines, AUTO).engine.name == "flat"
    with pytest.raises(EngineNotReady, match="set CYCLORAMA_DIFFUSERS_MODEL to the folder of one"):
        run_background(engines, NAMED)


def test_stage_4_falls_back_with_a_warning_where_the_model_cannot_inpaint(tiny_model, product):
    model = tiny_model("lcm")
    engines = open_inpaintings(model)
    request = InpaintingRequest(*product, prompt="a beach", seed=1)
    *_, last = engines.stream(AUTO, lambda engine: engine.inpaint(request))
    assert last.engine.name == "grounding"
    assert [each.reason for each in last.warnings] == ["FELL_BACK"]
    assert "no inpainting form" in last.warnings[0].message
    with pytest.raises(EngineNotReady, match=r"engine diffusers: .*no inpainting form; choose"):
        list(engines.stream(NAMED, lambda engine: engine.inpaint(request)))
    assert run_background(open_backgrounds(model), NAMED).engine.name == "diffusers"


async def test_a_flagged_picture_is_replaced_only_on_request_and_with_a_warning(flagging_model):
    async with (
        serve_system(background=open_backgrounds(flagging_model)) as running,
        AsyncClient(running.address, timeout=60, max_retries=0) as client,
    ):
        with pytest.raises(CycloramaError, match="send another prompt or seed") as caught:
            await client.create_ad(PHOTO, "a beach", **SMALL)
        choice = {"background": {"engine": {"name": "diffusers", "allow_fallback": True}}}
        ad = await client.create_ad(PHOTO, "a beach", options=choice, **SMALL)
    assert caught.value.reason == "DIFFUSION_UNSAFE" and not caught.value.is_transient
    assert ad.manifest["stages"][1]["engine"] == "flat"
    (warning,) = [each for each in ad.warnings if each.reason == "FELL_BACK"]
    assert "safety checker" in warning.message


def identify(engines):
    """Returns what the gateway caches results under, besides the request."""
    engine = engines._open["diffusers"]
    return engine.version, read_model_name(engine), read_settings_hash(engine)


@pytest.mark.slow
def test_a_cached_result_is_of_the_same_model_and_precision(backgrounds, tiny_model, tmp_path):
    from tools.doubles.diffusion_model import build_model

    name = tiny_model().name
    moved = shutil.copytree(tiny_model(), tmp_path / "moved" / name)
    other = build_model(tmp_path / "other" / name, seed=1)
    files, same, different = (
        inspect_model(DiffusersSettings(diffusers_model=str(path)))
        for path in (tiny_model(), moved, other)
    )
    version, model, _ = identify(backgrounds)
    assert files.fingerprint in version and files.name == model
    assert all(f"{each}{find_version(each)}" in version for each in ("diffusers", "torch"))
    assert (same.fingerprint, same.name) == (files.fingerprint, files.name)
    assert different.fingerprint != files.fingerprint
    precise = open_backgrounds(tiny_model(), diffusers_precision="bfloat16")
    assert identify(precise) != identify(backgrounds)


def test_two_callers_at_once_get_the_pictures_of_their_own_prompts(backgrounds):
    prompts = ["a beach", "a forest at night"]
    alone = [run_background(backgrounds, NAMED, prompt).result for prompt in prompts]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda text: run_background(backgrounds, NAMED, text), prompts))
    assert not np.array_equal(*(each.pixels for each in alone))
    for lone, shared, prompt in zip(alone, together, prompts, strict=True):
        assert_image_equal(lone.pixels, shared.result.pixels)
        assert shared.result.parameters["prompt"] == prompt


def test_a_caller_who_leaves_stops_the_sampler_before_its_next_step(backgrounds):
    engine = backgrounds._open["diffusers"]
    model = engine._generator._model
    steps, entered, left = [], threading.Event(), threading.Event()

    def pause_in_second_step(*_):
        steps.append(len(steps))
        if len(steps) == 2:
            entered.set()
            left.wait(60)

    hook = model._pipelines.txt2img.unet.register_forward_pre_hook(pause_in_second_step)
    try:
        generating = engine.generate(BackgroundRequest("a beach", 64, 64, seed=1))
        next(step for step in generating if entered.is_set())
        generating.close()
        left.set()
        # The next image waits until the sampler is free.
        hook.remove()
        run_background(backgrounds, NAMED)
    finally:
        hook.remove()
        left.set()
    assert steps == [0, 1]


@pytest.mark.parametrize("strength", [0.2, 0.35, 0.5, 0.8, 1.0])
def test_the_product_stays_locked_at_every_strength(inpainting, product, strength):
    """A weak repainting passes the check of the init image, although noise may change colors."""
    composite, mask = product
    request = InpaintingRequest(
        composite,
        mask,
        prompt="a beach",
        seed=3,
        strength=InpaintingStrength(denoising_strength=strength),
    )
    *steps, result = inpainting.inpaint(request)
    assert all(isinstance(step, EngineProgress) for step in steps)
    assert_image_equal(result.pixels[mask > 0], composite[mask > 0])
    assert not np.array_equal(result.pixels, composite)
    assert 0 < result.measured["locked_changed"] <= 1 and result.measured["locked_drift"] > 0
    used = result.parameters["denoising_strength"]
    assert used == (round(0.6 * strength, 4) if result.measured["grown_retried"] else strength)
