"""Common behavior of all dialects, and the models that their servers report."""

import threading
from functools import partial

import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import background_pb2
from services.background.engine import BackgroundRequest
from services.background.engines import ENGINES as BACKGROUND_ENGINES
from services.background.engines import BackgroundSettings, open_engine
from services.background.servicer import BackgroundServicer
from services.diffusion.dialects import DIALECTS, DialectSettings, open_dialect
from services.diffusion.server import ImageServer
from services.imaging.images import ImageCodec
from services.inpainting.engines import ENGINES as INPAINTING_ENGINES
from services.runtime.engines import Engines
from services.runtime.settings import ImageSettings
from tests.support.unit import call_servicer
from tests.support.waiting import wait_until

BACKGROUND = background_pb2.DESCRIPTOR.services_by_name["BackgroundService"]
URL = "http://127.0.0.1:9"


@pytest.mark.parametrize("engines", [BACKGROUND_ENGINES, INPAINTING_ENGINES])
def test_every_dialect_is_an_engine_of_both_stages_before_the_embedded_one(engines):
    assert tuple(each for each in engines if each in DIALECTS) == DIALECTS
    assert engines[-1] not in DIALECTS


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_has_its_name_and_a_setting_for_its_servers(name):
    assert open_dialect(name, URL, DialectSettings()).name == name
    assert f"{name}_url" in DialectSettings.model_fields


@pytest.mark.parametrize("name", DIALECTS)
def test_every_server_exports_its_circuit_breaker_as_a_metric(name):
    settings = DialectSettings()
    server = ImageServer(7, URL, open_dialect(name, URL, settings), settings)
    labels = {"dialect": name, "server": "7"}
    assert REGISTRY.get_sample_value("cyclorama_diffusion_circuit_open", labels) == 0
    del server


def test_the_engine_reports_the_model_that_the_server_has_loaded(start_double):
    server = start_double("a1111")
    engine = open_engine("a1111", BackgroundSettings(a1111_url=server.url))
    assert wait_until(engine.model, "the probe") == "double-v1"
    assert server.state()["started"] == 0


def test_engines_are_listed_without_waiting_for_a_slow_probe(start_double):
    server = start_double("a1111")
    engines = Engines(
        ["a1111"], partial(open_engine, settings=BackgroundSettings(a1111_url=server.url))
    )
    assert not next(engines.list_statuses()).reason
    server.slow_down(0.2)
    # Each is listed before the first of a dozen answers to a probe.
    assert {next(engines.list_statuses()).model for _ in range(20)} == {""}
    assert wait_until(lambda: next(engines.list_statuses()).model, "the probe") == "double-v1"


def test_one_thread_at_a_time_probes_a_server(start_double):
    server = start_double("a1111")
    engine = open_engine("a1111", BackgroundSettings(a1111_url=server.url))
    assert not engine.unavailable_reason()
    server.slow_down(0.1)
    before = threading.active_count()
    for _ in range(50):
        engine.model()
    assert threading.active_count() <= before + 1
    probes = server.state()["control_requests"]
    wait_until(engine.model, "the probe")
    assert server.state()["control_requests"] <= probes + 13


def test_an_outdated_model_is_reported_until_the_next_probe_ends(start_double):
    server, now = start_double("a1111"), [0.0]
    settings = DialectSettings()
    dialect = open_dialect("a1111", server.url, settings)
    ours = ImageServer(1, server.url, dialect, settings, lambda: now[0])
    wait_until(ours.loaded_model, "the probe")
    probes = server.state()["control_requests"]
    assert ours.loaded_model() and server.state()["control_requests"] == probes
    now[0] = 301.0
    assert ours.loaded_model() == "double-v1"
    wait_until(lambda: server.state()["control_requests"] > probes, "the next probe")


def test_the_model_of_the_settings_precedes_the_loaded_one():
    settings = BackgroundSettings(a1111_url=URL, diffusion_model="xl/sd_xl_base.safetensors")
    assert open_engine("a1111", settings).model() == "sd_xl_base"


def test_the_model_is_that_of_the_first_server_that_reports_one(start_double):
    gone = open_engine("a1111", BackgroundSettings(a1111_url=URL))
    assert gone.model() == ""
    both = open_engine("a1111", BackgroundSettings(a1111_url=f"{URL},{start_double('sdcpp').url}"))
    assert wait_until(both.model, "the probe") == "double-v1"
    assert gone.model() == ""


def test_a_busy_server_is_not_probed_for_its_model(start_double):
    server = start_double("a1111")
    server.misbehave("hang")
    drawing, other = (
        open_engine("a1111", BackgroundSettings(a1111_url=server.url)) for _ in range(2)
    )
    work = drawing.generate(BackgroundRequest("a beach", 256, 256))
    next(step for step in work if step.fraction)
    before = threading.active_count()
    assert (drawing.model(), other.model()) == ("double-v1", "")
    wait_until(lambda: threading.active_count() <= before, "the end of the thread that would probe")
    assert other.model() == ""
    work.close()


@pytest.mark.parametrize("kind", ["a1111", "koboldcpp"])
def test_a_result_names_the_model_that_generated_it(start_double, generate, kind):
    server = start_double(kind)
    result = generate(server.url)
    assert result.model == result.parameters["model"] == "double-v1"
    server.misbehave("other model")
    assert generate(server.url).model == ("another" if kind == "a1111" else "double-v1")


@pytest.mark.parametrize("model", ["second", ""])
def test_a_run_names_the_model_of_the_server_that_generated_it(start_double, model):
    first, second = start_double("a1111", 0, "", "first"), start_double("a1111", 0, "", model)
    first.misbehave("black")
    urls = f"{first.url},{second.url}"
    engines = Engines(["a1111"], partial(open_engine, settings=BackgroundSettings(a1111_url=urls)))
    wait_until(lambda: next(engines.list_statuses()).model == "first", "the probe")
    servicer = BackgroundServicer(engines, ImageCodec(ImageSettings(), 64))
    request = background_pb2.GenerateBackgroundRequest(prompt="a beach")
    request.size.width = request.size.height = 256
    *_, answer = call_servicer(BACKGROUND, servicer, "GenerateBackground", request)
    assert answer.result.run.measured["server"] == 2
    assert answer.result.run.model == model
