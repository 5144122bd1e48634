"""Loads workflows from files, and checks that each has all that its purpose needs."""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from services.diffusion.dialects.comfyui import SETTINGS_PREFIX, ComfyUISettings
from services.diffusion.dialects.comfyui.graph import (
    MAX_WORKFLOW_BYTES,
    list_needed_nodes,
    read_graph,
)
from services.diffusion.dialects.comfyui.tagging import (
    list_candidates,
    list_mentions,
    resolve_tags,
)
from services.diffusion.dialects.comfyui.tags import OUTPUT, PREFIX, TAGS
from services.diffusion.dialects.comfyui.workflow import (
    Graph,
    TaggedInput,
    Workflow,
    WorkflowInvalid,
    WorkflowProblem,
    describe_node,
    list_links,
    quote_text,
    shorten_list,
    to_canonical_json,
)
from services.diffusion.request import Purpose
from services.runtime.errors import EngineNotReady

# Nodes that send a finished image or list its file, best first.
OUTPUT_CLASSES = ("SaveImageWebsocket", "PreviewImage", "SaveImage")
# Without the seed, all ads would have the same background; without the size, most would fail.
REQUIRED_TAGS: dict[Purpose, tuple[str, ...]] = {
    "txt2img": ("prompt", "seed", "width", "height"),
    "img2img": ("image", "seed"),
}
# Problems in the reason why an engine is not ready. Larger: longer reasons.
MAX_REASONS = 3
# The images that ImageCompositeMasked puts together.
PASTED_INPUTS = ("destination", "source")
# The second output of LoadImage, a mask of its alpha channel.
ALPHA_SLOT = 1


@dataclass(frozen=True)
class WorkflowReport:
    """What a file contains. workflow: None if there are problems. inputs: that tags set.

    advice: what works, but not as well as it could.
    """

    purpose: Purpose
    workflow: Workflow | None
    inputs: tuple[TaggedInput, ...]
    outputs: tuple[str, ...]
    graph: Graph
    problems: tuple[WorkflowProblem, ...]
    advice: tuple[WorkflowProblem, ...] = ()


def open_workflow(purpose: Purpose, settings: ComfyUISettings) -> Workflow:
    """Returns the workflow that the settings name, or the built-in one.

    Raises EngineNotReady with the reason if it cannot be used.
    """
    path = getattr(settings, f"comfyui_{purpose}_workflow")
    if not path:
        return load_builtin_workflow(purpose)
    try:
        return load_workflow(Path(path), purpose)
    except WorkflowInvalid as error:
        setting = f"{SETTINGS_PREFIX}_{purpose.upper()}_WORKFLOW"
        reasons = "; ".join(map(str, error.problems[:MAX_REASONS]))
        more = len(error.problems) - MAX_REASONS
        rest = f"; `cyclorama workflow check` lists {more} more" if more > 0 else ""
        raise EngineNotReady(f"the workflow of {setting} cannot be used: {reasons}{rest}") from None


def load_builtin_workflow(purpose: Purpose) -> Workflow:
    """Returns the workflow of core nodes that comes with this package."""
    file = files(__package__) / "workflows" / f"{purpose}.json"
    return replace(read_workflow(file.read_bytes(), purpose, purpose), is_builtin=True)


def load_workflow(path: Path, purpose: Purpose) -> Workflow:
    """Returns the workflow in a file; raises WorkflowInvalid with every problem found."""
    return _require_workflow(inspect_file(path, purpose))


def read_workflow(data: bytes, name: str, purpose: Purpose) -> Workflow:
    """Returns the workflow in the bytes of a file; raises WorkflowInvalid with every problem.

    name: of the file, without folder and suffix.
    """
    return _require_workflow(inspect_workflow(data, name, purpose))


def inspect_file(path: Path, purpose: Purpose | None = None) -> WorkflowReport:
    """Returns what a file contains, and every problem; one if it cannot be read. Raises nothing.

    purpose: as of inspect_workflow().
    """
    try:
        # Opening a pipe would wait for its writer.
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is no regular file")
        with path.open("rb") as file:
            # A byte more than allowed, so that the size is reported.
            data = file.read(MAX_WORKFLOW_BYTES + 1)
    # A path with a null character is a ValueError.
    except (OSError, ValueError) as error:
        text = f"the file cannot be read ({getattr(error, 'strerror', None) or 'invalid name'})"
        problem = WorkflowProblem("", text, "check its path and permissions")
        return _report_unreadable(purpose, [problem])
    return inspect_workflow(data, quote_text(path.stem), purpose)


