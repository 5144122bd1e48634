"""Builds the scheduler of diffusers by which a model samples, from names of other programs."""

import importlib.util
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import diffusers

from services.diffusion.names import resolve_sampler
from services.diffusion.request import ListedName
from services.diffusion.settings import SamplingOptions
from services.runtime.engines import EngineWarning

# It need not be installed.
HAS_SCIPY = importlib.util.find_spec("scipy") is not None
# Options of schedulers that replace the noise levels, of which one at most may be set.
SIGMA_OPTIONS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")


@dataclass(frozen=True)
class SamplerRecipe:
    """A sampler: its names, the class of diffusers that implements it, and how to set that up.

    needs_scipy: whether the class imports scipy, which need not be installed.
    """

    listed: ListedName
    class_name: str
    config: Mapping[str, object] = field(default_factory=dict)
    needs_scipy: bool = False


@dataclass(frozen=True)
class NoiseLevels:
    """A way to space the noise levels of the steps: its names, and the option that sets it.

    option: empty to leave them as the model has them.
    """

    listed: ListedName
    option: str = ""
    value: object = True

    @property
    def config(self) -> dict[str, object]:
        """The options of a scheduler that set this way, and no other."""
        if not self.option:
            return {}
        return dict.fromkeys(SIGMA_OPTIONS, False) | {self.option: self.value}


# Ids are those of ComfyUI, shortened as A1111 does. Classes are from the table in "Schedulers" of
# the documentation of diffusers. Options that a class would not find in another's configuration are
# written out.
SAMPLERS = (
    SamplerRecipe(ListedName("euler"), "EulerDiscreteScheduler"),
    SamplerRecipe(ListedName("euler_a", ("euler_ancestral",)), "EulerAncestralDiscreteScheduler"),
    SamplerRecipe(ListedName("heun"), "HeunDiscreteScheduler"),
    SamplerRecipe(ListedName("lms"), "LMSDiscreteScheduler", needs_scipy=True),
    SamplerRecipe(ListedName("dpm2"), "KDPM2DiscreteScheduler"),
    SamplerRecipe(ListedName("dpm2_a", ("dpm_2_ancestral",)), "KDPM2AncestralDiscreteScheduler"),
    SamplerRecipe(
        ListedName("dpmpp_2m"),
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint"},
    ),
    SamplerRecipe(
        ListedName("dpmpp_2m_sde", ("dpmpp_2m_sde_gpu",)),
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 2, "solver_type": "midpoint"},
    ),
    SamplerRecipe(
        ListedName("dpmpp_2m_sde_heun", ("dpmpp_2m_sde_heun_gpu",)),
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 2, "solver_type": "heun"},
    ),
    SamplerRecipe(
        ListedName("dpmpp_3m_sde", ("dpmpp_3m_sde_gpu",)),
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 3, "solver_type": "midpoint"},
    ),
    SamplerRecipe(
        ListedName("dpmpp_sde", ("dpmpp_sde_gpu",)),
        "DPMSolverSinglestepScheduler",
        {
            "algorithm_type": "sde-dpmsolver++",
            "solver_order": 2,
            "solver_type": "midpoint",
            "lower_order_final": True,
        },
    ),
    SamplerRecipe(ListedName("ddim"), "DDIMScheduler", {"clip_sample": False}),
    SamplerRecipe(ListedName("ddpm"), "DDPMScheduler", {"clip_sample": False}),
    SamplerRecipe(ListedName("plms", ("pndm",)), "PNDMScheduler", {"skip_prk_steps": True}),
    SamplerRecipe(
        ListedName("unipc", ("uni_pc", "uni_pc_bh2")),
        "UniPCMultistepScheduler",
        {"solver_order": 2, "solver_type": "bh2"},
    ),
    SamplerRecipe(
        ListedName("deis"),
        "DEISMultistepScheduler",
        {"algorithm_type": "deis", "solver_order": 2, "solver_type": "logrho"},
    ),
    SamplerRecipe(ListedName("lcm"), "LCMScheduler", {"clip_sample": False}),
    SamplerRecipe(ListedName("tcd"), "TCDScheduler", {"clip_sample": False}),
)
# Models that were trained with flow matching have noise levels of another kind.
FLOW_SAMPLERS = (SamplerRecipe(ListedName("euler"), "FlowMatchEulerDiscreteScheduler"),)

KARRAS = NoiseLevels(ListedName("karras"), "use_karras_sigmas")
EXPONENTIAL = NoiseLevels(ListedName("exponential", ("polyexponential",)), "use_exponential_sigmas")
BETA = NoiseLevels(ListedName("beta"), "use_beta_sigmas")
# ComfyUI's "simple" and "sgm_uniform" both start at the highest noise and end before the lowest;
# "ddim_uniform" ends at the lowest; "normal", A1111's "uniform", has both ends.
SPACINGS = (
    NoiseLevels(ListedName("normal", ("uniform",)), "timestep_spacing", "linspace"),
    NoiseLevels(ListedName("simple"), "timestep_spacing", "trailing"),
    NoiseLevels(ListedName("sgm_uniform"), "timestep_spacing", "trailing"),
    NoiseLevels(ListedName("ddim_uniform", ("ddim",)), "timestep_spacing", "leading"),
)
# The model's own, with A1111's name.
AUTOMATIC = NoiseLevels(ListedName("automatic"))
ALL_NOISE_LEVELS = (AUTOMATIC, KARRAS, EXPONENTIAL, BETA, *SPACINGS)


