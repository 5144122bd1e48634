"""Guidance and prompts of models in this process, and what distilled models need."""

import numpy as np
import pytest

pytest.importorskip("diffusers")

from diffusers import (
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LCMScheduler,
    TCDScheduler,
)

from services.diffusion.in_process.sampling.prompts import find_prompt_readers
from services.diffusion.in_process.sampling.recommendations import recommend_sampling
from services.diffusion.settings import DiffusionSettings, resolve_sampling
from tests.support.sampling import request_image, sample_images, sample_pixels

LONG_PROMPT = " ".join(f"word{number}" for number in range(60))


@pytest.mark.parametrize("family", ["sd15-inpainting", "sdxl"])
def test_a_negative_prompt_works_only_with_guidance(image_sampler, family):
    sampler = image_sampler(family)
    for cfg_scale, warnings in ((7, []), (1, ["NEGATIVE_PROMPT_UNUSED"])):
        plain = sample_pixels(sampler, request_image(cfg_scale=cfg_scale))
        (result,) = sample_images(sampler, request_image("a beach", "fog", cfg_scale=cfg_scale))
        assert np.array_equal(plain, result.pixels) == bool(warnings)
        assert [warning.reason for warning in result.warnings] == warnings


def test_flux_takes_the_scale_as_an_input_and_no_negative_prompt(image_sampler):
    sampler = image_sampler("flux")
    weak, strong = (
        sample_pixels(sampler, request_image(cfg_scale=scale, strength=0.7)) for scale in (1, 30)
    )
    assert not np.array_equal(weak, strong)
    (result,) = sample_images(sampler, request_image("a beach", "fog", cfg_scale=30, strength=0.7))
    np.testing.assert_array_equal(result.pixels, strong)
    assert [warning.reason for warning in result.warnings] == ["NEGATIVE_PROMPT_UNUSED"]


@pytest.mark.parametrize("prompt", ["", " ", "日本の海 🏖\ufe0f a\x00b\n\u202e (sea:1.2)"])
@pytest.mark.parametrize("family", ["sdxl", "flux"])
def test_any_prompt_works(image_sampler, family, prompt):
    assert sample_pixels(image_sampler(family), request_image(prompt, steps=1)).std() > 5


def test_the_end_of_a_long_prompt_is_cut_with_a_warning(image_sampler, caplog):
    sampler, request = image_sampler("sdxl"), request_image(LONG_PROMPT)
    (result,) = sample_images(sampler, request)
    (warning,) = result.warnings
    assert warning.reason == "PROMPT_CUT"
    kept, _, lost = LONG_PROMPT.partition(warning.message.rsplit(": ")[-1].removesuffix("...")[:6])
    assert kept.endswith(" ")
    assert lost
    np.testing.assert_array_equal(sample_pixels(sampler, request_image(kept)), result.pixels)
    # The library would log what it cuts.
    assert not [record for record in caplog.records if "word" in record.getMessage()]


def test_the_end_of_a_long_negative_prompt_is_cut_with_a_warning(image_sampler):
    (result,) = sample_images(image_sampler("sd15"), request_image("a beach", LONG_PROMPT))
    (warning,) = result.warnings
    assert warning.reason == "NEGATIVE_PROMPT_CUT"
    assert "77 tokens of a negative prompt" in warning.message
    both = request_image(LONG_PROMPT, LONG_PROMPT, cfg_scale=1)
    (result,) = sample_images(image_sampler("sd15"), both)
    reasons = [warning.reason for warning in result.warnings]
    assert reasons == ["PROMPT_CUT", "NEGATIVE_PROMPT_UNUSED"]


def test_prompts_are_cut_between_words(image_sampler):
    (reader,) = find_prompt_readers(image_sampler("sd15")._pipelines.txt2img)
    # The tiny vocabulary has a token for each letter; start and end take 2 of 77.
    cut = reader.cut(f"{'a' * 70} {'b' * 10} c")
    assert (cut.kept, cut.lost) == ("a" * 70, f"{'b' * 10} c")
    assert reader.cut("a" * 75).lost == ""
    assert reader.cut("a" * 80).lost == "a" * 5


