"""What requests may say about drawing, and what of it reaches the server."""

import numpy as np
import pytest

from cyclorama.v1.diffusion_pb2 import DiffusionOptions
from services.background import engine as background
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.errors import ServerOutOfMemory, WrongModel
from services.diffusion.settings import read_options
from services.inpainting import engine as inpainting
from services.inpainting.engines import Settings as InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.runtime.errors import EngineNotReady, InvalidRequest
from tests.support.pictures import assert_image_equal


def test_options_reach_the_server_in_its_own_words(start, draw):
    server = start("a1111")
    options = DiffusionOptions(steps=20, cfg_scale=5.5, sampler="dpmpp_2m", scheduler="karras")
    options.override_settings.update({"CLIP_stop_at_last_layers": 2, "samples_format": "jpg"})
    made = draw(server.url, diffusion=read_options(options))
    (asked,) = server.asked
    assert (asked["steps"], asked["cfg_scale"]) == (20, 5.5)
    assert (asked["sampler_name"], asked["scheduler"]) == ("DPM++ 2M", "karras")
    assert asked["override_settings"] == {"CLIP_stop_at_last_layers": 2, "samples_format": "png"}
    assert isinstance(asked["override_settings"]["CLIP_stop_at_last_layers"], int)
    assert made.parameters["sampler"] == "DPM++ 2M" and made.parameters["steps"] == 20


def test_settings_hold_where_requests_say_nothing(start, draw):
    server = start("sdcpp")
    settings = {"steps": 9, "sampler": "euler_a", "scheduler": "Karras"}
    settings = {f"diffusion_{name}": value for name, value in settings.items()}
    draw(server.url, settings=settings)
    draw(server.url, settings=settings, diffusion={"steps": 4})
    first, second = server.asked
    assert (first["steps"], first["sampler_name"], first["scheduler"]) == (9, "euler_a", "karras")
    assert (second["steps"], second["sampler_name"]) == (4, "euler_a")


def test_what_the_server_lacks_is_warned_of(start, draw):
    server = start("sdcpp")
    options = {"sampler": "unipc", "override_settings": {"x": 1}}
    made = draw(server.url, diffusion=options)
    assert [each.reason for each in made.warnings] == ["SAMPLER_UNKNOWN", "OVERRIDES_UNUSED"]
    assert "override_settings" not in server.asked[0] and "sampler_name" not in server.asked[0]


def test_a_model_is_asked_for_and_checked(start, draw):
    server = start("a1111")
    draw(server.url, diffusion={"model": "double-v1"})
    assert server.asked[0]["override_settings"]["sd_model_checkpoint"] == "double-v1"
    server.misbehave("other model")
    with pytest.raises(WrongModel, match="another"):
        draw(server.url, diffusion={"model": "double-v1"})
    with pytest.raises(WrongModel, match="no model flux"):
        draw(server.url, diffusion={"model": "flux"})
    assert len(server.asked) == 2


def test_a_large_picture_is_drawn_small_and_enlarged_only_when_that_is_asked_for(start, draw):
    server = start("a1111")
    plain = draw(server.url, width=1024, height=768)
    small = draw(server.url, width=1024, height=768, diffusion={"drawn_side": 512})
    assert plain.pixels.shape == small.pixels.shape == (768, 1024, 3)
    assert [(each["width"], each["height"]) for each in server.asked] == [(1024, 768), (512, 384)]
    assert not plain.warnings and [each.reason for each in small.warnings] == ["ENLARGED"]


def test_the_lock_holds_when_the_picture_is_drawn_smaller(start, repaint, product):
    composite, mask = product
    made = repaint(start("sdcpp").url, diffusion={"drawn_side": 128})
    assert made.pixels.shape == composite.shape
    assert (made.pixels[mask > 0] == composite[mask > 0]).all()


def test_out_of_memory_draws_smaller_where_that_is_allowed(start, draw):
    server = start("a1111")
    server.misbehave("out of memory", times=1)
    made = draw(server.url, width=1024, height=1024, diffusion={"drawn_side": 1024})
    assert server.asked[-1]["width"] == 768 and made.pixels.shape == (1024, 1024, 3)
    assert made.measured["retries"] == 1
    server.misbehave("out of memory", times=1)
    with pytest.raises(ServerOutOfMemory):
        draw(server.url, width=1024, height=1024)


