"""The messages of ComfyUI: progress, previews, images, and the ends of prompts."""

import json
import struct

import pytest

from services.diffusion.dialects.comfyui.events import FileReference, PromptEnd, PromptState

OURS, OUTPUT = "b1a9", "9"


@pytest.fixture
def state():
    return PromptState(OUTPUT, passes=1, prompt_id=OURS)


def send(state, kind, prompt_id=OURS, **fields):
    data = {"prompt_id": prompt_id, **fields}
    state.record_text(json.dumps({"type": kind, "data": data}).encode())


def send_image(state, image, metadata=None):
    if metadata is None:
        return state.record_binary(struct.pack(">II", 1, 2) + image)
    text = json.dumps(metadata).encode()
    return state.record_binary(struct.pack(">II", 4, len(text)) + text + image)


@pytest.mark.parametrize(
    ("kind", "fields", "end"),
    [
        ("execution_success", {}, PromptEnd.SUCCESS),
        ("execution_error", {"node_type": "KSampler"}, PromptEnd.ERROR),
        ("execution_interrupted", {}, PromptEnd.INTERRUPTED),
        ("executing", {"node": None}, PromptEnd.SUCCESS),
    ],
)
def test_a_prompt_has_four_ends_and_those_of_others_do_not_count(state, kind, fields, end):
    send(state, kind, prompt_id="other", **fields)
    assert state.end is None
    send(state, kind, **fields)
    assert state.end is end


def test_the_end_of_old_servers_does_not_hide_an_error(state):
    send(state, "execution_error", exception_type="ValueError")
    send(state, "executing", node=None)
    assert state.end is PromptEnd.ERROR and state.failure["exception_type"] == "ValueError"


def test_images_are_previews_until_the_output_runs(state):
    send(state, "executing", node="5")
    send_image(state, b"preview")
    send(state, "executing", node=OUTPUT)
    send_image(state, b"first")
    send_image(state, b"second")
    assert (state.preview, state.image) == (b"preview", b"first")


@pytest.mark.parametrize("key", ["node_id", "display_node_id", "real_node_id"])
def test_metadata_separates_images_from_previews(state, key):
    send(state, "executing", node="5")
    send_image(state, b"of another", {"prompt_id": "other", key: OUTPUT})
    send_image(state, b"preview", {"prompt_id": OURS, key: "5"})
    send_image(state, b"image", {"prompt_id": OURS, key: OUTPUT})
    assert (state.preview, state.image) == (b"preview", b"image")


def test_an_output_may_be_a_file_of_any_folder(state):
    image = {"filename": "a.png", "subfolder": "b", "type": "temp"}
    send(state, "executed", node="7", output={"images": [{"filename": "mask.png"}]})
    assert state.file is None
    send(state, "executed", node="9.0.1", display_node=OUTPUT, output={"images": [image]})
    assert state.file == FileReference("a.png", "b", "temp")


def test_the_fraction_is_that_of_all_samplers_and_never_falls():
    state = PromptState(OUTPUT, passes=2, prompt_id=OURS)
    fractions = []
    for node, value in (("3", 5), ("3", 10), ("6", 1), ("6", 10)):
        send(state, "progress", node=node, value=value, max=10)
        fractions.append(state.fraction)
    send(state, "progress", node="8", value=1, max=4)
    assert fractions == [0.25, 0.5, 0.55, 1.0] and state.fraction == 1.0


def test_a_node_that_has_done_no_step_yet_may_load_a_model(state):
    reports = []
    for node, values in (("3", (1, 9, 10)), ("4", ()), ("6", (0, 1, 10))):
        send(state, "executing", node=node)
        reports.append(state.is_between_steps)
        for value in values:
            send(state, "progress", node=node, value=value, max=10)
            reports.append(state.is_between_steps)
    first, last = [False, True, True, False], [False, False, True, False]
    assert reports == [*first, False, *last]


def test_both_reports_of_a_step_count_once(state):
    send(state, "progress", node="3", value=5, max=10)
    changes = state.changes
    nodes = {"1": {"value": 1, "max": 1}, "3": {"value": 5, "max": 10}}
    send(state, "progress_state", nodes=nodes)
    assert state.changes == changes and state.fraction == 0.5


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ({"status_str": "success", "messages": []}, PromptEnd.SUCCESS),
        ({"status_str": "error", "messages": [["execution_error", {}]]}, PromptEnd.ERROR),
        (
            {"status_str": "error", "messages": [["execution_interrupted", {}]]},
            PromptEnd.INTERRUPTED,
        ),
        ({"status_str": "error"}, PromptEnd.ERROR),
        (None, PromptEnd.SUCCESS),
    ],
)
def test_the_record_of_a_prompt_has_its_end_and_its_file(state, status, end):
    outputs = {OUTPUT: {"images": [{"filename": "a.png"}]}}
    state.record_history({"status": status, "outputs": outputs})
    assert state.end is end and state.file == FileReference("a.png", "", "")


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"null", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"type": 1}'),
        b'{"type": "progress", "data": {"value": 1e400, "max": null}}',
        b'{"type": "progress", "data": {"value": 1, "max": NaN}}',
        b'{"type": "progress_state", "data": {"nodes": [1]}}',
        b'{"type": "executed", "data": {"node": "9", "output": {"images": {}}}}',
        b'{"type": "executing", "data": {"node": {}}}',
    ],
)
def test_other_messages_change_nothing(state, text):
    state.record_text(text)
    state.record_binary(text)
    assert state.end is None and state.fraction == 0 and state.image is state.file is None
