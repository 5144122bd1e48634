"""Any response of a Stable Diffusion server becomes an image of the right size or an error."""

import json
import threading

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines import BackgroundSettings, open_engine
from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.dialect import read_progress_body
from services.diffusion.dialects.a1111.probe import API, KIND_PATHS
from services.diffusion.generation import generate_image
from services.diffusion.request import DiffusionProgress, DiffusionRequest
from services.diffusion.settings import SamplingOptions
from services.diffusion.task import ProgressPoller
from services.diffusion.transport import HttpResponse
from services.diffusion.watchdog import Watchdog
from services.runtime.engines import EngineProgress
from services.runtime.errors import BackendError, ServiceError
from tests.fuzz.answers import (
    build_response,
    draw_image_responses,
    draw_json_values,
    draw_responses,
    serve_script,
)

# The side of the requested image, the timeout, and the characters of an error or a name.
SIDE, SECONDS, LONGEST = 256, 3, 320
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
NAMES = ("samplers", "schedulers", "sd-models", "options", "progress")
PATHS = (*KIND_PATHS.values(), "/openapi.json", *(f"{API}/{name}" for name in NAMES))
LISTS = st.one_of(
    st.lists(
        st.fixed_dictionaries(
            {"name": draw_json_values(), "title": draw_json_values(), "aliases": draw_json_values()}
        ),
        max_size=3,
    ),
    st.fixed_dictionaries(
        {
            "samples_format": draw_json_values(),
            "paths": draw_json_values(),
            "progress": draw_json_values(),
        }
    ),
).map(lambda value: json.dumps(value).encode())
PROGRESS = st.fixed_dictionaries(
    {
        "progress": draw_json_values(),
        "state": draw_json_values(),
        "current_image": draw_json_values(),
    }
)


@pytest.fixture(scope="module")
def server():
    with serve_script() as server:
        yield server


def open_a1111(server):
    """Opens the dialect of AUTOMATIC1111 on a server."""
    return open_dialect("a1111", server.url, DialectSettings())


def check_reason(error: ServiceError) -> None:
    """Fails unless an error has a reason and one short sentence without addresses."""
    event(error.reason)
    text = str(error)
    assert isinstance(error, BackendError) and error.reason.startswith("DIFFUSION_")
    assert text.isprintable() and 10 < len(text) <= LONGEST and "127.0.0.1" not in text


def build_request(model: str) -> DiffusionRequest:
    """Returns a request for a square image."""
    sampling = SamplingOptions(steps=2, cfg_scale=5, sampler="Euler", scheduler="", model=model)
    return DiffusionRequest("a beach", "", SIDE, SIDE, 1, sampling)


@PATIENT
@given(reply=draw_responses(draw_image_responses()), model=st.sampled_from(["", "", "other"]))
def test_any_response_to_an_image_request(server, reply, model):
    server.responses = {f"{API}/txt2img": reply}
    known = ServerCapabilities("a1111", False, False)
    try:
        drawn = generate_image(open_a1111(server), build_request(model), known, SECONDS)
    except ServiceError as error:
        check_reason(error)
        return
    event("drawn")
    pixels = drawn.pixels
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    parameters = Struct()
    parameters.update(drawn.parameters)
    assert parameters.ByteSize() < 2000


@settings(PATIENT, max_examples=max(20, settings().max_examples // 5))
@given(lists=st.fixed_dictionaries({path: draw_responses(LISTS) for path in PATHS}))
def test_any_response_to_a_probe(server, lists):
    server.responses = lists
    try:
        known = open_a1111(server).probe()
    except ServiceError as error:
        check_reason(error)
        return
    event(known.kind)
    for each in (*known.samplers, *known.schedulers, *known.models):
        assert all(len(name) <= LONGEST for name in (each.name, *each.aliases))


def test_long_lists_are_truncated(server):
    many = [{"name": f"sampler {n}", "aliases": ["x"] * 200} for n in range(1200)]
    server.responses = {f"{API}/samplers": build_response(json.dumps(many).encode())}
    known = open_a1111(server).probe()
    assert len(known.samplers) == 1000 and max(len(each.aliases) for each in known.samplers) <= 100


@PATIENT
@given(body=PROGRESS)
def test_any_progress_report(body):
    watch = Watchdog(timeout=SECONDS)
    for _ in range(2):
        watch.record_progress(read_progress_body(HttpResponse(200, {}, json.dumps(body).encode())))
    latest = watch.latest
    assert latest is None or (isinstance(latest, DiffusionProgress) and 0 < latest.fraction <= 1)


@settings(PATIENT, max_examples=max(4, settings().max_examples // 50))
@given(
    image_response=draw_responses(draw_image_responses()),
    lists=st.fixed_dictionaries({path: draw_responses(LISTS) for path in PATHS[-3:]}),
    samplers=st.one_of(st.just(build_response(b"[]")), draw_responses(LISTS)),
)
def test_the_engine_ends_and_leaves_no_thread_behind(server, image_response, lists, samplers):
    before = threading.active_count()
    server.responses = {f"{API}/txt2img": image_response} | lists | {f"{API}/samplers": samplers}
    engine = open_engine(
        "a1111", BackgroundSettings(a1111_url=server.url, diffusion_timeout_seconds=SECONDS)
    )
    try:
        *steps, last = engine.generate(BackgroundRequest("a beach", SIDE, SIDE, seed=1))
    except ServiceError as error:
        check_reason(error)
    else:
        assert isinstance(last, BackgroundResult) and last.pixels.shape == (SIDE, SIDE, 3)
        assert all(isinstance(step, EngineProgress) for step in steps)
    for thread in threading.enumerate():
        if isinstance(thread, ProgressPoller):
            thread.join(10)
    assert threading.active_count() <= before + 2