def test_a_second_text_encoder_reads_on(image_sampler, caplog):
    sampler = image_sampler("flux")
    for prompt, reasons in ((LONG_PROMPT, []), (f"{LONG_PROMPT} {LONG_PROMPT}", ["PROMPT_CUT"])):
        (result,) = sample_images(sampler, request_image(prompt, steps=1))
        assert [warning.reason for warning in result.warnings] == reasons
    assert not [record for record in caplog.records if "word" in record.getMessage()]


@pytest.fixture
def recommend(image_sampler):
    """Returns a function that recommends options for a model by its name and scheduler."""

    def run(model, scheduler=None, family="sdxl"):
        pipeline = image_sampler(family)._pipelines.txt2img
        own = pipeline.scheduler
        try:
            pipeline.scheduler = scheduler or own
            return recommend_sampling(pipeline, model)
        finally:
            pipeline.scheduler = own

    return run


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("sd_xl_base_1.0", {}),
        ("hyperrealism_v3", {}),
        ("sd_xl_turbo_1.0_fp16", (4, "euler_a", "sgm_uniform")),
        ("DreamShaperXL_Turbo_v2", (4, "euler_a", "sgm_uniform")),
        ("sdxl_lightning_8step", (8, "euler", "sgm_uniform")),
        ("Hyper-SDXL-2steps", (2, "ddim", "sgm_uniform")),
        ("LCM_Dreamshaper", (4, "lcm", None)),
    ],
)
def test_distilled_models_are_recognized_by_their_names(recommend, model, expected):
    options = recommend(model)
    if expected:
        assert options.pop("cfg_scale") == 1
        expected = dict(zip(("steps", "sampler", "scheduler"), expected, strict=True))
        assert options == {name: value for name, value in expected.items() if value}
    else:
        assert options == {}


@pytest.mark.parametrize("scheduler", [LCMScheduler(), TCDScheduler()])
def test_distilled_models_are_recognized_by_their_schedulers(recommend, scheduler):
    assert recommend("mine", scheduler) == {"steps": 4, "cfg_scale": 1}


def test_a_scheduler_that_suits_a_distilled_model_stays(recommend):
    own = EulerAncestralDiscreteScheduler(timestep_spacing="trailing")
    assert recommend("sdxl-turbo", own) == {"steps": 4, "cfg_scale": 1}
    flow = FlowMatchEulerDiscreteScheduler()
    assert recommend("flux-hyper", flow, "flux") == {"steps": 8, "cfg_scale": 1}
    leading = EulerDiscreteScheduler(timestep_spacing="leading")
    assert recommend("sdxl-turbo", leading)["sampler"] == "euler_a"


def test_flux_has_a_guidance_of_its_own_and_schnell_none(recommend, image_sampler):
    assert recommend("flux1-dev", family="flux") == {"cfg_scale": 3.5}
    assert recommend("flux1-schnell", family="flux") == {"cfg_scale": 1, "steps": 4}
    transformer = image_sampler("flux")._pipelines.txt2img.transformer
    transformer.register_to_config(guidance_embeds=False)
    try:
        assert recommend("mine", family="flux") == {"cfg_scale": 1, "steps": 4}
    finally:
        transformer.register_to_config(guidance_embeds=True)


def test_requests_and_settings_come_before_recommendations():
    recommended = {"steps": 4, "cfg_scale": 1, "sampler": "lcm"}
    sampling = resolve_sampling({}, DiffusionSettings(), recommended)
    assert (sampling.steps, sampling.cfg_scale, sampling.sampler) == (4, 1, "lcm")
    settings = DiffusionSettings(diffusion_steps=28)
    sampling = resolve_sampling({"cfg_scale": 2}, settings, recommended)
    assert (sampling.steps, sampling.cfg_scale, sampling.sampler) == (28, 2, "lcm")
