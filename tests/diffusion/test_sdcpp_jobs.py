"""Jobs of stable-diffusion.cpp: queue position, cancel, and servers that lose or break them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest

from services.background.engine import BackgroundRequest
from services.background.engines import BackgroundSettings, open_engine
from services.diffusion import errors, pace, task, transport
from services.diffusion.dialects.a1111 import sdcpp_jobs
from services.diffusion.dialects.a1111.sdcpp_jobs import (
    offers_jobs,
    read_job_body,
    write_job_body,
)
from services.diffusion.errors import InvalidOutput, WrongModel
from services.diffusion.images import image_from_base64
from services.diffusion.names import SamplerNames
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.settings import SamplingOptions
from services.diffusion.transport import HttpResponse
from services.runtime.errors import ServiceError
from tests.support.pictures import assert_image_equal
from tests.support.waiting import wait_until

REQUEST = BackgroundRequest("a beach", 200, 130, seed=1)


@pytest.fixture
def server(start_double):
    return start_double("sdcpp")


@pytest.fixture
def engine(server, monkeypatch):
    """The background engine, which polls 50 times per second and retries at once."""
    monkeypatch.setattr(task, "PROGRESS_POLL", 0.02)
    monkeypatch.setattr(sdcpp_jobs, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(errors, "FIRST_BACKOFF", 0.0)
    return open_engine("a1111", BackgroundSettings(a1111_url=server.url))


def run_engine(engine, request=REQUEST):
    *_, result = engine.generate(request)
    return result


def next_position(work) -> int:
    """Runs an engine until it reports a place in the server's queue, and returns that."""
    return next(step.queue_position for step in work if step.queue_position is not None)


def count_polls(server) -> int:
    return server.state()["control_requests"]


def test_jobs_return_what_the_other_api_returns(start_double, server, generate):
    by_job = generate(server.url, diffusion={"sampler": "euler_a"})
    older = start_double("sdcpp", has_jobs=False)
    by_call = generate(older.url, diffusion={"sampler": "euler_a"})
    assert_image_equal(by_job.pixels, by_call.pixels)
    assert by_job.parameters == by_call.parameters | {"kind": "sdcpp"}
    assert set(by_job.measured) - set(by_call.measured) == {"server_queue_ms"}
    assert server.image_requests[0]["embeds_metadata"]
    assert "embeds_metadata" not in older.image_requests[0]


def test_a_job_asks_for_the_same_image_in_the_words_of_its_api():
    pixels = np.zeros((64, 128, 3), np.uint8)
    locked = np.zeros((64, 128), bool)
    locked[:, :32] = True
    sampling = SamplingOptions(steps=9, cfg_scale=5.5)
    init = InitImage(pixels, locked, 0.3)
    request = DiffusionRequest("a beach", "people", 128, 64, 7, sampling, init)
    sent = json.loads(write_job_body(request, SamplerNames("euler_a", "karras")))
    assert sent["sample_params"] == {
        "sample_steps": 9,
        "guidance": {"txt_cfg": 5.5},
        "sample_method": "euler_a",
        "scheduler": "karras",
    }
    assert (sent["prompt"], sent["negative_prompt"]) == ("a beach", "people")
    assert (sent["width"], sent["height"], sent["seed"], sent["strength"]) == (128, 64, 7, 0.3)
    free = image_from_base64(sent["mask_image"])[..., 0]
    assert_image_equal(free == 255, ~locked)


def test_queued_calls_report_how_many_images_come_first(server, engine):
    server.misbehave("hang", times=1)
    server.queue_others(2)
    work = engine.generate(REQUEST)
    assert next_position(work) == 2
    server.misbehave("")
    *steps, result = work
    assert result.measured["server_queue_ms"] > 0
    positions = [each.queue_position for each in steps]
    assert positions == sorted(positions, reverse=True)
    assert result.pixels.shape == (130, 200, 3)


