"""What all dialects have in common, and what their servers report of models."""

import pytest
from prometheus_client import REGISTRY

from services.background.engine import Order
from services.background.engines import ENGINES as BACKGROUND_ENGINES
from services.background.engines import Settings, open_engine
from services.diffusion.dialects import DIALECTS, DialectSettings, open_dialect
from services.diffusion.server import ImageServer
from services.inpainting.engines import ENGINES as INPAINTING_ENGINES

URL = "http://127.0.0.1:9"


def test_every_dialect_is_an_engine_of_both_stages_before_the_embedded_one():
    assert (*DIALECTS, "studio") == BACKGROUND_ENGINES
    assert (*DIALECTS, "grounding") == INPAINTING_ENGINES


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_has_its_name_and_a_setting_for_its_servers(name):
    assert open_dialect(name, URL, DialectSettings()).name == name
    assert f"{name}_url" in DialectSettings.model_fields


@pytest.mark.parametrize("name", DIALECTS)
def test_every_server_shows_its_circuit_breaker(name):
    settings = DialectSettings()
    server = ImageServer(7, URL, open_dialect(name, URL, settings), settings)
    labels = {"dialect": name, "server": "7"}
    assert REGISTRY.get_sample_value("cyclorama_diffusion_circuit_open", labels) == 0
    del server


def test_the_model_is_the_one_that_the_server_has_loaded(start):
    server = start("a1111")
    assert open_engine("a1111", Settings(a1111_url=server.url)).model() == "double-v1"
    assert server.state()["started"] == 0


def test_the_model_of_the_settings_comes_first():
    settings = Settings(a1111_url=URL, diffusion_model="xl/sd_xl_base.safetensors")
    assert open_engine("a1111", settings).model() == "sd_xl_base"


def test_a_server_that_is_gone_tells_no_model_but_the_next_one_does(start):
    assert open_engine("a1111", Settings(a1111_url=URL)).model() == ""
    both = f"{URL},{start('sdcpp').url}"
    assert open_engine("a1111", Settings(a1111_url=both)).model() == "double-v1"


def test_a_server_that_draws_is_not_asked_for_its_model(start):
    server = start("a1111")
    server.misbehave("hang")
    drawing, other = (open_engine("a1111", Settings(a1111_url=server.url)) for _ in range(2))
    work = drawing.make(Order("a beach", 256, 256))
    next(step for step in work if step.fraction)
    assert (drawing.model(), other.model()) == ("double-v1", "")
    work.close()


@pytest.mark.parametrize("kind", ["a1111", "koboldcpp"])
def test_a_picture_names_the_model_that_drew_it(start, draw, kind):
    server = start(kind)
    made = draw(server.url)
    assert made.model == made.parameters["model"] == "double-v1"
    server.misbehave("other model")
    assert draw(server.url).model == ("another" if kind == "a1111" else "double-v1")
