"""With --json every command prints one value that a program can read, whatever happens."""

import json
import re

import pytest

from cyclorama.stages import STAGES

SMALL = ("--size", "256x256")


@pytest.fixture
def told(command):
    """Runs a command with --json; returns its exit status and the value it printed."""

    def run(*words):
        status, out, _ = command(*words, "--json")
        # The services of this process log to the same output.
        printed = re.search(r"^[\[{]$.*", out, re.DOTALL | re.MULTILINE)
        return status, json.loads(printed.group())

    return run


def test_create_tells_files_engines_and_seeds(told, photo, tmp_path):
    ad = tmp_path / "ad.png"
    words = ("create", photo, "--prompt", "x", "-o", ad, *SMALL, "--seed", 5, "--best-of", 2)
    status, made = told(*words)
    assert status == 0 and made["ad"] == str(ad) and made["width"] == 256
    assert made["engines"]["segmentation"] == "crop" and list(made["engines"]) == list(STAGES)
    assert made["profile"] is None
    assert {each["seed"] for each in made["seeds"]} == {5, 6}
    assert made["seeds"][0]["score"] == made["score"]


def test_replay_and_verify_answer_yes_and_no(told, photo, tmp_path):
    ad = tmp_path / "ad.png"
    told("create", photo, "--prompt", "x", "-o", ad, *SMALL, "--seed", 5)
    status, again = told("replay", ad.with_suffix(".json"), "--photo", photo)
    assert status == 0 and again == {"identical": True, "verdict": "identical", "ad": None}
    status, found = told("verify", ad)
    assert status == 0 and found["locked"] and found["differing"] == []


def test_check_tells_every_rule(told, photo):
    status, report = told("check", photo, "--profile", "google-merchant")
    assert status == 1 and not report["passed"]
    assert {"name", "measured", "limit", "verdict", "note"} == set(report["findings"][0])


def test_engines_are_a_list(told):
    status, listed = told("engines")
    assert status == 0
    assert {"stage": "segmentation", "name": "crop", "ready": True}.items() <= listed[0].items()
    assert {"model", "generative", "follows_camera", "casts_shadows"} <= listed[0].keys()


def test_a_stage_tells_what_ran_and_what_it_found(told, running, photo, tmp_path):
    address = f"--address=127.0.0.1:{running.stages['segmentation'].port}"
    status, found = told("stage", "segment", photo, "-o", tmp_path / "cutout.png", address)
    assert status == 0 and found["engine"] == "crop" and found["confidence"] == 0.9
    assert set(found["bounds"]) == {"x", "y", "width", "height"}


def test_jobs_tell_every_ad_and_its_file(told, photo, tmp_path):
    campaign = tmp_path / "campaign.yaml"
    campaign.write_text(f"photo: {photo.name}\nprompts: [one, two]\nsizes: [64x64]\n")
    status, (report,) = told("campaign", campaign, "-o", tmp_path / "ads")
    assert status == 0 and report["state"] == "succeeded"
    assert all((tmp_path / "ads" / ad["file"]).is_file() for ad in report["ads"])
    name = report["job"]
    (listed,) = [job for job in told("jobs", "list")[1] if job["job"] == name]
    assert listed["ads"] == len(report["ads"])
    assert told("jobs", "show", name)[1]["ads"][1]["prompt"] == "two"
    status, watched = told("jobs", "watch", name, "-o", tmp_path / "again")
    # Whoever only watches does not know which files were sent.
    assert status == 0
    assert watched["ads"] == [ad | {"photo": None} for ad in report["ads"]]
    assert told("jobs", "cancel", name)[1]["succeeded"] == 2


def test_a_failed_call_is_told_by_code_reason_and_stage(told, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    status, failure = told("create", text, "--prompt", "x", "-o", tmp_path / "ad.png")
    error = failure["error"]
    assert status == 2 and error["code"] == "INVALID_ARGUMENT" and error["reason"]
    assert error["call_id"] and "no picture" in error["text"]


def test_a_wrong_word_is_told_too(told, photo, tmp_path):
    words = ("create", photo, "--prompt", "x", "-o", tmp_path / "ad.png", "--size", "big")
    status, failure = told(*words)
    assert status == 2 and failure["error"]["reason"] == "WRONG_WORD"
    assert "WIDTHxHEIGHT" in failure["error"]["text"]
