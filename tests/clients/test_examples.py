"""Every example of clients/examples runs as a program."""

import os
import re
import subprocess
import sys

import pytest

from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tools import ROOT

FOLDER = ROOT / "clients" / "examples"
# Each with its arguments, and with what it leaves.
RUNS = {
    "one_ad": (("photo.png",), ("ad.png",)),
    "campaign": (("photo.png",), ("ads",)),
    "folder": ((".",), ("ads",)),
    "own_backdrop": (("photo.png", "photo.png"), ("ad.jpg",)),
    "one_stage": (("photo.png",), ("cutout.png",)),
    "asynchronous": (("photo.png",), ("1.png", "2.png")),
    "replay": (("ad.json", "photo.png"), ()),
    "verify": (("ad.png",), ()),
}


@pytest.fixture
def desk(running, command, tmp_path):
    """A folder with a photo, an ad of it and the ad's manifest."""
    (tmp_path / "photo.png").write_bytes(encode_image(draw_product()[0], PNG).data)
    words = ("--prompt", "x", "-o", tmp_path / "ad.png", "--size", "256x256")
    assert command("create", tmp_path / "photo.png", *words)[0] == 0
    return tmp_path


def test_every_example_is_run():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_an_example_does_what_it_says(running, desk, name):
    arguments, written = RUNS[name]
    before = {path.name for path in desk.iterdir()}
    text = (FOLDER / f"{name}.py").read_text().replace("127.0.0.1:50050", running.address)
    text = text.replace("127.0.0.1:50051", f"127.0.0.1:{running.stages['segmentation'].port}")
    # Its services have other engines and make other sizes in less time.
    text = re.sub("classic", "crop", text).replace("1080x1", "108x1")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text, *arguments],
        cwd=desk,
        env=os.environ | {"PYTHONPATH": str(ROOT / "clients")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert set(written) <= {path.name for path in desk.iterdir()} - (before - {"ad.png"})
    if name == "replay":
        assert done.stdout == "identical\n"
    if name == "verify":
        assert "byte for byte" in done.stdout


@pytest.mark.parametrize("name", RUNS)
def test_an_example_without_arguments_says_what_it_takes(name):
    path = FOLDER / f"{name}.py"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "clients")}
    done = subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and f"python {name}.py" in done.stderr


@pytest.mark.parametrize("name", RUNS)
def test_an_example_is_short(name):
    lines = (FOLDER / f"{name}.py").read_text().split('"""\n', 1)[1].splitlines()
    assert len([line for line in lines if line]) <= 14


def test_the_campaign_file_makes_its_ads(command, tmp_path):
    words = ("--size", "64x64", "--size", "64x112", "-o", tmp_path / "ads")
    status, _, err = command("campaign", FOLDER / "campaign.yaml", *words)
    assert status == 0, err
    assert {path.name for path in (tmp_path / "ads").glob("bottle_*.png")} == {
        f"bottle_{scene}_{size}.png"
        for scene in ("on-a-marble-table", "dark-luxury-black-and-gold")
        for size in ("64x64", "64x112")
    }
