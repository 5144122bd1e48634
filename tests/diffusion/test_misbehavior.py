"""Every way in which a server misbehaves ends in its own status and reason, and blocks nothing."""

from contextlib import ExitStack

import grpc
import numpy as np
import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import (
    background_pb2,
    background_pb2_grpc,
    engine_pb2,
    image_pb2,
    inpainting_pb2,
    inpainting_pb2_grpc,
)
from services.background.servicer import STAGE as BACKGROUND
from services.diffusion.errors import InitIgnored, MaskIgnored
from services.imaging.images import encode_image
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.errors import ServiceError
from tests.support.pictures import assert_image_equal
from tests.support.serving import details_of, served

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
RAW = image_pb2.IMAGE_FORMAT_RAW_RGB


@pytest.fixture
def stage():
    """Serves the background stage on the servers at some addresses and yields its stub."""
    with ExitStack() as opened:

        def start(*urls):
            settings = BACKGROUND.settings(a1111_url=",".join(urls), engines="a1111")
            channel = opened.enter_context(served(BACKGROUND.open_service(settings)))
            return background_pb2_grpc.BackgroundServiceStub(channel)

        yield start


@pytest.fixture
def ground(product):
    """Runs the inpainting stage, both engines, in front of some servers: all its answers."""
    composite, mask = product

    def run(*urls, times=1, between=lambda: None, **choice):
        service = INPAINTING.open(INPAINTING.settings(a1111_url=",".join(urls)))
        asked = inpainting_pb2.InpaintSceneRequest(
            composite=encode_image(composite, RAW),
            mask=encode_image(mask, image_pb2.IMAGE_FORMAT_RAW_GRAY),
            options={"engine": engine_pb2.EngineChoice(**choice)},
        )
        with served(service) as channel:
            stub = inpainting_pb2_grpc.InpaintingServiceStub(channel)
            for _ in range(times - 1):
                list(stub.InpaintScene(asked, timeout=60))
                between()
            return list(stub.InpaintScene(asked, timeout=60))

    return run


def request():
    return background_pb2.GenerateBackgroundRequest(
        prompt="a beach",
        size=image_pb2.Size(width=320, height=256),
        seed=2,
        accept_format=RAW,
        options=background_pb2.BackgroundOptions(engine=engine_pb2.EngineChoice(name="a1111")),
    )