def test_a_queued_job_is_canceled_when_its_caller_leaves(server, engine):
    server.misbehave("hang", times=1)
    server.queue_others(1)
    with closing(engine.generate(REQUEST)) as work:
        assert next_position(work) == 1
    wait_until(lambda: server.state()["cancels"], "the cancel")
    with closing(engine.generate(REQUEST)) as work:
        # The job that was canceled is not in front of it.
        assert next_position(work) == 1
    wait_until(lambda: server.state()["cancels"] == 2, "the next cancel")
    server.misbehave("")
    assert run_engine(engine).measured["retries"] == 0
    assert [each["prompt"] for each in server.state()["image_requests"]][1:] == ["a beach"]


def test_a_generating_job_keeps_the_slot_until_it_ends(server, engine):
    run_engine(engine)
    server.misbehave("hang", times=1)
    threading.Thread(target=leave_while_generating, args=(server, engine)).start()
    wait_until(lambda: server.state()["cancels"], "the cancel, which the server refuses")
    polls = count_polls(server)
    wait_until(lambda: count_polls(server) > polls + 1, "the wait for the end of the job")
    assert server.state()["in_flight"] == server.state()["cancels"] == 1
    server.misbehave("")
    assert run_engine(engine).pixels.shape == (130, 200, 3)
    assert server.state()["max_in_flight"] == 1


def leave_while_generating(server, engine):
    """Starts a call and closes it once the server generates its image."""
    with closing(engine.generate(REQUEST)) as work:
        assert next_position(work) == 0
        wait_until(lambda: server.state()["in_flight"], "the image")


def test_a_server_that_fails_to_cancel_is_asked_again(server, engine):
    server.misbehave("cancel fails", times=1)
    with closing(engine.generate(REQUEST)) as work:
        # Behind an image of the self-test, perhaps.
        assert next_position(work) >= 0
    wait_until(lambda: server.state()["cancels"] >= 2, "the second cancel")


def count_ended_jobs(server):
    """Returns how many jobs were generated, or canceled before that."""
    state = server.state()
    return state["finished"] + state["dropped"]


@pytest.mark.parametrize(
    ("fault", "reason", "started"),
    [
        ("job failed", "DIFFUSION_FAILED", 1),
        ("job canceled", "DIFFUSION_FAILED", 1),
        ("job out of memory", "DIFFUSION_OUT_OF_MEMORY", 1),
        ("job lost", "DIFFUSION_UNREACHABLE", 3),
        ("polls fail", "DIFFUSION_FAILED", 1),
        ("cut", "DIFFUSION_UNREACHABLE", 3),
        ("job queue full", "DIFFUSION_BUSY", 0),
        ("job id invalid", "DIFFUSION_INVALID_OUTPUT", 1),
        ("job status unknown", "DIFFUSION_INVALID_OUTPUT", 1),
        ("job of another", "DIFFUSION_INVALID_OUTPUT", 1),
        ("job without result", "DIFFUSION_INVALID_OUTPUT", 1),
        ("html", "DIFFUSION_INVALID_OUTPUT", 1),
        ("nothing", "DIFFUSION_INVALID_OUTPUT", 1),
        ("truncated", "DIFFUSION_INVALID_OUTPUT", 1),
        ("mixed up", "DIFFUSION_INVALID_OUTPUT", 1),
    ],
)
def test_every_fault_of_a_job_has_its_reason_and_frees_the_slot(
    server, engine, fault, reason, started
):
    server.misbehave(fault)
    with pytest.raises(ServiceError) as caught:
        run_engine(engine, BackgroundRequest("a beach", 200, 130, seed=2))
    assert caught.value.reason == reason
    assert "127.0.0.1" not in str(caught.value) and "beach" not in str(caught.value)
    wait_until(lambda: count_ended_jobs(server) == started, "the ends of the failed jobs")
    if started < 3:
        server.misbehave("")
        assert run_engine(engine).measured["retries"] == 0


