"""Options of requests: which reach the server, and which are rejected."""

import numpy as np
import pytest

from cyclorama.v1.diffusion_pb2 import DiffusionOptions
from services.background import engine as background
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.errors import DiffusionOutOfMemory, WrongModel
from services.diffusion.settings import read_diffusion_options
from services.inpainting import engine as inpainting
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.runtime.errors import EngineNotReady, InvalidRequest
from tests.support.pictures import assert_image_equal


def test_options_reach_the_server_under_its_own_names(start_double, generate):
    server = start_double("a1111")
    options = DiffusionOptions(steps=20, cfg_scale=5.5, sampler="dpmpp_2m", scheduler="karras")
    options.override_settings.update({"CLIP_stop_at_last_layers": 2, "samples_format": "jpg"})
    result = generate(server.url, diffusion=read_diffusion_options(options))
    (sent,) = server.image_requests
    assert (sent["steps"], sent["cfg_scale"]) == (20, 5.5)
    assert (sent["sampler_name"], sent["scheduler"]) == ("DPM++ 2M", "karras")
    assert sent["override_settings"] == {"CLIP_stop_at_last_layers": 2, "samples_format": "png"}
    assert isinstance(sent["override_settings"]["CLIP_stop_at_last_layers"], int)
    assert result.parameters["sampler"] == "DPM++ 2M" and result.parameters["steps"] == 20


def test_settings_are_the_defaults_of_requests(start_double, generate):
    server = start_double("sdcpp")
    settings = {"steps": 9, "sampler": "euler_a", "scheduler": "Karras"}
    settings = {f"diffusion_{name}": value for name, value in settings.items()}
    generate(server.url, settings=settings)
    generate(server.url, settings=settings, diffusion={"steps": 4})
    first, second = server.image_requests
    assert (first["steps"], first["sampler_name"], first["scheduler"]) == (9, "euler_a", "karras")
    assert (second["steps"], second["sampler_name"]) == (4, "euler_a")


def test_unsupported_options_give_warnings(start_double, generate):
    server = start_double("sdcpp")
    options = {"sampler": "unipc", "override_settings": {"x": 1}}
    result = generate(server.url, diffusion=options)
    assert [each.reason for each in result.warnings] == ["SAMPLER_UNKNOWN", "OVERRIDES_UNUSED"]
    assert (
        "override_settings" not in server.image_requests[0]
        and "sampler_name" not in server.image_requests[0]
    )


def test_the_requested_model_is_sent_and_checked(start_double, generate):
    server = start_double("a1111")
    generate(server.url, diffusion={"model": "double-v1"})
    assert server.image_requests[0]["override_settings"]["sd_model_checkpoint"] == "double-v1"
    server.misbehave("other model")
    with pytest.raises(WrongModel, match="another"):
        generate(server.url, diffusion={"model": "double-v1"})
    with pytest.raises(WrongModel, match="no model flux"):
        generate(server.url, diffusion={"model": "flux"})
    assert len(server.image_requests) == 2


def test_drawn_side_generates_a_smaller_image_and_enlarges_it(start_double, generate):
    server = start_double("a1111")
    plain = generate(server.url, width=1024, height=768)
    small = generate(server.url, width=1024, height=768, diffusion={"drawn_side": 512})
    assert plain.pixels.shape == small.pixels.shape == (768, 1024, 3)
    assert [(each["width"], each["height"]) for each in server.image_requests] == [
        (1024, 768),
        (512, 384),
    ]
    assert not plain.warnings and [each.reason for each in small.warnings] == ["ENLARGED"]


def test_product_pixels_are_unchanged_with_drawn_side(start_double, repaint, product):
    composite, mask = product
    result = repaint(start_double("sdcpp").url, diffusion={"drawn_side": 128})
    assert result.pixels.shape == composite.shape
    assert (result.pixels[mask > 0] == composite[mask > 0]).all()


def test_out_of_memory_retries_a_smaller_image_if_drawn_side_is_set(start_double, generate):
    server = start_double("a1111")
    server.misbehave("out of memory", times=1)
    result = generate(server.url, width=1024, height=1024, diffusion={"drawn_side": 1024})
    assert server.image_requests[-1]["width"] == 768 and result.pixels.shape == (1024, 1024, 3)
    assert result.measured["retries"] == 1
    server.misbehave("out of memory", times=1)
    with pytest.raises(DiffusionOutOfMemory):
        generate(server.url, width=1024, height=1024)


