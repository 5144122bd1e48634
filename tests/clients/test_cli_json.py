"""Every command prints one JSON value with --json, on success and on failure."""

import json
import re
from pathlib import Path

import pytest

from cyclorama.stages import STAGES

SMALL = ("--size", "256x256")


@pytest.fixture
def run_json(command):
    """Runs a command with --json; returns its exit status and the value it printed."""

    def run(*words):
        status, out, _ = command(*words, "--json")
        # The services of this process log to the same output, perhaps before it on the same line.
        printed = re.search(r"[\[{]$", out, re.MULTILINE)
        return status, json.JSONDecoder().raw_decode(out, printed.start())[0]

    return run


def test_create_lists_files_engines_and_seeds(run_json, photo, tmp_path):
    ad = tmp_path / "ad.png"
    words = ("create", photo, "--prompt", "x", "-o", ad, *SMALL, "--seed", 5, "--best-of", 2)
    status, made = run_json(*words)
    assert status == 0 and made["ad"] == str(ad) and made["width"] == 256
    assert made["engines"]["segmentation"] == "crop" and list(made["engines"]) == list(STAGES)
    assert made["profile"] is None
    assert {each["seed"] for each in made["seeds"]} == {5, 6}
    assert made["seeds"][0]["score"] == made["score"]


def test_create_lists_what_was_understood_and_left_out(run_json, photo, tmp_path):
    words = ("create", photo, "--prompt", "a forest, red dragon", "-o", tmp_path / "ad.png", *SMALL)
    status, made = run_json(*words)
    assert status == 0 and made["understood"] == ["a forest"]
    (warning,) = (each for each in made["warnings"] if "left_out" in each)
    assert warning["stage"] == "background"
    assert warning["reason"] == "PROMPT_PARTLY_UNDERSTOOD"
    assert warning["left_out"] == [{"words": "red dragon", "nearest": "rock"}]


def test_replay_and_verify_report_their_verdict(run_json, photo, tmp_path):
    ad = tmp_path / "ad.png"
    run_json("create", photo, "--prompt", "x", "-o", ad, *SMALL, "--seed", 5)
    status, again = run_json("replay", ad.with_suffix(".json"), "--photo", photo)
    assert status == 0 and again == {"identical": True, "verdict": "identical", "ad": None}
    status, found = run_json("verify", ad)
    assert status == 0 and found["locked"] and found["differing"] == []


def test_check_lists_every_rule(run_json, photo):
    status, report = run_json("check", photo, "--profile", "google-merchant")
    assert status == 1 and not report["passed"]
    assert {
        *("name", "measured", "limit", "verdict", "note", "value", "unit", "remedy", "cost"),
        "box",
    } == set(report["measurements"][0])


def test_engines_are_a_list(run_json):
    status, listed = run_json("engines")
    assert status == 0
    assert {"stage": "segmentation", "name": "crop", "ready": True}.items() <= listed[0].items()
    assert {"model", "generative", "follows_camera", "casts_shadows"} <= listed[0].keys()


def test_a_stage_reports_its_engine_and_its_result(run_json, running, photo, tmp_path):
    address = f"--address=127.0.0.1:{running.stages['segmentation'].port}"
    status, found = run_json("stage", "segment", photo, "-o", tmp_path / "cutout.png", address)
    assert status == 0 and found["engine"] == "crop" and found["confidence"] == 0.9
    assert set(found["bounds"]) == {"x", "y", "width", "height"}


def test_jobs_list_every_ad_and_its_file(run_json, photo, tmp_path):
    campaign = tmp_path / "campaign.yaml"
    campaign.write_text(f"photo: {photo.name}\nprompts: [red dragon, two]\nsizes: [64x64]\n")
    status, printed = run_json("campaign", campaign, "-o", tmp_path / "ads")
    (report,) = printed["jobs"]
    assert status == 0 and report["state"] == "succeeded"
    assert Path(printed["review"]["report"]).is_file() and printed["review"]["text"]
    warnings = [warning for ad in report["ads"] for warning in ad["warnings"]]
    left_out = [words for warning in warnings for words in warning["left_out"]]
    assert left_out == [{"words": "red dragon", "nearest": "rock"}]
    assert all((tmp_path / "ads" / ad["file"]).is_file() for ad in report["ads"])
    name = report["job"]
    (listed,) = [job for job in run_json("jobs", "list")[1] if job["job"] == name]
    assert listed["ads"] == len(report["ads"])
    assert run_json("jobs", "show", name)[1]["ads"][1]["prompt"] == "two"
    status, watched = run_json("jobs", "watch", name, "-o", tmp_path / "again")
    # A watcher does not know which files were submitted.
    assert status == 0
    unknown = {"photo": None, "file": None}
    (again,) = watched["jobs"]
    assert [ad | unknown for ad in again["ads"]] == [ad | unknown for ad in report["ads"]]
    assert all((tmp_path / "again" / ad["file"]).is_file() for ad in again["ads"])
    assert len(watched["review"]["look_at"]) == len(printed["review"]["look_at"])
    assert run_json("jobs", "cancel", name)[1]["succeeded"] == 2


def test_a_failed_call_reports_code_reason_and_stage(run_json, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    status, failure = run_json("create", text, "--prompt", "x", "-o", tmp_path / "ad.png")
    error = failure["error"]
    assert status == 2 and error["code"] == "INVALID_ARGUMENT" and error["reason"]
    assert error["call_id"] and "no picture" in error["text"]


def test_an_invalid_option_is_reported_too(run_json, photo, tmp_path):
    words = ("create", photo, "--prompt", "x", "-o", tmp_path / "ad.png", "--size", "big")
    status, failure = run_json(*words)
    assert status == 2 and failure["error"]["reason"] == "INVALID_ARGUMENT"
    assert "WIDTHxHEIGHT" in failure["error"]["text"]
