"""The engines that lean on a Stable Diffusion server, against a real HTTP server."""

import base64
import io

import cv2
import grpc
import numpy as np
import pytest
from PIL import Image

from cyclorama.v1 import engine_pb2
from services.background import engine as background
from services.inpainting import engine as inpainting
from services.runtime.engines import Engines
from services.runtime.errors import CycloramaError, EngineNotReady
from services.sdapi.canvas import crop, pad
from tests.peers.sdapi import sdapi_server
from tests.pictures import assert_image_equal

AUTO = engine_pb2.EngineChoice()


@pytest.fixture
def server():
    with sdapi_server() as double:
        yield double


@pytest.fixture
def draw(server):
    """Draws a background of a size."""
    settings = background.Settings(sdapi_url=server.url, sdapi_seconds=1)
    engine = background.open_engine("a1111", settings)

    def run(width=200, height=130, **order) -> np.ndarray:
        *_, made = engine.make(background.Order("a beach", width, height, **order))
        return made.pixels

    return run


@pytest.fixture
def repaint(server):
    """Repaints the surroundings of a drawn product: the composite, its mask and the answer."""
    engine = inpainting.open_engine("a1111", inpainting.Settings(sdapi_url=server.url))
    mask = np.zeros((130, 200), np.uint8)
    cv2.circle(mask, (90, 60), 40, 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    y, x = np.mgrid[0:130, 0:200]
    composite = np.dstack([x, y, 255 - x]).astype(np.uint8)

    def run():
        *_, answer = engine.inpaint(inpainting.Order(composite, mask, prompt="a beach", seed=3))
        return composite, mask, answer

    return run


def sent(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_a_background_has_the_size_asked_for_and_follows_prompt_and_seed(draw):
    assert draw().shape == (130, 200, 3)
    assert_image_equal(draw(seed=1), draw(seed=1))
    assert (draw(seed=1) != draw(seed=2)).any()


def test_the_server_is_asked_in_multiples_of_64_with_an_explicit_seed(draw, server):
    draw(seed=5, negative_prompt="people")
    asked = server.asked[0]
    assert (asked["width"], asked["height"]) == (256, 192)
    assert (asked["seed"], asked["prompt"], asked["negative_prompt"]) == (5, "a beach", "people")
    assert None not in asked.values()


def test_inpainting_locks_the_product_to_the_bit_though_the_server_moved_it(repaint):
    composite, mask, answer = repaint()
    assert_image_equal(answer[mask == 255], composite[mask == 255])
    far = cv2.dilate(mask, np.ones((31, 31))) == 0
    assert np.abs(answer[far].astype(int) - composite[far]).mean() > 10


def test_the_mask_is_one_hard_channel_that_locks_the_padding_too(repaint, server):
    _, mask, _ = repaint()
    asked = server.asked[0]
    locked = sent(asked["mask"])
    assert locked.mode == "L" and locked.size == (256, 192)
    pixels = np.asarray(locked)
    assert set(np.unique(pixels)) == {0, 255}
    assert ((pixels[:130, :200] == 255) == (mask > 0)).all()
    assert (pixels[130:] == 255).all() and (pixels[:, 200:] == 255).all()
    assert sent(asked["init_images"][0]).mode == "RGB"


def test_what_the_lock_needs_is_sent_and_not_left_to_defaults(repaint, server):
    repaint()
    asked = server.asked[0]
    assert asked["inpainting_mask_invert"] == 1 and asked["denoising_strength"] == 0.35
    assert asked["mask_blur"] == 0 and asked["inpaint_full_res"] is False
    assert asked["inpainting_fill"] == 1


def test_an_answer_with_a_data_prefix_is_read(draw, server):
    plain = draw()
    server.fault = "data uri"
    assert_image_equal(draw(), plain)


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("hang", grpc.StatusCode.DEADLINE_EXCEEDED, "SD_TIMEOUT"),
        ("out of memory", grpc.StatusCode.RESOURCE_EXHAUSTED, "SD_OUT_OF_MEMORY"),
        ("no api", grpc.StatusCode.FAILED_PRECONDITION, "SD_REFUSED"),
        ("password", grpc.StatusCode.FAILED_PRECONDITION, "SD_REFUSED"),
        ("busy", grpc.StatusCode.UNAVAILABLE, "SD_UNREACHABLE"),
        ("html", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("cut", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("nothing", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("empty text", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("garbage", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("black", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
        ("other size", grpc.StatusCode.UNAVAILABLE, "SD_BAD_OUTPUT"),
    ],
)
def test_every_misbehaviour_has_its_status_and_reason_and_no_address(
    draw, server, fault, code, reason
):
    server.fault = fault
    with pytest.raises(CycloramaError) as caught:
        draw()
    assert (caught.value.code, caught.value.reason) == (code, reason)
    assert "127.0.0.1" not in str(caught.value)


def test_a_server_that_ignores_the_composite_is_found_out(repaint, server):
    server.fault = "init ignored"
    with pytest.raises(CycloramaError) as caught:
        repaint()
    assert caught.value.reason == "SD_INIT_IGNORED"


def test_a_server_that_is_gone_is_unreachable():
    engine = background.open_engine("a1111", background.Settings(sdapi_url="http://127.0.0.1:9"))
    with pytest.raises(CycloramaError) as caught:
        list(engine.make(background.Order("a beach")))
    assert caught.value.reason == "SD_UNREACHABLE"
    assert "start it" in engine.trouble()


def test_without_an_address_the_engine_is_not_ready_and_says_what_to_set():
    with pytest.raises(EngineNotReady, match="CYCLORAMA_SDAPI_URL"):
        background.open_engine("a1111", background.Settings())


def test_auto_takes_the_server_while_it_answers_and_the_embedded_twin_otherwise(server):
    def opened(url):
        settings = inpainting.Settings(sdapi_url=url)
        return Engines(settings.engines, lambda name: inpainting.open_engine(name, settings))

    assert opened(server.url).choose(AUTO).name == "a1111"
    assert opened("http://127.0.0.1:9").choose(AUTO).name == "grounding"
    assert opened("").choose(AUTO).name == "grounding"


def test_an_engine_that_is_named_does_not_fall_back_unless_that_is_allowed():
    settings = inpainting.Settings()
    engines = Engines(settings.engines, lambda name: inpainting.open_engine(name, settings))
    with pytest.raises(EngineNotReady, match="ready: grounding"):
        engines.choose(engine_pb2.EngineChoice(name="a1111"))
    allowed = engine_pb2.EngineChoice(name="a1111", allow_fallback=True)
    assert engines.choose(allowed).name == "grounding"
    statuses = {each.name: each for each in engines.statuses()}
    assert not statuses["a1111"].ready and "CYCLORAMA_SDAPI_URL" in statuses["a1111"].reason


@pytest.mark.parametrize("size", [(64, 64), (65, 64), (1000, 667)])
def test_padding_repeats_the_edge_and_cropping_undoes_it(size):
    width, height = size
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    padded = pad(picture)
    assert padded.shape[0] % 64 == padded.shape[1] % 64 == 0
    assert (padded[height - 1 :, :width] == picture[-1:]).all()
    assert_image_equal(crop(padded, width, height), picture)
