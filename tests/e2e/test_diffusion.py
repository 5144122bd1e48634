"""The whole pipeline with Stable Diffusion servers of every kind, in real processes."""

import numpy as np
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product
from tests.support.processes import ServiceProcess, start_gateway
from tools.doubles.a1111.kinds import KINDS
from tools.doubles.a1111.process import run_double

pytestmark = pytest.mark.slow

PHOTO = encode_image(draw_product(320, 256)[0], PNG).data
A1111_ENGINES = {stage: {"engine": {"name": "a1111"}} for stage in ("background", "inpainting")}
images = ImageCodec(ImageSettings())


@pytest.fixture(scope="module")
def doubles():
    """One double of each kind."""
    running = {kind: run_double(kind) for kind in KINDS}
    yield {kind: each.__enter__() for kind, each in running.items()}
    for each in running.values():
        each.__exit__(None, None, None)


@pytest.fixture(scope="module")
def other_stages():
    """The stages that need no Stable Diffusion server."""
    running = {
        stage: ServiceProcess(f"services.{stage}") for stage in ("segmentation", "compositing")
    }
    yield running
    for process in running.values():
        process.send(9)


@pytest.fixture(scope="module", params=KINDS)
def running(request, doubles, other_stages):
    """A client of a system that uses a server of one kind, and the server's double."""
    server = doubles[request.param]
    url = {"CYCLORAMA_A1111_URL": server.url}
    only = {"CYCLORAMA_ENGINES": "a1111"}
    diffusion_stages = {
        stage: ServiceProcess(f"services.{stage}", **url, **only)
        for stage in ("background", "inpainting")
    }
    gateway = start_gateway({**other_stages, **diffusion_stages})
    with Client(gateway.address, timeout=60, max_retries=0) as client:
        yield client, server
    for process in (gateway, *diffusion_stages.values()):
        process.send(9)


@pytest.fixture
def system(running):
    """The same; afterwards the double forgets its requests and misbehavior."""
    yield running
    running[1].reset()


def test_the_server_generates_an_ad_of_any_size_and_leaves_the_product_untouched(system):
    client, server = system
    ad = client.create_ad(
        PHOTO, "a beach", size=(1000, 667), seed=4, options={"compositing": {"tint": 0.0}}
    )
    _, *engines = (stage["engine"] for stage in ad.manifest["stages"])
    assert engines == ["a1111", "opencv", "a1111", "pillow"]
    pixels = images.read(image_pb2.Image(data=ad.data), "ad").astype(int)
    assert pixels.shape == (667, 1000, 3)
    blue = (np.abs(pixels - (30, 70, 160)).max(axis=2) < 25).mean()
    assert 0.02 < blue < 0.4
    parameters = ad.manifest["stages"][3]["parameters"]
    assert parameters["prompt"] == "a beach" and parameters["seed"] == 4
    assert ad.manifest["stages"][3]["measured"]["retries"] == 0
    assert {asked["seed"] for asked in server.image_requests} == {4}


def test_a_failure_of_the_server_is_reported_without_a_retry(system):
    client, server = system
    server.misbehave("black")
    with pytest.raises(CycloramaError) as caught:
        client.create_ad(PHOTO, "a beach", size=(256, 256), options=A1111_ENGINES)
    assert caught.value.reason == "DIFFUSION_INVALID_OUTPUT" and caught.value.stage == "background"
    assert server.state()["started"] == 1
