"""Faults of servers: each has its own status and reason, and none blocks the next call."""

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
from services.diffusion import errors
from services.diffusion.errors import InitIgnored, MaskIgnored
from services.imaging.images import encode_image
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.errors import ServiceError
from tests.support.pictures import assert_image_equal
from tests.support.serving import read_error_details, serve_service

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
INTERNAL = grpc.StatusCode.INTERNAL
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
RAW = image_pb2.IMAGE_FORMAT_RAW_RGB


@pytest.fixture
def connect_stage():
    """Yields a function that serves the background stage in front of servers: its stub."""
    with ExitStack() as opened:

        def connect(*urls, dialect="a1111"):
            addresses = {f"{dialect}_url": ",".join(urls)}
            settings = BACKGROUND.settings(**addresses, engines=dialect)
            channel = opened.enter_context(serve_service(BACKGROUND.open_service(settings)))
            return background_pb2_grpc.BackgroundServiceStub(channel)

        yield connect


@pytest.fixture
def inpaint(product):
    """Returns a function that calls the inpainting stage in front of servers: its responses."""
    composite, mask = product

    def run(*urls, dialect="a1111", times=1, between=lambda: None, selftest=True, **choice):
        addresses = {f"{dialect}_url": ",".join(urls)}
        service = INPAINTING.open_service(
            INPAINTING.settings(
                **addresses, engines=f"{dialect},grounding", diffusion_selftest=selftest
            )
        )
        sent = inpainting_pb2.InpaintSceneRequest(
            composite=encode_image(composite, RAW),
            mask=encode_image(mask, image_pb2.IMAGE_FORMAT_RAW_GRAY),
            options={"engine": engine_pb2.EngineChoice(**choice)},
        )
        with serve_service(service) as channel:
            stub = inpainting_pb2_grpc.InpaintingServiceStub(channel)
            for _ in range(times - 1):
                list(stub.InpaintScene(sent, timeout=60))
                between()
            return list(stub.InpaintScene(sent, timeout=60))

    return run


@pytest.fixture
def short_backoff(monkeypatch):
    """Servers that cannot be reached are given up after less than a second."""
    monkeypatch.setattr(errors, "FIRST_BACKOFF", 0.01)


def create_request(engine="a1111"):
    return background_pb2.GenerateBackgroundRequest(
        prompt="a beach",
        size=image_pb2.Size(width=320, height=256),
        seed=2,
        accept_format=RAW,
        options=background_pb2.BackgroundOptions(engine=engine_pb2.EngineChoice(name=engine)),
    )


def catch_error(stub, seconds=20, engine="a1111") -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.GenerateBackground(create_request(engine), timeout=seconds))
    return caught.value


