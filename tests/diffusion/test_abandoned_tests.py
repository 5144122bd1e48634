"""Callers that leave while a server generates a test image for them."""

import numpy as np
import pytest

from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.errors import DiffusionFailed
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.server import ImageServer
from services.diffusion.settings import SamplingOptions
from services.diffusion.task import DiffusionTask
from tests.support.clocks import ManualClock
from tests.support.waiting import wait_until

SIDE = 64
PLAIN = DiffusionRequest("a beach", "", SIDE, SIDE, 1, SamplingOptions())
PICTURE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
INIT = InitImage(PICTURE, np.zeros((SIDE, SIDE), bool), 0.3)
REPAINTING = DiffusionRequest("a beach", "", SIDE, SIDE, 1, SamplingOptions(), INIT)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture(params=["a1111", "comfyui"])
def double(start_double, request):
    """A double whose next image takes until the next command."""
    double = start_double(request.param)
    double.misbehave("hang", times=1)
    return double


def create_server(double, dialect, clock):
    settings = DialectSettings()
    client = open_dialect(dialect, double.url, settings, "img2img")
    return ImageServer(1, double.url, client, settings, clock)


def send(server, request=REPAINTING):
    assert server.slot.acquire()
    return DiffusionTask(server, request, timeout=60, on_end=lambda: None)


def abandon(task, double):
    """Abandons a task as soon as the server has an image of it, and waits for its end."""
    wait_until(lambda: double.state()["started"], "a test image")
    task.abandon()
    assert task.done.wait(10), "the test image was not stopped"


def finish(task):
    assert task.done.wait(60)
    return task.result()


def get_dialect(double):
    return "comfyui" if "files" in double.state() else "a1111"


def test_the_test_of_masks_is_stopped_and_repeated_for_the_next_caller(double, clock):
    server = create_server(double, get_dialect(double), clock)
    abandon(send(server), double)
    assert double.state()["started"] == 1 and double.state()["in_flight"] == 0
    assert server.unavailable_error() is None
    finish(send(server))
    assert double.state()["started"] == 1 + 3 + 1


def test_the_trial_of_a_failing_server_is_stopped_and_repeated(double, clock):
    server = create_server(double, get_dialect(double), clock)
    for _ in range(3):
        server.record_failure(DiffusionFailed("broken"))
    clock.now = 11.0
    abandon(send(server, PLAIN), double)
    assert double.state()["started"] == 1 and server.is_usable
    finish(send(server, PLAIN))
    assert double.state()["started"] == 1 + 1 + 1


def test_a_test_image_in_the_queue_is_canceled(start_double, clock):
    double = start_double("sdcpp")
    double.misbehave("hang", times=1)
    double.queue_others(1)
    server = create_server(double, "a1111", clock)
    task = send(server)
    wait_until(lambda: server.dialect.read_progress(), "the job")
    task.abandon()
    assert task.done.wait(10), "the job was not canceled"
    assert double.state()["cancels"] == 1 and double.state()["in_flight"] == 1
    double.misbehave("")
    finish(send(server))
    assert double.state()["started"] == 1 + 3 + 1