def inspect_workflow(data: bytes, name: str, purpose: Purpose | None = None) -> WorkflowReport:
    """Returns what the bytes of a file contain, and every problem. Raises nothing.

    name: of the file, without folder and suffix.
    purpose: of the workflow; None for img2img if it has a tag for the image, else txt2img.
    """
    try:
        graph = read_graph(data)
    except WorkflowInvalid as error:
        return _report_unreadable(purpose, error.problems)
    inputs, problems = resolve_tags(graph)
    outputs = [node_id for node_id, mention in list_mentions(graph) if mention.name == OUTPUT]
    purpose = purpose or _guess_purpose(inputs)
    problems += [
        *_find_output_problems(graph, outputs),
        *_find_missing_tags(graph, inputs, purpose),
        *_find_misplaced_tags(graph, inputs, outputs, purpose),
        *_find_alpha_masks(graph, inputs),
    ]
    workflow = None
    if not problems:
        workflow = _build_workflow(graph, name, purpose, inputs, outputs[0])
    return WorkflowReport(
        purpose=purpose,
        workflow=workflow,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        graph=graph,
        problems=tuple(problems),
        advice=tuple(_find_advice(graph, workflow)) if workflow else (),
    )


def _report_unreadable(
    purpose: Purpose | None, problems: Sequence[WorkflowProblem]
) -> WorkflowReport:
    """Returns the report on a file that contains no graph."""
    return WorkflowReport(purpose or "txt2img", None, (), (), {}, tuple(problems))


def _require_workflow(report: WorkflowReport) -> Workflow:
    """Returns the workflow of a report; raises WorkflowInvalid with the problems if it has none."""
    if report.workflow is None:
        raise WorkflowInvalid(report.problems)
    return report.workflow


def _guess_purpose(inputs: Sequence[TaggedInput]) -> Purpose:
    """Returns what a workflow is for: it repaints an image if it takes one."""
    return "img2img" if any(tagged.tag in ("image", "mask") for tagged in inputs) else "txt2img"


def _build_workflow(
    graph: Graph, name: str, purpose: Purpose, inputs: Sequence[TaggedInput], output: str
) -> Workflow:
    """Returns a checked graph as a workflow, without the nodes that the output does not need.

    The server would run other outputs too, and keep their files.
    """
    needed = list_needed_nodes(graph, output)
    graph = {node_id: node for node_id, node in graph.items() if node_id in needed}
    digest = hashlib.sha256(to_canonical_json(graph).encode()).hexdigest()
    return Workflow(name, purpose, graph, digest, tuple(inputs), output)


def _find_output_problems(graph: Graph, outputs: Sequence[str]) -> Iterator[WorkflowProblem]:
    """Yields a problem unless exactly one node, which hands images over, is the output."""
    for node_id in outputs:
        node = graph[node_id]
        if node["class_type"] not in OUTPUT_CLASSES:
            text = f"{PREFIX}{OUTPUT} belongs to a node of class {' or '.join(OUTPUT_CLASSES)}"
            remedy = f"connect a {OUTPUT_CLASSES[0]} to its image and move the tag there"
            yield WorkflowProblem(describe_node(node_id, node), text, remedy)
    if len(outputs) > 1:
        nodes = shorten_list(describe_node(node_id, graph[node_id]) for node_id in outputs)
        text = f"{len(outputs)} nodes have the tag {PREFIX}{OUTPUT}: {nodes}"
        yield WorkflowProblem("", text, "keep it at the one with the finished image")
    if not outputs:
        savers = [each for each in graph if graph[each]["class_type"] in OUTPUT_CLASSES]
        yield _describe_missing_tag(graph, OUTPUT, savers, f"of a new {OUTPUT_CLASSES[0]} node")


def _find_missing_tags(
    graph: Graph, inputs: Sequence[TaggedInput], purpose: Purpose
) -> Iterator[WorkflowProblem]:
    """Yields a problem for each required tag that no title contains."""
    mentioned = {mention.name for _, mention in list_mentions(graph)}
    for name in REQUIRED_TAGS[purpose]:
        if name not in mentioned:
            candidates = [*list_candidates(graph, TAGS[name], inputs)]
            names = ", ".join(group[0] for group in TAGS[name].inputs)
            otherwise = f"of a node with an input such as {names}"
            yield _describe_missing_tag(graph, name, candidates, otherwise)


def _describe_missing_tag(
    graph: Graph, name: str, candidates: Sequence[str], otherwise: str
) -> WorkflowProblem:
    """Returns the problem that a tag is missing, and which titles it could be added to.

    otherwise: the title's place in words, for a graph without candidates.
    """
    nodes = shorten_list(describe_node(each, graph[each]) for each in candidates)
    remedy = f"add it to the title {f'of {nodes}' if candidates else otherwise}"
    return WorkflowProblem("", f"no title contains {PREFIX}{name}", remedy)


def _find_misplaced_tags(
    graph: Graph, inputs: Sequence[TaggedInput], outputs: Sequence[str], purpose: Purpose
) -> Iterator[WorkflowProblem]:
    """Yields a problem for each tag whose value would not reach the finished image."""
    needed = list_needed_nodes(graph, outputs[0]) if len(outputs) == 1 else set(graph)
    for tagged in inputs:
        node = describe_node(tagged.node, graph[tagged.node])
        if tagged.node not in needed:
            text = f"{PREFIX}{tagged.tag} has no effect, as the output does not depend on the node"
            yield WorkflowProblem(node, text, "connect the node, or move the tag")
        if purpose == "txt2img" and tagged.tag in ("image", "mask"):
            text = f"a background has no {tagged.tag} that {PREFIX}{tagged.tag} could set"
            remedy = f"remove the tag, or set {SETTINGS_PREFIX}_IMG2IMG_WORKFLOW to this file"
            yield WorkflowProblem(node, text, remedy)


