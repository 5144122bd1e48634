"""Whatever a Stable Diffusion server answers: a picture of the right size, or why there is none."""

import json
import threading

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.background.engine import Order, Picture, Step
from services.background.engines import Settings, open_engine
from services.diffusion.asks import Ask
from services.diffusion.drawing import draw_once
from services.diffusion.errors import BackendFailed
from services.diffusion.probe import API, MARKS, Capabilities, probe
from services.diffusion.sampling import Sampling
from services.diffusion.settings import ServerSettings
from services.diffusion.transport import Transport
from services.diffusion.watch import Seen, Watch
from services.runtime.errors import CycloramaError
from tests.fuzz.answers import answer, drawn_server, orders, replies, values

SIDE, SECONDS, LONGEST = 256, 3, 300
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
NAMES = ("samplers", "schedulers", "sd-models", "options", "progress")
PATHS = (*MARKS.values(), "/openapi.json", *(f"{API}/{name}" for name in NAMES))
LISTS = st.one_of(
    st.lists(
        st.fixed_dictionaries({"name": values(), "title": values(), "aliases": values()}),
        max_size=3,
    ),
    st.fixed_dictionaries({"samples_format": values(), "paths": values(), "progress": values()}),
).map(lambda value: json.dumps(value).encode())
PROGRESS = st.fixed_dictionaries(
    {"progress": values(), "state": values(), "current_image": values()}
)


@pytest.fixture(scope="module")
def server():
    with drawn_server() as server:
        yield server


@pytest.fixture
def transport(server):
    return Transport(server.url, ServerSettings(sdapi_url=(server.url,)))


def check_reason(error: CycloramaError) -> None:
    """It has a reason and one short sentence, which says nothing of addresses or stacks."""
    event(error.reason)
    text = str(error)
    assert isinstance(error, BackendFailed) and error.reason.startswith("SD_")
    assert text.isprintable() and 10 < len(text) < LONGEST and "127.0.0.1" not in text


def ask(model: str) -> Ask:
    sampling = Sampling(steps=2, cfg_scale=5, sampler="Euler", scheduler="", model=model)
    return Ask("a beach", "", SIDE, SIDE, 1, sampling)


@PATIENT
@given(reply=replies(orders()), model=st.sampled_from(["", "", "other"]))
def test_any_answer_to_an_order(server, reply, model):
    transport = Transport(server.url, ServerSettings(sdapi_url=(server.url,)))
    server.answers = {f"{API}/txt2img": reply}
    try:
        drawn = draw_once(transport, ask(model), Capabilities("a1111", False, False), SECONDS)
    except CycloramaError as error:
        check_reason(error)
        return
    event("drawn")
    pixels = drawn.answer.pixels
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    told = Struct()
    told.update(drawn.facts)
    assert told.ByteSize() < 2000


@settings(PATIENT, max_examples=max(20, settings().max_examples // 5))
@given(lists=st.fixed_dictionaries({path: replies(LISTS) for path in PATHS}))
def test_any_lists(server, lists):
    transport = Transport(server.url, ServerSettings(sdapi_url=(server.url,)))
    server.answers = lists
    try:
        known = probe(transport)
    except CycloramaError as error:
        check_reason(error)
        return
    event(known.kind)
    for each in (*known.samplers, *known.schedulers, *known.models):
        assert all(len(name) <= LONGEST for name in (each.name, *each.others))


def test_lists_without_end_are_cut(server, transport):
    many = [{"name": f"sampler {n}", "aliases": ["x"] * 200} for n in range(1200)]
    server.answers = {f"{API}/samplers": answer(json.dumps(many).encode())}
    known = probe(transport)
    assert len(known.samplers) == 1000 and max(len(each.others) for each in known.samplers) <= 100


@PATIENT
@given(told=PROGRESS)
def test_any_progress(transport, told):
    watch = Watch(transport)
    watch.take(told)
    watch.take(json.loads(json.dumps(told)))
    assert watch.seen is None or (isinstance(watch.seen, Seen) and 0 < watch.seen.fraction <= 1)


@settings(PATIENT, max_examples=max(4, settings().max_examples // 50))
@given(
    order=replies(orders()),
    lists=st.fixed_dictionaries({path: replies(LISTS) for path in PATHS[-3:]}),
    samplers=st.one_of(st.just(answer(b"[]")), replies(LISTS)),
)
def test_the_whole_engine_ends_and_leaves_no_thread_behind(server, order, lists, samplers):
    before = threading.active_count()
    server.answers = {f"{API}/txt2img": order} | lists | {f"{API}/samplers": samplers}
    engine = open_engine("a1111", Settings(sdapi_url=server.url, sdapi_seconds=SECONDS))
    try:
        *steps, last = engine.make(Order("a beach", SIDE, SIDE, seed=1))
    except CycloramaError as error:
        check_reason(error)
    else:
        assert isinstance(last, Picture) and last.pixels.shape == (SIDE, SIDE, 3)
        assert all(isinstance(step, Step) for step in steps)
    for thread in threading.enumerate():
        if isinstance(thread, Watch):
            thread.join(10)
    assert threading.active_count() <= before + 2
