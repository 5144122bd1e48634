"""Compares a workflow with what a server offers: its classes of nodes, their inputs, its models."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from services.diffusion.dialects.comfyui.json_values import narrow_to_object
from services.diffusion.dialects.comfyui.tags import PREFIX
from services.diffusion.dialects.comfyui.workflow import (
    Graph,
    NodeLink,
    Workflow,
    WorkflowProblem,
    WorkflowValues,
    describe_node,
    quote_text,
    read_link,
    shorten_list,
)

# Returns the parsed answer of `/object_info/{Class}`: {} for a class that is not installed.
ReadClass = Callable[[str], object]
# Tags whose value every request sets, so that the one in the file does not matter.
ALWAYS_SET = ("prompt", "negative", "seed", "width", "height", "image", "mask", "denoise")
# Comes with ComfyUI, among the custom nodes.
SHIPPED_CLASS = "SaveImageWebsocket"
ENABLE_SHIPPED = "start the server without --disable-all-custom-nodes"
# Begins the types of inputs that stand for several inputs or for any type.
DYNAMIC_TYPE = "COMFY_"
# Similar values that are offered before all others. Larger: less similar ones among them.
MAX_SIMILAR = 3
INSTALL_NODES = (
    'install the custom nodes that contain it ("Install Missing Custom Nodes" of ComfyUI-Manager),'
    " or update ComfyUI"
)


@dataclass(frozen=True)
class OfferedInput:
    """An input of a class. type: such as "INT" or "MODEL,CLIP"; "COMBO" for one of `options`.

    options: the values to choose from; None where the server does not list them.
    """

    type: str
    options: tuple[object, ...] | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether the type says too little about the values or links that it takes."""
        return self.type in ("", "*") or self.type.startswith(DYNAMIC_TYPE)


@dataclass(frozen=True)
class OfferedClass:
    """A class of nodes as a server describes it. outputs: their types; None if not listed."""

    required: Mapping[str, OfferedInput] = field(default_factory=dict)
    optional: Mapping[str, OfferedInput] = field(default_factory=dict)
    outputs: tuple[str, ...] | None = None

    @property
    def inputs(self) -> Mapping[str, OfferedInput]:
        """All inputs by name."""
        return {**self.optional, **self.required}

    @property
    def is_complete(self) -> bool:
        """Whether it has no other inputs than those listed, as when they depend on its values."""
        types = [each.type for each in self.inputs.values()]
        return bool(types) and not any(each.startswith(DYNAMIC_TYPE) for each in types)


Offers = Mapping[str, OfferedClass | None]


def find_server_problems(
    workflow: Workflow, read_class: ReadClass, values: WorkflowValues | None = None
) -> list[WorkflowProblem]:
    """Returns why a server cannot run a workflow: nothing if it can.

    read_class: called once for each class of the workflow; raises what the client raises.
    values: that requests will set, besides those that each sets; None for none.
    """
    graph = workflow.fill(values or WorkflowValues())
    classes = dict.fromkeys(node["class_type"] for node in graph.values())
    offers = {name: read_offered_class(name, read_class(name)) for name in classes}
    replaced = {(each.node, each.input) for each in workflow.inputs if each.tag in ALWAYS_SET}
    problems = []
    for node_id, node in graph.items():
        described = describe_node(node_id, node)
        if (offered := offers[node["class_type"]]) is None:
            text = f"the server has no class {quote_text(node['class_type'])}"
            remedy = ENABLE_SHIPPED if node["class_type"] == SHIPPED_CLASS else INSTALL_NODES
            problems.append(WorkflowProblem(described, text, remedy))
            continue
        problems += _find_missing_inputs(node, described, offered)
        for name, value in node["inputs"].items():
            if (known := offered.inputs.get(name)) is None:
                continue
            if link := read_link(value):
                problems += _find_link_problems(graph, described, name, known, link, offers)
            elif (node_id, name) not in replaced:
                problems += _find_value_problems(described, name, known, value)
    return [*problems, *_find_unknown_tagged_inputs(workflow, offers)]


def read_offered_class(name: str, answer: object) -> OfferedClass | None:
    """Returns a class as `/object_info/{name}` describes it; None if the server lacks it.

    answer: the parsed JSON, of any shape; what is not understood is left out.
    """
    if not isinstance(answer, dict) or name not in answer:
        return None
    described = narrow_to_object(answer[name])
    groups = narrow_to_object(described.get("input"))
    outputs = described.get("output")
    return OfferedClass(
        required=_read_inputs(groups.get("required")),
        optional=_read_inputs(groups.get("optional")),
        outputs=tuple(map(_read_type, outputs)) if isinstance(outputs, list) else None,
    )


def _read_inputs(group: object) -> dict[str, OfferedInput]:
    """Returns the inputs of one group by name; of each, the server lists its type and options."""
    return {
        name: _read_input(*described)
        for name, described in narrow_to_object(group).items()
        # [type], or [type, options].
        if isinstance(described, list) and len(described) in (1, 2)
    }


