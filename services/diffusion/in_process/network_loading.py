"""Loads the networks of a model's folder, and refuses weights that do not fit their configuration.

Both libraries initialize missing weights at random, which only a line in the log tells.
"""

from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.stable_diffusion import safety_checker

from services.diffusion.in_process.files.component_files import ComponentFiles
from services.diffusion.in_process.files.model_files import ModelFiles
from services.diffusion.in_process.files.model_folder import quote
from services.diffusion.in_process.files.model_index import SAFETY_CHECKER, ComponentClass
from services.diffusion.in_process.files.weights import count_numbers
from services.diffusion.in_process.loading_errors import explain_loading_error
from services.runtime.errors import EngineNotReady

# Ends of the names of tensors that networks need not use: positions that older versions saved, and
# what only whole CLIP models use.
SPARE_TENSORS = ("position_ids", "text_projection.weight", "logit_scale")


def load_networks(files: ModelFiles, dtype: torch.dtype) -> dict[str, Any]:
    """Returns the networks of a model's folder by the names of its components.

    Without the safety checker. Raises EngineNotReady if one cannot be loaded whole.

    dtype: of the weights in memory.
    """
    for library in (diffusers, transformers):
        # Bars would fill the log of a service.
        logging: Any = library.utils.logging
        logging.disable_progress_bar()
    return {
        part.component.name: load_network(files, part, dtype)
        for part in files.components
        if part.weights and part.component.name != SAFETY_CHECKER
    }


def load_network(files: ModelFiles, part: ComponentFiles, dtype: torch.dtype) -> Any:
    """Returns one network of a model; raises EngineNotReady if it cannot be loaded whole.

    dtype: of the weights in memory.
    """
    name = part.component.name
    subject = f"{name} of model {quote(files.name)}"
    try:
        if not _fits_weights(files, part):
            raise EngineNotReady(
                f"{subject} has fewer weights than its configuration describes; download the model "
                "again"
            )
        network, report = _load_with_report(files, part, dtype)
    except EngineNotReady:
        raise
    # The libraries, and those that parse files for them, raise anything.
    except Exception as error:
        raise explain_loading_error(error, subject) from error
    missing = sorted(report["missing_keys"])
    spare = sorted(key for key in report["unexpected_keys"] if not key.endswith(SPARE_TENSORS))
    for tensors, place in ((missing, "weights"), (spare, "configuration")):
        if tensors:
            raise EngineNotReady(
                f"{subject} lacks {quote(tensors[0])} in its {place}; download the model again"
            )
    return network


def _load_with_report(
    files: ModelFiles, part: ComponentFiles, dtype: torch.dtype
) -> tuple[Any, dict[str, Any]]:
    """Returns a network, and which tensors its file and its configuration lack."""
    weights, component = part.weights, part.component
    assert weights is not None
    return _find_class(component).from_pretrained(
        files.path / component.name,
        local_files_only=True,
        output_loading_info=True,
        use_safetensors=not weights.is_pickle,
        variant=weights.variant or None,
        # The name of the second library's option in the first one.
        **{"torch_dtype" if component.library == "diffusers" else "dtype": dtype},
    )


def _find_class(component: ComponentClass) -> Any:
    if component.library == "diffusers":
        return getattr(diffusers, component.class_name)
    # The safety checker is a network of transformers in a module of diffusers.
    module = safety_checker if component.name == SAFETY_CHECKER else transformers
    return getattr(module, component.class_name)


def _fits_weights(files: ModelFiles, part: ComponentFiles) -> bool:
    """Whether the weights have at least as many numbers as the configuration describes.

    transformers would allocate those that differ from the weights before it reports that. Here the
    network is built without any memory for them.
    """
    network_class, folder = _find_class(part.component), files.path / part.component.name
    with torch.device("meta"):
        if part.component.library == "diffusers":
            network = network_class.from_config(network_class.load_config(folder))
        else:
            network = network_class(network_class.config_class.from_pretrained(folder))
    described = sum(parameter.numel() for parameter in network.parameters())
    return part.weights is not None and described <= count_numbers(part.weights)
