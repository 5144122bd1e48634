"""The services as real processes, called through the client and the command line."""

import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product
from tests.support.processes import STAGES, ServiceProcess, run_services

pytestmark = pytest.mark.slow

PROMPT = "on a marble table, soft morning light"
SMALL = {"size": (256, 256), "seed": 1}
PHOTO = encode_image(draw_product(320, 256)[0], PNG).data


@pytest.fixture(scope="module")
def system():
    with run_services() as running:
        yield running


@pytest.fixture
def client(system):
    with Client(system["gateway"].address, timeout=120, max_retries=0) as client:
        yield client


def test_the_command_line_creates_an_ad(system, tmp_path):
    photo, ad = tmp_path / "photo.png", tmp_path / "ad.png"
    photo.write_bytes(PHOTO)
    command = [sys.executable, "-c", "from cyclorama.cli import main; main()", "create", photo]
    words = ["--prompt", PROMPT, "-o", ad, "--size", "320x256", "--wait", "60"]
    gateway = ["--gateway", system["gateway"].address]
    done = subprocess.run([*command, *words, *gateway], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "inpainting  studio" in done.stdout
    pixels = ImageCodec(ImageSettings()).read(image_pb2.Image(data=ad.read_bytes()), "ad")
    assert pixels.shape == (256, 320, 3) and pixels.std() > 10


def test_the_ad_contains_the_product_and_the_manifest_its_engines(client):
    ad = client.create_ad(PHOTO, PROMPT, options={"compositing": {"tint": 0.0}}, **SMALL)
    pixels = ImageCodec(ImageSettings()).read(image_pb2.Image(data=ad.data), "ad").astype(int)
    blue = (np.abs(pixels - (30, 70, 160)).max(axis=2) < 30).mean()
    assert 0.02 < blue < 0.4
    segmentation, *others = (stage["engine"] for stage in ad.manifest["stages"])
    # Where set-up could not fetch the network.
    assert segmentation in ("onnx", "classic")
    assert others == ["studio", "opencv", "studio", "pillow"]
    assert ad.manifest["stages"][1]["origin"] == "rendered studio scene"


def test_the_same_seed_gives_the_same_bytes(client):
    ads = [client.create_ad(PHOTO, PROMPT, **SMALL) for _ in range(2)]
    assert ads[0].data == ads[1].data


def test_every_engine_is_ready(client):
    listed = client.engines()
    ready = {each.stage for each in listed if each.ready}
    assert ready == {*STAGES, "finishing"}


@pytest.mark.parametrize(
    "photo", [b"", b"text", PHOTO[:500], b"\xff\xd8\xff" + bytes(5000)], ids=len
)
def test_invalid_photos_are_rejected_and_every_process_stays_up(system, client, photo):
    with pytest.raises(CycloramaError) as caught:
        client.create_ad(photo, PROMPT, **SMALL)
    assert caught.value.caller_can_fix and "photo" in caught.value.text
    assert all(process.alive for process in system.values())


def test_every_service_logs_the_call_id(system, client):
    ad = client.create_ad(PHOTO, PROMPT, **SMALL)
    for name, process in system.items():
        assert process.wait_for_log(call_id=ad.manifest["call_id"]), name


def test_killed_and_restarted_stages_serve_the_next_call(system, client):
    for stage in ("segmentation", "compositing"):
        killed = system[stage]
        assert killed.send(signal.SIGKILL) == -signal.SIGKILL
        system[stage] = ServiceProcess(f"services.{stage}", killed.address)
    assert client.create_ad(PHOTO, PROMPT, **SMALL).width == 256


def test_sigterm_finishes_the_ad_in_flight_and_exits_with_0(system, client):
    started, ads = threading.Event(), []

    def create_ad():
        ads.append(client.create_ad(PHOTO, PROMPT, on_event=lambda _: started.set(), **SMALL))

    caller = threading.Thread(target=create_ad)
    caller.start()
    assert started.wait(30)
    system["gateway"].signal(signal.SIGTERM)
    caller.join(60)
    assert ads and ads[0].width == 256
    assert system["gateway"].wait() == 0
    for stage in STAGES:
        assert system[stage].send(signal.SIGTERM) == 0
