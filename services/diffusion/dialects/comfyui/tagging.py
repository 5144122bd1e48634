"""Finds the inputs that the tags of a graph set, and says where that is not clear."""

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from services.diffusion.dialects.comfyui.tags import (
    OUTPUT,
    PREFIX,
    TAGS,
    Tag,
    TagMention,
    find_tags,
)
from services.diffusion.dialects.comfyui.workflow import (
    Graph,
    NodeLink,
    TaggedInput,
    WorkflowInvalid,
    WorkflowProblem,
    describe_node,
    quote_text,
    read_link,
    shorten_list,
)

KIND_NAMES = {str: "a text", int: "a whole number", float: "a number"}


def list_mentions(graph: Graph) -> list[tuple[str, TagMention]]:
    """Returns every tag in the titles of a graph, each with the id of its node."""
    return [
        (node_id, mention)
        for node_id, node in graph.items()
        for mention in find_tags(node["_meta"]["title"])
    ]


def resolve_tags(graph: Graph) -> tuple[list[TaggedInput], list[WorkflowProblem]]:
    """Returns the inputs that the tags of a graph set, and the problems of the other tags.

    The tag of the output, which sets no input, is left out.
    """
    inputs: list[TaggedInput] = []
    problems: list[WorkflowProblem] = []
    for node_id, mention in list_mentions(graph):
        if mention.name == OUTPUT:
            continue
        try:
            inputs += _resolve_mention(graph, node_id, mention)
        except WorkflowInvalid as error:
            problems += error.problems
    return inputs, [*problems, *_find_conflicts(graph, inputs)]


def list_candidates(graph: Graph, tag: Tag, inputs: Sequence[TaggedInput]) -> Iterator[str]:
    """Yields the ids of nodes whose title might contain a tag: they have a free input for it.

    inputs: that other tags set already.
    """
    taken = {(tagged.node, tagged.input) for tagged in inputs}
    # Any primitive node has a `value`.
    names = {name for group in tag.inputs for name in group if name != "value"}
    for node_id, node in graph.items():
        values = node["inputs"].items()
        free = (value for name, value in values if name in names and (node_id, name) not in taken)
        if any(_takes_value(value, tag) for value in free):
            yield node_id


def _resolve_mention(graph: Graph, node_id: str, mention: TagMention) -> list[TaggedInput]:
    """Returns the inputs that a tag in the title of a node sets; raises WorkflowInvalid if none."""
    node = graph[node_id]
    tag = TAGS.get(mention.name)
    if tag is None:
        _raise(node_id, node, f"unknown tag {PREFIX}{quote_text(mention.name)}", _suggest(mention))
    names = (mention.input,) if mention.input else _choose_inputs(node["inputs"], tag)
    if not names or not all(name in node["inputs"] for name in names):
        wanted = mention.input or "for it"
        text = f"has no input {wanted} that {PREFIX}{tag.name} could set"
        offered = shorten_list(node["inputs"])
        remedy = f"write one out, such as {PREFIX}{tag.name}.NAME; its inputs are {offered}"
        _raise(node_id, node, text, remedy)
    for name in names:
        _check_value(graph, node_id, name, tag)
    return [TaggedInput(tag.name, node_id, name) for name in names]


def _suggest(mention: TagMention) -> str:
    """Returns what to do about an unknown tag."""
    known = [*TAGS, OUTPUT]
    close = difflib.get_close_matches(mention.name, known, n=1)
    return f"did you mean {PREFIX}{close[0]}?" if close else f"the tags are {', '.join(known)}"


def _choose_inputs(inputs: Mapping[str, Any], tag: Tag) -> tuple[str, ...]:
    """Returns the names of the inputs that a tag sets; empty if there are none.

    Inputs without a link come first, so that a tag may stand at a node with links of such names.
    """
    present = [group for group in tag.inputs if all(name in inputs for name in group)]
    free = (group for group in present if not any(read_link(inputs[name]) for name in group))
    return next(free, present[0] if present else ())


def _check_value(graph: Graph, node_id: str, name: str, tag: Tag) -> None:
    """Raises WorkflowInvalid if an input comes from another node, or is of another type."""
    node = graph[node_id]
    value = node["inputs"][name]
    if link := read_link(value):
        _raise_linked(graph, node_id, name, link, tag)
    if not _takes_value(value, tag):
        text = f"its input {name} contains {quote_text(repr(value))}"
        remedy = f"{PREFIX}{tag.name} sets {KIND_NAMES[tag.kind]}; write another input out"
        _raise(node_id, node, text, remedy)


def _raise_linked(graph: Graph, node_id: str, name: str, link: NodeLink, tag: Tag) -> None:
    """Raises WorkflowInvalid for an input that no value can be set in, as a link feeds it."""
    source = describe_node(link.source, graph[link.source])
    text = f"its input {name} comes from {source}"
    _raise(node_id, graph[node_id], text, f"move {PREFIX}{tag.name} into the title of that node")


def _takes_value(value: object, tag: Tag) -> bool:
    """Whether an input that contains a value takes values of a tag's type."""
    if isinstance(value, bool):
        return False
    return isinstance(value, str if tag.kind is str else int | float)


def _find_conflicts(graph: Graph, inputs: Sequence[TaggedInput]) -> Iterator[WorkflowProblem]:
    """Yields a problem for each input that several tags would set."""
    tags: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for tagged in inputs:
        # A dictionary keeps the order.
        tags[tagged.node, tagged.input][tagged.tag] = None
    for (node_id, name), names in tags.items():
        if len(names) > 1:
            text = f"its input {name} would be set by {' and '.join(names)}"
            remedy = f"keep one of the tags, or write inputs out, such as {PREFIX}prompt.{name}"
            yield WorkflowProblem(describe_node(node_id, graph[node_id]), text, remedy)


def _raise(node_id: str, node: Mapping[str, Any], text: str, remedy: str) -> NoReturn:
    """Raises WorkflowInvalid for a problem of one node."""
    raise WorkflowInvalid([WorkflowProblem(describe_node(node_id, node), text, remedy)])
