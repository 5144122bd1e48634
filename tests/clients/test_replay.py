import copy
import json

import pytest

from cyclorama import AsyncClient
from cyclorama.replay import compare_manifests

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
def manifest_file(command, photo, tmp_path):
    """An ad's manifest, as `create` leaves it."""
    words = ["--prompt", "a table", "-o", tmp_path / "ad.png", "--size", "256x256", "--seed", 5]
    assert command("create", photo, *words)[0] == 0
    return tmp_path / "ad.json"


def changed_manifest(**stage) -> dict:
    after = copy.deepcopy(MANIFEST)
    after["ad"]["sha256"] = "2"
    after["stages"][1] |= {"output": {"sha256": "2"}} | stage
    return after


def test_a_recreated_ad_is_identical(command, manifest_file, photo, tmp_path):
    again = tmp_path / "again.png"
    status, out, err = command("replay", manifest_file, "--photo", photo, "-o", again)
    assert status == 0, err
    assert "identical" in out
    assert again.read_bytes() == (tmp_path / "ad.png").read_bytes()


def test_a_different_result_names_the_stage(command, manifest_file, photo):
    manifest = json.loads(manifest_file.read_text())
    manifest["ad"]["sha256"] = manifest["stages"][1]["output"]["sha256"] = "0" * 64
    manifest_file.write_text(json.dumps(manifest))
    status, out, _ = command("replay", manifest_file, "--photo", photo)
    assert status == 1 and "background differs" in out


@pytest.mark.parametrize("text", ["{}", "[]", '{"photo": {"sha256": "0"}, "request": {"x": 1}}'])
def test_an_invalid_manifest_is_refused(command, photo, tmp_path, text):
    (tmp_path / "ad.json").write_text(text)
    status, _, err = command("replay", tmp_path / "ad.json", "--photo", photo)
    assert status == 2 and ("no manifest" in err or "no JSON object" in err)


def test_another_photo_is_refused(command, manifest_file, photo):
    photo.write_bytes(photo.read_bytes() + b" ")
    status, _, err = command("replay", manifest_file, "--photo", photo)
    assert status == 2 and "not the photo" in err


async def test_replay_works_with_asyncio(running, photo):
    async with AsyncClient(running.address) as client:
        ad = await client.create_ad(photo, "a table", size=(256, 256), seed=1)
        again = await client.replay(ad.manifest, photo)
    assert compare_manifests(ad.manifest, again.manifest) == "identical"


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        ({"version": "2"}, "e 1 made it then, e 2 now"),
        ({"parameters": {"a": 2, "b": 1}}, "other parameters: a, b"),
        ({}, "e 1 returned another picture for the same request"),
    ],
)
def test_the_cause_of_a_difference_is_named(stage, why):
    assert compare_manifests(MANIFEST, changed_manifest(**stage)) == f"background differs: {why}"


def test_a_difference_outside_the_listed_stages_is_named():
    after = changed_manifest(output={"sha256": "1"})
    after["stages"].append({"stage": "finishing", "output": {"sha256": "2"}})
    assert (
        compare_manifests(MANIFEST, after) == "the ad differs, though every stage returned the same"
    )
