"""Common behavior of all dialects, and the models that their servers report."""

import signal
from functools import partial

import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import background_pb2
from services.background.engine import BackgroundRequest
from services.background.engines import ENGINES as BACKGROUND_ENGINES
from services.background.engines import BackgroundSettings, open_engine
from services.background.servicer import BackgroundServicer
from services.diffusion import server as diffusion_server
from services.diffusion.dialects import DIALECTS, DialectSettings, open_dialect
from services.diffusion.errors import WrongModel
from services.diffusion.request import DiffusionRequest
from services.diffusion.server import ImageServer
from services.diffusion.settings import SamplingOptions
from services.imaging.images import ImageCodec
from services.inpainting.engines import ENGINES as INPAINTING_ENGINES
from services.runtime.engines import Engines
from services.runtime.settings import ImageSettings
from tests.support.unit import call_servicer

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
    assert engine.model() == ""
    assert (engine.unavailable_reason(), engine.model()) == ("", "double-v1")
    assert server.state()["started"] == 0


def test_an_idle_server_is_asked_once_in_five_seconds(start_double):
    server = start_double("a1111")
    engines = list_engines_of(server)
    assert {next(engines.list_statuses()).model for _ in range(20)} == {"double-v1"}
    assert server.state()["control_requests"] == 1


@pytest.mark.parametrize("kind", ["a1111", "sdcpp"])
def test_another_model_on_the_server_is_listed_within_seconds(start_double, kind, monkeypatch):
    server = start_double(kind)
    engines = list_engines_of(server)
    assert next(engines.list_statuses()).model == "double-v1"
    server.load_model("double-v2")
    monkeypatch.setattr(diffusion_server, "HEALTH_MAX_AGE", 0)
    assert next(engines.list_statuses()).model == "double-v2"


def list_engines_of(server) -> Engines:
    settings = BackgroundSettings(a1111_url=server.url)
    return Engines(["a1111"], partial(open_engine, settings=settings))


def test_what_a_server_offers_is_asked_again_once_it_loaded_another_model(start_double):
    server, now = start_double("koboldcpp"), [0.0]
    ours = create_server(server.url, lambda: now[0])
    assert ours.get_capabilities().model == "double-v1"
    server.load_model("double-v2")
    now[0] = 6.0
    assert generate_small(ours).model == "double-v2"
    assert [each.name for each in ours.get_capabilities().models] == [
        "double-v2.safetensors [abcdef1234]"
    ]


def test_a_missing_model_is_refused_only_after_a_fresh_probe(start_double):
    server, now = start_double("a1111"), [0.0]
    ours = create_server(server.url, lambda: now[0])
    with pytest.raises(WrongModel, match="has no model double-v2"):
        generate_small(ours, "double-v2")
    probes = server.state()["control_requests"]
    with pytest.raises(WrongModel):
        generate_small(ours, "double-v2")
    assert server.state()["control_requests"] == probes
    server.load_model("double-v2")
    now[0] = 2.0
    assert generate_small(ours, "double-v2").model == "double-v2"


def create_server(url, clock) -> ImageServer:
    settings = DialectSettings()
    return ImageServer(1, url, open_dialect("a1111", url, settings), settings, clock)


def generate_small(server, model=""):
    request = DiffusionRequest("a beach", "", 64, 64, seed=1, sampling=SamplingOptions(model=model))
    return server.generate(request, 30, lambda _: None)


def test_the_model_of_the_settings_precedes_the_loaded_one():
    settings = BackgroundSettings(a1111_url=URL, diffusion_model="xl/sd_xl_base.safetensors")
    assert open_engine("a1111", settings).model() == "sd_xl_base"


def test_the_model_of_the_settings_gets_the_name_that_the_server_reports(start_double):
    server = start_double("a1111")
    settings = BackgroundSettings(a1111_url=server.url, diffusion_model="Double-V1")
    engine = open_engine("a1111", settings)
    assert engine.model() == "Double-V1"
    *_, result = engine.generate(BackgroundRequest("a beach", 64, 64, seed=1))
    assert engine.model() == result.model == "double-v1"


def test_the_model_is_that_of_the_first_server_that_reports_one(start_double):
    gone = open_engine("a1111", BackgroundSettings(a1111_url=URL))
    assert gone.model() == ""
    both = open_engine("a1111", BackgroundSettings(a1111_url=f"{URL},{start_double('sdcpp').url}"))
    assert (both.unavailable_reason(), both.model()) == ("", "double-v1")
    assert gone.unavailable_reason() and gone.model() == ""


def test_a_server_that_generates_for_a_process_of_this_machine_is_not_asked(start_double):
    server = start_double("a1111")
    server.misbehave("hang")
    drawing, other = (
        open_engine("a1111", BackgroundSettings(a1111_url=server.url)) for _ in range(2)
    )
    work = drawing.generate(BackgroundRequest("a beach", 256, 256))
    next(step for step in work if step.fraction)
    server.process.send_signal(signal.SIGSTOP)
    assert (drawing.unavailable_reason(), drawing.model()) == ("", "double-v1")
    assert (other.unavailable_reason(), other.model()) == ("", "")
    server.process.send_signal(signal.SIGCONT)
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
    assert next(engines.list_statuses()).model == "first"
    servicer = BackgroundServicer(engines, ImageCodec(ImageSettings(), 64))
    request = background_pb2.GenerateBackgroundRequest(prompt="a beach")
    request.size.width = request.size.height = 256
    *_, answer = call_servicer(BACKGROUND, servicer, "GenerateBackground", request)
    assert answer.result.run.measured["server"] == 2
    assert answer.result.run.model == model
