"""Translates what ComfyUI reports about a prompt that it refuses or fails into our own errors."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import structlog

from services.diffusion.dialects.comfyui.json_values import narrow_to_list, narrow_to_object
from services.diffusion.dialects.comfyui.workflow import (
    MODEL_INPUTS,
    Graph,
    describe_node,
    quote_text,
)
from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionOutOfMemory,
    ServerRefused,
    WrongModel,
)
from services.diffusion.names import MODEL_SUFFIXES
from services.diffusion.transport import OUT_OF_MEMORY_TEXTS, sanitize_text

# What is wrong with an input, and what to do, by the type of the error.
INPUT_ERRORS = {
    "required_input_missing": ("is missing", "connect it and export the workflow again"),
    "invalid_input_type": ("has a value of another type", "set it in the editor"),
    "return_type_mismatch": ("is connected to an output of another type", "connect another one"),
    "bad_linked_input": ("is connected wrongly", "export the workflow again"),
    "value_smaller_than_min": ("is too small", "send a larger value"),
    "value_bigger_than_max": ("is too large", "send a smaller value"),
    "value_not_in_list": ("has a value that the server does not offer", "choose another one"),
    "custom_validation_failed": ("was rejected by the node", "see the server's log"),
    "dependency_cycle": ("depends on the node's own output", "remove one of the connections"),
    "exception_during_validation": ("could not be checked", "see the server's log"),
    "exception_during_inner_validation": ("could not be checked", "see the server's log"),
}
UNKNOWN_INPUT_ERROR = "was rejected", "see the server's log"
# What is wrong with a whole prompt, and what to do, by the type of the error.
PROMPT_ERRORS = {
    "prompt_no_outputs": (
        "finds no node with an output in the workflow",
        "title one cyclorama:output that saves an image",
    ),
    "prompt_outputs_failed_validation": (
        "cannot run the workflow",
        "check it with cyclorama workflow check",
    ),
    "invalid_prompt": ("takes the workflow for none", "export it in API format"),
    "no_prompt": ("received no workflow", "call it without a proxy that changes requests"),
    "invalid_prompt_id": ("refuses ids of prompts", "update the server or this program"),
}
UNKNOWN_PROMPT_ERROR = "refused the picture", "see its log"
# Errors that others cause, such as a loader's in each node that depends on it: reported last.
CAUSED_ERRORS = ("exception_during_validation", "exception_during_inner_validation")
# How old servers name a node in an error.
NODE_ID = re.compile(r"Node ID '#([^']{1,40})'")
# The class of an exception, perhaps after its module.
EXCEPTION_NAME = re.compile(r"[A-Za-z_][\w.]{0,80}")

log = structlog.get_logger()


@dataclass(frozen=True)
class InputError:
    """What a server has against one input of a node.

    node: in words. value: what the input had; "" if the server does not say.
    """

    node: str
    kind: str
    name: str
    value: str


def raise_refused_prompt(body: Mapping[str, object], graph: Graph) -> NoReturn:
    """Raises the error for a prompt that did not pass the server's checks.

    WrongModel if the server lacks a model, else ServerRefused, naming the node and its input.

    body: of the response, with the fields `error` and `node_errors`.
    graph: that was sent.
    """
    error = narrow_to_object(body.get("error"))
    kind = sanitize_text(error.get("type"))
    errors = list(_list_input_errors(body.get("node_errors"), graph))
    log.warning("server refused a prompt", type=kind, inputs=[each.kind for each in errors])
    if kind == "missing_node_type":
        name = _find_missing_class(error, graph)
        text = f"lacks the node {name}; install it there, or use another workflow"
        raise ServerRefused(f"the image server {text}")
    for each in errors:
        if _is_missing_model(each):
            raise WrongModel(f"the image server has no model {each.value}; put it there first")
    for each in sorted(errors, key=lambda each: each.kind in CAUSED_ERRORS):
        problem, remedy = INPUT_ERRORS.get(each.kind, UNKNOWN_INPUT_ERROR)
        subject = f"input {each.name} of {each.node}" if each.name else each.node
        raise ServerRefused(f"on the image server, {subject} {problem}; {remedy}")
    problem, remedy = PROMPT_ERRORS.get(kind, UNKNOWN_PROMPT_ERROR)
    raise ServerRefused(f"the image server {problem}; {remedy}")


def describe_failure(failure: Mapping[str, object]) -> DiffusionFailed | DiffusionOutOfMemory:
    """Returns the error for a node that failed while it ran.

    Its text names the class of the node and of the exception: messages may contain prompts and
    paths.

    failure: the data of an execution_error.
    """
    exception = sanitize_text(failure.get("exception_type"))
    message = str(failure.get("exception_message")).lower()
    if any(text in f"{exception.lower()} {message}" for text in OUT_OF_MEMORY_TEXTS):
        return DiffusionOutOfMemory("the image server ran out of memory; ask for fewer pixels")
    name = EXCEPTION_NAME.fullmatch(exception)
    node = quote_text(sanitize_text(failure.get("node_type"))) or "unknown"
    text = f"failed in a node {node} with {name[0] if name else 'an error'}; see its log"
    return DiffusionFailed(f"the image server {text}")


def _list_input_errors(node_errors: object, graph: Graph) -> Iterator[InputError]:
    """Yields what a server has against the inputs of nodes.

    node_errors: by the ids of nodes; anything else yields nothing.
    """
    for node_id, found in narrow_to_object(node_errors).items():
        known = graph.get(node_id)
        node = describe_node(node_id, known) if known else f"node {quote_text(node_id)}"
        for error in narrow_to_list(narrow_to_object(found).get("errors")):
            fields = narrow_to_object(error)
            extra = narrow_to_object(fields.get("extra_info"))
            yield InputError(
                node=node,
                kind=sanitize_text(fields.get("type")),
                name=quote_text(sanitize_text(extra.get("input_name"))),
                value=quote_text(sanitize_text(extra.get("received_value"))),
            )


def _is_missing_model(error: InputError) -> bool:
    """Whether an input names a model that the server does not have."""
    is_model = error.name in MODEL_INPUTS or error.value.lower().endswith(MODEL_SUFFIXES)
    return error.kind == "value_not_in_list" and is_model


def _find_missing_class(error: Mapping[str, object], graph: Graph) -> str:
    """Returns the class of nodes that a server lacks; "of an unknown class" if it does not say."""
    extra = narrow_to_object(error.get("extra_info"))
    mentioned = NODE_ID.search(sanitize_text(error.get("details")))
    node = graph.get(mentioned[1], {}) if mentioned else {}
    name = sanitize_text(extra.get("class_type")) or sanitize_text(node.get("class_type"))
    return quote_text(name) or "of an unknown class"