def test_a_prompt_that_names_the_product_gives_a_warning(start_double, generate):
    server = start_double("a1111")
    named = {"width": 256, "height": 256}
    result = generate(server.url, product="beach", **named)
    assert [each.reason for each in result.warnings] == ["PROMPT_NAMES_PRODUCT"]
    assert result.parameters["prompt"] == "a beach"


def test_product_to_negative_moves_the_name_to_the_negative_prompt(start_double):
    server = start_double("a1111")
    engine = open_background("a1111", BackgroundSettings(a1111_url=server.url))
    request = background.BackgroundRequest(
        "a jar on marble", 256, 256, 1, "people", product_to_negative=True
    )
    *_, result = engine.generate(request)
    assert not result.warnings
    (sent,) = server.image_requests
    assert (sent["prompt"], sent["negative_prompt"]) == ("on marble", "people, jar")
    assert result.parameters["prompt"] == "on marble"
    assert result.parameters["negative_prompt"] == "people, jar"


def test_server_arguments_in_a_prompt_are_rejected(start_double, repaint):
    server = start_double("sdcpp")
    engine = open_inpainting("a1111", InpaintingSettings(a1111_url=server.url))
    prompt = 'x <sd_cpp_extra_args>{"width": 8192}</sd_cpp_extra_args>'
    mask = np.full((64, 64), 255, np.uint8)
    request = inpainting.InpaintingRequest(np.zeros((64, 64, 3), np.uint8), mask, prompt=prompt)
    with pytest.raises(InvalidRequest, match="options as options"):
        list(engine.inpaint(request))
    assert server.state()["started"] == 0


def test_a_composite_larger_than_servers_support_requires_drawn_side(start_double, repaint):
    server = start_double("a1111")
    wide = {"picture": np.zeros((64, 2100, 3), np.uint8), "alpha": np.zeros((64, 2100), np.uint8)}
    wide["picture"][:, ::2] = 200
    wide["alpha"][20:40, 20:40] = 255
    with pytest.raises(InvalidRequest, match="send 64 to 2048"):
        repaint(server.url, **wide)
    assert server.state()["started"] == 0
    result = repaint(server.url, diffusion={"drawn_side": 1024}, **wide)
    assert result.pixels.shape == (64, 2100, 3)


def test_equal_requests_give_equal_images_and_parameters(start_double, repaint):
    server = start_double("a1111")
    first, second = repaint(server.url), repaint(server.url)
    assert_image_equal(first.pixels, second.pixels)
    assert first.parameters == second.parameters
    assert {"generate_ms", "queue_ms", "bytes_sent", "bytes_received"} <= first.measured.keys()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("127.0.0.1:7860", "http://host:port"),
        ("http://me:pw@host:1", "auth file"),
        ("http://host:70000", "port"),
        ("http://[::1", "http://host:port"),
        ("http://host:1/?a=b", "http://host:port"),
    ],
)
def test_an_invalid_address_is_explained(generate, url, hint):
    with pytest.raises(ValueError, match=hint):
        generate(url)


@pytest.mark.parametrize("content", [None, "nocolon"])
def test_an_invalid_password_file_is_explained(tmp_path, generate, content):
    path = tmp_path / "auth"
    if content:
        path.write_text(content)
    with pytest.raises(EngineNotReady, match="A1111_AUTH_FILE") as caught:
        generate("http://127.0.0.1:9", settings={"a1111_auth_file": str(path)})
    assert str(path) not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "text"), [(None, "cannot be read"), ("no certificate", "certificates in PEM")]
)
def test_an_invalid_ca_file_is_explained(tmp_path, generate, content, text):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(EngineNotReady, match=f"CYCLORAMA_A1111_CA_FILE .*{text}") as caught:
        generate("https://127.0.0.1:9", settings={"a1111_ca_file": str(path)})
    assert str(path) not in str(caught.value)


def test_an_engine_without_address_names_the_setting(generate):
    with pytest.raises(EngineNotReady, match="CYCLORAMA_A1111_URL"):
        generate()


def test_proxies_of_the_environment_are_ignored(start_double, generate, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert generate(start_double("a1111").url).pixels.any()


def test_images_share_one_connection(start_double):
    server = start_double("a1111")
    engine = open_background("a1111", BackgroundSettings(a1111_url=server.url))
    for seed in range(3):
        list(engine.generate(background.BackgroundRequest("a beach", 256, 256, seed)))
    assert server.state()["image_connections"] == 1
