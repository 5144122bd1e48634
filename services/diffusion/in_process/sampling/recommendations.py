"""Recommends steps, guidance and sampler for models that need others than Stable Diffusion."""

import re
from collections.abc import Mapping
from typing import Any

from services.diffusion.in_process.sampling.guidance import NO_GUIDANCE, find_guidance_input
from services.diffusion.in_process.sampling.samplers import is_flow_matching

# What distilled models need, by a pattern in their names; the first that matches. Their guidance is
# trained into them, so that 28 steps at 7 burn their images. From the model cards:
# ByteDance/SDXL-Lightning (Euler, trailing, the number of steps in its name), ByteDance/Hyper-SD
# (DDIM, trailing), stabilityai/sdxl-turbo and sd-turbo (1 to 4, trailing), tianweiy/DMD2 (LCM, 4),
# latent-consistency/lcm-sdxl (4 to 8), black-forest-labs/FLUX.1-schnell (1 to 4).
DISTILLED_MODELS: tuple[tuple[str, Mapping[str, object]], ...] = (
    (r"lightning", {"steps": 4, "sampler": "euler", "scheduler": "sgm_uniform"}),
    (r"hyper(?!-?real)", {"steps": 8, "sampler": "ddim", "scheduler": "sgm_uniform"}),
    (r"turbo", {"steps": 4, "sampler": "euler_a", "scheduler": "sgm_uniform"}),
    (r"dmd2|(?<![a-z])lcm(?![a-z])", {"steps": 4, "sampler": "lcm"}),
    (r"schnell", {"steps": 4}),
)
STEPS_IN_NAME = re.compile(r"(\d)[ _-]?steps?(?![a-z])", re.IGNORECASE)
# Of models that are recognized by their parts rather than by their names.
DISTILLED_STEPS = 4
# Of latent consistency models that take guidance as an input, on the model card of
# SimianLuo/LCM_Dreamshaper_v7.
GUIDED_LCM: Mapping[str, object] = {"steps": 4, "cfg_scale": 8.0}
# Schedulers that only distilled models come with.
DISTILLED_SCHEDULERS = ("LCMScheduler", "TCDScheduler")


def recommend_sampling(pipeline: Any, model: str) -> dict[str, object]:
    """Returns the sampling options that suit a model better than the defaults, by name.

    They are fields of SamplingOptions; none for Stable Diffusion, for which the defaults were made.
    A distilled model is recognized by its name or its parts. Models of other families get the
    guidance that is their pipeline's default.

    pipeline: of the model, for text to image.
    model: its name.
    """
    guidance = find_guidance_input(pipeline)
    if hasattr(pipeline, "unet") and guidance.is_distilled:
        return dict(GUIDED_LCM)
    distilled: dict[str, object] = {"cfg_scale": NO_GUIDANCE}
    if by_name := _find_by_name(model):
        if not _may_change_sampler(pipeline.scheduler):
            by_name = {"steps": by_name["steps"]}
        return distilled | by_name
    # FLUX.1-schnell differs from FLUX.1-dev in that it takes no guidance.
    is_schnell = guidance.argument == "true_cfg_scale" and guidance.default == NO_GUIDANCE
    if is_schnell or type(pipeline.scheduler).__name__ in DISTILLED_SCHEDULERS:
        return distilled | {"steps": DISTILLED_STEPS}
    if hasattr(pipeline, "unet") or guidance.default is None:
        return {}
    return {"cfg_scale": guidance.default}


def _find_by_name(model: str) -> dict[str, object]:
    """Returns what the name of a distilled model says that it needs; empty for other models."""
    found = (
        options for pattern, options in DISTILLED_MODELS if re.search(pattern, model, re.IGNORECASE)
    )
    recommended = dict(next(found, {}))
    if recommended and (steps := STEPS_IN_NAME.search(model)):
        recommended["steps"] = int(steps[1])
    return recommended


def _may_change_sampler(scheduler: Any) -> bool:
    """Whether the scheduler that came with a distilled model is not made for one.

    Those of flow matching are, and those that start at the highest noise (trailing). Models in a
    single file come without, and get that of Stable Diffusion.
    """
    return not (
        is_flow_matching(scheduler)
        or type(scheduler).__name__ in DISTILLED_SCHEDULERS
        or scheduler.config.get("timestep_spacing") == "trailing"
    )
