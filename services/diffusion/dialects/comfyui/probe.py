"""Probes a ComfyUI server: what it offers, and whether it can run a workflow."""

from collections.abc import Iterable, Iterator, Sequence

import structlog

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects.comfyui.api import ComfyUIApi
from services.diffusion.dialects.comfyui.offers import find_server_problems, read_offered_class
from services.diffusion.dialects.comfyui.workflow import Workflow, WorkflowValues, list_model_names
from services.diffusion.names import find_model, strip_model_name
from services.diffusion.request import ListedName
from services.diffusion.transport import sanitize_text
from services.runtime.engines import EngineWarning

KIND = "comfyui"
# The class of nodes whose samplers and schedulers stand for those of all classes.
SAMPLER_CLASS = "KSampler"
# Options read of an input: far beyond real lists, so that a broken server cannot fill the memory.
MAX_LISTED = 1000
# What the names of samplers end with, here and as other servers abbreviate it.
ANCESTRAL, SHORT_ANCESTRAL = "_ancestral", "_a"

log = structlog.get_logger()


def probe_comfyui(api: ComfyUIApi, workflow: Workflow, model: str) -> ServerCapabilities:
    """Finds out what a server offers for a workflow.

    Raises the classes in `services.diffusion.errors` if the server does not answer.

    model: the one to use if a request names none; empty: the workflow's, else the server's first.
    """
    system = api.read_system()
    log.info("server is ComfyUI", version=sanitize_text(system.get("comfyui_version")))
    models = list_models(api, workflow)
    return ServerCapabilities(
        kind=KIND,
        has_progress=True,
        has_interrupt=True,
        has_masks=workflow.has_tag("mask"),
        samplers=_add_aliases(_list_options(api, SAMPLER_CLASS, "sampler_name")),
        schedulers=tuple(map(ListedName, _list_options(api, SAMPLER_CLASS, "scheduler"))),
        models=models,
        model=strip_model_name(choose_model(model, workflow, models)),
    )


def list_models(api: ComfyUIApi, workflow: Workflow) -> tuple[ListedName, ...]:
    """Returns the models that a workflow can use: a tagged loader's choices, else its own."""
    loaders = (tagged for tagged in workflow.inputs if tagged.tag == "model")
    if loader := next(loaders, None):
        class_name = workflow.graph[loader.node]["class_type"]
        return tuple(map(ListedName, _list_options(api, class_name, loader.input)))
    return tuple(map(ListedName, list_model_names(workflow.graph)))


def choose_model(requested: str, workflow: Workflow, models: Sequence[ListedName]) -> str:
    """Returns the model for an image, as the server lists it if it does; "" if unknown.

    requested: empty: the workflow's own, else the first that is listed.
    models: what the server lists.
    """
    wanted = requested or next(list_model_names(workflow.graph), "")
    if wanted:
        return find_model(wanted, models) or wanted
    return models[0].name if models else ""


def warn_of_choice(
    requested: str, workflow: Workflow, models: Sequence[ListedName]
) -> tuple[EngineWarning, ...]:
    """Returns a warning if the first of several models was used because none was named.

    requested: the model; empty: none.
    models: what the server lists.
    """
    if requested or len(models) < 2 or any(list_model_names(workflow.graph)):
        return ()
    text = f"the server has {len(models)} models, so the first one drew; name one as the model"
    return (EngineWarning("MODEL_UNSET", text),)


def explain_server_problems(api: ComfyUIApi, workflow: Workflow, model: str) -> str:
    """Returns why a server cannot run a workflow, and what to do; empty if it can.

    Raises the classes in `services.diffusion.errors` if the server does not answer.

    model: the one for requests that name none; empty if there is none.
    """
    if not model and workflow.has_tag("model"):
        return "the image server lists no model; put one there first"
    values = WorkflowValues(model=model or None)
    problems = find_server_problems(workflow, api.read_node_class, values)
    return f"the image server cannot run the workflow: {problems[0]}" if problems else ""


def _list_options(api: ComfyUIApi, class_name: str, input_name: str) -> Iterator[str]:
    """Yields the texts that an input of a class of nodes can have, such as names of samplers."""
    offered = read_offered_class(class_name, api.read_node_class(class_name))
    known = offered.inputs.get(input_name) if offered else None
    for option in (known.options or ())[:MAX_LISTED] if known else ():
        if text := sanitize_text(option):
            yield text


def _add_aliases(samplers: Iterable[str]) -> tuple[ListedName, ...]:
    """Returns samplers with the short forms of their names, such as euler_a."""
    return tuple(ListedName(name, (name.replace(ANCESTRAL, SHORT_ANCESTRAL),)) for name in samplers)
