"""What ComfyUI reports about prompts that it refuses or fails: status, reason and remedy."""

import grpc
import pytest

from services.diffusion.dialects.comfyui.refusals import describe_failure, raise_refused_prompt
from services.runtime.errors import BackendError

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INTERNAL = grpc.StatusCode.INTERNAL
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"steps": 0}, "_meta": {"title": "My sampler"}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {}},
}
SECRETS = "/home/me", "a secret prompt", "Traceback"


def refuse(kind, node_errors=None, details="", **extra) -> BackendError:
    """Returns the error for a response with status 400 that has an error of this type."""
    error = {"type": kind, "message": "a secret prompt", "details": details, "extra_info": extra}
    with pytest.raises(BackendError) as caught:
        raise_refused_prompt({"error": error, "node_errors": node_errors or {}}, GRAPH)
    return caught.value


def refuse_input(kind, node="3", name="steps", value=None) -> BackendError:
    """Returns the error for a response with status 400 that is about an input of a node."""
    extra = {"input_name": name, "received_value": value, "input_config": ["INT", {}]}
    error = {"type": kind, "message": "x", "details": "a secret prompt", "extra_info": extra}
    found = {node: {"errors": [error], "dependent_outputs": ["9"], "class_type": "KSampler"}}
    return refuse("prompt_outputs_failed_validation", found)


def check_text(error: BackendError, *parts: str) -> None:
    """Fails unless an error's text has these parts, a remedy, and nothing secret."""
    text = str(error)
    assert all(part in text for part in parts), text
    assert "; " in text and not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("prompt_outputs_failed_validation", "cyclorama workflow check"),
        ("prompt_no_outputs", "cyclorama:output"),
        ("invalid_prompt_id", "update"),
        ("invalid_prompt", "API format"),
        ("no_prompt", "proxy"),
        ("a new type", "see its log"),
        (None, "see its log"),
    ],
)
def test_a_prompt_that_is_refused_as_a_whole(kind, remedy):
    error = refuse(kind)
    assert (error.code, error.reason) == (PRECONDITION, "DIFFUSION_REFUSED")
    check_text(error, remedy)


@pytest.mark.parametrize(
    ("details", "extra"),
    [("Node ID '#3'", {}), ("Node ID '#3'", {"class_type": "KSampler", "node_id": "3"})],
)
def test_a_node_that_the_server_lacks_is_named(details, extra):
    error = refuse("missing_node_type", None, details, **extra)
    assert (error.code, error.reason) == (PRECONDITION, "DIFFUSION_REFUSED")
    check_text(error, "lacks the node KSampler", "install it")


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("required_input_missing", "connect it"),
        ("invalid_input_type", "set it in the editor"),
        ("return_type_mismatch", "connect another one"),
        ("bad_linked_input", "export the workflow again"),
        ("value_smaller_than_min", "send a larger value"),
        ("value_bigger_than_max", "send a smaller value"),
        ("value_not_in_list", "choose another one"),
        ("custom_validation_failed", "see the server's log"),
        ("dependency_cycle", "remove one of the connections"),
        ("exception_during_validation", "see the server's log"),
        ("exception_during_inner_validation", "see the server's log"),
        ("a new type", "see the server's log"),
    ],
)
def test_an_input_that_is_refused_is_named_with_its_node(kind, remedy):
    error = refuse_input(kind)
    assert (error.code, error.reason) == (PRECONDITION, "DIFFUSION_REFUSED")
    check_text(error, "input steps", 'node 3 "My sampler" (KSampler)', remedy)


@pytest.mark.parametrize(
    ("name", "value"), [("ckpt_name", "sd3"), ("lora_name", "shiny.safetensors")]
)
def test_a_model_that_the_server_lacks(name, value):
    error = refuse_input("value_not_in_list", "4", name, value)
    assert (error.code, error.reason) == (PRECONDITION, "DIFFUSION_WRONG_MODEL")
    check_text(error, f"no model {value}", "put it there")


def test_the_cause_is_reported_rather_than_what_it_causes():
    caused = {"type": "exception_during_inner_validation", "extra_info": {"input_name": "model"}}
    cause = {"type": "required_input_missing", "extra_info": {"input_name": "ckpt_name"}}
    error = refuse(
        "prompt_outputs_failed_validation", {"3": {"errors": [caused]}, "4": {"errors": [cause]}}
    )
    check_text(error, "input ckpt_name of node 4")


@pytest.mark.parametrize(
    ("exception", "message", "code", "reason", "text"),
    [
        (
            *("torch.OutOfMemoryError", "Allocation on device", EXHAUSTED),
            *("DIFFUSION_OUT_OF_MEMORY", "fewer pixels"),
        ),
        (
            *("RuntimeError", "CUDA error: out of memory", EXHAUSTED),
            *("DIFFUSION_OUT_OF_MEMORY", "fewer pixels"),
        ),
        (
            *("RuntimeError", "/home/me/unet.py: a secret prompt", INTERNAL),
            *("DIFFUSION_FAILED", "node KSampler with RuntimeError; see its log"),
        ),
        (
            *("Traceback (/home/me)", None, INTERNAL),
            *("DIFFUSION_FAILED", "node KSampler with an error; see its log"),
        ),
    ],
)
def test_a_node_that_fails_is_named_without_its_message(exception, message, code, reason, text):
    error = describe_failure(
        {
            "node_id": "3",
            "node_type": "KSampler",
            "exception_type": exception,
            "exception_message": message,
            "traceback": ["Traceback /home/me/nodes.py"],
        }
    )
    assert (error.code, error.reason) == (code, reason)
    check_text(error, text)


@pytest.mark.parametrize("node_errors", [[], None, {"3": 1}, {"7": {"errors": [1, {}]}}])
def test_errors_of_another_shape_are_refusals_too(node_errors):
    assert refuse("prompt_outputs_failed_validation", node_errors).reason == "DIFFUSION_REFUSED"
