"""The command `assess`: several files, manifests next to them, ranking and exit status."""

import json
import re
import shutil

import numpy as np
import pytest

from cyclorama import Measurement
from cyclorama.cli.assess import find_remedy
from services.imaging.images import encode_image
from services.runtime.formats import PNG

# Passes whatever the files are.
ANY = ("--min-score", 0)


@pytest.fixture(scope="module")
def ads(tmp_path_factory):
    """A folder for an ad with its manifest, which the first test that needs it makes."""
    return tmp_path_factory.mktemp("ads")


@pytest.fixture
def ad(command, photo, ads):
    path = ads / "ad.png"
    if not path.exists():
        words = ("create", photo, "--prompt", "a table", "-o", path, "--size", "256x256")
        assert command(*words)[0] == 0
    return path


@pytest.fixture
def run_json(command):
    """Runs `assess ... --json`; returns the exit status and the value it printed."""

    def run(*words):
        status, out, _ = command("assess", *words, "--json")
        return status, json.loads(re.search(r"^\[$.*", out, re.DOTALL | re.MULTILINE).group())

    return run


def test_one_file_is_printed_with_its_measurements(command, ad):
    status, out, _ = command("assess", ad, *ANY)
    assert status == 0 and "likely flawed" in out and " costs " in out
    assert "color_shift" in out and "PASS" in out and "limit" in out


def test_the_manifest_next_to_a_file_is_used(run_json, ad, photo, tmp_path):
    created = json.loads(ad.with_suffix(".json").read_text())["quality"]["score"]
    status, (found,) = run_json(ad, *ANY)
    assert status == 0 and found["manifest"] == str(ad.with_suffix(".json"))
    assert found["score"] == pytest.approx(created, abs=0.8) and not found["product_found"]
    _, (alone,) = run_json(ad, "--no-manifest", *ANY)
    assert alone["manifest"] is None and alone["product_found"]
    moved = shutil.copy(ad, tmp_path / "moved.png")
    _, (named,) = run_json(moved, "--manifest", ad.with_suffix(".json"), *ANY)
    assert named["score"] == found["score"]


def test_several_files_are_listed_worst_first(command, run_json, ad, photo):
    status, listed = run_json(photo, ad.parent, *ANY)
    assert status == 0 and {each["file"] for each in listed} == {str(photo), str(ad)}
    scores = [each["score"] for each in listed]
    assert scores == sorted(scores)
    _, out, _ = command("assess", photo, ad, *ANY)
    assert "limit" not in out
    assert "limit" in command("assess", photo, ad, "-v", *ANY)[1]


def test_a_score_below_the_limit_exits_with_1(command, ad):
    assert command("assess", ad, "--min-score", 10.5)[0] == 1


def test_a_file_that_is_no_picture_does_not_stop_the_others(command, run_json, ad, tmp_path):
    text = tmp_path / "words.png"
    text.write_text("just words")
    status, out, err = command("assess", text, ad, *ANY)
    assert status == 2 and "words.png: " in err and "send PNG" in err and "ad.png" in out
    status, (assessed, rejected) = run_json(text, ad, *ANY)
    assert status == 2 and assessed["file"] == str(ad)
    assert rejected["file"] == str(text) and rejected["error"]["reason"] == "INVALID_IMAGE"


def test_a_manifest_that_does_not_belong_to_the_file_is_refused(command, ad, tmp_path):
    smaller = tmp_path / "smaller.png"
    smaller.write_bytes(encode_image(np.full((128, 128, 3), 90, np.uint8), PNG).data)
    shutil.copy(ad.with_suffix(".json"), smaller.with_suffix(".json"))
    status, _, err = command("assess", smaller, *ANY)
    assert status == 2 and "256 x 256" in err and "without its manifest" in err
    assert command("assess", smaller, "--no-manifest", *ANY)[0] == 0
    smaller.with_suffix(".json").write_bytes(b"\xff\xfe")
    status, _, err = command("assess", smaller, *ANY)
    assert status == 2 and "smaller.json: " in err and "--no-manifest" in err


def test_a_manifest_for_several_files_and_an_empty_folder_are_refused(command, ad, photo, tmp_path):
    status, _, err = command("assess", ad, photo, "--manifest", ad.with_suffix(".json"))
    assert status == 2 and "belongs to one file" in err
    (tmp_path / "empty").mkdir()
    status, _, err = command("assess", tmp_path / "empty")
    assert status == 2 and "contains no pictures" in err


def test_a_gateway_that_does_not_answer_ends_the_command(command, ad):
    status, _, err = command("assess", ad, "--gateway", "127.0.0.1:9")
    assert status == 1 and "is it running?" in err


def test_the_remedy_is_that_of_the_most_costly_measurement():
    def measure(verdict, remedy, cost):
        return Measurement("a", "1", "", verdict, "", remedy=remedy, cost=cost)

    unknown, warned = measure("unknown", "Know.", 3), measure("warn", "Little.", 0.1)
    failed, passed = measure("fail", "Much.", 2), measure("pass", "", 0)
    assert find_remedy([unknown, warned, failed, passed]) == "Much."
    assert find_remedy([passed, unknown]) == "Know."
    assert find_remedy([passed]) == ""
