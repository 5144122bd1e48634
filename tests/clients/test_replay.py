import copy
import json

import pytest

from cyclorama import AsyncClient
from cyclorama.replay import compare

MANIFEST = {
    "ad": {"sha256": "1"},
    "stages": [
        {
            "stage": stage,
            "engine": "e",
            "version": "1",
            "parameters": {"a": 1},
            "output": {"sha256": "1"},
        }
        for stage in ("segmentation", "background")
    ],
}


@pytest.fixture
def made(command, photo, tmp_path):
    """An ad's manifest, as `create` leaves it."""
    words = ["--prompt", "a table", "-o", tmp_path / "ad.png", "--size", "256x256", "--seed", 5]
    assert command("create", photo, *words)[0] == 0
    return tmp_path / "ad.json"


def changed(**stage) -> dict:
    after = copy.deepcopy(MANIFEST)
    after["ad"]["sha256"] = "2"
    after["stages"][1] |= {"output": {"sha256": "2"}} | stage
    return after


def test_an_ad_made_again_is_identical(command, made, photo, tmp_path):
    again = tmp_path / "again.png"
    status, out, err = command("replay", made, "--photo", photo, "-o", again)
    assert status == 0, err
    assert "identical" in out
    assert again.read_bytes() == (tmp_path / "ad.png").read_bytes()


def test_another_outcome_names_the_stage(command, made, photo):
    manifest = json.loads(made.read_text())
    manifest["ad"]["sha256"] = manifest["stages"][1]["output"]["sha256"] = "0" * 64
    made.write_text(json.dumps(manifest))
    status, out, _ = command("replay", made, "--photo", photo)
    assert status == 1 and "background differs" in out


@pytest.mark.parametrize("text", ["{}", "[]", '{"photo": {"sha256": "0"}, "request": {"x": 1}}'])
def test_what_is_no_manifest_is_told(command, photo, tmp_path, text):
    (tmp_path / "ad.json").write_text(text)
    status, _, err = command("replay", tmp_path / "ad.json", "--photo", photo)
    assert status == 2 and ("no manifest" in err or "no JSON object" in err)


def test_another_photo_is_told(command, made, photo):
    photo.write_bytes(photo.read_bytes() + b" ")
    status, _, err = command("replay", made, "--photo", photo)
    assert status == 2 and "not the photo" in err


async def test_the_same_with_asyncio(running, photo):
    async with AsyncClient(running.address) as client:
        ad = await client.create_ad(photo, "a table", size=(256, 256), seed=1)
        again = await client.replay(ad.manifest, photo)
    assert compare(ad.manifest, again.manifest) == "identical"


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        ({"version": "2"}, "e 1 made it then, e 2 now"),
        ({"parameters": {"a": 2, "b": 1}}, "other parameters: a, b"),
        ({}, "e 1 gave another picture for the same request"),
    ],
)
def test_why_a_stage_differs_is_told(stage, why):
    assert compare(MANIFEST, changed(**stage)) == f"background differs: {why}"


def test_a_file_that_differs_alone_is_told_of_a_manifest_without_its_stage():
    after = changed(output={"sha256": "1"})
    after["stages"].append({"stage": "finishing", "output": {"sha256": "2"}})
    assert compare(MANIFEST, after) == "the ad differs, though every stage gave the same"
