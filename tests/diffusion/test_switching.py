"""Callers see no difference when stages change from a server of A1111 to a model of their own."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from cyclorama import Client
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_product
from tests.support.processes import ServiceProcess, start_gateway
from tests.support.system import job_store_settings
from tools import ROOT

pytestmark = pytest.mark.slow

PHOTO = encode_image(draw_product(160, 128)[0], PNG).data
DRAWN = ("background", "inpainting")
CAMPAIGN = "photo: photo.png\nprompts: [a beach, a forest]\nsizes: [128x128]\nseed: 7\n"
# What only servers report: their number in the setting that lists them, and the bytes to and from
# them.
SERVER_ONLY = {"server", "bytes_sent", "bytes_received"}
# What only a model of the process reports: where and how it runs, which for servers is not known,
# and what its safety checker found, which servers keep for themselves.
MODEL_ONLY = {"device", "precision", "offload", "vae_tiling", "threads", "safety_checker"}


class SwitchingCaller:
    """Makes ads in every way that callers have; it knows nothing of what generates the images."""

    def __init__(self, address, folder):
        self.address, self.folder = address, folder
        self.photo = folder / "photo.png"
        self.photo.write_bytes(PHOTO)
        (folder / "campaign.yaml").write_text(CAMPAIGN)

    def run_command(self, *words):
        """Runs `cyclorama ...` and returns its JSON; it must succeed."""
        environment = {
            **os.environ,
            "CYCLORAMA_GATEWAY": self.address,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'clients'}",
        }
        program = "from cyclorama.cli import main; main()"
        command = [sys.executable, "-c", program, *map(str, words), "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def create_ads(self):
        """Returns the manifest of an ad, and the events while it was made."""
        ad, events = self.folder / "ad.png", []
        words = ("create", self.photo, "--prompt", "a beach", "--size", "128x128", "--seed", 4)
        self.run_command(*words, "--output", ad)
        assert self.run_command("verify", ad)["locked"]
        manifest = ad.with_suffix(".json")
        assert self.run_command("replay", manifest, "--photo", self.photo)["identical"]
        with Client(self.address, timeout=120, max_retries=0) as client:
            made = client.create_ad(
                PHOTO, "a beach", size=(128, 128), seed=4, on_event=events.append
            )
        # The files differ in their metadata.
        assert_image_equal(*(read_pixels(file) for file in (made.data, ad.read_bytes())))
        campaign = self.run_command(
            "campaign", self.folder / "campaign.yaml", "--output", self.folder / "out"
        )
        assert len(list((self.folder / "out").glob("*.png"))) == 2, campaign
        return made.manifest, events, self.run_command("engines")


@pytest.fixture(scope="module")
def shared_stages():
    """The stages that are the same for both."""
    with ExitStack() as stack:
        running = {
            name: ServiceProcess(f"services.{name}") for name in ("segmentation", "compositing")
        }
        for process in running.values():
            stack.callback(process.send, 9)
        yield running


@pytest.fixture
def create_ads(shared_stages, tmp_path):
    """Returns a function that makes ads with stages of an environment."""
    with ExitStack() as stack:

        def create(name, **environment):
            folder = tmp_path / name
            folder.mkdir()
            both = ServiceProcess(
                "services.background",
                CYCLORAMA_BACKGROUND_SERVE_INPAINTING="true",
                CYCLORAMA_DIFFUSION_STEPS="4",
                **environment,
            )
            stack.callback(both.send, 9)
            jobs = {
                f"CYCLORAMA_GATEWAY_{key.upper()}": value
                for key, value in job_store_settings(folder).items()
            }
            gateway = start_gateway({**shared_stages, **dict.fromkeys(DRAWN, both)}, **jobs)
            stack.callback(gateway.send, 9)
            return SwitchingCaller(gateway.address, folder).create_ads()

        yield create


def read_pixels(file):
    """Decodes a file: uint8 RGB (H, W, 3)."""
    return ImageCodec(ImageSettings()).read(image_pb2.Image(data=file), "ad")


def find_runs(manifest):
    """Returns what a manifest says about the stages that generated images."""
    return [stage for stage in manifest["stages"] if stage["stage"] in DRAWN]


def test_a_caller_needs_no_change_and_finds_the_same_fields(create_ads, start_double, tiny_model):
    server = start_double("a1111")
    servers = create_ads("a1111", CYCLORAMA_A1111_URL=server.url)
    models = create_ads("diffusers", CYCLORAMA_DIFFUSERS_MODEL=str(tiny_model()))
    for name, (manifest, events, engines) in (("a1111", servers), ("diffusers", models)):
        assert [run["engine"] for run in find_runs(manifest)] == [name, name]
        assert manifest["pixel_lock"]["differing_pixels"] == 0
        assert {event.stage for event in events if event.preview} >= set(DRAWN)
        ready = [each["name"] for each in engines if each["ready"] and each["stage"] in DRAWN]
        assert ready.count(name) == 2
    for of_server, of_model in zip(
        *(find_runs(each[0]) for each in (servers, models)), strict=True
    ):
        assert of_server.keys() == of_model.keys()
        for field in ("parameters", "measured"):
            ours, theirs = of_model[field].keys(), of_server[field].keys()
            assert ours - MODEL_ONLY == theirs - SERVER_ONLY, field
            assert not MODEL_ONLY & theirs and not SERVER_ONLY & ours
        assert of_model["model"] == "sd15"
        assert of_model["parameters"]["kind"] == "diffusers"
