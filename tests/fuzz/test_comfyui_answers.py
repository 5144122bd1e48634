"""Any answer and any frame of a ComfyUI server becomes an image of the right size or an error."""

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.comfyui import job
from services.diffusion.dialects.comfyui.events import PromptState
from services.diffusion.generation import generate_image
from services.diffusion.request import DiffusionRequest, ListedName
from services.diffusion.settings import SamplingOptions
from services.runtime.errors import BackendError, ServiceError
from tests.fuzz.answers import (
    IMAGES,
    ResponseBytes,
    build_response,
    draw_json_values,
    draw_responses,
    encode_frame,
    serve_script,
)

# The side of the requested image, the timeout, and the characters of an error.
SIDE, SECONDS, LONGEST = 256, 2, 400
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
# The id that the server gives the prompt, and the output of the built-in workflow.
PROMPT, OUTPUT = "b1a9", "7"
KINDS = (
    *("execution_start", "execution_cached", "executing", "progress", "progress_state"),
    *("executed", "execution_success", "execution_error", "execution_interrupted", "status"),
)
KNOWN = ServerCapabilities("comfyui", True, True, models=(ListedName("a.safetensors"),))


@pytest.fixture(scope="module")
def server():
    patch = pytest.MonkeyPatch()
    for name in ("RECONNECT_SECONDS", "POLL_SECONDS", "RECORD_SECONDS", "LOST_SECONDS"):
        patch.setattr(job, name, 0.01)
    with patch.context(), serve_script() as server:
        yield server
    patch.undo()


def open_comfyui(server):
    return open_dialect("comfyui", server.url, DialectSettings())


def check_reason(error: ServiceError) -> None:
    """Fails unless an error has a reason and one short sentence without addresses."""
    event(error.reason)
    text = str(error)
    assert isinstance(error, BackendError) and error.reason.startswith("DIFFUSION_")
    assert text.isprintable() and 10 < len(text) < LONGEST and "127.0.0.1" not in text


def encode_event(kind: object, data: object) -> bytes:
    return encode_frame(json.dumps({"type": kind, "data": data}).encode(), 1)


@st.composite
def draw_events(draw) -> bytes:
    """Draws the frame of an event, mostly about our prompt, with any values."""
    names = ("node", "display_node", "value", "max", "nodes", "output", "exception_type")
    data = {name: draw(draw_json_values()) for name in draw(st.sets(st.sampled_from(names)))}
    data["prompt_id"] = draw(st.sampled_from([PROMPT, PROMPT, PROMPT, "other", None]))
    if draw(st.booleans()):
        data["node"] = draw(st.sampled_from([OUTPUT, "5", None]))
    return encode_event(draw(st.sampled_from(KINDS)), draw(st.sampled_from([data, data, 1, None])))


@st.composite
def draw_image_frames(draw) -> bytes:
    """Draws a binary frame: with an image or without, with a right header or a wrong one."""
    image = draw(st.one_of(st.sampled_from(list(IMAGES.values())), st.binary(max_size=40)))
    metadata = json.dumps({"node_id": draw(st.sampled_from([OUTPUT, "5"]))}).encode()
    head = draw(
        st.sampled_from(
            [
                struct.pack(">II", 1, 2),
                struct.pack(">II", 4, len(metadata)) + metadata,
                *(struct.pack(">II", 4, 2**31), struct.pack(">II", 3, 0), b"", b"\0"),
            ]
        )
    )
    return encode_frame(head + image, 2)


