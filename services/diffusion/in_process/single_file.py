"""Loads a model from a single file in the original layout (LDM), without a network.

diffusers converts the weights. Their configuration lies in single_file_configs, or in the folder
that CYCLORAMA_DIFFUSERS_CONFIG names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import structlog
import torch
from diffusers import (
    DiffusionPipeline,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.utils import logging as diffusers_logging

from services.diffusion.in_process.clip_vocabulary import (
    BIG_G_PADDING,
    LARGE_PADDING,
    build_tokenizer,
)
from services.diffusion.in_process.files.checkpoint_family import (
    FAMILY_NAMES,
    CheckpointKind,
    Family,
)
from services.diffusion.in_process.files.checkpoints import Checkpoint
from services.diffusion.in_process.files.model_folder import DOWNLOAD_AGAIN, quote
from services.runtime.errors import EngineNotReady

log = structlog.get_logger()

PIPELINES: dict[Family, Any] = {
    "sd15": StableDiffusionPipeline,
    "sd2": StableDiffusionPipeline,
    "sdxl": StableDiffusionXLPipeline,
}
# What diffusers raises for tensors that do not fit the configuration.
MISFITS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def load_single_file(checkpoint: Checkpoint, dtype: torch.dtype) -> DiffusionPipeline:
    """Returns the text-to-image pipeline of a single file, on the CPU.

    Raises EngineNotReady if tensors are missing or do not fit the configuration, and what the
    libraries raise for lack of memory.

    dtype: of the weights in memory.
    """
    name, family = quote(checkpoint.path.name), FAMILY_NAMES[checkpoint.kind.family]
    try:
        with _only_errors_logged():
            pipeline = _build_pipeline(checkpoint, dtype)
    # Raised where torch moves weights that were not in the file.
    except NotImplementedError as error:
        raise EngineNotReady(f"model {name} lacks tensors of {family}; {DOWNLOAD_AGAIN}") from error
    except MISFITS as error:
        log.warning("checkpoint not loaded", error=type(error).__name__)
        raise EngineNotReady(
            f"model {name} does not fit the configuration of {family}; "
            "set CYCLORAMA_DIFFUSERS_CONFIG to the folder of its own"
        ) from error
    _check_complete(pipeline, checkpoint)
    _set_prediction(pipeline, checkpoint.kind)
    return pipeline


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """Silences diffusers, which warns here about an empty list of parts that need 32 bits.

    Turns off its progress bars for good, which would fill the log of a service.
    """
    diffusers_logging.disable_progress_bar()
    verbosity = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()
    try:
        yield
    finally:
        diffusers_logging.set_verbosity(verbosity)


def _build_pipeline(checkpoint: Checkpoint, dtype: torch.dtype) -> DiffusionPipeline:
    """Returns the pipeline of a file with its own or with the built-in configuration."""
    if checkpoint.config:
        return _convert(checkpoint, checkpoint.config, dtype)
    family = checkpoint.kind.family
    with as_file(files(__package__) / "single_file_configs" / family) as config:
        return _convert(checkpoint, config, dtype, **_build_tokenizers(family))


def _convert(
    checkpoint: Checkpoint, config: Path, dtype: torch.dtype, **components: Any
) -> DiffusionPipeline:
    """Returns the pipeline of a file with a configuration; components: those not in the file."""
    options = {"config": str(config), "local_files_only": True, "dtype": dtype}
    path = str(checkpoint.path)
    # The families have one configuration for their plain and their inpainting kind.
    unet: Any = UNet2DConditionModel
    components["unet"] = unet.from_single_file(
        path, subfolder="unet", in_channels=checkpoint.kind.in_channels, **options
    )
    if checkpoint.kind.family != "sdxl":
        # Files contain none, whatever the configuration says.
        components |= {"safety_checker": None, "requires_safety_checker": False}
    components |= {"feature_extractor": None, "image_encoder": None}
    pipeline = PIPELINES[checkpoint.kind.family]
    return pipeline.from_single_file(path, **components, **options)


def _build_tokenizers(family: Family) -> dict[str, Any]:
    """Returns the tokenizers of a family by the names of its pipeline."""
    tokenizers = {"tokenizer": build_tokenizer(LARGE_PADDING)}
    if family == "sdxl":
        tokenizers["tokenizer_2"] = build_tokenizer(BIG_G_PADDING)
    return tokenizers


def _check_complete(pipeline: Any, checkpoint: Checkpoint) -> None:
    """Raises EngineNotReady unless the file has exactly the weights of the models.

    diffusers leaves weights that the file lacks on the meta device, and ignores layers of the UNet
    that the configuration lacks.
    """
    name, family = quote(checkpoint.path.name), FAMILY_NAMES[checkpoint.kind.family]
    missing = [
        f"{part}.{parameter}"
        for part, model in pipeline.components.items()
        if isinstance(model, torch.nn.Module)
        for parameter, value in model.named_parameters()
        if value.is_meta
    ]
    if missing:
        raise EngineNotReady(
            f"model {name} lacks {len(missing)} tensors of {family}, such as {missing[0]}; "
            f"{DOWNLOAD_AGAIN}"
        )
    if surplus := checkpoint.kind.unet_tensors - len(pipeline.unet.state_dict()):
        raise EngineNotReady(
            f"model {name} has {surplus} tensors in its UNet that {family} lacks; "
            "set CYCLORAMA_DIFFUSERS_CONFIG to the folder of its own configuration"
        )


def _set_prediction(pipeline: Any, kind: CheckpointKind) -> None:
    """Makes the scheduler expect what the file says that the model predicts.

    Files that do not say keep the prediction of the configuration, mostly the noise (epsilon).
    """
    scheduler = pipeline.scheduler
    changes: dict[str, Any] = {}
    if kind.prediction:
        changes["prediction_type"] = kind.prediction
    if kind.zero_snr:
        # Lin et al. 2023, Common Diffusion Noise Schedules and Sample Steps are Flawed, section 3.
        changes |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    # PNDM, the scheduler of Stable Diffusion 1.5, cannot start from pure noise.
    scheduler_class: Any = EulerDiscreteScheduler if kind.zero_snr else type(scheduler)
    pipeline.scheduler = scheduler_class.from_config(scheduler.config, **changes)
    log.info(
        "checkpoint loaded",
        family=kind.family,
        in_channels=kind.in_channels,
        prediction=pipeline.scheduler.config.prediction_type,
        prediction_stated=kind.prediction is not None,
    )
