"""The values of a request for the tags of a workflow, and warnings of those it does not use."""

from collections.abc import Iterator, Mapping

from services.diffusion.dialects.comfyui.tags import PREFIX
from services.diffusion.dialects.comfyui.workflow import Graph, Workflow, WorkflowValues
from services.diffusion.images import encode_rgb_png
from services.diffusion.names import SamplerNames
from services.diffusion.request import DiffusionRequest
from services.runtime.engines import EngineWarning

# The level of mask pixels to repaint; LoadImageMask takes white for 1, and 1 is repainted.
REPAINTED = 255


def list_values(
    request: DiffusionRequest, names: SamplerNames, model: str, uploaded: Mapping[str, str]
) -> WorkflowValues:
    """Returns what a workflow is filled with.

    names: the sampler and scheduler as the server lists them; empty ones are left to the workflow.
    model: as the server lists it; empty: the workflow's.
    uploaded: names of the uploaded files by tag, "image" and "mask".
    """
    width, height = request.canvas.padded_size
    return WorkflowValues(
        prompt=request.prompt,
        negative=request.negative_prompt,
        seed=request.seed,
        width=width,
        height=height,
        image=uploaded.get("image"),
        mask=uploaded.get("mask"),
        denoise=request.init.strength if request.init else None,
        steps=request.sampling.steps,
        cfg=request.sampling.cfg_scale,
        sampler=names.sampler or None,
        scheduler=names.scheduler or None,
        model=model or None,
    )


def encode_init_files(request: DiffusionRequest, workflow: Workflow) -> dict[str, bytes]:
    """Returns the PNG files of an image to repaint, by tag: "image", and "mask" if that is used.

    The mask has one 8-bit channel, white where the server repaints.
    """
    init, canvas = request.init, request.canvas
    if init is None:
        return {}
    files = {"image": request.init_png}
    if workflow.has_tag("mask"):
        files["mask"] = encode_rgb_png(REPAINTED - canvas.pad_lock_mask(init.locked))
    return files


def warn_of_unused_values(request: DiffusionRequest, workflow: Workflow) -> list[EngineWarning]:
    """Returns a warning if a request has values for which a workflow has no tag."""
    missing = [f"{PREFIX}{tag}" for tag in _list_given(request) if not workflow.has_tag(tag)]
    if not missing:
        return []
    text = f"the workflow has no node titled {' or '.join(missing)}, so these had no effect"
    return [EngineWarning("TAGS_MISSING", text)]


def count_passes(graph: Graph) -> int:
    """Returns how many nodes of a graph sample, at least 1: each has, or is fed, its own steps."""
    return max(1, sum("steps" in node["inputs"] for node in graph.values()))


def _list_given(request: DiffusionRequest) -> Iterator[str]:
    """Yields the tags for which a request has values of its own rather than defaults."""
    yield "prompt"
    if request.negative_prompt:
        yield "negative"
    if request.sampling.sampler:
        yield "sampler"
    if request.sampling.scheduler:
        yield "scheduler"
    if request.init:
        yield "mask"
        yield "denoise"