@st.composite
def draw_streams(draw) -> ResponseBytes:
    """Draws what the socket sends: the frames of a good prompt, with others between, or noise."""
    good = [
        encode_event("executing", {"node": OUTPUT, "prompt_id": PROMPT}),
        encode_frame(struct.pack(">II", 1, 2) + draw(st.sampled_from(list(IMAGES.values()))), 2),
        encode_event("execution_success", {"prompt_id": PROMPT}),
    ]
    odd = st.one_of(
        draw_events(),
        draw_image_frames(),
        st.binary(max_size=30).map(lambda data: encode_frame(data, 1)),
        st.sampled_from([encode_frame(b"", opcode) for opcode in (0, 3, 8, 9, 10)]),
        st.sampled_from([b"\x82\x7f" + b"\xff" * 8, b"\xff\xff", b"\x01\x80", b""]),
    )
    frames = [*good[: draw(st.integers(0, 3))], *draw(st.lists(odd, max_size=3))]
    frames += good[draw(st.integers(0, 3)) :]
    return ResponseBytes(b"".join(frames))


ENTRIES = st.fixed_dictionaries(
    {"outputs": draw_json_values(), "status": draw_json_values()}
) | st.just({"outputs": {OUTPUT: {"images": [{"filename": "a.png"}]}}})
HISTORIES = ENTRIES.map(lambda entry: json.dumps({PROMPT: entry}).encode())
QUEUES = st.fixed_dictionaries(
    {"queue_running": draw_json_values(), "queue_pending": draw_json_values()}
).map(lambda queue: json.dumps(queue).encode())
SUBMITTED = st.fixed_dictionaries(
    {"prompt_id": st.just(PROMPT)},
    optional={"node_errors": draw_json_values(), "error": draw_json_values()},
).map(lambda body: json.dumps(body).encode())


@settings(PATIENT, max_examples=max(10, settings().max_examples // 10))
@given(
    stream=draw_streams(),
    submitted=st.one_of(
        st.just(build_response(b'{"prompt_id": "b1a9"}')), draw_responses(SUBMITTED)
    ),
    history=draw_responses(HISTORIES),
    queue=draw_responses(QUEUES),
    image=draw_responses(st.sampled_from(list(IMAGES.values()))),
)
def test_any_answer_to_a_prompt(server, stream, submitted, history, queue, image):
    paths = {"/prompt": submitted, f"/history/{PROMPT}": history, "/queue": queue, "/view": image}
    server.responses, server.frames = paths, stream
    request = DiffusionRequest("a beach", "", SIDE, SIDE, 1, SamplingOptions(steps=2))
    try:
        drawn = generate_image(open_comfyui(server), request, KNOWN, SECONDS)
    except ServiceError as error:
        check_reason(error)
        return
    event("drawn")
    assert drawn.pixels.shape == (SIDE, SIDE, 3) and drawn.pixels.dtype == np.uint8


@settings(PATIENT, max_examples=max(10, settings().max_examples // 10))
@given(
    system=draw_responses(draw_json_values().map(lambda value: json.dumps(value).encode())),
    described=st.dictionaries(
        st.sampled_from(["input", "output", "name"]), draw_json_values(), max_size=3
    ),
)
def test_any_answer_to_a_probe(server, system, described):
    classes = ("KSampler", "CheckpointLoaderSimple", "CLIPTextEncode", "SaveImageWebsocket")
    server.responses = {"/system_stats": system} | {
        f"/object_info/{name}": build_response(json.dumps({name: described}).encode())
        for name in classes
    }
    for ask in (open_comfyui(server).probe, lambda: open_comfyui(server).read_loaded_model(2)):
        try:
            ask()
        except ServiceError as error:
            check_reason(error)
        else:
            event("answered")


@settings(PATIENT, max_examples=max(25, settings().max_examples // 4))
@given(
    kind=st.one_of(st.sampled_from(KINDS), draw_json_values()),
    data=st.one_of(
        draw_json_values(),
        st.dictionaries(
            st.sampled_from(["node", "value", "max", "nodes", "output", "prompt_id"]),
            draw_json_values(),
        ),
    ),
    binary=st.binary(max_size=60),
)
def test_any_message(kind, data, binary):
    state = PromptState(OUTPUT, prompt_id=PROMPT)
    state.record_text(json.dumps({"type": kind, "data": data}).encode())
    state.record_binary(binary)
    state.record_history({"status": data, "outputs": data, "prompt": data})
    assert 0 <= state.fraction <= 1 and state.end is not None
