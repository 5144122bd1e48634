"""A workflow: a graph of nodes, and which inputs of them a request sets."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from services.diffusion.request import Purpose

# A node by id: {"class_type": ..., "inputs": {...}, "_meta": {"title": ...}}, the "API format".
Graph = dict[str, dict[str, Any]]
# Inputs by which loaders name a diffusion model.
MODEL_INPUTS = ("ckpt_name", "unet_name")
# Names of a run's parameters, and the tags whose values they are.
REPORTED_TAGS = {
    "steps": "steps",
    "cfg_scale": "cfg",
    "sampler": "sampler",
    "scheduler": "scheduler",
}
# Inputs whose texts are left out of manifests, such as api_key.
SECRET_INPUT = re.compile(r"api_?key|password|secret|(?:auth|access)_?token", re.IGNORECASE)
HIDDEN = "***"
# Characters of a title or value in an error's text. Larger: longer errors.
MAX_QUOTED = 60
# Names that such a text lists. Larger: longer errors.
MAX_NAMES = 5


@dataclass(frozen=True)
class TaggedInput:
    """An input of a node that a tag sets."""

    tag: str
    node: str
    input: str


@dataclass(frozen=True)
class WorkflowValues:
    """Values for the tags of the same names; None leaves what the workflow's file contains.

    steps: as for a whole image; fewer are run at less denoise. image, mask: names of uploaded
    files. model, sampler, scheduler: names as the server lists them.
    """

    prompt: str | None = None
    negative: str | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    image: str | None = None
    mask: str | None = None
    denoise: float | None = None
    steps: int | None = None
    cfg: float | None = None
    sampler: str | None = None
    scheduler: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Workflow:
    """A checked workflow.

    name: of its file, without folder and suffix. graph: only what the output depends on; each
    node with class, inputs and title. digest: SHA-256 of the graph's canonical JSON, in
    hexadecimal. output: id of the node with the finished image. is_builtin: whether it comes with
    this package.
    """

    name: str
    purpose: Purpose
    graph: Graph
    digest: str
    inputs: tuple[TaggedInput, ...]
    output: str
    is_builtin: bool = False

    def has_tag(self, tag: str) -> bool:
        """Whether a node's title contains the tag, such as "mask"."""
        return any(tagged.tag == tag for tagged in self.inputs)

    def read_value(self, tag: str, graph: Graph | None = None) -> Any:
        """Returns what a graph contains where the tag is first; None without the tag.

        graph: one that fill() returned; None for the workflow as loaded.
        """
        tagged = next((each for each in self.inputs if each.tag == tag), None)
        return tagged and (graph or self.graph)[tagged.node]["inputs"][tagged.input]

    def to_parameters(self, graph: Graph) -> dict[str, object]:
        """Returns what the manifest of an image says about the workflow, as plain JSON values.

        An own workflow is included, as text, in which whole numbers stay exact; without the
        values of the request, and without passwords. Options without a tag are None: the workflow
        has values of its own.

        graph: that was run.
        """
        parameters: dict[str, object] = {
            "workflow": self.name,
            "workflow_sha256": self.digest,
            **{name: self.read_value(tag, graph) for name, tag in REPORTED_TAGS.items()},
        }
        if self.purpose == "img2img":
            strength = self.read_value("denoise", graph)
            # Without the digits that a product of two strengths has.
            parameters["denoising_strength"] = None if strength is None else round(strength, 4)
        if not self.is_builtin:
            parameters["workflow_graph"] = to_canonical_json(_hide_secrets(self.graph))
        return parameters

    def fill(self, values: WorkflowValues) -> Graph:
        """Returns a new graph with the values of a request."""
        graph = deepcopy(self.graph)
        for tagged in self.inputs:
            value = getattr(values, tagged.tag)
            if tagged.tag == "steps" and value is not None and self.has_tag("denoise"):
                value = count_run_steps(value, values.denoise)
            if value is not None:
                graph[tagged.node]["inputs"][tagged.input] = value
        return graph


@dataclass(frozen=True)
class NodeLink:
    """Where an input comes from: the id of a node, and the number of its output, from 0."""

    source: str
    slot: int


@dataclass(frozen=True)
class WorkflowProblem:
    """Why a workflow cannot be used, and what to do. node: id, title and class; "" if none."""

    node: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.node and f'{self.node}: '}{self.text}; {self.remedy}"


class WorkflowInvalid(Exception):
    """The workflow cannot be used."""

    def __init__(self, problems: Sequence[WorkflowProblem]) -> None:
        """Joins the problems into the error's text."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def to_canonical_json(graph: Graph) -> str:
    """Returns the JSON of a graph that is the same for equal graphs; ASCII only."""
    return json.dumps(graph, sort_keys=True, separators=(",", ":"))


def count_run_steps(steps: int, denoise: float | None) -> int:
    """Returns the steps to ask for so that the work is a share `denoise` of `steps`.

    The server runs all steps that it is asked for, however low the denoising strength.
    """
    return max(1, round(steps * (1.0 if denoise is None else denoise)))


def _hide_secrets(graph: Graph) -> Graph:
    """Returns a copy of a graph without the texts of inputs such as api_key."""
    copied = deepcopy(graph)
    for node in copied.values():
        for name, value in node["inputs"].items():
            if isinstance(value, str) and value and SECRET_INPUT.search(name):
                node["inputs"][name] = HIDDEN
    return copied


def list_model_names(graph: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yields the names of the models that the loaders of a graph load, in the graph's order."""
    for node in graph.values():
        for name in MODEL_INPUTS:
            if isinstance(model := node["inputs"].get(name), str) and model:
                yield model


def read_link(value: object) -> NodeLink | None:
    """Returns the link that an input's value stands for, [id, number]; None for other values.

    Scripts also write the number of the output as 0.0, which ComfyUI accepts.
    """
    match value:
        case [str(source), int() | float() as slot] if (
            not isinstance(slot, bool) and float(slot).is_integer()
        ):
            return NodeLink(source, int(slot))
    return None


def list_links(node: Mapping[str, Any]) -> Iterator[tuple[str, NodeLink]]:
    """Yields the name and the link of every input of a node that comes from another node."""
    for name, value in node["inputs"].items():
        if link := read_link(value):
            yield name, link


def describe_node(node_id: str, node: Mapping[str, Any]) -> str:
    """Returns a node's id, title and class in words, such as: node 3 "My sampler" (KSampler)."""
    class_type = quote_text(node["class_type"])
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    shown = f' "{quote_text(title)}"' if isinstance(title, str) and title != class_type else ""
    return f"node {quote_text(node_id)}{shown} ({class_type})"


def quote_text(text: str) -> str:
    """Returns a text of a file or server without unprintable characters, cut to a line's part."""
    printable = "".join(filter(str.isprintable, text[: 2 * MAX_QUOTED]))
    return printable if len(printable) <= MAX_QUOTED else f"{printable[:MAX_QUOTED]}..."


def shorten_list(names: Iterable[str]) -> str:
    """Returns the first five names, with commas, and how many more there are."""
    quoted = [quote_text(name) for name in names]
    more = len(quoted) - MAX_NAMES
    shown = ", ".join(quoted[:MAX_NAMES]) or "none"
    return f"{shown} and {more} more" if more > 0 else shown