# What a server does wrong, status and reason of the error, and the images that it started.
FAULTS = (
    ("out of memory", grpc.StatusCode.RESOURCE_EXHAUSTED, "DIFFUSION_OUT_OF_MEMORY", 0),
    ("no api", PRECONDITION, "DIFFUSION_REFUSED", 0),
    ("unprocessable", PRECONDITION, "DIFFUSION_REFUSED", 0),
    ("password", PRECONDITION, "DIFFUSION_UNAUTHORIZED", 0),
    ("broken", INTERNAL, "DIFFUSION_FAILED", 0),
    ("busy", UNAVAILABLE, "DIFFUSION_BUSY", 0),
    ("rate limit", UNAVAILABLE, "DIFFUSION_BUSY", 0),
    ("bad gateway", UNAVAILABLE, "DIFFUSION_UNREACHABLE", 0),
    ("cut", UNAVAILABLE, "DIFFUSION_UNREACHABLE", 3),
    ("html", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("nothing", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("empty text", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("garbage", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("truncated", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("black", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("flat", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("other size", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("mixed up", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
)
COMFYUI_FAULTS = (
    ("out of memory", grpc.StatusCode.RESOURCE_EXHAUSTED, "DIFFUSION_OUT_OF_MEMORY", 1),
    ("node error", INTERNAL, "DIFFUSION_FAILED", 1),
    ("no api", PRECONDITION, "DIFFUSION_REFUSED", 0),
    ("password", PRECONDITION, "DIFFUSION_UNAUTHORIZED", 0),
    ("forbidden", PRECONDITION, "DIFFUSION_UNAUTHORIZED", 0),
    ("broken", INTERNAL, "DIFFUSION_FAILED", 0),
    ("busy", UNAVAILABLE, "DIFFUSION_BUSY", 0),
    ("html", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 0),
    ("lying node errors", PRECONDITION, "DIFFUSION_WRONG_MODEL", 1),
    ("nothing", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("garbage", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("truncated", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("black", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("flat", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
    ("other size", INTERNAL, "DIFFUSION_INVALID_OUTPUT", 1),
)


@pytest.mark.parametrize(
    ("kind", "fault", "code", "reason", "sent"),
    [("a1111", *fault) for fault in FAULTS] + [("comfyui", *fault) for fault in COMFYUI_FAULTS],
)
def test_every_fault_has_its_status_and_reason_and_frees_the_slot(
    start_double, connect_stage, kind, fault, code, reason, sent
):
    server = start_double(kind)
    stub = connect_stage(server.url, dialect=kind)
    server.misbehave(fault)
    error = catch_error(stub, engine=kind)
    assert (error.code(), read_error_details(error)["ErrorInfo"].reason) == (code, reason)
    assert "127.0.0.1" not in error.details() and "://" not in error.details()
    assert server.state()["started"] == sent, "an unexpected image was generated"
    if reason != "DIFFUSION_UNAUTHORIZED" and sent < 3:
        server.misbehave("")
        assert list(stub.GenerateBackground(create_request(kind), timeout=20))[-1].HasField(
            "result"
        )


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_hanging_server_times_out_before_the_callers_deadline(start_double, connect_stage, fault):
    server = start_double("a1111")
    stub = connect_stage(server.url)
    server.misbehave(fault)
    error = catch_error(stub, seconds=4)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # Our own words, which only an answer in time can bring.
    assert read_error_details(error)["ErrorInfo"].reason == "DIFFUSION_TIMEOUT"


@pytest.mark.parametrize(("fault", "count"), [("gateway timeout", 2), ("proxy timeout", 2)])
def test_a_retry_after_a_proxy_timeout_waits_until_the_server_is_idle(
    start_double, generate, fault, count
):
    server = start_double("a1111")
    server.misbehave(fault, times=1)
    assert generate(server.url).measured["retries"] == 1
    state = server.state()
    assert (state["started"], state["max_in_flight"]) == (count, 1)


def test_a_proxy_timeout_without_progress_is_not_retried(start_double, generate):
    server = start_double("sdcpp", has_jobs=False)
    server.misbehave("gateway timeout")
    with pytest.raises(ServiceError) as caught:
        generate(server.url)
    assert caught.value.reason == "DIFFUSION_TIMEOUT" and server.state()["started"] == 1


@pytest.mark.parametrize("fault", ["busy", "rate limit", "bad gateway", "cut"])
def test_temporary_errors_are_retried_with_the_same_seed(start_double, generate, fault):
    server = start_double("a1111")
    plain = generate(server.url)
    server.misbehave(fault, times=1)
    result = generate(server.url)
    assert result.measured["retries"] == 1
    assert_image_equal(result.pixels, plain.pixels)
    assert {sent["seed"] for sent in server.image_requests} == {1}


@pytest.mark.parametrize("fault", ["data uri", "info empty"])
def test_harmless_variations_of_a_response_change_nothing(start_double, generate, fault):
    server = start_double("a1111")
    plain = generate(server.url)
    server.misbehave(fault)
    assert_image_equal(generate(server.url).pixels, plain.pixels)


def test_a_smaller_image_of_the_same_aspect_is_enlarged_with_a_warning(start_double, generate):
    server = start_double("a1111")
    server.misbehave("half size")
    result = generate(server.url)
    assert result.pixels.shape == (130, 200, 3)
    assert [each.reason for each in result.warnings] == ["SERVER_RESIZED"]


@pytest.mark.parametrize("kind", ["a1111", "sdcpp", "koboldcpp"])
def test_a_server_that_ignores_the_init_image_is_detected(start_double, repaint, kind):
    server = start_double(kind)
    server.misbehave("init ignored")
    with pytest.raises(InitIgnored):
        repaint(server.url, diffusion_selftest=False)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("a1111", "mask ignored"), ("a1111", "polarity inverted"), ("comfyui", "polarity inverted")],
)
def test_a_server_that_ignores_masks_is_detected_before_it_gets_the_product(
    start_double, repaint, kind, fault
):
    server = start_double(kind)
    server.misbehave(fault)
    with pytest.raises(MaskIgnored):
        repaint(server.url, dialect=kind)
    assert not server.image_requests


def test_a_server_that_ignores_masks_is_skipped_in_a_pool(start_double, repaint):
    worse, better = start_double("a1111"), start_double("forge")
    worse.misbehave("mask ignored")
    for _ in range(2):
        assert repaint(worse.url, better.url).parameters["kind"] == "forge"
    assert not worse.image_requests


def test_masks_are_tested_once_before_grounding_answers_instead(start_double, inpaint):
    server = start_double("a1111")
    server.misbehave("mask ignored")
    answers = inpaint(server.url, times=2)
    assert answers[-1].result.run.engine == "grounding"
    assert server.state()["started"] == 3


def test_a_wrong_password_is_reported_while_the_circuit_is_open(start_double, connect_stage):
    server = start_double("a1111")
    server.misbehave("password")
    stub = connect_stage(server.url)
    reasons = [read_error_details(catch_error(stub))["ErrorInfo"].reason for _ in range(2)]
    assert reasons == ["DIFFUSION_UNAUTHORIZED"] * 2
    labels = {"dialect": "a1111", "server": "1"}
    assert REGISTRY.get_sample_value("cyclorama_diffusion_circuit_open", labels) == 1


@pytest.mark.parametrize("fault", ["lock blurred", "washed out", "product grown"])
def test_product_pixels_are_restored_whatever_the_server_returns(
    start_double, repaint, product, fault
):
    composite, mask = product
    server = start_double("a1111")
    server.misbehave(fault)
    assert_image_equal(repaint(server.url).pixels[mask > 0], composite[mask > 0])


def test_a_product_that_grew_is_generated_again_with_less_denoising(start_double, repaint):
    server = start_double("a1111")
    server.misbehave("product grown")
    result = repaint(server.url)
    assert result.measured["grown_retried"] and result.measured["grown"] < 0.05
    assert [each["denoising_strength"] for each in server.image_requests] == [0.35, 0.21]
    assert not result.warnings


def test_a_product_that_grew_twice_is_reported_as_a_warning(start_double, repaint):
    server = start_double("a1111")
    server.misbehave("product grown")
    result = repaint(server.url, strength=0.6)
    assert result.measured["grown"] > 0.2
    (warning,) = result.warnings
    assert warning.reason == "PRODUCT_GREW" and "the model painted" in warning.message


def test_a_named_engine_without_server_fails_as_unreachable(connect_stage, short_backoff):
    error = catch_error(connect_stage("http://127.0.0.1:9"))
    assert error.code() is UNAVAILABLE
    assert read_error_details(error)["ErrorInfo"].reason == "DIFFUSION_UNREACHABLE"


@pytest.mark.parametrize("fault", ["black", "out of memory", "no api", "init ignored"])
def test_the_embedded_engine_answers_if_fallback_is_allowed(start_double, inpaint, fault):
    server = start_double("a1111")
    server.misbehave(fault)
    *_, last = inpaint(server.url, name="a1111", allow_fallback=True)
    assert last.result.run.engine == "grounding"
    assert [each.reason for each in last.result.run.warnings] == ["FELL_BACK"]


def test_auto_reports_the_error_of_a_reachable_server(start_double, inpaint):
    server = start_double("a1111")
    server.misbehave("out of memory")
    with pytest.raises(grpc.RpcError) as caught:
        inpaint(server.url)
    assert read_error_details(caught.value)["ErrorInfo"].reason == "DIFFUSION_OUT_OF_MEMORY"


def test_auto_uses_the_embedded_engine_once_the_server_is_unreachable(
    start_double, inpaint, short_backoff
):
    server = start_double("a1111")
    answers = inpaint(server.url, times=2, between=server.kill)
    assert answers[-1].result.run.engine == "grounding"
    assert [each.reason for each in answers[-1].result.run.warnings] == ["FELL_BACK"]


def test_the_inpainting_stage_streams_previews(start_double, inpaint):
    answers = inpaint(start_double("a1111", 3).url, selftest=False)
    assert any(answer.progress.HasField("preview") for answer in answers[:-1])


def test_a_size_that_no_server_supports_is_rejected_before_anything_is_sent(start_double, repaint):
    server = start_double("sdcpp")
    picture = np.full((64, 2100, 3), 90, np.uint8)
    alpha = np.full((64, 2100), 255, np.uint8)
    with pytest.raises(ServiceError, match="drawn_side"):
        repaint(server.url, picture=picture, alpha=alpha)
    assert server.state()["started"] == 0