@pytest.mark.parametrize("fault", ["job lost", "job expired", "no api", "polls break"])
def test_a_job_that_a_server_forgot_is_sent_again_with_the_same_seed(server, engine, fault):
    plain = run_engine(engine)
    server.misbehave(fault, times=1)
    again = run_engine(engine)
    assert again.measured["retries"] == 1
    assert_image_equal(again.pixels, plain.pixels)
    assert {each["seed"] for each in server.image_requests} == {1}


def test_a_job_whose_cancel_was_lost_is_canceled_before_the_next(server, engine):
    server.misbehave("connection lost", times=1)
    work = engine.generate(REQUEST)
    assert next(step for step in work if step.queue_position).queue_position == 1
    assert server.state()["cancels"] == 1
    server.misbehave("")
    *_, result = work
    assert result.measured["retries"] == 1


def test_an_image_in_flight_survives_a_restart_of_the_server(server, generate):
    plain = generate(server.url)
    server.misbehave("hang", times=1)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(generate, server.url)
        wait_until(lambda: server.state()["in_flight"], "the image")
        server.restart()
        again = call.result(60)
    assert again.measured["retries"] > 0
    assert_image_equal(again.pixels, plain.pixels)
    assert [each["seed"] for each in server.image_requests] == [1]


@pytest.mark.parametrize("fault", ["polls break twice", "job position absurd", "data uri"])
def test_harmless_faults_of_a_job_change_nothing(server, engine, fault):
    plain = run_engine(engine)
    server.misbehave(fault)
    result = run_engine(engine)
    assert_image_equal(result.pixels, plain.pixels)
    assert result.measured["retries"] == 0


def test_a_result_that_does_not_end_is_rejected(server, engine, monkeypatch):
    run_engine(engine)
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 4_000)
    monkeypatch.setattr(transport, "READ_CHUNK", 1_000)
    with pytest.raises(InvalidOutput, match="too large"):
        run_engine(engine)


def test_the_file_names_the_model_and_the_sampler(server, generate):
    result = generate(server.url, diffusion={"sampler": "dpmpp_2m"})
    assert (result.parameters["sampler"], result.model) == ("dpm++2m", "double-v1")
    server.misbehave("other model")
    assert generate(server.url).model == "another"
    with pytest.raises(WrongModel, match="another"):
        generate(server.url, diffusion={"model": "double-v1"})


def test_a_queued_job_does_not_count_as_hung(server, engine, monkeypatch):
    monkeypatch.setattr(pace, "MIN_TIMEOUT", 0.2)
    run_engine(engine)
    server.misbehave("hang", times=1)
    server.queue_others(1)
    work = engine.generate(REQUEST)
    assert next_position(work) == 1
    polls = count_polls(server)
    # They are 0.02 s apart.
    wait_until(lambda: count_polls(server) > polls + 10, "the timeout of an image")
    server.misbehave("")
    *_, result = work
    assert result.pixels.shape == (130, 200, 3)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"features_by_mode": {"img_gen": {"cancel_queued": True}}}, True),
        ({"features": {"cancel_queued": True}}, True),
        ({"features": {"cancel_queued": True}, "features_by_mode": {"vid_gen": {}}}, False),
        ({"features": {"cancel_queued": "yes"}}, False),
        ({"features_by_mode": {"img_gen": []}}, False),
        ({"version": "1"}, False),
    ],
)
def test_only_servers_that_can_cancel_image_jobs_get_jobs(capabilities, expected):
    assert offers_jobs(capabilities) == expected


@pytest.mark.parametrize(("reported", "expected"), [(3, 3), (-1, None), (1e3, None), (None, None)])
def test_a_queue_position_is_a_small_number(reported, expected):
    body = {"id": "job", "status": "queued", "queue_position": reported}
    job = read_job_body(HttpResponse(200, {}, json.dumps(body).encode()), "job")
    assert job.queue_position == expected