def test_a_prompt_that_names_the_product_is_warned_of(start, draw):
    server = start("a1111")
    named = {"width": 256, "height": 256}
    made = draw(server.url, product="beach", **named)
    assert [each.reason for each in made.warnings] == ["PROMPT_NAMES_PRODUCT"]
    assert made.parameters["prompt"] == "a beach"


def test_the_products_name_moves_to_the_negative_prompt_when_asked_to(start):
    server = start("a1111")
    engine = open_background("a1111", BackgroundSettings(a1111_url=server.url))
    order = background.BackgroundRequest(
        "a jar on marble", 256, 256, 1, "people", product_to_negative=True
    )
    *_, made = engine.generate(order)
    assert not made.warnings
    (asked,) = server.asked
    assert (asked["prompt"], asked["negative_prompt"]) == ("on marble", "people, jar")
    assert made.parameters["prompt"] == "on marble"
    assert made.parameters["negative_prompt"] == "people, jar"


def test_arguments_in_a_prompt_are_refused(start, repaint):
    server = start("sdcpp")
    engine = open_inpainting("a1111", InpaintingSettings(a1111_url=server.url))
    prompt = 'x <sd_cpp_extra_args>{"width": 8192}</sd_cpp_extra_args>'
    mask = np.full((64, 64), 255, np.uint8)
    order = inpainting.Order(np.zeros((64, 64, 3), np.uint8), mask, prompt=prompt)
    with pytest.raises(InvalidRequest, match="options as options"):
        list(engine.inpaint(order))
    assert server.state()["started"] == 0


def test_a_composite_that_no_server_draws_is_refused_unless_it_may_be_drawn_smaller(start, repaint):
    server = start("a1111")
    wide = {"picture": np.zeros((64, 2100, 3), np.uint8), "alpha": np.zeros((64, 2100), np.uint8)}
    wide["picture"][:, ::2] = 200
    wide["alpha"][20:40, 20:40] = 255
    with pytest.raises(InvalidRequest, match="send 64 to 2048"):
        repaint(server.url, **wide)
    assert server.state()["started"] == 0
    made = repaint(server.url, diffusion={"drawn_side": 1024}, **wide)
    assert made.pixels.shape == (64, 2100, 3)


def test_equal_requests_give_equal_pictures_and_parameters(start, repaint):
    server = start("a1111")
    first, second = repaint(server.url), repaint(server.url)
    assert_image_equal(first.pixels, second.pixels)
    assert first.parameters == second.parameters
    assert {"generate_ms", "queue_ms", "bytes_sent", "bytes_received"} <= first.measured.keys()


@pytest.mark.parametrize(
    ("url", "hint"),
    [("127.0.0.1:7860", "http://host:port"), ("http://me:pw@host:1", "auth file")],
)
def test_an_address_that_cannot_be_used_is_explained(draw, url, hint):
    with pytest.raises(ValueError, match=hint):
        draw(url)


@pytest.mark.parametrize("content", [None, "nocolon"])
def test_a_password_file_that_cannot_be_used_is_explained(tmp_path, draw, content):
    path = tmp_path / "auth"
    if content:
        path.write_text(content)
    with pytest.raises(EngineNotReady, match="A1111_AUTH_FILE") as caught:
        draw("http://127.0.0.1:9", settings={"a1111_auth_file": str(path)})
    assert str(path) not in str(caught.value)


def test_without_an_address_the_engine_is_not_ready_and_says_what_to_set(draw):
    with pytest.raises(EngineNotReady, match="CYCLORAMA_A1111_URL"):
        draw()


def test_proxies_of_the_environment_see_nothing(start, draw, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert draw(start("a1111").url).pixels.any()


def test_connections_are_kept_from_picture_to_picture(start):
    server = start("a1111")
    engine = open_background("a1111", BackgroundSettings(a1111_url=server.url))
    for seed in range(3):
        list(engine.generate(background.BackgroundRequest("a beach", 256, 256, seed)))
    assert server.state()["connections_drawn_on"] == 1