@dataclass(frozen=True)
class ChosenScheduler:
    """A scheduler that is ready for one batch, and the names of what it does.

    noise_levels: empty if they are the model's own.
    """

    scheduler: Any
    sampler: str
    noise_levels: str
    warnings: tuple[EngineWarning, ...]

    @property
    def max_steps(self) -> int:
        """The most steps that it can divide the noise into."""
        config = self.scheduler.config
        return int(config.get("original_inference_steps") or config.num_train_timesteps)


def choose_scheduler(own: Any, options: SamplingOptions) -> ChosenScheduler:
    """Builds the scheduler for a batch: the requested sampler, with the model's configuration.

    What the model cannot use is left out, with a warning: it keeps its own sampler and noise
    levels.

    own: the scheduler that came with the model, which stays as it is.
    """
    recipes, all_levels = _list_samplers(own), _list_noise_levels(own)
    names = resolve_sampler(
        options.sampler,
        options.scheduler,
        [recipe.listed for recipe in recipes],
        [levels.listed for levels in all_levels],
        owner="model",
    )
    warnings = names.warnings
    recipe = next((each for each in recipes if each.listed.name == names.sampler), None)
    levels = next((each for each in all_levels if each.listed.name == names.scheduler), AUTOMATIC)
    scheduler_class = getattr(diffusers, recipe.class_name) if recipe else type(own)
    sampler = recipe.listed.name if recipe else name_sampler(own)
    if not _takes_option(scheduler_class, levels.option):
        text = f"sampler {sampler} has noise levels of its own, so {names.scheduler} was left out"
        warnings = (*warnings, EngineWarning("SCHEDULER_UNKNOWN", text))
        levels = AUTOMATIC
    config = {**(recipe.config if recipe else {}), **levels.config}
    if options.steps == 1:
        # Other spacings would start the only step at the lowest noise.
        config["timestep_spacing"] = "trailing"
    scheduler = scheduler_class.from_config(
        own.config,
        **{name: value for name, value in config.items() if _takes_option(scheduler_class, name)},
    )
    return ChosenScheduler(
        scheduler,
        sampler,
        levels.listed.name if levels.option else _name_noise_levels(scheduler),
        warnings,
    )


def name_sampler(scheduler: Any) -> str:
    """Returns the id of the sampler that a scheduler implements; else the name of its class."""
    class_name = type(scheduler).__name__
    recipes = [each for each in (*SAMPLERS, *FLOW_SAMPLERS) if each.class_name == class_name]
    if not recipes:
        return class_name.removesuffix("Scheduler")
    same = (each for each in recipes if each.config.items() <= scheduler.config.items())
    return next(same, recipes[0]).listed.name


def is_flow_matching(scheduler: Any) -> bool:
    """Whether a scheduler belongs to a model that was trained with flow matching."""
    return type(scheduler).__name__.startswith("FlowMatch") or bool(
        scheduler.config.get("use_flow_sigmas")
    )


def _list_samplers(own: Any) -> Sequence[SamplerRecipe]:
    """Returns the samplers that a model can use, by its own scheduler."""
    if is_flow_matching(own):
        return [each for each in FLOW_SAMPLERS if each.class_name == type(own).__name__]
    # Of a model whose last noise level is pure noise, which only some classes can start from.
    has_pure_noise = own.config.get("rescale_betas_zero_snr")
    return [
        recipe
        for recipe in SAMPLERS
        if (HAS_SCIPY or not recipe.needs_scipy)
        and (
            not has_pure_noise
            or _takes_option(getattr(diffusers, recipe.class_name), "rescale_betas_zero_snr")
        )
    ]


def _list_noise_levels(own: Any) -> Sequence[NoiseLevels]:
    """Returns the noise levels that a model can use, by its own scheduler."""
    absent = [] if HAS_SCIPY else [BETA]
    if is_flow_matching(own):
        absent += SPACINGS
    return [each for each in ALL_NOISE_LEVELS if each not in absent]


def _takes_option(scheduler_class: type, option: str) -> bool:
    return not option or option in inspect.signature(scheduler_class).parameters


def _name_noise_levels(scheduler: Any) -> str:
    """Returns the name of the noise levels that a model has chosen itself; empty for none."""
    chosen = (each for each in (KARRAS, EXPONENTIAL, BETA) if scheduler.config.get(each.option))
    return next((each.listed.name for each in chosen), "")
