"""How a pipeline takes guidance: how strongly the prompt, and a negative one, shape an image."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.diffusion.request import DiffusionRequest
from services.runtime.engines import EngineWarning

# The scale that turns guidance off.
NO_GUIDANCE = 1.0


@dataclass(frozen=True)
class GuidanceInput:
    """The argument of a pipeline that takes cfg_scale, and what the pipeline makes of it.

    default: the pipeline's own value; None if it has none. is_distilled: whether the model was
    trained to take the scale as an input, as FLUX.1-dev, rather than run twice for each step. Then
    it has no use for a negative prompt.
    """

    argument: str
    default: float | None
    is_distilled: bool = False

    def uses_negative_prompt(self, cfg_scale: float) -> bool:
        """Whether a negative prompt has an effect on an image with this guidance."""
        return not self.is_distilled and cfg_scale > NO_GUIDANCE


def find_guidance_input(pipeline: Any) -> GuidanceInput:
    """Finds out how a pipeline takes guidance, by its arguments and the parts of its model."""
    parameters = inspect.signature(pipeline.__call__).parameters
    unet, transformer = (getattr(pipeline, name, None) for name in ("unet", "transformer"))
    is_distilled = bool(
        # Latent consistency models, and FLUX.1-dev.
        (unet is not None and unet.config.get("time_cond_proj_dim"))
        or (transformer is not None and transformer.config.get("guidance_embeds"))
    )
    # Pipelines with both use guidance_scale for distilled guidance.
    has_both = "true_cfg_scale" in parameters and not is_distilled
    argument = "true_cfg_scale" if has_both else "guidance_scale"
    parameter = parameters.get(argument)
    default = parameter.default if parameter else None
    return GuidanceInput(argument, default if isinstance(default, float) else None, is_distilled)


def write_guidance_arguments(
    guidance: GuidanceInput, requests: Sequence[DiffusionRequest]
) -> dict[str, object]:
    """Returns the arguments of a pipeline that guide a batch, whose requests share the scale."""
    cfg_scale = requests[0].sampling.cfg_scale
    arguments: dict[str, object] = {guidance.argument: float(cfg_scale)}
    negative_prompts = [request.negative_prompt for request in requests]
    if not guidance.uses_negative_prompt(cfg_scale):
        return arguments
    # Without any, SDXL takes zeros rather than the encoding of an empty prompt, as it was trained;
    # pipelines with true guidance would leave guidance out.
    if any(negative_prompts) or guidance.argument == "true_cfg_scale":
        arguments["negative_prompt"] = negative_prompts
    return arguments


def warn_of_unused_negative_prompt(
    guidance: GuidanceInput, request: DiffusionRequest
) -> tuple[EngineWarning, ...]:
    """Returns a warning if a request has a negative prompt that has no effect."""
    cfg_scale = request.sampling.cfg_scale
    if not request.negative_prompt.strip() or guidance.uses_negative_prompt(cfg_scale):
        return ()
    if guidance.is_distilled:
        text = "the model takes no negative prompt; say in the prompt what is to be seen instead"
    else:
        text = f"the negative prompt has no effect at cfg_scale {cfg_scale:g}; send more than 1"
    return (EngineWarning("NEGATIVE_PROMPT_UNUSED", text),)