def refusal(stub, seconds=20) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.GenerateBackground(request(), timeout=seconds))
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code", "reason", "sent"),
    [
        ("out of memory", grpc.StatusCode.RESOURCE_EXHAUSTED, "SD_OUT_OF_MEMORY", 0),
        ("no api", PRECONDITION, "SD_REFUSED", 0),
        ("unprocessable", PRECONDITION, "SD_REFUSED", 0),
        ("password", PRECONDITION, "SD_UNAUTHORIZED", 0),
        ("broken", UNAVAILABLE, "SD_FAILED", 0),
        ("busy", UNAVAILABLE, "SD_BUSY", 0),
        ("rate limit", UNAVAILABLE, "SD_BUSY", 0),
        ("bad gateway", UNAVAILABLE, "SD_UNREACHABLE", 0),
        ("cut", UNAVAILABLE, "SD_UNREACHABLE", 3),
        ("html", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("nothing", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("empty text", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("garbage", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("truncated", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("black", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("flat", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("other size", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
        ("mixed up", UNAVAILABLE, "SD_INVALID_OUTPUT", 1),
    ],
)
def test_every_misbehavior_has_its_status_and_reason_and_leaves_the_slot_free(
    start, stage, fault, code, reason, sent
):
    server = start("a1111")
    stub = stage(server.url)
    server.misbehave(fault)
    error = refusal(stub)
    assert (error.code(), details_of(error)["ErrorInfo"].reason) == (code, reason)
    assert "127.0.0.1" not in error.details() and "://" not in error.details()
    assert server.state()["started"] == sent, "a picture was drawn that nobody asked for"
    if reason != "SD_UNAUTHORIZED" and sent < 3:
        server.misbehave("")
        assert list(stub.GenerateBackground(request(), timeout=20))[-1].HasField("result")


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_server_that_does_not_finish_is_left_before_the_deadline(start, stage, fault):
    server = start("a1111")
    stub = stage(server.url)
    server.misbehave(fault)
    error = refusal(stub, seconds=4)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # Our own words, which only an answer in time can bring.
    assert details_of(error)["ErrorInfo"].reason == "SD_TIMEOUT"


@pytest.mark.parametrize(("fault", "count"), [("gateway timeout", 2), ("proxy timeout", 2)])
def test_after_a_proxys_timeout_the_next_try_waits_until_the_server_is_idle(
    start, draw, fault, count
):
    server = start("a1111")
    server.misbehave(fault, times=1)
    assert draw(server.url).measured["retries"] == 1
    state = server.state()
    assert (state["started"], state["most_at_once"]) == (count, 1)


def test_without_progress_a_proxys_timeout_is_not_sent_again(start, draw):
    server = start("sdcpp")
    server.misbehave("gateway timeout")
    with pytest.raises(ServiceError) as caught:
        draw(server.url)
    assert caught.value.reason == "SD_TIMEOUT" and server.state()["started"] == 1


@pytest.mark.parametrize("fault", ["busy", "rate limit", "bad gateway", "cut"])
def test_what_may_pass_is_tried_again_with_the_same_seed(start, draw, fault):
    server = start("a1111")
    plain = draw(server.url)
    server.misbehave(fault, times=1)
    made = draw(server.url)
    assert made.measured["retries"] == 1
    assert_image_equal(made.pixels, plain.pixels)
    assert {asked["seed"] for asked in server.asked} == {1}


@pytest.mark.parametrize("fault", ["data uri", "info empty"])
def test_harmless_differences_change_nothing(start, draw, fault):
    server = start("a1111")
    plain = draw(server.url)
    server.misbehave(fault)
    assert_image_equal(draw(server.url).pixels, plain.pixels)


def test_a_smaller_picture_of_the_same_shape_is_enlarged_and_told(start, draw):
    server = start("a1111")
    server.misbehave("half size")
    made = draw(server.url)
    assert made.pixels.shape == (130, 200, 3)
    assert [each.reason for each in made.warnings] == ["SERVER_RESIZED"]


@pytest.mark.parametrize("kind", ["a1111", "sdcpp", "koboldcpp"])
def test_a_server_that_paints_something_else_is_found_out(start, repaint, kind):
    server = start(kind)
    server.misbehave("init ignored")
    with pytest.raises(InitIgnored):
        repaint(server.url, diffusion_selftest=False)


@pytest.mark.parametrize("fault", ["mask ignored", "polarity inverted"])
def test_a_server_that_keeps_no_masks_is_found_out_before_it_sees_the_product(
    start, repaint, fault
):
    server = start("a1111")
    server.misbehave(fault)
    with pytest.raises(MaskIgnored):
        repaint(server.url)
    assert not server.asked


def test_a_server_that_keeps_no_masks_is_left_out_of_a_pool(start, repaint):
    worse, better = start("a1111"), start("forge")
    worse.misbehave("mask ignored")
    for _ in range(2):
        assert repaint(worse.url, better.url).parameters["kind"] == "forge"
    assert not worse.asked


def test_a_server_that_keeps_no_masks_is_told_once_and_grounding_takes_over(start, ground):
    server = start("a1111")
    server.misbehave("mask ignored")
    answers = ground(server.url, times=2)
    assert answers[-1].result.run.engine == "grounding"
    assert server.state()["started"] == 3


def test_a_wrong_password_is_told_as_such_though_the_server_is_left_alone(start, stage):
    server = start("a1111")
    server.misbehave("password")
    stub = stage(server.url)
    reasons = [details_of(refusal(stub))["ErrorInfo"].reason for _ in range(2)]
    assert reasons == ["SD_UNAUTHORIZED"] * 2
    labels = {"dialect": "a1111", "server": "1"}
    assert REGISTRY.get_sample_value("cyclorama_diffusion_circuit_open", labels) == 1


@pytest.mark.parametrize("fault", ["lock blurred", "washed out", "product grown"])
def test_the_lock_holds_whatever_the_server_does_to_it(start, repaint, product, fault):
    composite, mask = product
    server = start("a1111")
    server.misbehave(fault)
    assert_image_equal(repaint(server.url).pixels[mask > 0], composite[mask > 0])


def test_a_product_that_grew_is_drawn_again_with_less_denoising(start, repaint):
    server = start("a1111")
    server.misbehave("product grown")
    made = repaint(server.url)
    assert made.measured["grown_retried"] and made.measured["grown"] < 0.05
    assert [each["denoising_strength"] for each in server.asked] == [0.35, 0.21]
    assert not made.warnings


def test_a_product_that_grew_twice_is_told(start, repaint):
    server = start("a1111")
    server.misbehave("product grown")
    made = repaint(server.url, strength=0.6)
    assert made.measured["grown"] > 0.2
    assert [each.reason for each in made.warnings] == ["PRODUCT_GREW"]


def test_a_server_that_is_gone_is_unreachable_though_it_was_named(stage):
    error = refusal(stage("http://127.0.0.1:9"))
    assert error.code() is UNAVAILABLE
    assert details_of(error)["ErrorInfo"].reason == "SD_UNREACHABLE"


@pytest.mark.parametrize("fault", ["black", "out of memory", "no api", "init ignored"])
def test_the_embedded_engine_takes_over_where_the_caller_allows_it(start, ground, fault):
    server = start("a1111")
    server.misbehave(fault)
    *_, last = ground(server.url, name="a1111", allow_fallback=True)
    assert last.result.run.engine == "grounding"
    assert [each.reason for each in last.result.run.warnings] == ["FELL_BACK"]


def test_auto_stays_with_a_server_that_is_there_and_says_what_it_did_wrong(start, ground):
    server = start("a1111")
    server.misbehave("out of memory")
    with pytest.raises(grpc.RpcError) as caught:
        ground(server.url)
    assert details_of(caught.value)["ErrorInfo"].reason == "SD_OUT_OF_MEMORY"


def test_auto_takes_the_embedded_engine_once_the_server_is_gone(start, ground):
    server = start("a1111")
    answers = ground(server.url, times=2, between=server.kill)
    assert answers[-1].result.run.engine == "grounding"
    assert [each.reason for each in answers[-1].result.run.warnings] == ["FELL_BACK"]


def test_the_inpainting_stage_shows_the_picture_so_far(start, ground):
    answers = ground(start("a1111", 3).url)
    assert any(answer.progress.HasField("preview") for answer in answers[:-1])


def test_a_request_that_servers_would_bend_is_refused_before_anything_is_sent(start, repaint):
    server = start("sdcpp")
    picture = np.full((64, 2100, 3), 90, np.uint8)
    alpha = np.full((64, 2100), 255, np.uint8)
    with pytest.raises(ServiceError, match="drawn_side"):
        repaint(server.url, picture=picture, alpha=alpha)
    assert server.state()["started"] == 0
