"""Reads graphs of nodes in ComfyUI's API format, and checks how their nodes are linked."""

import json
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from services.diffusion.dialects.comfyui.workflow import (
    Graph,
    NodeLink,
    WorkflowInvalid,
    WorkflowProblem,
    describe_node,
    list_links,
    quote_text,
    read_link,
)

# Bytes of a file. Graphs of 300 nodes have 200 kB. Larger: more memory for a wrong file, and
# manifests, which contain the graphs, may exceed their limit.
MAX_WORKFLOW_BYTES = 2**19
# Nodes of a graph. Larger: the server, which validates each, may take seconds per image.
MAX_NODES = 2000
# Levels of lists and objects within each other. Inputs of known nodes have up to 4. Larger: nearer
# to the recursion limit of the JSON module.
MAX_DEPTH = 32
EXPORT = 'export it with "Workflow > Export (API)" and use that file'


def read_graph(data: bytes) -> Graph:
    """Returns the graph in a JSON file, each node with its class, inputs and title only.

    Raises WorkflowInvalid if it is not a graph in API format.
    """
    content = _read_json(data)
    _check_api_format(content)
    _raise_any(_find_node_problems(content))
    graph = {
        node_id: {
            "class_type": node["class_type"],
            "inputs": {name: _normalize_link(value) for name, value in node["inputs"].items()},
            "_meta": {"title": _read_title(node)},
        }
        for node_id, node in content.items()
    }
    _raise_any(_find_link_problems(graph))
    return graph


def _normalize_link(value: object) -> object:
    """Returns a link as [text, integer], by which servers find nodes; other values unchanged."""
    link = read_link(value)
    return [link.source, link.slot] if link else value


def list_needed_nodes(graph: Graph, output: str) -> set[str]:
    """Returns the ids of a node and of all nodes that it depends on."""
    needed: set[str] = set()
    waiting = [output]
    while waiting:
        if (node_id := waiting.pop()) not in needed:
            needed.add(node_id)
            waiting += [link.source for _, link in list_links(graph[node_id])]
    return needed


def _read_json(data: bytes) -> Any:
    """Returns the JSON value of a file; raises WorkflowInvalid if it is none or too large."""
    if len(data) > MAX_WORKFLOW_BYTES:
        _raise(f"it has more than {MAX_WORKFLOW_BYTES} bytes", EXPORT)
    try:
        content = json.loads(data, parse_constant=_reject_constant, object_pairs_hook=_read_object)
        # Reads 1e999 as infinity, which JSON cannot contain.
        json.dumps(content, allow_nan=False)
    # json raises RecursionError for brackets that are nested too deep.
    except (ValueError, RecursionError) as error:
        text = f"it is not JSON ({quote_text(str(error))})"
        raise WorkflowInvalid([WorkflowProblem("", text, EXPORT)]) from None
    return content


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a JSON object; raises ValueError, which names the key, if it has a key twice."""
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f'it has the key "{quote_text(key)}" twice in an object')
        content[key] = value
    return content


def _check_api_format(content: Any) -> None:
    """Raises WorkflowInvalid if a JSON value is not an object of nodes by id."""
    if not isinstance(content, dict):
        _raise("it contains no JSON object of nodes", EXPORT)
    if isinstance(content.get("nodes"), list):
        _raise("it is in the format of the editor, which servers do not run", EXPORT)
    if isinstance(content.get("prompt"), dict) and "class_type" not in content["prompt"]:
        _raise("it is the body of a request to a server", 'use the value of its field "prompt"')
    if not content:
        _raise("it contains no node", EXPORT)
    if len(content) > MAX_NODES:
        _raise(f"it has {len(content)} nodes, and {MAX_NODES} are the most", "split it")


def _find_node_problems(content: dict[str, Any]) -> Iterator[WorkflowProblem]:
    """Yields a problem for each entry of a workflow that is not a node."""
    for node_id, node in content.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            text = f'entry "{quote_text(node_id)}" is not a node with a class_type'
            yield WorkflowProblem("", text, EXPORT)
        elif not isinstance(node.get("inputs"), dict):
            yield WorkflowProblem(describe_node(node_id, node), "it has no inputs", EXPORT)
        elif _is_deep(node["inputs"]):
            text = f"its inputs are nested deeper than {MAX_DEPTH} levels"
            yield WorkflowProblem(describe_node(node_id, node), text, "flatten them")


def _is_deep(value: object) -> bool:
    """Whether a JSON value contains more than 32 levels of lists and objects."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in level)


def _read_title(node: dict[str, Any]) -> str:
    """Returns the title that the editor shows for a node; the class if it has none."""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title if isinstance(title, str) else node["class_type"]


def _find_link_problems(graph: Graph) -> Iterator[WorkflowProblem]:
    """Yields a problem for each link to a node that is missing, or for the first cycle."""
    sources: dict[str, set[str]] = {}
    is_complete = True
    for node_id, node in graph.items():
        sources[node_id] = {link.source for _, link in list_links(node)}
        for name, link in list_links(node):
            if link.source not in graph:
                is_complete = False
                yield _describe_missing_source(graph, node_id, name, link)
    if not is_complete:
        return
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        # The nodes of the cycle; the first is also the last.
        node_id, *others = error.args[1][1:]
        through = " and ".join(describe_node(each, graph[each]) for each in others)
        text = f"it depends on its own output{through and f' through {through}'}"
        yield WorkflowProblem(
            describe_node(node_id, graph[node_id]), text, "remove one of the links"
        )


def _describe_missing_source(
    graph: Graph, node_id: str, name: str, link: NodeLink
) -> WorkflowProblem:
    """Returns the problem that an input of a node is linked to a node that does not exist."""
    text = (
        f"its input {quote_text(name)} comes from node {quote_text(link.source)}, which is missing"
    )
    remedy = (
        "connect it in the editor, where a bypassed or muted node may feed it, and export again"
    )
    return WorkflowProblem(describe_node(node_id, graph[node_id]), text, remedy)


def _raise_any(problems: Iterator[WorkflowProblem]) -> None:
    """Raises WorkflowInvalid if there is any problem."""
    if found := list(problems):
        raise WorkflowInvalid(found)


def _raise(text: str, remedy: str) -> NoReturn:
    """Raises WorkflowInvalid for a problem of the whole file."""
    raise WorkflowInvalid([WorkflowProblem("", text, remedy)])