def _find_alpha_masks(graph: Graph, inputs: Sequence[TaggedInput]) -> Iterator[WorkflowProblem]:
    """Yields a problem for each mask that would be read from an alpha channel.

    Uploaded files have none, and the server then repaints nothing without an error.
    """
    files = {tagged.node for tagged in inputs if tagged.tag in ("image", "mask")}
    remedy = f"load it with LoadImageMask, channel red, and {PREFIX}mask in its title"
    for node_id, node in graph.items():
        described = describe_node(node_id, node)
        is_mask_loader = node["class_type"] == "LoadImageMask" and node_id in files
        if is_mask_loader and node["inputs"].get("channel") == "alpha":
            text = "it reads the alpha channel, which the uploaded mask does not have"
            yield WorkflowProblem(described, text, "set its channel to red")
        for name, link in list_links(node):
            source = graph[link.source]
            from_alpha = source["class_type"] == "LoadImage" and link.slot == ALPHA_SLOT
            if from_alpha and link.source in files:
                text = f"its {name} is the alpha channel of {describe_node(link.source, source)}"
                yield WorkflowProblem(described, f"{text}, which uploads do not have", remedy)


def _find_advice(graph: Graph, workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields what about a usable workflow could be better.

    graph: of the whole file; the workflow's own lacks what the output does not need.
    """
    yield from _advise_on_output(workflow)
    yield from _advise_on_gray_masks(workflow)
    yield from _advise_on_pasting(workflow)
    yield from _advise_on_batches(workflow)
    yield from _advise_on_tags(workflow)
    if left_out := [node_id for node_id in graph if node_id not in workflow.graph]:
        nodes = shorten_list(describe_node(node_id, graph[node_id]) for node_id in left_out)
        text = f"nodes that the output does not need are not sent: {nodes}"
        yield WorkflowProblem("", text, "connect them if they should have an effect")


def _advise_on_output(workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields advice if the output leaves files on the server's disk."""
    output = workflow.graph[workflow.output]
    kept = {"PreviewImage": "until the server restarts", "SaveImage": "forever, with the prompt"}
    if how_long := kept.get(output["class_type"]):
        text = f"leaves each image on the server's disk {how_long}"
        remedy = "replace it by SaveImageWebsocket, which stores nothing"
        yield WorkflowProblem(describe_node(workflow.output, output), text, remedy)


def _advise_on_gray_masks(workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields advice for each node that grays out what a low denoising strength should keep."""
    for node_id, node in workflow.graph.items():
        if node["class_type"] == "VAEEncodeForInpaint" and workflow.has_tag("denoise"):
            text = "grays out what is repainted, which shows at a denoising strength below 1"
            remedy = "replace it by VAEEncode and SetLatentNoiseMask"
            yield WorkflowProblem(describe_node(node_id, node), text, remedy)


def _advise_on_pasting(workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields advice for each node that pastes the sent image into the finished one.

    Its pixels then look kept although the server ignores image or mask, which is not noticed.
    """
    sent = {tagged.node for tagged in workflow.inputs if tagged.tag == "image"}
    for node_id, node in workflow.graph.items():
        pasted = {link.source for name, link in list_links(node) if name in PASTED_INPUTS}
        if node["class_type"] == "ImageCompositeMasked" and pasted & sent:
            text = "pastes the sent image back, which hides a server that ignores image or mask"
            remedy = "leave it out: the product's pixels are pasted back anyway"
            yield WorkflowProblem(describe_node(node_id, node), text, remedy)


def _advise_on_batches(workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields advice for each node that makes several images, of which only one is used."""
    for node_id, node in workflow.graph.items():
        size = node["inputs"].get("batch_size")
        if isinstance(size, int | float) and size > 1:
            text = f"makes {size} images, of which only one is used"
            yield WorkflowProblem(describe_node(node_id, node), text, "set its batch_size to 1")


def _advise_on_tags(workflow: Workflow) -> Iterator[WorkflowProblem]:
    """Yields advice for each value of a request that the workflow has no tag for."""
    effects = {"negative": "negative prompts"}
    if workflow.purpose == "img2img":
        effects |= {
            "prompt": "prompts",
            "mask": "masks",
            "denoise": "denoising strengths",
        }
    for name, effect in effects.items():
        if not workflow.has_tag(name):
            candidates = shorten_list(
                describe_node(each, workflow.graph[each])
                for each in list_candidates(workflow.graph, TAGS[name], workflow.inputs)
            )
            text = f"without {PREFIX}{name}, {effect} have no effect"
            yield WorkflowProblem("", text, f"nodes whose title could contain it: {candidates}")
