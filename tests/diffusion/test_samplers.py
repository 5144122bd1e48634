"""Samplers and noise levels of models in this process."""

import re

import pytest

diffusers = pytest.importorskip("diffusers")

from services.diffusion.in_process.sampling.samplers import (  # noqa: E402
    ALL_NOISE_LEVELS,
    SAMPLERS,
    choose_scheduler,
)
from services.diffusion.settings import SamplingOptions  # noqa: E402
from tests.support.sampling import request_image, sample_images  # noqa: E402
from tools import ROOT  # noqa: E402

IDS = [recipe.listed.name for recipe in SAMPLERS]
# Its constructor takes half a second.
QUICK = [name for name in IDS if not name.startswith("dpm2")]
V_PREDICTION = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
}


def choose(own=None, **options):
    return choose_scheduler(
        own or diffusers.EulerDiscreteScheduler(**V_PREDICTION), SamplingOptions(**options)
    )


@pytest.mark.parametrize(
    ("sampler", "scheduler", "class_name", "expected"),
    [
        ("euler", "", "EulerDiscreteScheduler", {}),
        ("Euler a", "", "EulerAncestralDiscreteScheduler", {}),
        ("euler_ancestral", "", "EulerAncestralDiscreteScheduler", {}),
        ("DPM++ 2M Karras", "", "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
        (
            "dpmpp_2m_sde",
            "exponential",
            "DPMSolverMultistepScheduler",
            {"algorithm_type": "sde-dpmsolver++", "use_exponential_sigmas": True},
        ),
        ("DPM++ SDE", "karras", "DPMSolverSinglestepScheduler", {"use_karras_sigmas": True}),
        ("uni_pc", "beta", "UniPCMultistepScheduler", {"use_beta_sigmas": True}),
        ("DDIM", "", "DDIMScheduler", {"clip_sample": False}),
        ("PLMS", "", "PNDMScheduler", {"skip_prk_steps": True}),
        ("LCM", "", "LCMScheduler", {}),
        ("euler", "SGM Uniform", "EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
        ("dpmpp_2m", "normal", "DPMSolverMultistepScheduler", {"timestep_spacing": "linspace"}),
        ("", "karras", "EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    ],
)
def test_samplers_have_the_names_of_other_programs(sampler, scheduler, class_name, expected):
    chosen = choose(sampler=sampler, scheduler=scheduler)
    assert type(chosen.scheduler).__name__ == class_name
    assert expected.items() <= chosen.scheduler.config.items()
    assert not chosen.warnings


@pytest.mark.parametrize("name", QUICK)
def test_a_sampler_keeps_what_the_model_was_trained_with(name):
    config = choose(sampler=name).scheduler.config
    assert V_PREDICTION.items() <= config.items()


def test_another_scheduler_of_the_model_leaves_no_trace():
    own = diffusers.DPMSolverMultistepScheduler(
        **V_PREDICTION, algorithm_type="sde-dpmsolver++", use_karras_sigmas=True
    )
    config = choose(own, sampler="dpmpp_2m", scheduler="exponential").scheduler.config
    assert config.algorithm_type == "dpmsolver++"
    assert config.use_exponential_sigmas
    assert not config.use_karras_sigmas
    assert own.config.use_karras_sigmas


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"sampler": "restart"}, "SAMPLER_UNKNOWN"),
        ({"scheduler": "align_your_steps"}, "SCHEDULER_UNKNOWN"),
        ({"sampler": "euler_a", "scheduler": "karras"}, "SCHEDULER_UNKNOWN"),
    ],
)
def test_what_the_model_lacks_is_left_out_with_a_warning(options, reason):
    chosen = choose(**options)
    assert [warning.reason for warning in chosen.warnings] == [reason]
    assert not chosen.scheduler.config.get("use_karras_sigmas")
    assert chosen.noise_levels == ""


def test_the_documentation_lists_the_samplers():
    text = (ROOT / "docs" / "diffusers.md").read_text().partition("## Samplers")[2]
    row = next(line for line in text.splitlines() if line.startswith("| `euler`"))
    for documented, used in zip(
        row.strip("| ").split(" | "), (SAMPLERS, ALL_NOISE_LEVELS), strict=True
    ):
        names = [name for each in used for name in (each.listed.name, *each.listed.aliases)]
        assert re.findall("`(.*?)`", documented) == names


def test_a_warning_names_samplers():
    warning = choose(sampler="x").warnings[0]
    assert "it has euler, euler_a, heun" in warning.message
    assert re.search(r" and \d+ more$", warning.message)


def test_the_models_own_sampler_has_a_name():
    chosen = choose(diffusers.PNDMScheduler(skip_prk_steps=True))
    assert (chosen.sampler, chosen.noise_levels) == ("plms", "")
    own = diffusers.DPMSolverMultistepScheduler(
        algorithm_type="sde-dpmsolver++", use_karras_sigmas=True
    )
    chosen = choose(own)
    assert (chosen.sampler, chosen.noise_levels) == ("dpmpp_2m_sde", "karras")
    assert choose(diffusers.IPNDMScheduler()).sampler == "IPNDM"


def test_models_that_start_from_pure_noise_keep_that():
    own = diffusers.EulerDiscreteScheduler(**V_PREDICTION, rescale_betas_zero_snr=True)
    chosen = choose(own, sampler="ddim")
    assert chosen.scheduler.config.rescale_betas_zero_snr
    assert not chosen.warnings
    refused = choose(own, sampler="heun")
    assert [warning.reason for warning in refused.warnings] == ["SAMPLER_UNKNOWN"]
    assert refused.sampler == "euler"


def test_flow_matching_takes_only_its_own_samplers():
    own = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    chosen = choose(own, sampler="dpmpp_2m", scheduler="karras")
    assert [warning.reason for warning in chosen.warnings] == ["SAMPLER_UNKNOWN"]
    assert isinstance(chosen.scheduler, diffusers.FlowMatchEulerDiscreteScheduler)
    assert chosen.scheduler.config.shift == 3.0
    assert (chosen.sampler, chosen.noise_levels) == ("euler", "karras")
    spaced = choose(own, sampler="Euler", scheduler="sgm_uniform")
    assert [warning.reason for warning in spaced.warnings] == ["SCHEDULER_UNKNOWN"]


@pytest.mark.parametrize("name", QUICK)
def test_a_sampler_reports_exact_progress(image_sampler, name):
    fractions = []
    (result,) = sample_images(
        image_sampler("sd15"),
        request_image(sampler=name, strength=0.7, steps=4),
        on_step=lambda fraction, previews: fractions.append(fraction),
    )
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(set(fractions))
    assert result.parameters["sampler"] == name
    assert not result.warnings


@pytest.mark.slow
@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("steps", [1, 2, 150])
@pytest.mark.parametrize("strength", [None, 0.0, 0.35, 1.0])
def test_a_sampler_works_with_any_steps(image_sampler, name, steps, strength):
    request = request_image(sampler=name, steps=steps, strength=strength)
    (result,) = sample_images(image_sampler("sd15"), request)
    assert result.pixels.std() > 10