def _read_input(type_or_values: object, options: object = None) -> OfferedInput:
    """Returns an input from the two values by which a server describes it.

    type_or_values: name of a type, or the list of values of a COMBO. options: more about it.
    """
    details, kind = narrow_to_object(options), _read_type(type_or_values)
    listed = type_or_values if isinstance(type_or_values, list) else details.get("options")
    # Uploaded files may also be in folders that are not listed.
    has_uploads = any(name.endswith("_upload") for name in details)
    is_fixed = kind == "COMBO" and not has_uploads
    return OfferedInput(
        type=kind,
        options=tuple(listed) if is_fixed and isinstance(listed, list) else None,
        low=_read_number(details.get("min")),
        high=_read_number(details.get("max")),
    )


def _read_type(described: object) -> str:
    """Returns the name of a type; "COMBO" for a list of values, "" for what is not understood."""
    if isinstance(described, list):
        return "COMBO"
    return described if isinstance(described, str) else ""


def _read_number(value: object) -> float | None:
    """Returns a number; None for any other value, and for true and false."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _find_missing_inputs(
    node: Mapping[str, Any], described: str, offered: OfferedClass
) -> Iterator[WorkflowProblem]:
    """Yields a problem for each required input that a node lacks."""
    for name, known in offered.required.items():
        if name not in node["inputs"] and not known.type.startswith(DYNAMIC_TYPE):
            text = (
                f"the server's {quote_text(node['class_type'])} needs an input {quote_text(name)}"
            )
            remedy = "open the workflow on this server, set it, and export again"
            yield WorkflowProblem(described, text, remedy)


def _find_unknown_tagged_inputs(workflow: Workflow, offers: Offers) -> Iterator[WorkflowProblem]:
    """Yields a problem for each tag at an input that the server would ignore."""
    for tagged in workflow.inputs:
        node = workflow.graph[tagged.node]
        offered = offers[node["class_type"]]
        if offered and offered.is_complete and tagged.input not in offered.inputs:
            text = f"the server ignores its input {tagged.input}, which {PREFIX}{tagged.tag} sets"
            remedy = f"write another one out; the server knows {shorten_list(offered.inputs)}"
            yield WorkflowProblem(describe_node(tagged.node, node), text, remedy)


def _find_link_problems(
    graph: Graph,
    described: str,
    name: str,
    known: OfferedInput,
    link: NodeLink,
    offers: Offers,
) -> Iterator[WorkflowProblem]:
    """Yields a problem if an input takes no values of the output that it is linked to."""
    source = offers[graph[link.source]["class_type"]]
    if source is None or source.outputs is None:
        return
    text = f"its input {quote_text(name)} comes from output {link.slot} of "
    text += describe_node(link.source, graph[link.source])
    remedy = "connect it again in the editor of this server, and export again"
    if not 0 <= link.slot < len(source.outputs):
        count = len(source.outputs)
        yield WorkflowProblem(described, f"{text}, which has {count} outputs from 0", remedy)
    elif not _fits(source.outputs[link.slot], known):
        wrong = f"which is {quote_text(source.outputs[link.slot])} and not {quote_text(known.type)}"
        yield WorkflowProblem(described, f"{text}, {wrong}", remedy)


def _fits(output: str, known: OfferedInput) -> bool:
    """Whether an input takes the values of an output.

    output: its type, or several types with commas, as the input's.
    """
    if known.is_dynamic or output in ("", "*") or output.startswith(DYNAMIC_TYPE):
        return True
    return bool({*output.split(",")} & {*known.type.split(",")})


def _find_value_problems(
    described: str, name: str, known: OfferedInput, value: object
) -> Iterator[WorkflowProblem]:
    """Yields a problem if an input does not take the value in the workflow."""
    shown = f"its input {quote_text(name)} is {quote_text(repr(value))}"
    # An empty text stands for what a request chooses, such as the server's first model; a list,
    # for several values.
    is_single = value != "" and not isinstance(value, list)
    if known.options is not None and is_single and value not in known.options:
        yield WorkflowProblem(described, f"{shown}, which the server lacks", _offer(value, known))
    if known.type not in ("INT", "FLOAT"):
        return
    number = _read_number(value)
    if number is None and not isinstance(value, str | bool):
        yield WorkflowProblem(described, f"{shown}, which is no number", "set a number")
    if number is not None and known.low is not None and number < known.low:
        yield WorkflowProblem(described, shown, f"the server takes {known.low} and more")
    if number is not None and known.high is not None and number > known.high:
        yield WorkflowProblem(described, shown, f"the server takes at most {known.high}")


def _offer(value: object, known: OfferedInput) -> str:
    """Returns what to do about a value that a server lacks: similar values that it offers first."""
    names = [*map(str, known.options or ())]
    close = difflib.get_close_matches(str(value), names, n=MAX_SIMILAR)
    choose = f"choose from {shorten_list(dict.fromkeys((*close, *names)))}"
    # Names of files, such as models, have a suffix.
    is_file = isinstance(value, str) and PurePath(value).suffix
    return f"put the file there, or {choose}" if is_file else choose
